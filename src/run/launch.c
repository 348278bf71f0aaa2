/*
 * Processes that outlive the request which started them. Each is nobody's descendant, holds nothing of the
 * responder but standard error and its end of one socket, and tells the run over that.
 */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "run/command.h"
#include "run/environment.h"
#include "run/job.h"
#include "run/keepers.h"
#include "run/places.h"
#include "run/process.h"
#include "run/wire.h"

static bool make_socket(int ends[2], struct error *error)
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ||
	       error_set_system(error, errno, "cannot make a socket");
}

/* A standard error that the web server does not wait for; where the file cannot be opened, none. */
static void move_log(const char *path)
{
	struct error error = ERROR_INIT;
	if (!path || log_open(path, &error))
		return;
	dup2(STDOUT_FILENO, STDERR_FILENO); /* /dev/null */
}

/* --- Keeper ------------------------------------------------------------------------------------------------------- */

struct keeper {
	const struct job *job;
	const char *detached_log;
	int wire; /* or -1: nobody waits */
};

static void log_result(const struct job *job, const struct run_result *result)
{
	if (result->state != RUN_SUCCEEDED)
		log_error("hook \"%.*s\": %s: %s", STR_ARGS(job->hook), run_state_name(result->state),
		          result->error.message);
}

static void keep(void *context)
{
	const struct keeper *keeper = context;
	struct run_listener nobody = RUN_LISTENER_INIT;
	struct run_result result;
	struct wire wire;
	move_log(keeper->detached_log);
	prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);

	wire_init(&wire, keeper->wire);
	wire.gone = keeper->wire < 0;
	struct run_listener listener = wire.gone ? nobody : wire_listener(&wire);
	command_run(keeper->job, NULL, clock_deadline(clock_now(), keeper->job->timeout), &listener, &result);
	wire_finish(&wire, &result);
	if (wire.gone)
		log_result(keeper->job, &result);
	wire_release(&wire);
}

bool launch_keeper(const struct job *job, const char *detached_log, int *follow, struct error *error)
{
	int ends[2] = {-1, -1};
	if (follow && !make_socket(ends, error))
		return false;
	struct keeper keeper = {job, detached_log, ends[1]};
	bool launched = process_detach(keep, &keeper, ends[1], error);
	file_close(&ends[1]);
	if (!launched)
		file_close(&ends[0]);
	else if (follow)
		*follow = ends[0];
	return launched;
}

/* --- Keeper that is used again ------------------------------------------------------------------------------------ */

struct alone {
	const struct job *job; /* the first */
	struct keepers *keepers;
	int place;
	bool again;
};

static void run_alone(const struct job *job, struct places *places, int place)
{
	struct run_listener nobody = RUN_LISTENER_INIT;
	struct run_result result;
	places_inherit(places, place);
	command_run(job, NULL, clock_deadline(clock_now(), job->timeout), &nobody, &result);
	log_result(job, &result);
	places_leave(places, place);
}

/* What a sweep could not end is still its child, and must not be swept as another run's. */
static bool may_go_on(const struct alone *alone)
{
	return alone->again && !process_has_children();
}

