/*
 * The explanation for people: what happens first, then why, from the request to the reply. All that came from outside is
 * written so that no terminal obeys it; the command can be pasted into a shell.
 */
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"
#include "cli/explain.h"
#include "forge/event.h"

/* Of an argument or a variable; -json tells all of it. */
#define VALUE_MAX 4096

struct writer {
	struct explanation *explanation;
	struct buf *out;
	bool colour;
};

static void set_colour(struct writer *writer, const char *colour)
{
	if (writer->colour)
		buf_append_c(writer->out, colour);
}

static void write_title(struct writer *writer, const char *title)
{
	set_colour(writer, "\033[1m");
	buf_append_c(writer->out, title);
	set_colour(writer, "\033[0m");
	buf_append_c(writer->out, ":");
}

static void append(struct writer *writer, struct str text)
{
	printable_append(writer->out, text);
}

/* "title: text" */
static void write_fact(struct writer *writer, const char *title, struct str text)
{
	write_title(writer, title);
	buf_append_byte(writer->out, ' ');
	append(writer, text);
	buf_append_byte(writer->out, '\n');
}

/* --- The verdict -------------------------------------------------------------------------------------------------- */

static void write_hook(struct writer *writer)
{
	const struct hook *hook = writer->explanation->hook;

	buf_append_c(writer->out, "hook ");
	printable_quote(writer->out, hook->id, 200);
	buf_append_byte(writer->out, ' ');
}

static void write_verdict(struct writer *writer)
{
	static const struct {
		const char *words, *colour;
	} verdicts[] = {
		[EXPLAIN_NO_HOOK] = {"no hook fires", "\033[1;31m"},
		[EXPLAIN_METHOD] = {"does not fire: the method is not allowed", "\033[1;31m"},
		[EXPLAIN_TOO_LARGE] = {"does not fire: the body is too large", "\033[1;31m"},
		[EXPLAIN_RULE] = {"does not fire", "\033[1;31m"},
		[EXPLAIN_PING] = {"does not fire", "\033[1;33m"},
		[EXPLAIN_NOTHING] = {"does not fire", "\033[1;33m"},
		[EXPLAIN_REFUSED] = {"does not fire, although its rule holds", "\033[1;31m"},
		[EXPLAIN_FIRES] = {"fires", "\033[1;32m"},
	};
	const struct explanation *explanation = writer->explanation;

	set_colour(writer, verdicts[explanation->end].colour);
	if (explanation->hook)
		write_hook(writer);
	buf_append_c(writer->out, verdicts[explanation->end].words);
	set_colour(writer, "\033[0m");
	if (explanation->error.message[0] != '\0') {
		buf_append_c(writer->out, ": ");
		append(writer, str_from(explanation->error.message));
	}
	buf_append_byte(writer->out, '\n');
}

/* --- The request -------------------------------------------------------------------------------------------------- */

static void write_request(struct writer *writer)
{
	const struct explanation *explanation = writer->explanation;
	const struct request *request = &explanation->request;

	write_title(writer, "request");
	buf_append_byte(writer->out, ' ');
	append(writer, request->method);
	if (request->path.len > 0) {
		buf_append_byte(writer->out, ' ');
		append(writer, request->path);
	}
	buf_append_c(writer->out, " from ");
	append(writer, request->remote_address);
	if (explanation->address_assumed)
		buf_append_c(writer->out, " (assumed; -remote-addr says another)");
	buf_printf(writer->out, ", %zu bytes of body\n", request->body.len);
}

static void write_methods(struct writer *writer)
{
	const struct explanation *explanation = writer->explanation;
	const struct text_list *methods = &explanation->hook->http_methods;

	if (methods->count == 0)
		methods = &explanation->config.http_methods;
	if (methods->count == 0)
		return;
	write_title(writer, "methods");
	for (size_t i = 0; i < methods->count; i++) {
		buf_append_c(writer->out, i > 0 ? ", " : " ");
		append(writer, methods->items[i]);
	}
	buf_append_c(writer->out, explanation->end == EXPLAIN_METHOD ? ", not " : ", so it is allowed");
	if (explanation->end == EXPLAIN_METHOD)
		append(writer, explanation->request.method);
	buf_append_byte(writer->out, '\n');
}

