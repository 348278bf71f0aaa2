/*
 * pocketci exec: one job from a socket, run to its end, its output and result back over the same socket. Whoever
 * started this process is not its parent and may be gone; the run goes on all the same.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "config/config.h"
#include "run/execute.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/wire.h"

struct flags {
	const char *config; /* NULL: none is read, so no repository is allowed */
	bool verbose, debug, json;
};

/* The value of a flag "-name VALUE" or "-name=VALUE" at argv[*at], or NULL where it is another flag. */
static const char *flag_value(char **argv, int argc, int *at, const char *name)
{
	struct str word = str_from(argv[*at]);
	word = str_from_index(word, str_starts(word, STR("--")) ? 2 : 1);
	size_t equals = str_find(word, '=');
	if (!str_equal_c(str_head(word, equals), name))
		return NULL;
	if (equals < word.len)
		return word.data + equals + 1;
	return ++*at < argc ? argv[*at] : "";
}

static bool read_config(struct flags *flags, const char *value, struct error *error)
{
	flags->config = value;
	return value[0] != '\0' || error_set(error, ERROR_INVALID, "-config needs the path of a file");
}

static bool read_log_format(struct flags *flags, const char *value, struct error *error)
{
	flags->json = str_equal_c(str_from(value), "json");
	return flags->json || str_equal_c(str_from(value), "text") ||
	       error_set(error, ERROR_INVALID, "-log-format is text or json, not \"%.64s\"", value);
}

/*
 * Not config_load: every other key has its say in the job already, and no other file may be found in the given one's
 * stead.
 */
static bool read_flag(char **argv, int argc, int *at, struct flags *flags, struct error *error)
{
	struct str word = str_from(argv[*at]);
	bool dash = str_starts(word, STR("-"));
	const char *value;

	if (str_equal_c(word, "-verbose") || str_equal_c(word, "--verbose"))
		flags->verbose = true;
	else if (str_equal_c(word, "-debug") || str_equal_c(word, "--debug"))
		flags->debug = true;
	else if (dash && (value = flag_value(argv, argc, at, "config")))
		return read_config(flags, value, error);
	else if (dash && (value = flag_value(argv, argc, at, "log-format")))
		return read_log_format(flags, value, error);
	else
		return error_set(error, ERROR_INVALID, "exec does not know \"%.*s\"; see `pocketci help`",
		                 STR_ARGS(word));
	return true;
}

static bool read_flags(int argc, char **argv, struct flags *flags, struct error *error)
{
	for (int i = 1; i < argc; i++) {
		if (!read_flag(argv, argc, &i, flags, error))
			return false;
	}
	return true;
}

/* Takes the socket off descriptor 0, where a command or a checkout would find it. -1 where it is no socket. */
static int take_socket(void)
{
	struct stat status;
	if (fstat(STDIN_FILENO, &status) != 0 || !S_ISSOCK(status.st_mode))
		return -1;
	int wire = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	file_close(&null);
	return wire;
}

/* SIGTERM and SIGINT become a descriptor that is readable from then on: the run's cancel. */
static int open_cancel(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigprocmask(SIG_BLOCK, signals, NULL);
	return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* From here on they end this process. Those that cancelled the run are spent: its result is still to be told. */
static void close_cancel(int *cancel, const sigset_t *signals)
{
	struct signalfd_siginfo spent;
	while (*cancel >= 0 && read(*cancel, &spent, sizeof(spent)) == (ssize_t)sizeof(spent))
		;
	file_close(cancel);
	sigprocmask(SIG_UNBLOCK, signals, NULL);
}

static void prepare_process(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL); /* tokens are read here, and commands may run as the same user */
	umask(022);
}

static bool load(struct arena *arena, const struct flags *flags, struct config *config, struct error *error)
{
	config_init(config);
	if (flags->config && !config_read_file(arena, config, flags->config, error)) {
		/* Whatever is wrong with it, it is neither the request's fault nor the caller's business. */
		log_error("%s", error->message);
		return error_set(error, ERROR_SYSTEM, "the configuration cannot be read now; the log says why");
	}
	if (flags->debug || config->debug)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (flags->verbose || config->verbose)
		log_set_level(LOG_LEVEL_INFO);
	return true;
}

/*
 * Runs the job and tells how it ended. The reader tells the caller of the hook and the log; without one the log is
 * ours.
 */
static void serve(struct arena *arena, struct wire *wire, const struct flags *flags, const struct job *job)
{
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	struct config config;
	sigset_t signals;
	struct run_listener listener = wire_listener(wire);
	listener.cancel = open_cancel(&signals);

	if (load(arena, flags, &config, &result.error))
		execute_job(job, &config, &listener, &result);
	close_cancel(&listener.cancel, &signals);
	wire_finish(wire, &result);
	if (wire->gone && result.state == RUN_SKIPPED)
		log_info("hook \"%.*s\": %s", STR_ARGS(job->hook), result.error.message);
	else if (wire->gone && result.state != RUN_SUCCEEDED)
		log_error("hook \"%.*s\": %s: %s", STR_ARGS(job->hook), run_state_name(result.state),
		          result.error.message);
}

int cli_exec(int argc, char **argv)
{
	struct flags flags = {0};
	struct error error = ERROR_INIT;
	if (!read_flags(argc, argv, &flags, &error))
		return cli_misused("%s", error.message);
	log_set_format(flags.json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	prepare_process();
	int socket = take_socket();
	if (socket < 0)
		return cli_misused("exec is started by pocketci.fcgi, with a socket as descriptor 0");

	struct arena arena = ARENA_INIT;
	struct job job;
	struct wire wire;
	wire_init(&wire, socket);
	bool received = wire_receive_job(&arena, socket, &job, &error);
	if (received) {
		log_set_field(LOG_FIELD_RUN, str_to_c(&arena, job.id));
		log_set_field(LOG_FIELD_HOOK, str_to_c(&arena, job.hook));
		serve(&arena, &wire, &flags, &job);
	} else {
		log_error("exec got no job: %s", error.message);
	}
	wire_release(&wire);
	file_close(&socket);
	arena_release(&arena);
	return received ? 0 : error_exit_code(error.kind);
}
