/*
 * Starting processes. A child of process_start has nothing of ours but what the caller named: that is one posix_spawn
 * with attributes and actions, so no code of ours runs between fork and exec.
 */
#include "run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

/* What the child does before the exec; returns an errno value. */
static int make_actions(posix_spawn_file_actions_t *actions, const struct process_spec *spec)
{
	int number = 0;
	int standard_output = spec->answer > 0 ? spec->answer : spec->output;
	if (standard_output >= 0)
		number = posix_spawn_file_actions_adddup2(actions, standard_output, STDOUT_FILENO);
	if (number == 0 && spec->output >= 0)
		number = posix_spawn_file_actions_adddup2(actions, spec->output, STDERR_FILENO);
	if (number == 0 && spec->input >= 0)
		number = posix_spawn_file_actions_adddup2(actions, spec->input, STDIN_FILENO);
	if (number == 0 && spec->input < 0)
		number = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (number == 0 && spec->directory >= 0)
		number = posix_spawn_file_actions_addfchdir_np(actions, spec->directory);
	if (number == 0)
		number = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return number;
}

static int set_attributes(posix_spawnattr_t *attributes, const struct process_spec *spec)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (!spec->same_session)
		flags |= POSIX_SPAWN_SETSID;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);

	int number = posix_spawnattr_setflags(attributes, flags);
	if (number == 0)
		number = posix_spawnattr_setsigmask(attributes, &none);
	if (number == 0)
		number = posix_spawnattr_setsigdefault(attributes, &all);
	return number;
}

/* The interpreter that a script's first line names, in line; empty where there is none. */
static struct str interpreter_of(int directory, const char *program, char *line, size_t size)
{
	int descriptor = openat(directory, program, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = descriptor < 0 ? -1 : read(descriptor, line, size);
	file_close(&descriptor);
	struct str text = {line, got < 0 ? 0 : (size_t)got};
	if (!str_starts(text, STR("#!")))
		return STR("");
	text = str_from_index(str_head(text, str_find(text, '\n')), 2);
	/* Not str_trim: a carriage return is part of the name to the kernel, and the usual cause of the trouble. */
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = str_from_index(text, 1);
	size_t space = str_find(text, ' '), tab = str_find(text, '\t');
	return str_head(text, space < tab ? space : tab);
}

/* ENOENT is said of the program and of the interpreter that it needs. */
static bool explain_missing(const struct process_spec *spec, int directory, bool exists, struct error *error)
{
	char line[256];
	if (!exists)
		return error_set(error, ERROR_COMMAND, "no such command: %s", spec->program);
	struct str interpreter = interpreter_of(directory, spec->program, line, sizeof(line));
	if (interpreter.len == 0)
		return error_set(error, ERROR_COMMAND, "cannot start %s: the loader that it names does not exist",
		                 spec->program);
	if (str_ends(interpreter, STR("\r")))
		return error_set(error, ERROR_COMMAND,
		                 "cannot start %s: its first line ends with CR LF, so its interpreter is not found",
		                 spec->program);
	return error_set(error, ERROR_COMMAND, "cannot start %s: its interpreter %.*s does not exist", spec->program,
	                 STR_ARGS(interpreter));
}

/* The cause in words for what people meet; returns false. */
static bool explain(const struct process_spec *spec, int number, struct error *error)
{
	int directory = spec->directory >= 0 ? spec->directory : AT_FDCWD;
	struct stat status;
	bool exists = fstatat(directory, spec->program, &status, 0) == 0;
	switch (number) {
	case ENOENT:
		return explain_missing(spec, directory, exists, error);
	case EACCES:
		if (exists && S_ISDIR(status.st_mode))
			return error_set(error, ERROR_COMMAND, "cannot start %s: it is a folder", spec->program);
		if (exists)
			return error_set(error, ERROR_COMMAND, "cannot start %s: it is not executable", spec->program);
		break;
	case ENOEXEC:
		return error_set(
			error, ERROR_COMMAND,
			"cannot start %s: it is no program of this machine, and a script needs a first line such as #!/bin/sh",
			spec->program);
	case E2BIG:
		return error_set(
			error, ERROR_COMMAND,
			"cannot start %s: its arguments and environment are too long; pass large values with pass-stdin-to-command or pass-file-to-command",
			spec->program);
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return error_set(error, ERROR_BUSY, "cannot start %s now: %s", spec->program, strerror(number));
	default:
		break;
	}
	return error_set(error, ERROR_COMMAND, "cannot start %s: %s", spec->program, strerror(number));
}

bool process_start(const struct process_spec *spec, pid_t *pid, struct error *error)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int number = posix_spawn_file_actions_init(&actions);
	if (number != 0)
		return explain(spec, number, error);
	number = posix_spawnattr_init(&attributes);
	if (number == 0) {
		number = make_actions(&actions, spec);
		if (number == 0)
			number = set_attributes(&attributes, spec);
		if (number == 0)
			number = posix_spawn(pid, spec->program, &actions, &attributes, spec->arguments,
			                     spec->environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return number == 0 || explain(spec, number, error);
}

void process_set_subreaper(bool on)
{
	prctl(PR_SET_CHILD_SUBREAPER, on ? 1UL : 0UL, 0UL, 0UL, 0UL); /* fails on kernels before 3.4 only */
}

/*
 * Handlers point to functions that make no sense in a detached process, and it must not ignore what its caller
 * ignored.
 */
static void reset_signals(void)
{
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_all_but(int keep)
{
	const unsigned first = STDERR_FILENO + 1;
	if (keep < 0) {
		close_range(first, ~0U, 0);
		return;
	}
	unsigned kept = (unsigned)keep;
	if (kept > first)
		close_range(first, kept - 1, 0);
	close_range(kept + 1, ~0U, 0);
}

/* /dev/null on 0 and 1: the caller's may be the web server's, which waits for their end. */
static bool replace_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool replaced = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
	file_close(&null);
	return replaced;
}

static void run_detached(void (*function)(void *context), void *context, int keep)
{
	setsid();
	reset_signals();
	close_all_but(keep);
	if (replace_standard_streams())
		function(context);
	_exit(0);
}

bool process_detach(void (*function)(void *context), void *context, int keep, struct error *error)
{
	/*
	 * The process between shares our memory while we wait for it to end, so only one copy of it is made. It may do no
	 * more than what stands here: _Fork is fork without the handlers that others registered for it.
	 */
	pid_t between = vfork();
	if (between == 0) {
		/*
		 * Before the other exists, so that it has left our group by the time we return: a web server may kill
		 * that.
		 */
		setsid();
		pid_t detached = _Fork();
		if (detached == 0)
			run_detached(function, context, keep);
		_exit(detached < 0 ? errno : 0);
	}
	int status = 0, number = between < 0 ? errno : 0;
	while (between > 0 && waitpid(between, &status, 0) < 0 && errno == EINTR)
		;
	if (number == 0 && WIFEXITED(status))
		number = WEXITSTATUS(status);
	if (number == 0 && WIFSIGNALED(status))
		return error_set(error, ERROR_SYSTEM, "a process that was to detach another was killed by signal %d",
		                 WTERMSIG(status));
	if (number != 0)
		return error_set(error, ERROR_BUSY, "cannot start a process now: %s", strerror(number));
	return true;
}
