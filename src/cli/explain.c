/*
 * pocketci explain: what a request would do, and why it would not. It asks the very functions that serve requests;
 * nothing is started, no folder is made, and nothing is read but the files that are named.
 */
#include "cli/explain.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "config/problem.h"
#include "hook/file.h"
#include "hook/filter.h"

/* Other than cli_misused gives it: what is wrong with a file is the caller's fault as well. */
enum { EXIT_DID_NOT_FIRE = 1 };

/* --- Files -------------------------------------------------------------------------------------------------------- */

static bool load_config(struct explanation *explanation, const struct explain_flags *flags, struct error *error)
{
	struct config *config = &explanation->config;
	struct str path = str_from(flags->config);

	config_init(config);
	if (!flags->config && flags->hooks.count == 0)
		path = config_find(&explanation->arena, NULL);
	if (path.len > 0 && !config_read_file(&explanation->arena, config, path.data, error))
		return false;
	if (flags->hooks.count > 0)
		config->hooks = flags->hooks;
	config->template = config->template || flags->template;
	return config->hooks.count > 0 || error_set(error, ERROR_INVALID,
	                                            "explain needs hooks: name a file of them with -hooks FILE, or a "
	                                            "pocketci.yaml that does with -config FILE");
}

static bool load_hooks(struct explanation *explanation, const struct explain_flags *flags, struct error *error)
{
	const struct text_list *files = &explanation->config.hooks;
	const struct hooks_options options = {
		.strict = flags->strict,
		.template = explanation->config.template,
		.secrets = &explanation->config.secrets,
	};
	struct problems problems = {.arena = &explanation->arena};

	for (size_t i = 0; i < files->count; i++)
		hooks_read_file(&explanation->arena, &explanation->hooks,
		                str_to_c(&explanation->arena, files->items[i]), &options, &problems);
	return problems_report(&problems, error);
}

/* --- The hook ----------------------------------------------------------------------------------------------------- */

/* "a", "b" and 3 more: printable when they are written. */
static const char *list_ids(struct explanation *explanation)
{
	enum { SHOWN = 10 };
	const struct hooks *hooks = &explanation->hooks;
	const char *list = "";

	for (size_t i = 0; i < hooks->count && i < SHOWN; i++)
		list = arena_printf(&explanation->arena, "%s%s\"%.*s\"", list, i > 0 ? ", " : "",
		                    STR_ARGS(str_head(hooks->items[i]->id, 40)));
	if (hooks->count > SHOWN)
		list = arena_printf(&explanation->arena, "%s and %zu more", list, hooks->count - SHOWN);
	return list;
}

static bool no_hook(struct explanation *explanation, const char *what)
{
	explanation->end = EXPLAIN_NO_HOOK;
	explanation->status = 404;
	explanation->reply = STR("Hook not found.");
	return error_set(&explanation->error, ERROR_NOT_FOUND, "%s; the hooks are %s", what, list_ids(explanation));
}

/*
 * By -hook, else by the path of the request. A path that is not below the prefix says nothing, since web servers take
 * their part off it; where there is one hook alone it is meant.
 */
static bool find_hook(struct explanation *explanation, const struct explain_flags *flags)
{
	struct arena *arena = &explanation->arena;
	const struct hooks *hooks = &explanation->hooks;
	struct str path = explanation->request.path, id = str_from(flags->hook);
	bool asked = flags->hook || (path.len > 0 && decision_hook_id(path, explanation->config.url_prefix, &id));

	if (asked) {
		explanation->hook = hooks_find(hooks, id);
		return explanation->hook || no_hook(explanation, arena_printf(arena, "no hook is called \"%.*s\"",
		                                                              STR_ARGS(str_head(id, 100))));
	}
	if (hooks->count == 1) {
		explanation->hook = hooks->items[0];
		if (path.len > 0)
			log_warning("the path %.*s is not below /%.*s/; the one hook that there is was taken",
			            STR_ARGS(str_head(path, 100)), STR_ARGS(explanation->config.url_prefix));
		return true;
	}
	if (path.len == 0)
		return no_hook(explanation, "which hook is asked for is not known, -hook ID says it");
	return no_hook(explanation,
	               arena_printf(arena,
	                            "the path %.*s is not below /%.*s/, so -hook ID must say which hook "
	                            "is meant",
	                            STR_ARGS(str_head(path, 100)), STR_ARGS(explanation->config.url_prefix)));
}

/* --- What it makes of the request --------------------------------------------------------------------------------- */

static void end_with(struct explanation *explanation, enum explain_end end, int64_t status, struct str reply)
{
	explanation->end = end;
	explanation->status = status;
	explanation->reply = reply;
}

static bool body_fits(struct explanation *explanation)
{
	int64_t limit = explanation->config.limits.body;

	if ((int64_t)explanation->request.body.len <= limit)
		return true;
	return error_set(&explanation->error, ERROR_TOO_LARGE, "the body is larger than the limit of %lld bytes",
	                 (long long)limit);
}

