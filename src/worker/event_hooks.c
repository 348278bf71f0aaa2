/*
 * Each hook is asked with an arena of its own, in which its job lives until its run has ended: so memory is bounded
 * however many hooks there are.
 */
#include "worker/event_hooks.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "config/check_report.h"
#include "config/problem.h"
#include "forge/event.h"
#include "hook/decision.h"
#include "hook/file.h"
#include "hook/filter.h"
#include "hook/fork.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "hook/reply_plan.h"
#include "payload/request.h"
#include "run/delivery.h"
#include "run/execute.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/wire.h"
#include "worker/resolve.h"
#include "worker/section.h"

/* --- What is told ------------------------------------------------------------------------------------------------- */

static void send_plan(struct dispatch *dispatch, const struct hook *hook, const struct job *job)
{
	struct buf plan = BUF_INIT;

	reply_plan_write(&plan, hook, job);
	wire_plan(dispatch->wire, buf_str(&plan));
	buf_release(&plan);
}

static void succeed(struct run_result *result)
{
	*result = (struct run_result){.state = RUN_SUCCEEDED, .commit = STR("")};
}

void event_hooks_answer(struct dispatch *dispatch, int64_t status, struct str text)
{
	const struct hook hook = {.success_http_response_code = status};
	struct job job;

	job_init(&job);
	job.id = dispatch->delivery->id;
	job.hook = dispatch->delivery->hook;
	send_plan(dispatch, &hook, &job);
	wire_output(dispatch->wire, text);
	succeed(dispatch->result);
	dispatch->answered = true;
	if (dispatch->wire->gone)
		log_info("delivery %.*s: %.*s", STR_ARGS(dispatch->delivery->id), STR_ARGS(str_trim(text)));
}

/* "ID", and the ref where the delivery is about several. */
static struct str name_section(struct dispatch *dispatch, struct arena *arena, struct str id, const struct event *event)
{
	if (dispatch->events->count == 1)
		return id;
	return str_printf(arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(event->ref));
}

static void count_section(struct dispatch *dispatch, struct str name, const struct run_result *result)
{
	dispatch->sections++;
	if (result->state != RUN_SUCCEEDED) {
		dispatch->failed++;
		log_error("%.*s: %s: %s", STR_ARGS(name), run_state_name(result->state), result->error.message);
	}
}

/* What kept an event's hooks from being asked: the answer, or a section of it where there are other events. */
static void fail_event(struct dispatch *dispatch, const struct event *event, int64_t status, struct str text,
                       struct run_result *result)
{
	if (dispatch->events->count == 1 && status != 0) {
		event_hooks_answer(dispatch, status, text);
		return;
	}
	if (dispatch->events->count == 1) {
		*dispatch->result = *result;
		dispatch->result->commit = STR("");
		dispatch->answered = true;
		return;
	}
	wire_output(dispatch->wire, str_printf(&dispatch->arena, "== %.*s: %s ==\n%.*s", STR_ARGS(event->ref),
	                                       run_state_name(result->state), STR_ARGS(text)));
	count_section(dispatch, event->ref, result);
}

/* --- The hooks file ----------------------------------------------------------------------------------------------- */

static struct str repository_name(const struct repository_url *url)
{
	size_t slash = str_find_last(url->path, '/');
	return slash == url->path.len ? url->path : str_from_index(url->path, slash + 1);
}

/* What is wrong, as `pocketci check` prints it. */
static struct str report(struct arena *arena, const struct problems *problems, const char *name)
{
	const char *const files[] = {name};
	const struct check_report report = {.arena = arena, .problems = problems, .files = files, .file_count = 1};
	struct buf text = BUF_INIT;

	check_report_text(&report, false, false, &text);
	struct str copy = str_copy(arena, buf_str(&text));
	buf_release(&text);
	return copy;
}

/* Fills *hooks; false where the event has been answered for. */
static bool read_hooks(struct dispatch *dispatch, const struct event *event, const struct resolved *resolved,
                       struct arena *arena, struct hooks *hooks)
{
	const struct hooks_options options = {
		.strict = true,
		.repository = true,
		.secrets = &dispatch->secrets,
		.workspace = repository_name(&dispatch->url),
		.timeout_max = dispatch->config.timeout > 0 ? dispatch->config.timeout : 0,
	};
	struct problems problems = {.arena = arena};
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};

	if (resolved->problem.len > 0)
		problem_add(&problems, (struct position){resolved->name, 0, 0}, "%.*s", STR_ARGS(resolved->problem));
	else
		hooks_read(arena, hooks, resolved->text, resolved->name, &options, &problems);
	if (problems.errors == 0)
		return true;
	error_set(&result.error, ERROR_UNUSABLE, "%zu errors in %s of %.*s at commit %s", problems.errors,
	          resolved->name, STR_ARGS(dispatch->url.name), resolved->commit);
	log_warning("%s", result.error.message);
	fail_event(dispatch, event, error_http_status(ERROR_UNUSABLE), report(arena, &problems, resolved->name),
	           &result);
	return false;
}

