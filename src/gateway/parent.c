/*
 * The parent: one loop that waits for signals and for children that ask for help. Everything it does is a step of that
 * loop, so nothing in here waits.
 */
#include "gateway/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/listen.h"
#include "gateway/pool.h"
#include "gateway/service.h"
#include "gateway/watch_files.h"
#include "run/process.h"

/* Children that cancel their runs have the configured grace and this for it. */
#define CANCEL_ALLOWANCE_MS 5000

/* How often a reload reads what changes while it is read. */
#define RELOAD_TRIES 10
/* After hooks that are good could not be taken over. */
#define RETRY_MS 1000
/* For children of the last generation to leave, see follow_files; and how often that is looked at. */
#define LEAVING_MS 1000
#define LEAVING_LOOK_MS 5

enum phase { SERVING, DRAINING, CANCELLING, KILLING };

struct parent {
	enum phase phase;
	struct service *service; /* that the newest children serve */
	struct pool pool;
	struct listener *listener;
	struct watch_files *watch; /* the files of the hooks that were read last, good or not */
	struct error complaint;    /* said last about them; none: they are good */
	int64_t reload_at;         /* though no file changes */
	int64_t not_before;        /* reload */
	int64_t wait_until;        /* for children to leave, before the next reload */
	unsigned restless;         /* how often in a row files changed while they were read */
	int argc;
	char **argv;
	int signals;
	int64_t kill_after; /* while CANCELLING */
};

/* --- Reload --- */

static void apply_logging(const struct service *service)
{
	struct error error = ERROR_INIT;
	if (!service_apply_logging(service, &error))
		log_error("%s", error.message);
}

/* Children take the log as it is when they are started, so it changes first. */
static bool take_over(struct parent *parent, struct service *service, struct error *error)
{
	struct service *old = parent->service;

	apply_logging(service);
	if (!pool_renew(&parent->pool, service, error)) {
		apply_logging(old);
		return false;
	}
	parent->service = service;
	service_free(old);
	return true;
}

/* What was said last is not said again, until something else is to be said. */
static void complain(struct parent *parent, const struct error *error)
{
	if (strcmp(parent->complaint.message, error->message) == 0)
		return;
	parent->complaint = *error;
	log_error("not loaded again, what was loaded before goes on: %s", error->message);
}

/* Where it had been broken that is worth a line to whoever read of that. */
static void log_loaded(struct parent *parent)
{
	size_t count = parent->service->hooks.count;

	if (parent->complaint.kind != ERROR_NONE)
		log_warning("good again: loaded again; hooks: %zu", count);
	else
		log_info("loaded again; hooks: %zu", count);
	parent->complaint = (struct error)ERROR_INIT;
}

static bool is_good(const struct service *service)
{
	return service != NULL && !service->without_hooks;
}

/* Whether it serves from now on. */
static bool finish_reload(struct parent *parent, struct service *service, struct error *error)
{
	if (is_good(service) && take_over(parent, service, error)) {
		log_loaded(parent);
		return true;
	}
	service_free(service);
	complain(parent, error);
	return false;
}

/* False where files changed while they were read: what was read of them may be half of each version. */
static bool watch_hooks(struct parent *parent, const struct hooks *hooks)
{
	return watch_files_set(parent->watch, hooks->files, hooks->identities, hooks->file_count);
}

/* All of it, because somebody asked for it: then what is wrong is said in any case. */
static void reload(struct parent *parent)
{
	struct error error;
	struct service *service = NULL;
	bool settled;
	int tries = 0;

	do {
		service_free(service);
		error = (struct error)ERROR_INIT;
		watch_files_begin(parent->watch);
		service = service_load(parent->argc, parent->argv, &error);
		settled = watch_hooks(parent, service != NULL ? &service->hooks : &parent->service->hooks);
	} while (service != NULL && !settled && ++tries < RELOAD_TRIES);
	service_apply_log_format(parent->service); /* until the other takes over, if it does */
	if (service != NULL && service->without_hooks)
		error_set(&error, ERROR_INVALID, "no hooks could be loaded");
	if (error.kind != ERROR_NONE)
		parent->complaint = (struct error)ERROR_INIT;
	finish_reload(parent, service, &error);
}

/* A file whose identity never stays what it is, as some that no disk holds, must not keep us busy. */
static void slow_down(struct parent *parent)
{
	struct error error = ERROR_INIT;

	if (++parent->restless < RELOAD_TRIES)
		return;
	parent->not_before = clock_now() + WATCH_DELAY;
	error_set(&error, ERROR_BUSY, "the files of the hooks change as fast as they can be read");
	complain(parent, &error);
}

/*
 * The hooks alone, because their files changed. Children that are idle and have not left yet are waited for, so that many
 * changes do not pile up processes; not for long, since only a machine that is stuck needs long for that.
 */
static void follow_files(struct parent *parent)
{
	struct error error = ERROR_INIT;
	int64_t now = clock_now();
	bool due = watch_files_due(parent->watch) || now >= parent->reload_at;

	if (!due)
		parent->wait_until = CLOCK_NEVER;
	if (!due || parent->phase != SERVING || now < parent->not_before)
		return;
	if (parent->wait_until == CLOCK_NEVER)
		parent->wait_until = now + LEAVING_MS;
	if (pool_count_leaving(&parent->pool) > 0 && now < parent->wait_until)
		return;
	parent->wait_until = CLOCK_NEVER;
	watch_files_begin(parent->watch);
	struct service *service = service_renew(parent->service, &error);
	if (watch_hooks(parent, &service->hooks)) {
		bool good = is_good(service);
		bool serves = finish_reload(parent, service, &error);
		parent->restless = 0;
		/* No process could be started for it. */
		parent->reload_at = good && !serves ? now + RETRY_MS : CLOCK_NEVER;
	} else {
		service_free(service);
		slow_down(parent);
	}
}

