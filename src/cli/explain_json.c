/* The explanation for programs: the same facts, under names that stay. */
#include "base/buf.h"
#include "cli/explain.h"
#include "forge/event.h"
#include "lib/json_out.h"

static void write_text(struct json_out *out, const char *key, struct str text)
{
	json_out_key(out, key);
	json_out_text(out, text);
}

static void write_number(struct json_out *out, const char *key, int64_t number)
{
	json_out_key(out, key);
	json_out_number(out, number);
}

static void write_bool(struct json_out *out, const char *key, bool value)
{
	json_out_key(out, key);
	json_out_bool(out, value);
}

static void write_hook(struct json_out *out, const struct hook *hook)
{
	json_out_key(out, "hook");
	if (!hook) {
		json_out_null(out);
		return;
	}
	json_out_map_begin(out);
	write_text(out, "id", hook->id);
	json_out_key_text(out, "file", hook->position.file);
	write_number(out, "line", hook->position.line);
	write_number(out, "column", hook->position.column);
	json_out_map_end(out);
}

static void write_request(struct json_out *out, struct explanation *explanation)
{
	const struct request *request = &explanation->request;

	json_out_key(out, "request");
	json_out_map_begin(out);
	write_text(out, "method", request->method);
	write_text(out, "path", request->path);
	write_text(out, "remote-address", request->remote_address);
	write_bool(out, "remote-address-assumed", explanation->address_assumed);
	write_text(out, "content-type", request->content_type);
	write_number(out, "bytes", (int64_t)request->body.len);
	if (explanation->hook)
		write_bool(out, "method-allowed", explanation->end != EXPLAIN_METHOD);
	if (explanation->end >= EXPLAIN_RULE)
		json_out_key_text(out, "payload", explain_payload(explanation));
	json_out_map_end(out);
}

/* null where the hook is not for some events alone, or it did not come that far. */
static void write_event(struct json_out *out, struct explanation *explanation)
{
	struct error ignored = ERROR_INIT;
	const struct event *event = explanation->filter.len > 0 ? event_current(&explanation->request, &ignored) : NULL;

	json_out_key(out, "event");
	if (explanation->filter.len == 0) {
		json_out_null(out);
		return;
	}
	json_out_map_begin(out);
	write_text(out, "for", explanation->filter);
	write_bool(out, "wanted", explanation->decision.kind == DECISION_FIRES);
	write_text(out, "forge", event ? event->forge : STR(""));
	write_text(out, "type", event ? event->type : STR(""));
	write_text(out, "action", event ? event->action : STR(""));
	write_text(out, "ref", event ? event->ref : STR(""));
	json_out_map_end(out);
}

/* {"name", "text"} or, for what is not shown, {"name", "hidden": true, "length"}. */
static void write_values(struct json_out *out, const char *key, struct explain_values values)
{
	json_out_key(out, key);
	json_out_list_begin(out);
	for (size_t i = 0; i < values.count; i++) {
		const struct explain_value *value = &values.items[i];
		json_out_flat(out);
		json_out_map_begin(out);
		if (value->name.len > 0)
			write_text(out, "name", value->name);
		if (value->hidden) {
			write_bool(out, "hidden", true);
			write_number(out, "length", (int64_t)value->length);
		} else {
			write_text(out, "text", value->text);
		}
		json_out_map_end(out);
	}
	json_out_list_end(out);
}

static void write_files(struct json_out *out, const struct job *job)
{
	json_out_key(out, "files");
	json_out_list_begin(out);
	for (size_t i = 0; i < job->file_count; i++) {
		json_out_flat(out);
		json_out_map_begin(out);
		write_text(out, "name", job->files[i].name);
		write_number(out, "bytes", (int64_t)job->files[i].data.len);
		json_out_map_end(out);
	}
	json_out_list_end(out);
}

static void write_checkout(struct json_out *out, const struct job *job)
{
	json_out_key(out, "checkout");
	if (!job->checkout) {
		json_out_null(out);
		return;
	}
	json_out_map_begin(out);
	write_text(out, "url", job->url);
	write_text(out, "ref", job->ref);
	write_text(out, "commit", job->commit);
	json_out_map_end(out);
}

static void write_job(struct json_out *out, struct explanation *explanation)
{
	const struct job *job = &explanation->job;

	json_out_key(out, "job");
	if (explanation->end != EXPLAIN_FIRES) {
		json_out_null(out);
		return;
	}
	json_out_map_begin(out);
	write_checkout(out, job);
	write_values(out, "arguments", explain_arguments(explanation));
	write_text(out, "directory", job->directory);
	json_out_key(out, "timeout-milliseconds");
	if (job->timeout < 0)
		json_out_null(out);
	else
		json_out_number(out, job->timeout);
	write_values(out, "environment", explain_environment(explanation));
	write_bool(out, "inherit-environment", job->inherit_environment);
	write_files(out, job);
	json_out_map_end(out);
}

static void write_reply(struct json_out *out, const struct explanation *explanation)
{
	json_out_key(out, "reply");
	json_out_map_begin(out);
	write_number(out, "status", explanation->status);
	write_bool(out, "is-output", explanation->reply_is_output);
	write_text(out, "body", explanation->reply_is_output ? STR("") : explanation->reply);
	json_out_map_end(out);
}

static void write_warnings(struct json_out *out, const struct explanation *explanation)
{
	json_out_key(out, "warnings");
	json_out_list_begin(out);
	for (size_t i = 0; i < explanation->warning_count; i++)
		json_out_text(out, explanation->warnings[i]);
	json_out_list_end(out);
}

void explain_write_json(struct explanation *explanation, struct buf *text)
{
	static const char *const ends[] = {
		[EXPLAIN_NO_HOOK] = "no-hook", [EXPLAIN_METHOD] = "method", [EXPLAIN_TOO_LARGE] = "too-large",
		[EXPLAIN_RULE] = "rule",       [EXPLAIN_PING] = "ping",     [EXPLAIN_NOTHING] = "nothing-to-do",
		[EXPLAIN_REFUSED] = "refused", [EXPLAIN_FIRES] = "fires",
	};
	struct json_out out = {.text = text};

	json_out_map_begin(&out);
	write_bool(&out, "fires", explanation->end == EXPLAIN_FIRES);
	json_out_key_text(&out, "outcome", ends[explanation->end]);
	json_out_key_text(&out, "reason", explanation->error.message);
	write_hook(&out, explanation->hook);
	write_request(&out, explanation);
	json_out_key(&out, "rule");
	trace_write_json(&out, &explanation->trace);
	write_event(&out, explanation);
	write_job(&out, explanation);
	write_reply(&out, explanation);
	write_warnings(&out, explanation);
	json_out_map_end(&out);
}