static void answer_run(struct explanation *explanation)
{
	const struct hook *hook = explanation->hook;
	int64_t status = hook->success_http_response_code;

	end_with(explanation, EXPLAIN_FIRES, status != 0 ? status : 200, hook->response_message);
	explanation->reply_is_output = hook->include_command_output_in_response || hook->stream_command_output;
}

static void plan(struct explanation *explanation)
{
	struct error *error = &explanation->error;

	switch (invocation_plan(explanation->hook, &explanation->request, &explanation->config, &explanation->job,
	                        error)) {
	case INVOCATION_RUN:
		answer_run(explanation);
		break;
	case INVOCATION_NOTHING_TO_DO:
		end_with(explanation, EXPLAIN_NOTHING, 200, str_from(error->message));
		break;
	case INVOCATION_REFUSED:
		end_with(explanation, EXPLAIN_REFUSED, error_http_status(error->kind), str_from(error->message));
		break;
	}
}

/* The event, once the rule holds. Its answer stands in error, as that of the checkout does. */
static void decide_by_event(struct explanation *explanation)
{
	struct decision *decision = &explanation->decision;

	if (filter_applies(explanation->hook))
		explanation->filter = filter_describe(explanation->hook, &explanation->arena);
	*decision = decision_by_event(explanation->hook, &explanation->request);
	if (decision->kind == DECISION_FIRES) {
		plan(explanation);
		return;
	}
	bool unreadable = decision->kind == DECISION_EVENT;
	error_set(&explanation->error, unreadable ? ERROR_INVALID : ERROR_NONE, "%.*s", STR_ARGS(decision->reply));
	end_with(explanation,
	         unreadable                        ? EXPLAIN_REFUSED
	         : decision->kind == DECISION_PING ? EXPLAIN_PING
	                                           : EXPLAIN_NOTHING,
	         decision->status, decision->reply);
}

/* In the order of gateway/deliver.c. */
static void decide(struct explanation *explanation)
{
	struct decision *decision = &explanation->decision;

	*decision = decision_by_method(explanation->hook, &explanation->config, &explanation->request);
	if (decision->kind != DECISION_FIRES) {
		end_with(explanation, EXPLAIN_METHOD, decision->status, decision->reply);
		return;
	}
	if (!body_fits(explanation)) {
		end_with(explanation, EXPLAIN_TOO_LARGE, error_http_status(ERROR_TOO_LARGE),
		         str_from(explanation->error.message));
		return;
	}
	explanation->trace.values = explanation->trace.hints = true;
	*decision = decision_by_rule(explanation->hook, &explanation->request, &explanation->trace);
	if (decision->kind != DECISION_FIRES)
		end_with(explanation, EXPLAIN_RULE, decision->status, decision->reply);
	else
		decide_by_event(explanation);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

/* What the code that serves would log is part of the answer here. */
static void take_warning(void *context, enum log_level level, const char *text)
{
	struct explanation *explanation = context;
	struct str *warnings = arena_grow(&explanation->arena, explanation->warnings, explanation->warning_count,
	                                  &explanation->warning_capacity, sizeof(*warnings));

	(void)level;
	warnings[explanation->warning_count++] = str_copy(&explanation->arena, str_from(text));
	explanation->warnings = warnings;
}

static bool explain(struct explanation *explanation, const struct explain_flags *flags, struct error *error)
{
	if (!load_config(explanation, flags, error) || !load_hooks(explanation, flags, error) ||
	    !explain_request_read(explanation, flags, error))
		return false;
	if (find_hook(explanation, flags)) {
		if (flags->sign)
			explain_request_sign(explanation);
		decide(explanation);
	} else if (explanation->request.path.len == 0 || flags->hook) {
		*error = explanation->error; /* no request would have asked for that: the command line is wrong */
		return false;
	}
	return true;
}

int cli_explain(int argc, char **argv)
{
	struct explanation explanation = {
		.arena = ARENA_INIT, .error = ERROR_INIT, .filter = STR(""), .reply = STR("")};
	struct explain_flags flags;
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	int status = 0;

	log_set_sink(take_warning, &explanation);
	if (!explain_flags_read(&explanation.arena, &flags, argc, argv, &error) ||
	    !explain(&explanation, &flags, &error)) {
		status = cli_misused("%s", error.message);
		goto cleanup;
	}
	if (flags.json)
		explain_write_json(&explanation, &out);
	else
		explain_write_text(&explanation, terminal_wants_colour(), &out);
	if (explanation.end != EXPLAIN_FIRES)
		status = EXIT_DID_NOT_FIRE;
	if (!file_write_all(STDOUT_FILENO, out.data, out.len, "standard output", &error))
		status = cli_misused("%s", error.message);
cleanup:
	log_set_sink(NULL, NULL);
	buf_release(&out);
	arena_release(&explanation.arena);
	return status;
}
