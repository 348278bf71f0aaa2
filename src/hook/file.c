/*
 * A hooks file: a list of hooks, each read by the table in hook.c. Reading goes on after a problem, so that one
 * start or check tells all of them. With -template the list is what a template makes of the file.
 */
#include "hook/file.h"

#include <signal.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/keys.h"
#include "config/names.h"
#include "config/problem.h"
#include "config/yaml.h"
#include "hook/dagger.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/template.h"

struct reading {
	struct key_reader reader;
	const struct hooks_options *options;
	struct hooks *hooks;
	struct names ids; /* of hooks, to their index in hooks->ids */
};

/* NULL where it has none to name it by. */
static const char *id_of(const struct yaml_node *node)
{
	const struct yaml_node *id = node->kind == YAML_MAP ? yaml_get(node, "id") : NULL;
	return id && id->kind == YAML_SCALAR && id->text.len > 0 ? id->text.data : NULL;
}

/* "hook "deploy"", or "hook 3" where there is no id. */
static const char *name_hook(struct arena *arena, const struct yaml_node *node, size_t index)
{
	const char *id = id_of(node);
	return id ? arena_printf(arena, "hook \"%.64s\"", id) : arena_printf(arena, "hook %zu", index + 1);
}

static struct hook *new_hook(struct arena *arena, const struct yaml_node *node, bool repository)
{
	struct hook *hook = arena_alloc(arena, sizeof(*hook));
	*hook = (struct hook){
		.position = node->position,
		.id = STR(""),
		.execute_command = STR(""),
		.script = STR(""),
		.command_working_directory = STR(""),
		.response_message = STR(""),
		.incoming_payload_content_type = STR(""),
		.timeout = HOOK_TIMEOUT_DEFAULT,
		.stop_signal = SIGTERM,
		.checkout = {.enabled = repository},
		.include_command_output_in_response = repository,
		.include_command_output_in_response_on_error = repository,
	};
	return hook;
}

/* Parameters are replaced in headers, query and payload only. */
static void check_parameters(struct key_reader *reader, const struct hook *hook)
{
	for (size_t i = 0; i < hook->parse_parameters_as_json.count; i++) {
		const struct source *source = &hook->parse_parameters_as_json.items[i];
		if (source->kind != SOURCE_HEADER && source->kind != SOURCE_QUERY && source->kind != SOURCE_PAYLOAD)
			keys_warn(
				reader, source->position,
				"parse-parameters-as-json has no effect on this source, only on header, url and payload");
		else if (source->has_default)
			keys_warn(reader, source->position, "default has no effect in parse-parameters-as-json");
	}
}

/* Only a reply that waits knows how the command ended. */
static void check_exit_codes(struct key_reader *reader, const struct yaml_node *node, const struct hook *hook)
{
	if (hook->exit_codes.count > 0 && !hook->include_command_output_in_response && !hook->stream_command_output)
		keys_warn(
			reader, yaml_get(node, "exit-codes")->position,
			"exit-codes has no effect where the reply does not wait: it needs include-command-output-in-response "
			"or stream-command-output");
}

/* A text that is there and says nothing. */
static bool check_not_empty(struct key_reader *reader, const struct yaml_node *node, const char *key)
{
	const struct yaml_node *value = yaml_given(node, key);
	if (!value || value->kind != YAML_SCALAR || value->text.len > 0)
		return true;
	return keys_problem(reader, value->position, "%s is empty", key);
}

/* Changed files are computed from git, so there must be something to compute them from. */
static bool check_paths(struct key_reader *reader, const struct yaml_node *node, const struct hook *hook)
{
	const struct yaml_node *paths = yaml_given(node, "paths");
	if (!paths || hook->checkout.enabled || reader->repository)
		return true;
	return keys_problem(reader, paths->position, "paths needs checkout: true, since changed files are asked of git");
}

