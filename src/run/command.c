/*
 * The life of a command. It goes through phases in one direction only:
 *
 *     running --ended--> rest of the output --end of pipe, or 1 s--> over
 *     running --deadline, cancel, client left--> stopping --all ended, or the grace passed--> over
 *
 * and then, in every case but keep-processes, nothing of its tree is left. What comes first decides how the run ended.
 */
#include "run/command.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "run/environment.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/passed_files.h"
#include "run/process.h"
#include "run/program.h"
#include "run/watch.h"

#define READ_SIZE ((size_t)64 * 1024)

/* How long the pipe is read after the command itself has ended: something else may hold it. */
#define OUTPUT_GRACE_MS 1000

/* What a full pipe can hold (/proc/sys/fs/pipe-max-size): read to its end even where the reader takes nothing. */
#define PIPE_MAX ((size_t)1024 * 1024)

enum phase { PHASE_RUNNING, PHASE_REST, PHASE_STOPPING, PHASE_OVER };

/*
 * Orphans of the tree come to us, and those that ended are to be reaped also while the command runs, or a long build would
 * fill the table of processes. So many at once, since some trees never stop making new ones.
 */
#define REAP_EVERY_MS 2000
#define REAP_MAX 1000

struct running {
	const struct job *job;
	struct watch watch;
	struct run_result *result;
	enum phase phase;
	pid_t pid;
	int waited; /* pidfd of the command; when stopping, after it ended, of some other of its tree; or -1 */
	int output; /* the pipe to read, or -1 after its end */
	bool ended; /* the command itself: status counts */
	int status;
	int64_t until; /* when the phase ends at the latest */
	int64_t reap_at;
};

/* --- What it came to ---------------------------------------------------------------------------------------------- */

static void describe_end(struct running *run)
{
	struct run_result *result = run->result;
	if (!run->ended)
		return;
	if (WIFEXITED(run->status))
		result->exit_code = WEXITSTATUS(run->status);
	else if (WIFSIGNALED(run->status))
		result->signal = WTERMSIG(run->status);
	if (result->error.kind != ERROR_NONE)
		return; /* it was stopped, and the cause is known */
	result->state = result->exit_code == 0 ? RUN_SUCCEEDED : RUN_FAILED;
	if (result->signal != 0)
		error_set(&result->error, ERROR_COMMAND, "killed by signal %d", result->signal);
	else if (result->exit_code != 0)
		error_set(&result->error, ERROR_COMMAND, "exit status %d", result->exit_code);
}

/* --- Phases ------------------------------------------------------------------------------------------------------- */

static void stop(struct running *run, enum run_state state, enum error_kind kind, const char *why)
{
	const struct job *job = run->job;
	if (run->phase != PHASE_RUNNING)
		return;
	run->result->state = state;
	error_set(&run->result->error, kind, "%s", why);
	run->phase = PHASE_STOPPING;
	run->until = clock_deadline(clock_now(), job->stop_grace < 0 ? 0 : job->stop_grace);

	/* From now on nothing may escape, whatever may live on after an end in peace. */
	process_set_subreaper(true);
	bool is_signal = job->stop_signal > 0 && job->stop_signal < NSIG;
	process_signal_descendants(is_signal ? (int)job->stop_signal : SIGTERM);
}

static void stop_at_deadline(struct running *run)
{
	char timeout[JOB_TIMEOUT_TEXT_SIZE], why[128];
	snprintf(why, sizeof(why), "stopped at its timeout of %s", job_timeout_text(run->job, timeout));
	stop(run, RUN_TIMED_OUT, ERROR_TIMEOUT, why);
}

