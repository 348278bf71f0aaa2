/*
 * A reply holds output back until its status is decided, and from then on keeps nothing. Whatever happens to the
 * client, the run goes on to its own end: here output is taken, sent or dropped, never refused.
 */
#include "gateway/reply.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "gateway/exchange.h"
#include "gateway/response.h"
#include "hook/exit_code.h"
#include "hook/hook.h"
#include "run/job.h"

enum {
	HELD_MAX = 8 * 1024,  /* bytes after which a streamed header goes out */
	HELD_FOR = 1000,      /* ms after which it does */
	PATIENCE = 60 * 1000, /* ms that a client may take nothing */
	PIECE_SIZE = 4096,    /* PIPE_BUF: where poll(2) finds room in a pipe, so much fits without waiting */
};

static const char command_failed[] =
	"Error occurred while executing the hook's command. Please check your logs for more details.";

void reply_init(struct reply *reply, struct response *response, const struct hook *hook, const struct job *job,
                const struct config *config, int64_t now)
{
	*reply = (struct reply){.response = response, .hook = hook, .job = job, .unsent = BUF_INIT};
	/*
	 * A checkout that fails still gets its own status, however long it took: there the second begins with the
	 * first output.
	 */
	bool by_time = hook->stream_command_output && !job->checkout;
	reply->header_due = by_time ? clock_deadline(now, HELD_FOR) : CLOCK_NEVER;
	spool_init(&reply->held, response->exchange->arena, config);
}

void reply_release(struct reply *reply)
{
	spool_release(&reply->held);
	buf_release(&reply->unsent);
}

/* --- Streaming ---------------------------------------------------------------------------------------------------- */

/* Where the response goes, for poll(2); -1: nowhere that could be full. */
static int outlet(const struct reply *reply)
{
	const struct exchange *exchange = reply->response->exchange;
	return exchange->cgi ? STDOUT_FILENO : exchange->client;
}

/*
 * Whether a piece can be written without waiting; waits for that until then. A connection that is broken can: the
 * write says so.
 */
static bool has_room(const struct reply *reply, int64_t until)
{
	struct pollfd writing = {.fd = outlet(reply), .events = POLLOUT};
	int ready;
	if (writing.fd < 0)
		return true;
	do {
		ready = poll(&writing, 1, clock_poll_timeout(until, clock_now()));
	} while (ready < 0 && errno == EINTR);
	return ready != 0;
}

static void queue(struct reply *reply, struct str data)
{
	if (data.len == 0 || reply->response->exchange->gone)
		return;
	if (reply->unsent.len == 0)
		reply->last_taken = clock_now();
	buf_append_str(&reply->unsent, data);
	reply->mid_line = data.data[data.len - 1] != '\n';
}

static void queue_held(void *context, struct str piece)
{
	queue(context, piece);
}

static void forget_unsent(struct reply *reply)
{
	buf_clear(&reply->unsent);
	reply->sent = 0;
}

/* Sends what the client takes until then. True where nothing is left to send. */
static bool send_unsent(struct reply *reply, int64_t until)
{
	while (reply->sent < reply->unsent.len && !reply->response->exchange->gone) {
		if (!has_room(reply, until))
			return false;
		struct str piece = str_head(str_from_index(buf_str(&reply->unsent), reply->sent), PIECE_SIZE);
		response_write(reply->response, piece);
		response_flush(reply->response);
		reply->sent += piece.len;
		reply->last_taken = clock_now();
	}
	forget_unsent(reply);
	return true;
}

/* From here on a write cannot wait and changes nothing, and whoever polls the connection sees its end. */
static void disconnect(struct reply *reply)
{
	struct exchange *exchange = reply->response->exchange;
	exchange->gone = true;
	forget_unsent(reply);
	if (exchange->client >= 0)
		shutdown(exchange->client, SHUT_RDWR);
	if (exchange->cgi) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(nowhere, STDOUT_FILENO);
		file_close(&nowhere);
	}
}