/* Takes the id, also where the hook cannot be used: whoever has it next is told now, not once that is put right. */
static bool take_id(struct reading *reading, const struct yaml_node *node, const struct hook *hook)
{
	struct hooks *hooks = reading->hooks;
	struct arena *arena = reading->reader.arena;
	size_t earlier;

	if (hook->id.len == 0)
		return true;
	if (names_get(&reading->ids, hook->id, &earlier)) {
		struct position first = hooks->ids[earlier].position;
		return keys_problem(&reading->reader, yaml_get(node, "id")->position,
		                    "this id is taken by the hook at %s:%u:%u", first.file, first.line, first.column);
	}
	hooks->ids = arena_grow(arena, hooks->ids, hooks->id_count, &hooks->id_capacity, sizeof(*hooks->ids));
	names_set(arena, &reading->ids, hook->id, hooks->id_count);
	hooks->ids[hooks->id_count++] = (struct hook_id){hook->id, hook->position};
	return true;
}

/* "/NAME" and what is beneath it is the workspace, as where the repository is mounted there; and so is "/". */
static bool place_directory(struct reading *reading, const struct yaml_node *node, struct hook *hook)
{
	struct str directory = hook->command_working_directory, name = reading->options->workspace;

	if (!str_starts(directory, STR("/")))
		return true;
	struct str inside = str_from_index(directory, 1);
	struct str first = str_head(inside, str_find(inside, '/'));
	if (first.len > 0 && !str_equal(first, name))
		return keys_problem(&reading->reader, yaml_get(node, "command-working-directory")->position,
		                    "command-working-directory: a repository's hook is started in its checkout: write a "
		                    "folder of the repository, such as src, or /%.*s for its root",
		                    STR_ARGS(str_head(name, 100)));
	inside = str_from_index(inside, first.len);
	while (str_starts(inside, STR("/")))
		inside = str_from_index(inside, 1);
	hook->command_working_directory = inside;
	return true;
}

/* The bounds of keys that a repository may use within such. */
static bool check_bounds(struct reading *reading, const struct yaml_node *node, struct hook *hook)
{
	struct key_reader *reader = &reading->reader;
	int64_t maximum = reading->options->timeout_max;
	bool good = place_directory(reading, node, hook);

	if (!hook->checkout.enabled)
		good = keys_problem(reader, yaml_get(node, "checkout")->position,
		                    "checkout: a repository's hook is always run in a checkout of it");
	if (maximum > 0 && hook->timeout != HOOK_TIMEOUT_DEFAULT && (hook->timeout < 0 || hook->timeout > maximum))
		good = keys_problem(reader, yaml_get(node, "timeout")->position,
		                    "timeout: at most what timeout in pocketci.yaml says, here %lld s",
		                    (long long)(maximum / 1000));
	return good;
}

/* What only the whole hook tells. */
static bool check_hook(struct reading *reading, const struct yaml_node *node, struct hook *hook)
{
	struct key_reader *reader = &reading->reader;
	bool good = check_not_empty(reader, node, "id");

	if (reader->repository && node->kind == YAML_MAP)
		good = check_bounds(reading, node, hook) && good;

	good = check_not_empty(reader, node, "execute-command") && good;
	good = check_not_empty(reader, node, "run") && good;
	good = check_paths(reader, node, hook) && good;
	check_parameters(reader, hook);
	check_exit_codes(reader, node, hook);
	if (reading->options->name_open && node->kind == YAML_MAP && !yaml_given(node, "trigger-rule"))
		keys_warn(
			reader, node->position,
			"there is no trigger-rule, so whoever reaches its URL runs the command: add a rule that checks "
			"a signature or a token");
	return take_id(reading, node, hook) && good;
}

static void add_hook(struct reading *reading, struct hook *hook)
{
	struct hooks *hooks = reading->hooks;
	struct arena *arena = reading->reader.arena;

	hooks->items = arena_grow(arena, hooks->items, hooks->count, &hooks->capacity, sizeof(*hooks->items));
	hooks->items[hooks->count++] = hook;
}

static void read_hook(struct reading *reading, const struct yaml_node *node, size_t index)
{
	struct key_reader *reader = &reading->reader;
	struct hook *hook = new_hook(reader->arena, node, reader->repository);

	reader->thing = name_hook(reader->arena, node, index);
	reader->problems->hook = id_of(node);
	bool good = keys_read(reader, node, hook_keys, hook_key_count, hook);
	good = dagger_complete(reader, node, hook) && good;
	if (check_hook(reading, node, hook) && good)
		add_hook(reading, hook);
	reader->thing = reader->problems->hook = NULL;
}

