/*
 * One forked process does all that touches git and says in one report how it went; here only that process is
 * watched. No report means that it was killed or crashed, and the mirror's own checks see to what it left half-done.
 */
#include "run/checkout.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "git/library.h"
#include "git/mirror.h"
#include "git/workspace.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/process.h"
#include "run/watch.h"

/* The user name that GitHub and others take with a token. */
#define TOKEN_USERNAME "x-access-token"

struct task {
	const struct job *job;
	const struct repository_url *url;
	struct git_credentials credentials;
	const char *mirror, *workspace;
};

struct report {
	bool made;
	struct error error;
	char commit[65];
};

/* --- In the process that is made for it --------------------------------------------------------------------------- */

static void do_task(const struct task *task, struct report *report)
{
	const struct job *job = task->job;
	report->made = git_library_start(&report->error) &&
	               mirror_fetch(task->mirror, task->url, &task->credentials, job->ref, job->commit, job->id,
	                            report->commit, &report->error) &&
	               workspace_make(task->mirror, task->workspace, task->url, job->ref, str_from(report->commit),
	                              &report->error);
}

/* Nothing of this process may outlive the run, and it must not hold the run's socket: its end is news to the reader. */
static void prepare_child(pid_t parent, int report)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
	if (getppid() != parent)
		_exit(1);
	for (int number = STDERR_FILENO + 1; number < report; number++)
		close(number);
	closefrom(report + 1);
	umask(022);
}

static void run_child(const struct task *task, pid_t parent, int descriptor)
{
	struct report report = {.error = ERROR_INIT};
	struct error ignored;
	prepare_child(parent, descriptor);
	do_task(task, &report);
	file_write_all(descriptor, &report, sizeof(report), "a report", &ignored);
	_exit(0);
}

/* --- In the run's own process ------------------------------------------------------------------------------------- */

static bool is_crash(int signal_number)
{
	return signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGABRT ||
	       signal_number == SIGILL || signal_number == SIGFPE;
}

static bool explain_end(const struct task *task, int status, struct error *error)
{
	const char *name = task->url->name.data;
	if (WIFSIGNALED(status))
		return error_set(error, is_crash(WTERMSIG(status)) ? ERROR_UNUSABLE : ERROR_UPSTREAM,
		                 "the checkout process of %s died of signal %d", name, WTERMSIG(status));
	return error_set(error, ERROR_UPSTREAM, "the checkout process of %s ended with status %d and no result", name,
	                 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static bool read_report(const struct task *task, int descriptor, int status, char commit[static 65],
                        struct error *error)
{
	struct report report;
	struct buf text = BUF_INIT;
	bool whole = file_read_descriptor(descriptor, "a report", sizeof(report), &text, error) &&
	             text.len == sizeof(report);
	if (whole)
		memcpy(&report, text.data, sizeof(report));
	buf_release(&text);
	if (!whole)
		return explain_end(task, status, error);
	if (!report.made) {
		*error = report.error;
		return false;
	}
	memcpy(commit, report.commit, sizeof(report.commit));
	return true;
}

/* Waits for the end of the child, at most until the deadline, a cancel, or the client's leaving where that counts. */
static bool wait_for_end(const struct job *job, int child, int64_t deadline, const struct run_listener *listener,
                         bool *cancelled, struct error *error)
{
	struct watch watch;
	watch_init(&watch, listener);
	while (true) {
		struct pollfd entries[1 + WATCH_ENTRIES] = {{.fd = child, .events = POLLIN}};
		enum watch_news news = watch_wait(&watch, entries, 1, deadline);
		if (entries[0].revents != 0)
			return true;
		*cancelled = news == WATCH_CANCELLED || (news == WATCH_CLIENT_LEFT && job->stop_when_client_leaves);
		if (*cancelled)
			return error_set(error, ERROR_BUSY, "cancelled while it was checked out");
		if (clock_now() >= deadline) {
			char timeout[JOB_TIMEOUT_TEXT_SIZE];
			return error_set(error, ERROR_TIMEOUT, "its timeout of %s passed while it was checked out",
			                 job_timeout_text(job, timeout));
		}
	}
}

static bool watch_child(const struct task *task, pid_t pid, int report, int64_t deadline,
                        const struct run_listener *listener, char commit[static 65], bool *cancelled,
                        struct error *error)
{
	int status = 0;
	int child = pidfd_open(pid, 0);
	bool ended =
		child >= 0 ? wait_for_end(task->job, child, deadline, listener, cancelled, error)
			   : error_set_system(error, errno, "cannot wait for the checkout of %s", task->url->name.data);
	file_close(&child);
	if (ended)
		ended = waitpid(pid, &status, 0) == pid;
	process_sweep();
	return ended && read_report(task, report, status, commit, error);
}

static bool run_task(const struct task *task, int64_t deadline, const struct run_listener *listener,
                     char commit[static 65], bool *cancelled, struct error *error)
{
	int report[2];
	if (!file_pipe(report, error))
		return false;
	process_set_subreaper(true);
	pid_t self = getpid(), pid = fork();
	if (pid == 0)
		run_child(task, self, report[1]);
	int number = errno;
	file_close(&report[1]);
	bool made = pid > 0 ? watch_child(task, pid, report[0], deadline, listener, commit, cancelled, error)
	                    : error_set(error, ERROR_BUSY, "cannot start a process now: %s", strerror(number));
	process_set_subreaper(false);
	file_close(&report[0]);
	return made;
}

/* What the server's own configuration lacks is not the request's fault. */
static bool read_credentials(struct arena *arena, const struct repository *repository,
                             struct git_credentials *credentials, struct error *error)
{
	*credentials = (struct git_credentials){STR(""), STR("")};
	if (repository->token.kind == SECRET_NONE)
		return true;
	credentials->username = repository->username.len > 0 ? repository->username : STR(TOKEN_USERNAME);
	if (secret_read(arena, &repository->token, &credentials->password, error))
		return true;
	error_prefix(error, "the token for %.*s", STR_ARGS(repository->match));
	error->kind = ERROR_SYSTEM;
	return false;
}

bool checkout_run(const struct job *job, const struct repository_url *url, const struct repository *repository,
                  const char *workspace, int64_t deadline, const struct run_listener *listener, char commit[static 65],
                  bool *cancelled, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct task task = {.job = job, .url = url, .workspace = workspace};
	task.mirror = mirror_path(&arena, job->state, url);
	*cancelled = false;
	bool made = read_credentials(&arena, repository, &task.credentials, error) &&
	            run_task(&task, deadline, listener, commit, cancelled, error);
	arena_release(&arena);
	return made;
}

void checkout_release(const struct job *job, const struct repository_url *url)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	if (!mirror_unpin(mirror_path(&arena, job->state, url), job->id, &error))
		log_warning("%s", error.message);
	arena_release(&arena);
}