static void give_up(struct reply *reply)
{
	log_warning("the client took nothing for %d s; the rest of the output is not sent", PATIENCE / 1000);
	disconnect(reply);
}

static void set_success_status(struct reply *reply)
{
	if (reply->hook->success_http_response_code != 0)
		response_set_status(reply->response, reply->hook->success_http_response_code);
}

static void start_streaming(struct reply *reply)
{
	struct error ignored = ERROR_INIT; /* what is held fits into memory */
	reply->streaming = true;
	set_success_status(reply);
	response_start(reply->response, -1);
	response_flush(reply->response);
	spool_read(&reply->held, queue_held, reply, &ignored);
	spool_release(&reply->held);
	send_unsent(reply, 0);
}

/* --- What the run tells ------------------------------------------------------------------------------------------- */

static void take_output(void *context, struct str data)
{
	struct reply *reply = context;
	if (reply->response->exchange->gone)
		return;
	if (reply->streaming) {
		queue(reply, data);
		return;
	}
	spool_append(&reply->held, data);
	if (!reply->hook->stream_command_output)
		return;
	if (reply->held.length >= HELD_MAX)
		start_streaming(reply);
	else if (reply->header_due == CLOCK_NEVER)
		reply->header_due = clock_deadline(clock_now(), HELD_FOR);
}

static bool flush(void *context)
{
	return send_unsent(context, 0);
}

static int64_t tick(void *context, int64_t now)
{
	struct reply *reply = context;
	if (!reply->streaming && now >= reply->header_due)
		start_streaming(reply);
	if (!reply->streaming)
		return reply->header_due;
	if (reply->unsent.len == 0)
		return CLOCK_NEVER; /* ticked again after the next output */
	if (now - reply->last_taken >= PATIENCE)
		give_up(reply);
	return reply->last_taken + PATIENCE;
}

static void client_left(void *context)
{
	struct reply *reply = context;
	disconnect(reply);
	log_info("the client left before the command ended%s",
	         reply->job->stop_when_client_leaves ? "; the command is stopped" : "");
}

struct run_listener reply_listener(struct reply *reply)
{
	struct run_listener listener = RUN_LISTENER_INIT;
	listener.context = reply;
	listener.output = take_output;
	listener.tick = tick;
	listener.client_left = client_left;
	listener.flush = flush;
	listener.drain = outlet(reply);
	/* As CGI the web server tells by ending us; descriptor 1 does not: mod_cgid shuts it down behind the body. */
	listener.client = reply->response->exchange->client;
	listener.cancel = reply->response->exchange->cancel;
	return listener;
}

/* --- The end ------------------------------------------------------------------------------------------------------ */

/* Whether the command itself was started, so that its failure is the command's. */
static bool command_ran(const struct run_result *result)
{
	return result->exit_code >= 0 || result->signal != 0;
}

/* What exit-codes says of a command that ended by itself, or 0. */
static int64_t mapped_status(const struct reply *reply, const struct run_result *result)
{
	return result->state == RUN_FAILED ? exit_codes_find(&reply->hook->exit_codes, result->exit_code) : 0;
}

/* One sentence on how a run ended that did not succeed. */
static const char *describe_end(const struct reply *reply, const struct run_result *result)
{
	struct arena *arena = reply->response->exchange->arena;
	char timeout[JOB_TIMEOUT_TEXT_SIZE];
	if (command_ran(result) && result->state == RUN_TIMED_OUT)
		return arena_printf(arena, "the command was ended after its timeout of %s",
		                    job_timeout_text(reply->job, timeout));
	if (command_ran(result) && result->state == RUN_FAILED)
		return arena_printf(arena, "the command failed: %s", result->error.message);
	return result->error.message;
}

static void take_captured(void *context, struct str piece)
{
	struct reply *reply = context;
	response_write(reply->response, piece);
}