static void write_rule(struct writer *writer)
{
	const struct explanation *explanation = writer->explanation;

	if (!explanation->trace.root) {
		write_fact(writer, "trigger rule", STR("none, so every request fires"));
		return;
	}
	bool form = explanation->decision.kind == DECISION_FORM;
	write_title(writer, "trigger rule");
	buf_append_byte(writer->out, '\n');
	trace_write_text(writer->out, &explanation->trace, writer->colour);
	if (form)
		buf_append_c(writer->out,
		             "  A multipart body that cannot be read is refused, whatever the rule says.\n");
}

/* --- The event ---------------------------------------------------------------------------------------------------- */

static void write_field(struct writer *writer, const char *before, struct str text)
{
	if (text.len == 0)
		return;
	buf_append_c(writer->out, before);
	append(writer, text);
}

/* What the hook is for, and what came: of several refs the one that counts. */
static void write_event(struct writer *writer)
{
	struct explanation *explanation = writer->explanation;
	struct error ignored = ERROR_INIT;
	const struct event *event;

	if (explanation->filter.len == 0)
		return;
	write_fact(writer, "for", explanation->filter);
	event = event_current(&explanation->request, &ignored);
	write_title(writer, "event");
	if (event && event->forge.len > 0) {
		write_field(writer, " ", event->type);
		write_field(writer, ".", event->action);
		write_field(writer, " of ", event->forge);
		write_field(writer, ", ", event->ref);
		buf_append_c(writer->out,
		             explanation->decision.kind == DECISION_FIRES ? ": wanted\n" : ": not wanted\n");
	} else {
		buf_append_c(writer->out, event ? " none of a forge that is known here\n" : " cannot be read\n");
	}
}

/* --- The job ------------------------------------------------------------------------------------------------------ */

static struct str shown_text(struct writer *writer, const struct explain_value *value)
{
	struct arena *arena = &writer->explanation->arena;

	if (value->hidden)
		return str_printf(arena, "<redacted, %zu bytes>", value->length);
	return str_head(value->text, VALUE_MAX);
}

static bool is_cut(const struct explain_value *value)
{
	return !value->hidden && value->text.len > VALUE_MAX;
}

static void write_command(struct writer *writer)
{
	struct explain_values arguments = explain_arguments(writer->explanation);
	bool dispatches = writer->explanation->job.dispatch.len > 0;

	write_title(writer, dispatches ? "command, for each function that fits the event" : "command");
	buf_append_c(writer->out, "\n  ");
	for (size_t i = 0; i < arguments.count; i++) {
		if (i > 0)
			buf_append_byte(writer->out, ' ');
		printable_shell(writer->out, shown_text(writer, &arguments.items[i]));
	}
	buf_append_byte(writer->out, '\n');
	for (size_t i = 0; i < arguments.count; i++) {
		if (is_cut(&arguments.items[i]))
			buf_printf(writer->out,
			           "  (argument %zu is cut here; it has %zu bytes, and -json tells them)\n", i,
			           arguments.items[i].length);
	}
}

/* Its length alone: what it is, is in the request or a secret. */
static void write_input(struct writer *writer)
{
	const struct explanation *explanation = writer->explanation;

	if (!explanation->hook->input)
		return;
	write_title(writer, "standard input");
	buf_printf(writer->out, " %zu bytes\n", explanation->job.input.len);
}

static void write_environment(struct writer *writer)
{
	struct explain_values variables = explain_environment(writer->explanation);

	write_title(writer, writer->explanation->job.inherit_environment ? "environment, beside all of pocketci's own"
	                                                                 : "environment, beside PATH, HOME, LANG …");
	buf_append_byte(writer->out, '\n');
	for (size_t i = 0; i < variables.count; i++) {
		const struct explain_value *variable = &variables.items[i];
		buf_append_c(writer->out, "  ");
		append(writer, variable->name);
		buf_append_byte(writer->out, '=');
		if (variable->length > 0)
			printable_shell(writer->out, shown_text(writer, variable));
		if (is_cut(variable))
			buf_printf(writer->out, "  (cut; %zu bytes)", variable->length);
		buf_append_byte(writer->out, '\n');
	}
}