/* Reaps what has ended but the command itself, whose status is wanted. */
static void reap_orphans(const struct running *run)
{
	for (int i = 0; i < REAP_MAX; i++) {
		siginfo_t info = {.si_pid = 0};
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
			return;
		if (info.si_pid == run->pid && !run->ended)
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

/* When stopping, the tree may outlive the command itself: waits for the others one by one. */
static void wait_for_another(struct running *run)
{
	reap_orphans(run);
	if (!process_has_children()) {
		run->phase = PHASE_OVER;
		return;
	}
	pid_t other = process_any_child();
	if (other > 0)
		run->waited = pidfd_open(other, 0); /* where that fails the grace decides */
}

static void note_end(struct running *run)
{
	if (!run->ended) {
		pid_t reaped = waitpid(run->pid, &run->status, WNOHANG);
		if (reaped == 0)
			return;
		run->ended = reaped == run->pid;
		if (!run->ended)
			error_set(&run->result->error, ERROR_SYSTEM, "its exit status was taken by somebody else");
	}
	file_close(&run->waited);
	if (run->phase == PHASE_RUNNING) {
		run->phase = run->output < 0 ? PHASE_OVER : PHASE_REST;
		run->until = clock_deadline(clock_now(), OUTPUT_GRACE_MS);
	} else if (run->phase == PHASE_STOPPING) {
		wait_for_another(run);
	}
}

/* Hands on one chunk. False where none is there now, or none will come. */
static bool read_output(struct running *run)
{
	char chunk[READ_SIZE];
	ssize_t got;
	do {
		got = read(run->output, chunk, sizeof(chunk));
	} while (got < 0 && errno == EINTR);
	if (got > 0) {
		watch_output(&run->watch, (struct str){chunk, (size_t)got});
		return true;
	}
	if (got == 0 || errno != EAGAIN) {
		file_close(&run->output);
		if (run->phase == PHASE_REST)
			run->phase = PHASE_OVER;
	}
	return false;
}

static void heed(struct running *run, enum watch_news news)
{
	if (news == WATCH_CANCELLED)
		stop(run, RUN_CANCELLED, ERROR_BUSY, "cancelled");
	else if (news == WATCH_CLIENT_LEFT && run->job->stop_when_client_leaves)
		stop(run, RUN_CANCELLED, ERROR_BUSY, "cancelled, since its client left");
}

/* What the time alone brings about. */
static void heed_time(struct running *run, int64_t now)
{
	if (now >= run->reap_at) {
		reap_orphans(run);
		run->reap_at = clock_deadline(now, REAP_EVERY_MS);
	}
	if (run->phase == PHASE_OVER || now < run->until)
		return;
	if (run->phase == PHASE_RUNNING)
		stop_at_deadline(run);
	else
		run->phase = PHASE_OVER;
}

static void attend(struct running *run)
{
	while (run->phase != PHASE_OVER) {
		struct pollfd entries[2 + WATCH_ENTRIES] = {
			{.fd = run->watch.kept ? -1 : run->output, .events = POLLIN},
			{.fd = run->waited, .events = POLLIN},
		};
		enum watch_news news = watch_wait(&run->watch, entries, 2, clock_earlier(run->until, run->reap_at));
		if (entries[0].revents != 0)
			read_output(run);
		if (entries[1].revents != 0)
			note_end(run);
		heed(run, news);
		heed_time(run, clock_now());
	}
}

/* --- Beginning and end -------------------------------------------------------------------------------------------- */

static bool check_text(struct str text, const char *what, struct str name, struct error *error)
{
	return !str_has_nul(text) ||
	       error_set(error, ERROR_COMMAND, "the %s %.*s holds a NUL byte, which no command can get", what,
	                 STR_ARGS(str_head(name, 100)));
}

/* What the kernel would cut short is refused: half an argument can be another command. */
static bool check_job(struct arena *arena, const struct job *job, struct error *error)
{
	bool good = job->argument_count > 0 || error_set(error, ERROR_COMMAND, "a job without a command");
	for (size_t i = 0; good && i < job->argument_count; i++)
		good = check_text(job->arguments[i], "argument", str_printf(arena, "%zu", i), error);
	for (size_t i = 0; good && i < job->variable_count; i++)
		good = check_text(job->variables[i].name, "name of variable", str_printf(arena, "%zu", i + 1), error) &&
		       check_text(job->variables[i].value, "variable", job->variables[i].name, error);
	for (size_t i = 0; good && i < job->file_count; i++)
		good = check_text(job->files[i].name, "name of file", str_printf(arena, "%zu", i + 1), error);
	good = good && check_text(job->script, "text of", STR("run"), error);
	return good && check_text(job->directory, "value of", STR("command-working-directory"), error);
}

/* A script's shell gets it in front of the script's own arguments: sh -eu SCRIPT ARGUMENT … */
static char **make_arguments(struct arena *arena, const struct job *job, struct str script)
{
	char **arguments = arena_array(arena, job->argument_count + 3, sizeof(*arguments));
	size_t count = 0;
	for (size_t i = 0; i < job->argument_count; i++) {
		arguments[count++] = str_to_c(arena, job->arguments[i]);
		if (i == 0 && script.len > 0) {
			arguments[count++] = arena_strdup(arena, "-eu");
			arguments[count++] = str_to_c(arena, script);
		}
	}
	return arguments;
}

/*
 * Standard input, or -1 where it is empty. A file, not a pipe: so nothing is to be written while the command runs, and
 * it may read late, slowly, twice or not at all.
 */
static bool open_input(const struct job *job, int *input, struct error *error)
{
	*input = job->input.len > 0 ? file_open_sealed("pocketci-input", job->input, error) : -1;
	return *input >= 0 || job->input.len == 0;
}

/* Starts the program with its input behind 0 and a pipe behind 1 and 2; run->pid, waited and output are set where it succeeds. */
static bool start_program(struct running *run, const struct program *program, int answer, char *const *arguments,
                          char *const *environment, struct error *error)
{
	int ends[2] = {-1, -1}, input;
	if (!open_input(run->job, &input, error))
		return false;
	if (!file_pipe(ends, error)) {
		file_close(&input);
		return false;
	}
	struct process_spec spec = {
		.program = program->path,
		.arguments = arguments,
		.environment = environment,
		.directory = program->directory,
		.input = input,
		.output = ends[1],
		.answer = answer,
	};
	bool started = file_set_nonblocking(ends[0], error) && process_start(&spec, &run->pid, error);
	file_close(&ends[1]);
	file_close(&input);
	run->output = ends[0];
	if (started && (run->waited = pidfd_open(run->pid, 0)) < 0)
		started = error_set_system(error, errno, "cannot wait for %s", program->path);
	return started;
}

static bool start(struct running *run, struct arena *arena, const struct command_place *place,
                  const struct passed_files *files, struct error *error)
{
	const struct job *job = run->job;
	struct program program;
	char **environment = environment_make(arena, job, place, files->paths);
	bool started = program_find(arena, job, place, environment, &program, error) &&
	               start_program(run, &program, place ? place->answer : 0,
	                             make_arguments(arena, job, files->script), environment, error);
	if (!started)
		program_hint(job, error);
	file_close(&program.directory);
	return started;
}

/* Ends what is left of the tree, then hands on what is left in the pipe, whoever may still hold it. */
static void finish(struct running *run)
{
	const struct job *job = run->job;
	bool in_peace = run->ended && run->result->error.kind == ERROR_NONE;
	if (!in_peace || !job->keep_processes) {
		int status = -1;
		run->result->swept = process_sweep_around(run->pid, &status);
		if (status >= 0) { /* the command itself was among them */
			run->status = status;
			run->ended = true;
			run->result->swept -= run->result->swept > 0;
		}
	}
	for (size_t read = 0; run->output >= 0 && read < PIPE_MAX && read_output(run); read += READ_SIZE)
		;
	file_close(&run->output);
	file_close(&run->waited);
	process_set_subreaper(false);
	if (in_peace && run->result->swept > 0)
		log_warning("hook \"%.*s\": ended %" PRId64 " process%s that its command left behind",
		            STR_ARGS(job->hook), run->result->swept, run->result->swept == 1 ? "" : "es");
}

void command_run(const struct job *job, const struct command_place *place, int64_t deadline,
                 const struct run_listener *listener, struct run_result *result)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct passed_files files = {NULL, STR("")};
	struct running run = {.job = job, .result = result, .waited = -1, .output = -1, .until = deadline};
	run.reap_at = clock_deadline(clock_now(), REAP_EVERY_MS);
	*result = (struct run_result){.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	watch_init(&run.watch, listener);

	/* Never the subreaper of what may live on: an orphan would be our child for good. */
	process_set_subreaper(!job->keep_processes);
	if (check_job(&arena, job, &error) &&
	    passed_files_make(&arena, job, place ? place->files : NULL, &files, &error) &&
	    start(&run, &arena, place, &files, &error)) {
		attend(&run);
	} else {
		result->error = error;
	}
	finish(&run);
	describe_end(&run);
	passed_files_remove(job, &files);
	arena_release(&arena);
}
