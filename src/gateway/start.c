/* Every run that is started here ends by its own deadline, in whichever process it is; a reply only follows it. */
#include "gateway/start.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/exchange.h"
#include "gateway/reply.h"
#include "gateway/route.h"
#include "gateway/scoreboard.h"
#include "gateway/service.h"
#include "run/command.h"
#include "run/job.h"
#include "run/keepers.h"
#include "run/launch.h"
#include "run/places.h"
#include "run/wire.h"

static void set_hook_headers(struct call *call, const struct hook *hook)
{
	for (size_t i = 0; i < hook->response_header_count; i++)
		response_set_header(&call->response, hook->response_headers[i].name, hook->response_headers[i].value);
}

/* For the lines of the log from here on, and the one about the call: the run was started, or failed to be. */
static void note_run(struct call *call, const struct job *job)
{
	struct str id = str_head(job->id, sizeof(call->run) - 1);
	memcpy(call->run, id.data, id.len);
	call->run[id.len] = '\0';
	log_set_field(LOG_FIELD_RUN, call->run);
}

static bool launch_checkout(const struct call *call, const struct job *job, int *follow, struct error *error)
{
	const struct service *service = call->service;
	const char *config =
		service->config.path.len > 0 ? str_to_c(call->exchange->arena, service->config.path) : NULL;
	return launch_exec(job, service->program, config, service->detached_log, follow, error);
}

/* For a reply that may come later: 503, and why. */
static void refuse_for_now(struct call *call, const char *why)
{
	log_warning("hook \"%.*s\": %s", STR_ARGS(call->hook), why);
	response_set_header(&call->response, STR("Retry-After"), STR("5"));
	response_explain(&call->response, 503, why);
}

/* --- Nobody waits ------------------------------------------------------------------------------------------------- */

/*
 * A run that nobody waits for has a place of its own for as long as it lasts. A burst waits for one; where runs that last
 * hold all of them, nobody does.
 */
#define PLACES_STILL_MS 1000
#define PLACE_WAIT_MS 5000

/* A keeper made during a request has the request in memory; with more than this it serves no second run. */
#define KEEPER_MEMORY_MAX ((size_t)1024 * 1024)

static bool launch_unfollowed(const struct call *call, const struct job *job, int place, struct error *error)
{
	const struct service *service = call->service;
	struct keepers *keepers = service->keepers;
	if (job->checkout)
		return launch_checkout(call, job, NULL, error);
	if (!keepers)
		return launch_keeper(job, service->detached_log, NULL, error);
	bool again = call->exchange->arena->used + call->body.capacity <= KEEPER_MEMORY_MAX;
	bool launched = launch_alone(job, keepers, place, again, error);
	if (!launched)
		places_leave(keepers->places, place);
	return launched;
}

static void start_and_go_on(struct call *call, const struct hook *hook, const struct job *job)
{
	struct error error = ERROR_INIT;
	struct keepers *keepers = job->checkout ? NULL : call->service->keepers;
	struct places *places = keepers ? keepers->places : NULL;
	int place = places ? places_take(places, PLACES_STILL_MS, PLACE_WAIT_MS) : -1;
	if (places && place < 0) {
		refuse_for_now(call, "too many commands run already that nobody waits for; nothing was started");
		return;
	}
	note_run(call, job);
	if (!launch_unfollowed(call, job, place, &error)) {
		log_error("hook \"%.*s\": nothing was started: %s", STR_ARGS(hook->id), error.message);
		response_explain(&call->response, error_http_status(error.kind), error.message);
		return;
	}
	set_hook_headers(call, hook);
	int64_t status = hook->success_http_response_code;
	response_send(&call->response, status != 0 ? status : 200, hook->response_message);
}

/* --- The output is the response ----------------------------------------------------------------------------------- */

bool start_may_wait(struct call *call)
{
	struct scoreboard *scoreboard = call->service->scoreboard;
	if (!scoreboard || scoreboard_may_wait(scoreboard, call->service->slot))
		return true;
	refuse_for_now(call, "too many replies wait for their commands already; nothing was started");
	return false;
}

void start_wait_no_more(const struct call *call)
{
	if (call->service->scoreboard)
		scoreboard_set(call->service->scoreboard, call->service->slot, CHILD_BUSY);
}

static void launch_and_follow(const struct call *call, const struct job *job, const struct run_listener *listener,
                              struct run_result *result)
{
	int descriptor = -1;
	*result = (struct run_result){.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	bool launched = job->checkout ? launch_checkout(call, job, &descriptor, &result->error)
	                              : launch_keeper(job, call->service->detached_log, &descriptor, &result->error);
	if (launched)
		wire_follow(descriptor, job->stop_when_client_leaves, listener, result);
	file_close(&descriptor);
}

static void run_and_reply(struct call *call, const struct hook *hook, const struct job *job)
{
	struct reply reply;
	struct run_result result;
	int64_t now = clock_now();

	note_run(call, job);
	set_hook_headers(call, hook);
	reply_init(&reply, &call->response, hook, job, &call->service->config, now);
	struct run_listener listener = reply_listener(&reply);
	if (job->checkout || call->exchange->cgi)
		launch_and_follow(call, job, &listener, &result);
	else
		command_run(job, NULL, clock_deadline(now, job->timeout), &listener, &result);
	reply_finish(&reply, &result);
	reply_release(&reply);
}

void start_and_answer(struct call *call, const struct hook *hook, const struct job *job)
{
	if (!hook->include_command_output_in_response && !hook->stream_command_output) {
		start_and_go_on(call, hook, job);
	} else if (start_may_wait(call)) {
		run_and_reply(call, hook, job);
		start_wait_no_more(call);
	}
}