static void write_files(struct writer *writer)
{
	const struct job *job = &writer->explanation->job;

	if (job->file_count == 0)
		return;
	write_title(writer, "files");
	buf_append_byte(writer->out, '\n');
	for (size_t i = 0; i < job->file_count; i++) {
		buf_append_c(writer->out, "  ");
		append(writer, job->files[i].name);
		buf_printf(writer->out, ", %zu bytes\n", job->files[i].data.len);
	}
}

static void write_checkout(struct writer *writer)
{
	const struct job *job = &writer->explanation->job;
	const struct {
		const char *name;
		struct str text;
	} parts[] = {{"url", job->url}, {"ref", job->ref}, {"commit", job->commit}};

	if (!job->checkout)
		return;
	write_title(writer, "checkout");
	buf_append_byte(writer->out, '\n');
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].text.len == 0)
			continue;
		buf_printf(writer->out, "  %s: ", parts[i].name);
		append(writer, parts[i].text);
		buf_append_byte(writer->out, '\n');
	}
	if (job->commit.len == 0)
		buf_append_c(writer->out, "  commit: the tip of the ref when the run begins\n");
}

static void write_job(struct writer *writer)
{
	const struct job *job = &writer->explanation->job;
	char timeout[JOB_TIMEOUT_TEXT_SIZE];

	write_checkout(writer);
	write_command(writer);
	write_input(writer);
	if (job->directory.len > 0)
		write_fact(writer, "directory", job->directory);
	else if (job->checkout)
		write_fact(writer, "directory", STR("the checkout"));
	write_fact(writer, "timeout", str_from(job_timeout_text(job, timeout)));
	write_environment(writer);
	write_files(writer);
}

/* --- The end ------------------------------------------------------------------------------------------------------ */

static void write_reply(struct writer *writer)
{
	const struct explanation *explanation = writer->explanation;

	write_title(writer, "reply");
	buf_printf(writer->out, " %lld", (long long)explanation->status);
	if (explanation->reply_is_output) {
		buf_append_c(writer->out, " and the command's output, where it succeeds");
	} else if (explanation->reply.len > 0) {
		buf_append_byte(writer->out, ' ');
		printable_quote(writer->out, explanation->reply, VALUE_MAX);
	}
	buf_append_byte(writer->out, '\n');
}

/* Each begins with the hook that the log names, and here that is known. */
static struct str without_hook(const struct explanation *explanation, struct str text, struct arena *arena)
{
	if (!explanation->hook)
		return text;
	struct str prefix = str_printf(arena, "hook \"%.*s\": ", STR_ARGS(explanation->hook->id));
	return str_starts(text, prefix) ? str_from_index(text, prefix.len) : text;
}

static void write_warnings(struct writer *writer)
{
	struct explanation *explanation = writer->explanation;

	if (explanation->warning_count == 0)
		return;
	set_colour(writer, "\033[1;35m");
	buf_append_c(writer->out, "warnings");
	set_colour(writer, "\033[0m");
	buf_append_c(writer->out, ":\n");
	for (size_t i = 0; i < explanation->warning_count; i++) {
		buf_append_c(writer->out, "  ");
		append(writer, without_hook(explanation, explanation->warnings[i], &explanation->arena));
		buf_append_byte(writer->out, '\n');
	}
}

void explain_write_text(struct explanation *explanation, bool colour, struct buf *out)
{
	struct writer writer = {.explanation = explanation, .out = out, .colour = colour};

	write_verdict(&writer);
	write_request(&writer);
	if (explanation->hook)
		write_methods(&writer);
	if (explanation->end >= EXPLAIN_RULE) {
		write_fact(&writer, "payload", str_from(explain_payload(explanation)));
		write_rule(&writer);
		write_event(&writer);
	}
	if (explanation->end == EXPLAIN_FIRES)
		write_job(&writer);
	write_reply(&writer);
	write_warnings(&writer);
}