static bool resolve(struct dispatch *dispatch, const struct resolve_query *query, struct arena *arena,
                    struct resolved *resolved)
{
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	bool cancelled = false;

	if (resolve_hooks(arena, query, resolved, &cancelled, &result.error))
		return true;
	dispatch->stopped = cancelled;
	if (cancelled || result.error.kind == ERROR_TIMEOUT)
		result.state = cancelled ? RUN_CANCELLED : RUN_TIMED_OUT;
	fail_event(dispatch, query->event, 0, str_printf(arena, "pocketci: %s\n", result.error.message), &result);
	return false;
}

/* --- Whether a hook fires ----------------------------------------------------------------------------------------- */

/* What is answered where a hook does not fire. */
struct refusal {
	int64_t status;
	struct str text;   /* for the one hook that was asked for */
	struct str reason; /* a line, where all are asked */
};

/*
 * The request as if nothing had been asked of it: a hook may take its body or its parameters for something else, and the
 * next one must not see that.
 */
static void take_request(const struct dispatch *dispatch, const struct hook *hook, size_t index, struct arena *arena,
                         struct request *request)
{
	struct event_list *events = arena_alloc(arena, sizeof(*events));
	const struct request *whole = dispatch->delivery->request;

	*events = *dispatch->events;
	events->items = &dispatch->events->items[index];
	events->count = 1;
	events->current = 0;
	*request = *whole;
	request->arena = arena;
	request->events = events;
	if (hook->parse_parameters_as_json.count == 0 && hook->incoming_payload_content_type.len == 0)
		return; /* what is parsed already stays as it is */
	request->payload_parsed = false;
	request->payload = NULL;
	request->payload_error = (struct error)ERROR_INIT;
	request->uploads = (struct payload_uploads){0};
	request->header_values = request->query_values = NULL;
}

static struct refusal refuse_by_decision(const struct hook *hook, const struct decision *decision, struct arena *arena)
{
	const char *why = decision->kind == DECISION_METHOD          ? "the method is not allowed"
	                  : decision->kind == DECISION_NOT_SATISFIED ? "its trigger rule was not satisfied"
	                  : decision->kind == DECISION_FORM          ? "the body cannot be read as a form"
	                                                             : "its trigger rule could not be evaluated";

	if (decision->kind == DECISION_RULE_FAILED)
		log_warning("hook \"%.*s\": %s", STR_ARGS(hook->id), decision->outcome.detail.message);
	return (struct refusal){
		decision->status,
		decision->reply,
		str_printf(arena, "nothing to do: hook \"%.*s\": %s\n", STR_ARGS(hook->id), why),
	};
}

static struct refusal refuse_by_sentence(struct arena *arena, int64_t status, const char *sentence)
{
	struct str line = str_printf(arena, "%s\n", sentence);
	return (struct refusal){status, line, line};
}

static bool fires(struct dispatch *dispatch, const struct hook *hook, const struct event *event, struct request *request,
                  struct job *job, struct refusal *refusal)
{
	struct error error = ERROR_INIT;
	struct decision decision = decision_by_method(hook, &dispatch->config, request);
	struct str why;

	if (decision.kind == DECISION_FIRES)
		decision = decision_by_rule(hook, request, NULL);
	if (decision.kind != DECISION_FIRES) {
		*refusal = refuse_by_decision(hook, &decision, request->arena);
		return false;
	}
	if (filter_event(hook, event, request->arena, &why) != FILTER_WANTED) {
		*refusal = refuse_by_sentence(request->arena, 200, why.data);
		return false;
	}
	enum invocation invocation = invocation_make(hook, request, &dispatch->config, job, &error);
	if (invocation == INVOCATION_REFUSED)
		log_error("hook \"%.*s\": %s", STR_ARGS(hook->id), error.message);
	if (invocation != INVOCATION_RUN)
		*refusal = refuse_by_sentence(request->arena,
		                              invocation == INVOCATION_REFUSED ? error_http_status(error.kind) : 200,
		                              error.message);
	return invocation == INVOCATION_RUN;
}

/* --- Runs --------------------------------------------------------------------------------------------------------- */

static struct run_listener nobody(const struct run_listener *whole)
{
	struct run_listener listener = RUN_LISTENER_INIT;
	listener.cancel = whole->cancel;
	return listener;
}

/* The reply is the hook's own message, at once; the run goes on without a reader. */
static void answer_at_once(struct dispatch *dispatch, const struct hook *hook)
{
	struct run_result done;

	wire_output(dispatch->wire, hook->response_message);
	succeed(&done);
	wire_finish(dispatch->wire, &done);
	dispatch->wire->gone = true;
}