/* Each child has standard error of its own, so it takes new ones to write to the new file. */
static void reopen_log(struct parent *parent)
{
	struct error error = ERROR_INIT;

	apply_logging(parent->service);
	if (!pool_renew(&parent->pool, parent->service, &error))
		log_error("children go on with the old log: %s", error.message);
}

/* --- The end --- */

static void drain(struct parent *parent)
{
	log_info("ending: no new requests, %zu children finish what they have", pool_count(&parent->pool));
	listen_close(parent->listener);
	pool_close(&parent->pool);
}

static void cancel(struct parent *parent)
{
	int64_t grace = parent->service->config.stop_grace;

	log_warning("ending: what still runs is cancelled");
	parent->kill_after = clock_deadline(clock_now(), grace < 0 ? -1 : grace + CANCEL_ALLOWANCE_MS);
	pool_signal(&parent->pool, SIGTERM);
}

static void next_phase(struct parent *parent)
{
	switch (parent->phase) {
	case SERVING:
		parent->phase = DRAINING;
		drain(parent);
		break;
	case DRAINING:
		parent->phase = CANCELLING;
		cancel(parent);
		break;
	case CANCELLING:
	case KILLING:
		parent->phase = KILLING;
		log_warning("ending: children are killed, and what they run");
		process_set_subreaper(true); /* what the children cannot end any more comes to us */
		pool_signal(&parent->pool, SIGKILL);
		break;
	}
}

/* --- The loop --- */

static sigset_t handled_signals(void)
{
	sigset_t handled;

	sigemptyset(&handled);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGHUP);
	sigaddset(&handled, SIGUSR1);
	sigaddset(&handled, SIGCHLD);
	return handled;
}

void parent_hold_signals(void)
{
	sigset_t handled = handled_signals();
	sigprocmask(SIG_SETMASK, &handled, NULL);
}

static bool prepare(struct parent *parent, struct error *error)
{
	sigset_t handled = handled_signals();

	parent_hold_signals();
	parent->signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (parent->signals < 0)
		return error_set_system(error, errno, "cannot wait for signals");
	parent->watch = watch_files_new();
	const int parent_only[] = {parent->signals, watch_files_descriptor(parent->watch)};
	return pool_init(&parent->pool, parent->listener->descriptor, parent_only, error);
}

static void handle_signals(struct parent *parent)
{
	struct signalfd_siginfo info;

	while (read(parent->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			next_phase(parent);
		else if (info.ssi_signo == SIGHUP && parent->phase == SERVING)
			reload(parent);
		else if (info.ssi_signo == SIGUSR1 && parent->phase == SERVING)
			reopen_log(parent);
	}
	pool_reap(&parent->pool);
}

static int64_t next_deadline(struct parent *parent)
{
	int64_t deadline = pool_deadline(&parent->pool);

	if (parent->phase == SERVING) {
		int64_t reload_at = clock_earlier(watch_files_deadline(parent->watch), parent->reload_at);
		if (reload_at < parent->not_before)
			reload_at = parent->not_before;
		if (parent->wait_until != CLOCK_NEVER)
			reload_at = clock_now() + LEAVING_LOOK_MS;
		deadline = clock_earlier(deadline, reload_at);
	}
	return parent->phase == CANCELLING ? clock_earlier(deadline, parent->kill_after) : deadline;
}

static void loop(struct parent *parent)
{
	struct pollfd entries[] = {
		{.fd = parent->signals, .events = POLLIN},
		{.fd = parent->pool.wanted[0], .events = POLLIN},
		{.fd = watch_files_descriptor(parent->watch), .events = POLLIN},
	};

	while (parent->phase == SERVING || pool_count(&parent->pool) > 0) {
		poll(entries, 3, clock_poll_timeout(next_deadline(parent), clock_now()));
		handle_signals(parent);
		follow_files(parent);
		pool_fill(&parent->pool);
		if (parent->phase == CANCELLING && clock_now() >= parent->kill_after)
			next_phase(parent);
	}
	if (parent->phase == KILLING)
		process_sweep();
}

int parent_run(struct service *service, struct listener *listener, int argc, char **argv)
{
	struct parent parent = {.service = service,
	                        .listener = listener,
	                        .argc = argc,
	                        .argv = argv,
	                        .signals = -1,
	                        .reload_at = CLOCK_NEVER,
	                        .wait_until = CLOCK_NEVER};
	struct error error = ERROR_INIT;

	bool serving = prepare(&parent, &error);
	if (serving) { /* watched before anybody is answered: a file that is being written from then on is known to be */
		watch_hooks(&parent, &service->hooks);
		serving = pool_renew(&parent.pool, service, &error);
	}
	if (serving) {
		if (service->without_hooks)
			error_set(&parent.complaint, ERROR_INVALID, "no hooks"); /* good ones are worth a line */
		log_info("listening on %s; hooks: %zu, children: %lld to %lld", listener->where, service->hooks.count,
		         (long long)service->config.children_min, (long long)service->config.children_max);
		loop(&parent);
		log_info("ended");
	} else {
		log_error("%s", error.message);
	}
	pool_release(&parent.pool);
	watch_files_free(parent.watch);
	file_close(&parent.signals);
	service_free(parent.service);
	return serving ? EXIT_SUCCESS : EXIT_FAILURE;
}