static void read_list(struct reading *reading, const struct yaml_node *root)
{
	struct key_reader *reader = &reading->reader;

	if (root->kind == YAML_SCALAR && root->scalar == YAML_NULL) {
		keys_problem(reader, root->position, "the file is empty: expected a list of hooks");
		return;
	}
	if (root->kind != YAML_LIST) {
		keys_problem(reader, root->position, "expected a list of hooks such as \"- id: …\", found %s",
		             yaml_kind_name(root));
		return;
	}
	if (root->count == 0)
		keys_problem(reader, root->position, "the list is empty: expected hooks");
	for (size_t i = 0; i < root->count; i++)
		read_hook(reading, root->items[i], i);
}

/* Absolute, where that can be known. */
static const char *folder_of(struct arena *arena, const char *name)
{
	struct error ignored = ERROR_INIT;
	const char *path = file_absolute(arena, name, &ignored);
	struct str whole = str_from(path ? path : name);
	size_t slash = str_find_last(whole, '/');

	return slash < whole.len ? str_to_c(arena, str_head(whole, slash > 0 ? slash : 1)) : NULL;
}

static void read_text(struct arena *arena, struct hooks *hooks, struct str text, const char *name,
                      const struct hooks_options *options, struct problems *problems)
{
	const struct yaml_limits *limits = options->repository ? &yaml_limits_repository : &yaml_limits_server;
	struct hooks_context context = {.hooks = hooks, .secrets = options->secrets, .check = options->check};
	struct reading reading = {
		.reader = {.arena = arena,
	                   .problems = problems,
	                   .strict = options->strict,
	                   .repository = options->repository,
	                   .context = &context,
	                   .folder = folder_of(arena, name)},
		.options = options,
		.hooks = hooks,
	};

	for (size_t i = 0; i < hooks->id_count; i++)
		names_set(arena, &reading.ids, hooks->ids[i].id, i);
	const struct yaml_node *root = yaml_parse(arena, text, name, limits, problems);
	if (root)
		read_list(&reading, root);
}

/* What the template makes is read under a name of its own: its lines are not those of the file. */
static void read_template(struct arena *arena, struct hooks *hooks, struct str text, const char *name,
                          const struct hooks_options *options, struct problems *problems)
{
	struct arena scratch = ARENA_INIT;
	struct template_output output = TEMPLATE_OUTPUT_INIT;
	const char *after = arena_printf(arena, "%s after the template", name);

	bool good = template_run(&scratch, text, name, &output, problems);
	for (size_t i = 0; i < output.file_count; i++)
		hooks_add_file_as(arena, hooks, output.files[i].path, output.files[i].identity);
	if (good) {
		read_text(arena, hooks, buf_str(&output.text), after, options, problems);
		template_place_problems(&output, after, name, problems);
	}
	template_output_release(&output);
	arena_release(&scratch);
}

bool hooks_read(struct arena *arena, struct hooks *hooks, struct str text, const char *name,
                const struct hooks_options *options, struct problems *problems)
{
	size_t errors = problems->errors;

	name = arena_strdup(arena, name);
	if (options->template && !options->repository)
		read_template(arena, hooks, text, name, options, problems);
	else
		read_text(arena, hooks, text, name, options, problems);
	return problems->errors == errors;
}

bool hooks_read_file(struct arena *arena, struct hooks *hooks, const char *path, const struct hooks_options *options,
                     struct problems *problems)
{
	const struct yaml_limits *limits = options->repository ? &yaml_limits_repository : &yaml_limits_server;
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;

	hooks_add_file(arena, hooks, str_from(path));
	bool good = file_read(path, limits->bytes, &text, &error);
	if (good)
		good = hooks_read(arena, hooks, buf_str(&text), path, options, problems);
	else
		problem_add(problems, (struct position){NULL, 0, 0}, "%s", error.message);
	buf_release(&text);
	return good;
}
