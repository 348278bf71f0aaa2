/*
 * The parent: one loop that waits for signals and for children that ask for help. Everything it does is a step of that
 * loop, so nothing in here waits.
 */
#include "gateway/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/listen.h"
#include "gateway/pool.h"
#include "gateway/service.h"
#include "run/process.h"

/* Children that cancel their runs have the configured grace and this for it. */
#define CANCEL_ALLOWANCE_MS 5000

enum phase { SERVING, DRAINING, CANCELLING, KILLING };

struct parent {
	enum phase phase;
	struct service *service; /* that the newest children serve */
	struct pool pool;
	struct listener *listener;
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

static void reload(struct parent *parent)
{
	struct error error = ERROR_INIT;
	struct service *service = service_load(parent->argc, parent->argv, &error);

	if (service != NULL && service->without_hooks) {
		error_set(&error, ERROR_INVALID, "no hooks could be loaded");
	} else if (service != NULL && take_over(parent, service, &error)) {
		log_info("loaded again; hooks: %zu", service->hooks.count);
		return;
	}
	service_free(service);
	log_error("not loaded again, what was loaded before goes on: %s", error.message);
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
	return pool_init(&parent->pool, parent->listener->descriptor, parent->signals, error);
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
	return parent->phase == CANCELLING ? clock_earlier(deadline, parent->kill_after) : deadline;
}

static void loop(struct parent *parent)
{
	struct pollfd entries[] = {
		{.fd = parent->signals, .events = POLLIN},
		{.fd = parent->pool.wanted[0], .events = POLLIN},
	};

	while (parent->phase == SERVING || pool_count(&parent->pool) > 0) {
		poll(entries, 2, clock_poll_timeout(next_deadline(parent), clock_now()));
		handle_signals(parent);
		pool_fill(&parent->pool);
		if (parent->phase == CANCELLING && clock_now() >= parent->kill_after)
			next_phase(parent);
	}
	if (parent->phase == KILLING)
		process_sweep();
}

int parent_run(struct service *service, struct listener *listener, int argc, char **argv)
{
	struct parent parent = {.service = service, .listener = listener, .argc = argc, .argv = argv, .signals = -1};
	struct error error = ERROR_INIT;

	bool serving = prepare(&parent, &error) && pool_renew(&parent.pool, service, &error);

	if (serving) {
		log_info("listening on %s; hooks: %zu, children: %lld to %lld", listener->where, service->hooks.count,
		         (long long)service->config.children_min, (long long)service->config.children_max);
		loop(&parent);
		log_info("ended");
	} else {
		log_error("%s", error.message);
	}
	pool_release(&parent.pool);
	file_close(&parent.signals);
	service_free(parent.service);
	return serving ? EXIT_SUCCESS : EXIT_FAILURE;
}
