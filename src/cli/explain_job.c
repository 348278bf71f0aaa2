/*
 * What may be shown of a job. Its texts came out of sources, in their order; a source whose value is hidden hides it
 * here, and so does a name that says secret.
 */
#include <string.h>

#include "cli/explain.h"
#include "hook/dagger.h"
#include "hook/secrecy.h"
#include "hook/source.h"
#include "payload/payload.h"
#include "payload/value.h"
#include "run/command.h"
#include "run/environment.h"

/* The text of a source as it may be shown. */
static struct explain_value show(struct explanation *explanation, const struct source *source, struct str text)
{
	struct explain_value value = {.name = STR(""), .text = text, .length = text.len};

	if (secrecy_show(explanation->hook->trigger_rule, source, &explanation->request, &value.text))
		return value;
	value.hidden = true;
	value.text = STR("");
	return value;
}

static void add_text(struct explain_values *values, struct str text)
{
	values->items[values->count++] = (struct explain_value){.name = STR(""), .text = text, .length = text.len};
}

/* An argument of dagger, by the part of the hook that made it. */
static struct explain_value show_part(struct explanation *explanation, const struct dagger_part *part, struct str text)
{
	struct explain_value value = {.name = STR(""), .text = text, .length = text.len};

	for (size_t i = 0; part && i < part->values.count; i++) {
		struct str behind = str_from_index(text, part->text.len);
		struct explain_value shown = show(explanation, &part->values.items[i], behind);
		if (shown.hidden || !str_equal(shown.text, behind)) { /* a part of it is hidden: all of it */
			value.hidden = true;
			value.text = STR("");
		}
	}
	return value;
}

/* As run/command.c makes them, which writes a script to a file of a name that nobody knows yet. */
struct explain_values explain_arguments(struct explanation *explanation)
{
	const struct job *job = &explanation->job;
	const struct source_list *sources = &explanation->hook->pass_arguments_to_command;
	struct explain_values values = {
		.items = arena_array(&explanation->arena, job->argument_count + 2, sizeof(*values.items)),
	};

	const struct hook_dagger *dagger = explanation->hook->dagger;
	for (size_t i = 0, at = 0; i < job->argument_count; i++) {
		struct str text = job->arguments[i];
		if (dagger && i > 0)
			values.items[values.count++] = show_part(explanation, dagger_part_of(dagger, text, &at), text);
		else if (i > 0 && i <= sources->count)
			values.items[values.count++] = show(explanation, &sources->items[i - 1], text);
		else
			add_text(&values, text);
		if (i == 0 && job->script.len > 0) {
			add_text(&values, STR("-eu"));
			add_text(&values, STR("<script>"));
		}
	}
	return values;
}

/* The source that the hook fills this variable from, or NULL: it is one of the run's own. */
static const struct source *source_of(struct explanation *explanation, struct str name)
{
	const struct source_list *sources = &explanation->hook->pass_environment_to_command;
	const struct source *found = NULL;

	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->items[i];
		struct str own = source->envname;
		if (own.len == 0)
			own = str_join(&explanation->arena, STR("HOOK_"), source->written_name);
		if (str_equal(own, name))
			found = source;
	}
	return found;
}

static struct explain_value show_variable(struct explanation *explanation, struct str entry)
{
	struct str name = str_head(entry, str_find(entry, '='));
	struct str text = str_from_index(entry, name.len + 1);
	const struct source *source = source_of(explanation, name);
	struct explain_value value = {.name = name, .text = text, .length = text.len};

	if (source)
		value = show(explanation, source, text);
	value.name = name;
	if (source && secrecy_name(name)) {
		value.hidden = true;
		value.text = STR("");
	}
	return value;
}

/* A run makes these anew each time. */
static void set_placeholders(struct explanation *explanation)
{
	struct job *job = &explanation->job;

	job->id = STR("<run>");
	if (job->run_url.len > 0)
		job->run_url =
			str_printf(&explanation->arena, "%.*s/runs/<run>", STR_ARGS(explanation->config.base_url));
}

struct explain_values explain_environment(struct explanation *explanation)
{
	static const struct command_place place = {
		.workspace = "<workspace>",
		.files = "<files>",
		.event_file = "<files>/event.json",
	};
	struct arena *arena = &explanation->arena;
	const struct job *job = &explanation->job;
	struct str *files = arena_array(arena, job->file_count, sizeof(*files));
	struct explain_values values = {0};

	set_placeholders(explanation);
	for (size_t i = 0; i < job->file_count; i++)
		files[i] = str_printf(arena, "<files>/%.*s", STR_ARGS(job->files[i].name));
	char **entries = environment_of_run(arena, job, job->checkout ? &place : NULL, files);
	while (entries[values.count])
		values.count++;
	values.items = arena_array(arena, values.count, sizeof(*values.items));
	for (size_t i = 0; i < values.count; i++)
		values.items[i] = show_variable(explanation, str_from(entries[i]));
	return values;
}

const char *explain_payload(struct explanation *explanation)
{
	static const char *const types[] = {
		[PAYLOAD_NONE] = "none",
		[PAYLOAD_JSON] = "JSON",
		[PAYLOAD_FORM] = "a form",
		[PAYLOAD_XML] = "XML",
		[PAYLOAD_MULTIPART] = "a multipart form",
	};
	struct arena *arena = &explanation->arena;
	struct request *request = &explanation->request;
	enum payload_type type = payload_type_of(request->content_type);
	const struct value *payload = request_payload(request);

	if (request->payload_error.kind != ERROR_NONE)
		return arena_printf(arena, "none: %s", request->payload_error.message);
	if (type == PAYLOAD_NONE && request->content_type.len == 0)
		return "none: there is no Content-Type";
	if (type == PAYLOAD_NONE)
		return arena_printf(arena, "none: Content-Type %.*s is neither JSON, form, XML nor multipart",
		                    STR_ARGS(str_head(request->content_type, 100)));
	if (!payload || payload->kind != VALUE_MAP)
		return arena_printf(arena, "none: the body is %s that holds no value", types[type]);
	return arena_printf(arena, "%s, a map with %zu name%s", types[type], payload->as.map.count,
	                    payload->as.map.count == 1 ? "" : "s");
}