static void keep_on(void *context)
{
	const struct alone *alone = context;
	struct keepers *keepers = alone->keepers;
	struct arena arena = ARENA_INIT;
	struct job job;
	int place;
	prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);

	run_alone(alone->job, keepers->places, alone->place);
	while (may_go_on(alone) && keepers_next(keepers, &arena, &job, &place)) {
		run_alone(&job, keepers->places, place);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

bool launch_alone(const struct job *job, struct keepers *keepers, int place, bool again, struct error *error)
{
	struct alone alone = {job, keepers, place, again};
	return keepers_hand_on(keepers, job, place) || process_detach(keep_on, &alone, keepers->queue[1], error);
}

/* --- exec --------------------------------------------------------------------------------------------------------- */

/*
 * Runs in a process between us and the program, which ends at once: so the program is nobody's descendant. It
 * reports an error over the pipe; the end of the pipe without one means that the program runs.
 */
static void start_between(const struct process_spec *spec, const char *detached_log, int report)
{
	struct error error = ERROR_INIT, ignored;
	pid_t pid;
	/* Descriptor 1 may be the reply itself, whose end the web server waits for. */
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool started = (null >= 0 && dup2(null, STDOUT_FILENO) >= 0) ||
	               error_set_system(&error, errno, "cannot open /dev/null");
	if (started) {
		move_log(detached_log);
		started = process_start(spec, &pid, &error);
	}
	if (!started)
		file_write_all(report, &error, sizeof(error), "a report", &ignored);
	_exit(0);
}

/* Waits for the process between, and for what it reports. */
static bool hear_report(pid_t between, int report, struct error *error)
{
	struct error reported;
	struct buf text = BUF_INIT;
	bool read = file_read_descriptor(report, "a report", sizeof(reported), &text, error);
	int status = 0;
	while (waitpid(between, &status, 0) < 0 && errno == EINTR)
		;
	bool started = read && text.len == 0 && WIFEXITED(status);
	if (text.len == sizeof(reported))
		memcpy(error, text.data, sizeof(reported));
	else if (read && !started)
		error_set(error, ERROR_SYSTEM, "the process that was to start a run ended early");
	buf_release(&text);
	return started;
}

static bool start_detached(const struct process_spec *spec, const char *detached_log, struct error *error)
{
	int report[2];
	if (!file_pipe(report, error))
		return false;
	pid_t between = fork();
	if (between == 0)
		start_between(spec, detached_log, report[1]);
	int number = errno;
	file_close(&report[1]);
	bool started = between > 0 ? hear_report(between, report[0], error)
	                           : error_set(error, ERROR_BUSY, "cannot start a process now: %s", strerror(number));
	file_close(&report[0]);
	return started;
}

/* program exec [-config FILE] [-debug | -verbose] [-log-format json] */
static char **make_arguments(struct arena *arena, const char *program, const char *config)
{
	char **arguments = arena_array(arena, 8, sizeof(*arguments));
	size_t count = 0;
	arguments[count++] = arena_strdup(arena, program);
	arguments[count++] = arena_strdup(arena, "exec");
	if (config) {
		arguments[count++] = arena_strdup(arena, "-config");
		arguments[count++] = arena_strdup(arena, config);
	}
	if (log_enabled(LOG_LEVEL_DEBUG))
		arguments[count++] = arena_strdup(arena, "-debug");
	else if (log_enabled(LOG_LEVEL_INFO))
		arguments[count++] = arena_strdup(arena, "-verbose");
	if (log_get_format() == LOG_FORMAT_JSON) {
		arguments[count++] = arena_strdup(arena, "-log-format");
		arguments[count++] = arena_strdup(arena, "json");
	}
	return arguments;
}

/* exec with one end of a socket, whose other end *wire gets: the order is to be sent there. */
static bool start_exec(const char *program, const char *config, const char *detached_log, int *wire,
                       struct error *error)
{
	struct arena arena = ARENA_INIT;
	int ends[2];
	if (!make_socket(ends, error))
		return false;
	struct process_spec spec = {
		.program = program,
		.arguments = make_arguments(&arena, program, config),
		.environment = environment_own(&arena),
		.directory = -1,
		.input = ends[1],
		.output = -1,
	};
	bool started = start_detached(&spec, detached_log, error);
	file_close(&ends[1]); /* or the end of exec would not be seen */
	if (!started)
		file_close(&ends[0]);
	*wire = ends[0];
	arena_release(&arena);
	return started;
}

/* The socket is the follower's, where there is one and exec has its order. */
static bool hand_over(int wire, bool sent, int *follow)
{
	if (sent && follow)
		*follow = wire;
	else
		file_close(&wire);
	return sent;
}

bool launch_exec(const struct job *job, const char *program, const char *config, const char *detached_log, int *follow,
                 struct error *error)
{
	struct job sent = *job;
	int wire;
	if (!follow)
		sent.stop_when_client_leaves = false; /* there is none */
	return start_exec(program, config, detached_log, &wire, error) &&
	       hand_over(wire, wire_send_job(wire, &sent, error), follow);
}

bool launch_exec_delivery(const struct delivery *delivery, const char *program, const char *config,
                          const char *detached_log, int *follow, struct error *error)
{
	int wire;
	return start_exec(program, config, detached_log, &wire, error) &&
	       hand_over(wire, wire_send_delivery(wire, delivery, error), follow);
}
