/*
 * One forked process does all that touches git and says in one report how it went; here only that process is
 * watched. No report means that it was killed or crashed, and the mirror's own checks see to what it left half-done.
 */
#include "run/git_process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "git/library.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/process.h"
#include "run/watch.h"

struct report {
	bool done;
	struct error error;
	_Alignas(max_align_t) char answer[GIT_ANSWER_MAX];
};

/* --- In the process that is made for it --------------------------------------------------------------------------- */

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

static void run_child(const struct git_work *work, pid_t parent, int descriptor)
{
	struct report report = {.error = ERROR_INIT};
	struct error ignored;
	prepare_child(parent, descriptor);
	report.done = git_library_start(&report.error) && work->run(work->context, report.answer, &report.error);
	file_write_all(descriptor, &report, sizeof(report), "a report", &ignored);
	_exit(0);
}

/* --- In the run's own process ------------------------------------------------------------------------------------- */

static bool is_crash(int signal_number)
{
	return signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGABRT ||
	       signal_number == SIGILL || signal_number == SIGFPE;
}

static bool explain_end(const struct git_work *work, int status, struct error *error)
{
	if (WIFSIGNALED(status))
		return error_set(error, is_crash(WTERMSIG(status)) ? ERROR_UNUSABLE : ERROR_UPSTREAM,
		                 "the %s process of %s died of signal %d", work->noun, work->name, WTERMSIG(status));
	return error_set(error, ERROR_UPSTREAM, "the %s process of %s ended with status %d and no result", work->noun,
	                 work->name, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static bool read_report(const struct git_work *work, int descriptor, int status, void *answer, struct error *error)
{
	struct report report;
	struct buf text = BUF_INIT;
	bool whole = file_read_descriptor(descriptor, "a report", sizeof(report), &text, error) &&
	             text.len == sizeof(report);
	if (whole)
		memcpy(&report, text.data, sizeof(report));
	buf_release(&text);
	if (!whole)
		return explain_end(work, status, error);
	if (!report.done) {
		*error = report.error;
		return false;
	}
	memcpy(answer, report.answer, work->answer_size);
	return true;
}

/* Waits for the end of the child, at most until the deadline, a cancel, or the client's leaving where that counts. */
static bool wait_for_end(const struct git_work *work, int child, bool *cancelled, struct error *error)
{
	struct watch watch;
	watch_init(&watch, work->listener);
	while (true) {
		struct pollfd entries[1 + WATCH_ENTRIES] = {{.fd = child, .events = POLLIN}};
		enum watch_news news = watch_wait(&watch, entries, 1, work->deadline);
		if (entries[0].revents != 0)
			return true;
		*cancelled =
			news == WATCH_CANCELLED || (news == WATCH_CLIENT_LEFT && work->job->stop_when_client_leaves);
		if (*cancelled)
			return error_set(error, ERROR_BUSY, "cancelled while it was %s", work->doing);
		if (clock_now() >= work->deadline) {
			char timeout[JOB_TIMEOUT_TEXT_SIZE];
			return error_set(error, ERROR_TIMEOUT, "its timeout of %s passed while it was %s",
			                 job_timeout_text(work->job, timeout), work->doing);
		}
	}
}

static bool watch_child(const struct git_work *work, pid_t pid, int report, void *answer, bool *cancelled,
                        struct error *error)
{
	int status = 0;
	int child = pidfd_open(pid, 0);
	bool ended = child >= 0
	                     ? wait_for_end(work, child, cancelled, error)
	                     : error_set_system(error, errno, "cannot wait for the %s of %s", work->noun, work->name);
	file_close(&child);
	if (ended)
		ended = waitpid(pid, &status, 0) == pid;
	process_sweep();
	return ended && read_report(work, report, status, answer, error);
}

bool git_process_run(const struct git_work *work, void *answer, bool *cancelled, struct error *error)
{
	int report[2];
	*cancelled = false;
	if (!file_pipe(report, error))
		return false;
	process_set_subreaper(true);
	pid_t self = getpid(), pid = fork();
	if (pid == 0)
		run_child(work, self, report[1]);
	int number = errno;
	file_close(&report[1]);
	bool made = pid > 0 ? watch_child(work, pid, report[0], answer, cancelled, error)
	                    : error_set(error, ERROR_BUSY, "cannot start a process now: %s", strerror(number));
	process_set_subreaper(false);
	file_close(&report[0]);
	return made;
}
