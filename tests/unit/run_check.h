/*
 * What the tests of runs share: a job for a line of shell, a listener that keeps what it is told, and waiting for a
 * process that is no child.
 */
#ifndef POCKETCI_TESTS_UNIT_RUN_CHECK_H
#define POCKETCI_TESTS_UNIT_RUN_CHECK_H

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "run/command.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/process.h"

/* For what must happen soon, on a machine that is busy with sanitizers. */
#define SOON_MS 20000

/* Memory that a run may take, ASan's own apart. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_LIMIT_KB 400000
#else
#define MEMORY_LIMIT_KB 64000
#endif

/* A job with these arguments, ended by NULL; the strings are borrowed. */
static inline struct job make_job(struct arena *arena, const char *const *arguments)
{
	struct job job;
	job_init(&job);
	job.id = STR("01kapwaz5w0000000000000000");
	job.hook = STR("test");
	while (arguments[job.argument_count])
		job.argument_count++;
	job.arguments = arena_array(arena, job.argument_count, sizeof(*job.arguments));
	for (size_t i = 0; i < job.argument_count; i++)
		job.arguments[i] = str_from(arguments[i]);
	job.timeout = 60 * 1000;
	return job;
}

static inline struct job make_shell_job(struct arena *arena, const char *script)
{
	return make_job(arena, (const char *const[]){"/bin/sh", "-c", script, NULL});
}

static inline int64_t deadline_of(const struct job *job)
{
	return clock_deadline(clock_now(), job->timeout);
}

/* Keeps what a run tells. When the output first holds `word`, a descriptor is closed or written to. */
struct capture {
	struct buf output; /* the first 1 MiB */
	size_t total;
	int calls, ticks, left;
	int64_t tick_after; /* ms, or -1: never again */
	const char *word;
	int *close_at_word;
	int write_at_word;
};

/* clang-format off */
#define CAPTURE_INIT {BUF_INIT, 0, 0, 0, 0, -1, NULL, NULL, -1}
/* clang-format on */

static inline void capture_output(void *context, struct str data)
{
	struct capture *capture = context;
	capture->calls++;
	capture->total += data.len;
	if (capture->output.len < 1024 * 1024)
		buf_append_str(&capture->output, data);
	if (!capture->word || !strstr(capture->output.data, capture->word))
		return;
	capture->word = NULL;
	if (capture->close_at_word)
		file_close(capture->close_at_word);
	if (capture->write_at_word >= 0)
		assert_int_equal(write(capture->write_at_word, "x", 1), 1);
}

static inline int64_t capture_tick(void *context, int64_t now)
{
	struct capture *capture = context;
	capture->ticks++;
	return clock_deadline(now, capture->tick_after);
}

static inline void capture_left(void *context)
{
	((struct capture *)context)->left++;
}

static inline struct run_listener capture_listener(struct capture *capture)
{
	struct run_listener listener = RUN_LISTENER_INIT;
	listener.context = capture;
	listener.output = capture_output;
	listener.tick = capture_tick;
	listener.client_left = capture_left;
	return listener;
}

/* Whether the descriptor shows one of the events within the time. */
static inline bool shows(int descriptor, short events, int milliseconds)
{
	struct pollfd wait = {.fd = descriptor, .events = events};
	int ready;
	do {
		ready = poll(&wait, 1, milliseconds);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Reads what is in a small file as a number; 0 where it is not there yet. */
static inline pid_t read_pid(const char *path)
{
	struct buf text = BUF_INIT;
	struct error error;
	pid_t pid = file_read(path, 100, &text, &error) ? (pid_t)strtol(text.data, NULL, 10) : 0;
	buf_release(&text);
	return pid;
}

/* Waits until a file holds a whole line, and returns the number in it. */
static inline pid_t wait_for_pid(const char *path)
{
	int64_t deadline = clock_now() + SOON_MS;
	pid_t pid;
	while ((pid = read_pid(path)) == 0 && clock_now() < deadline)
		poll(NULL, 0, 5);
	assert_true(pid > 0);
	return pid;
}

static inline bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0;
}

/* Waits for the end of a process that may be anybody's. */
static inline void assert_ends(pid_t pid)
{
	int descriptor = pidfd_open(pid, 0);
	if (descriptor < 0) {
		assert_int_equal(errno, ESRCH);
		return;
	}
	assert_true(shows(descriptor, POLLIN, SOON_MS));
	file_close(&descriptor);
}

/* The most memory this process has had, in KiB, or since the last reset. */
static inline long peak_memory_kb(void)
{
	struct buf status = BUF_INIT;
	struct error error;
	assert_true(file_read("/proc/self/status", 100000, &status, &error));
	const char *line = strstr(status.data, "VmHWM:");
	long peak = line ? strtol(line + strlen("VmHWM:"), NULL, 10) : -1;
	buf_release(&status);
	return peak;
}

static inline int count_descriptors(void)
{
	int count = 0;
	for (int i = 0; i < 1024; i++)
		count += fcntl(i, F_GETFD) >= 0;
	return count;
}

#endif