/* Sends what was held with its length, and behind it a line that says why there is not more. */
static void send_held(struct reply *reply)
{
	struct spool *held = &reply->held;
	struct error error = ERROR_INIT;
	struct str notice = STR("");
	if (held->error.kind == ERROR_TOO_LARGE)
		log_warning("output was dropped: %s", held->error.message);
	else if (held->error.kind != ERROR_NONE)
		log_error("output was dropped: %s", held->error.message);
	if (held->error.kind != ERROR_NONE)
		notice = str_printf(held->arena, "%spocketci: the rest was dropped: %s\n", held->ends_line ? "" : "\n",
		                    held->error.message);
	response_start(reply->response, held->length + (int64_t)notice.len);
	if (!spool_read(held, take_captured, reply, &error))
		log_error("the reply is cut short: %s", error.message);
	response_write(reply->response, notice);
}

/*
 * A command that failed, or that could not be started where the hook has no checkout, is answered as the reference
 * does.
 */
static bool answers_as_reference(const struct reply *reply, const struct run_result *result)
{
	if (result->state != RUN_FAILED)
		return false;
	return command_ran(result) || (!reply->job->checkout && result->error.kind == ERROR_COMMAND);
}

static int failure_status(const struct reply *reply, const struct run_result *result)
{
	if (answers_as_reference(reply, result) || result->error.kind == ERROR_NONE)
		return 500;
	return result->state == RUN_TIMED_OUT ? 504 : error_http_status(result->error.kind);
}

static void finish_failed(struct reply *reply, const struct run_result *result)
{
	int64_t mapped = mapped_status(reply, result);
	if (mapped != 0) { /* an answer that the command chose, and its output is the words */
		response_set_status(reply->response, mapped);
		send_held(reply);
		return;
	}

	int status = failure_status(reply, result);
	bool as_reference = answers_as_reference(reply, result);
	bool shows_output = reply->hook->include_command_output_in_response_on_error && command_ran(result);

	if (shows_output && (as_reference || reply->held.length > 0)) {
		response_set_status(reply->response, status);
		send_held(reply);
	} else if (as_reference) {
		response_send(reply->response, status, str_from(command_failed));
	} else {
		response_explain(reply->response, status, describe_end(reply, result));
	}
}

static void finish_streamed(struct reply *reply, const struct run_result *result)
{
	if (result->state != RUN_SUCCEEDED)
		queue(reply, str_printf(reply->held.arena, "%spocketci: %s\n", reply->mid_line ? "\n" : "",
		                        describe_end(reply, result)));
	/* The run is over: what is left has the time of a client that takes something now and then. */
	while (!send_unsent(reply, reply->last_taken + PATIENCE)) {
		if (clock_now() - reply->last_taken >= PATIENCE)
			give_up(reply);
	}
}

/* A run that somebody stopped did not fail; one that was skipped, or that chose its status, is an answer. */
static void log_end(const struct reply *reply, const struct run_result *result)
{
	const struct job *job = reply->job;
	const char *state = run_state_name(result->state);
	if (result->state == RUN_CANCELLED)
		log_warning("hook \"%.*s\": run %.*s %s: %s", STR_ARGS(job->hook), STR_ARGS(job->id), state,
		            result->error.message);
	else if (result->state == RUN_SKIPPED || (!reply->streaming && mapped_status(reply, result) != 0))
		log_info("hook \"%.*s\": run %.*s: %s", STR_ARGS(job->hook), STR_ARGS(job->id), result->error.message);
	else if (result->state != RUN_SUCCEEDED)
		log_error("hook \"%.*s\": run %.*s %s: %s", STR_ARGS(job->hook), STR_ARGS(job->id), state,
		          describe_end(reply, result));
}

void reply_finish(struct reply *reply, const struct run_result *result)
{
	log_end(reply, result);
	if (reply->streaming) {
		finish_streamed(reply, result);
	} else if (result->state == RUN_SUCCEEDED) {
		set_success_status(reply);
		send_held(reply);
	} else if (result->state == RUN_SKIPPED) {
		response_explain(reply->response, 200, result->error.message);
	} else {
		finish_failed(reply, result);
	}
}