static void run_alone(struct dispatch *dispatch, const struct hook *hook, const struct job *job)
{
	struct run_listener listener = *dispatch->listener;

	send_plan(dispatch, hook, job);
	if (!hook->include_command_output_in_response && !hook->stream_command_output) {
		answer_at_once(dispatch, hook);
		listener = nobody(dispatch->listener);
	}
	execute_job(job, &dispatch->config, &listener, dispatch->result);
	dispatch->answered = true;
}

static void run_among_others(struct dispatch *dispatch, const struct event *event, struct job *job)
{
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	struct arena arena = ARENA_INIT;
	struct str name = name_section(dispatch, &arena, job->hook, event);
	struct section section;

	job->stop_when_client_leaves = false; /* the reply is that of others, too */
	if (section_open(&section, dispatch->folder, dispatch->delivery->output_limit, &result.error)) {
		struct run_listener listener = section_listener(&section, dispatch->listener);
		execute_job(job, &dispatch->config, &listener, &result);
	}
	dispatch->stopped = result.state == RUN_CANCELLED;
	if (result.state == RUN_SKIPPED) {
		buf_printf(&dispatch->reasons, "%s\n", result.error.message);
	} else {
		section_send(&section, dispatch->wire, name, &result);
		count_section(dispatch, name, &result);
	}
	section_close(&section);
	arena_release(&arena);
}

static void ask_hook(struct dispatch *dispatch, const struct hook *hook, size_t index)
{
	const struct event *event = &dispatch->events->items[index];
	struct arena arena = ARENA_INIT;
	struct request request;
	struct refusal refusal;
	struct job job;

	job_init(&job);
	log_set_field(LOG_FIELD_HOOK, str_to_c(&arena, hook->id));
	take_request(dispatch, hook, index, &arena, &request);
	if (fires(dispatch, hook, event, &request, &job, &refusal)) {
		log_set_field(LOG_FIELD_RUN, str_to_c(&arena, job.id));
		if (dispatch->alone)
			run_alone(dispatch, hook, &job);
		else
			run_among_others(dispatch, event, &job);
		log_set_field(LOG_FIELD_RUN, dispatch->delivery->id.data);
	} else if (dispatch->alone) {
		event_hooks_answer(dispatch, refusal.status, refusal.text);
	} else {
		buf_append_str(&dispatch->reasons, refusal.reason);
	}
	log_set_field(LOG_FIELD_HOOK, NULL);
	arena_release(&arena);
}

static void ask_hooks(struct dispatch *dispatch, const struct hooks *hooks, size_t index)
{
	struct str wanted = dispatch->delivery->hook;
	bool found = false;

	for (size_t i = 0; i < hooks->count && !dispatch->stopped; i++) {
		if (wanted.len > 0 && !str_equal(hooks->items[i]->id, wanted))
			continue;
		ask_hook(dispatch, hooks->items[i], index);
		found = true;
	}
	if (!found && dispatch->alone)
		event_hooks_answer(dispatch, 404, STR("Hook not found."));
	else if (!found)
		buf_printf(&dispatch->reasons, "nothing to do: there is no hook \"%.*s\"\n",
		           STR_ARGS(str_head(wanted, 200)));
}

/* Whether there is a commit to look for hooks at. */
static bool has_commit(struct dispatch *dispatch, const struct event *event)
{
	if (event->commit.len > 0 || event->short_commit.len > 0)
		return true;
	if (str_equal_c(event->type, "delete"))
		buf_printf(&dispatch->reasons, "nothing to do: %.*s was deleted\n", STR_ARGS(event->ref));
	else
		buf_printf(&dispatch->reasons, "nothing to do: an event of type %.*s names no commit\n",
		           STR_ARGS(event->type));
	return false;
}

static bool may_run(struct dispatch *dispatch, const struct event *event)
{
	struct error error = ERROR_INIT;

	if (!fork_sent(event) || fork_is_allowed(&dispatch->arena, &dispatch->config.repositories,
	                                         dispatch->url.text, event, &error))
		return has_commit(dispatch, event);
	buf_printf(&dispatch->reasons, "%s\n", error.message);
	return false;
}

void event_hooks_run(struct dispatch *dispatch, size_t index)
{
	const struct event *event = &dispatch->events->items[index];
	struct resolve_query query = {
		.delivery = dispatch->delivery,
		.event = event,
		.url = &dispatch->url,
		.repository = dispatch->repository,
		.folder = dispatch->folder,
		.deadline = clock_deadline(clock_now(), dispatch->config.timeout),
		.listener = dispatch->listener,
	};
	struct arena arena = ARENA_INIT;
	struct resolved resolved;
	struct hooks hooks = {0};

	if (!may_run(dispatch, event))
		return;
	if (resolve(dispatch, &query, &arena, &resolved) && read_hooks(dispatch, event, &resolved, &arena, &hooks))
		ask_hooks(dispatch, &hooks, index);
	resolve_release(&query);
	arena_release(&arena);
}
