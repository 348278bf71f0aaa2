/*
 * One child: waits for a connection, for the parent's word, or for a signal, and serves. SIGTERM is blocked all the time
 * and seen through a descriptor, so that it breaks no system call and a run that waits can watch it too.
 *
 * EPOLLEXCLUSIVE wakes one child for a connection. A child that was woken therefore takes one before it does anything
 * else, leaving included: nobody else was told of it. But one that serves what is old tells the others to look.
 */
#include "gateway/child.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/exchange.h"
#include "gateway/fastcgi.h"
#include "gateway/scoreboard.h"
#include "gateway/serve.h"
#include "gateway/service.h"

/* What an idle child may keep of what its requests freed; beyond that it goes back to the system. */
#define MAPPED_ABOVE (256 * 1024)
#define KEPT_FREE (512 * 1024)
#define TRIM_ABOVE ((size_t)1024 * 1024)

/* How often one child says that all are busy where no other can be added. */
#define QUIET_MS 500

struct child {
	const struct service *service;
	struct child_descriptors descriptors;
	int events;          /* epoll */
	int signals;         /* SIGTERM */
	struct arena arena;  /* of the request at hand */
	int64_t quiet_until; /* see ask_for_help */
};

/* What was seen in one wait. */
struct news {
	bool connection, drain, terminated, idle;
};

/* SIGTERM where the parent dies; one that died before has hung up the control pipe. The rest is the parent's to handle. */
static int prepare_signals(void)
{
	sigset_t blocked;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool watch(struct child *child, int descriptor, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = descriptor};
	return epoll_ctl(child->events, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

/* Left alone, malloc learns from one 25 MB body to keep 50 MB. */
static void prepare_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_ABOVE);
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
}

static bool prepare(struct child *child)
{
	const struct child_descriptors *descriptors = &child->descriptors;

	prepare_memory();
	child->signals = prepare_signals();
	child->events = epoll_create1(EPOLL_CLOEXEC);
	if (child->signals >= 0 && child->events >= 0 && watch(child, child->signals, EPOLLIN) &&
	    watch(child, descriptors->control, EPOLLIN) && watch(child, descriptors->handed_on, EPOLLIN | EPOLLET) &&
	    watch(child, descriptors->listener, EPOLLIN | EPOLLEXCLUSIVE))
		return true;
	struct error error = ERROR_INIT;
	error_set_system(&error, errno, "a child cannot wait for connections");
	log_error("%s", error.message);
	return false;
}

static bool connection_waits(const struct child *child)
{
	struct pollfd listener = {.fd = child->descriptors.listener, .events = POLLIN};
	return poll(&listener, 1, 0) > 0;
}

static struct news wait_for_news(const struct child *child)
{
	struct epoll_event events[4];
	bool extra = child->service->slot >= child->service->config.children_min;
	struct news news = {0};
	bool handed_on = false;
	int count = epoll_wait(child->events, events, 4, extra ? CHILD_IDLE_TIME : -1);

	/* The last idle one stays: those that are busy may be so for an hour, and tell nobody when it leaves. */
	news.idle = count == 0 && scoreboard_count(child->service->scoreboard, CHILD_IDLE) > 1;
	for (int i = 0; i < count; i++) {
		news.connection |= events[i].data.fd == child->descriptors.listener;
		news.drain |= events[i].data.fd == child->descriptors.control;
		news.terminated |= events[i].data.fd == child->signals;
		handed_on |= events[i].data.fd == child->descriptors.handed_on;
	}
	if (handed_on && !news.connection)
		news.connection = connection_waits(child);
	if (scoreboard_is_retired(child->service->scoreboard)) {
		news.connection = false;
		news.drain = true;
	}
	return news;
}

/*
 * A byte tells the parent that nobody is left to take the next connection. A full pipe tells it already. Where there is
 * no room for another child it is told once in a while only, for its log: under load this is every request.
 */
static void ask_for_help(struct child *child)
{
	const struct scoreboard *scoreboard = child->service->scoreboard;

	if (scoreboard_count(scoreboard, CHILD_IDLE) > 0)
		return;
	if (scoreboard_count(scoreboard, CHILD_NONE) == 0) {
		int64_t now = clock_now();
		if (now < child->quiet_until)
			return;
		child->quiet_until = now + QUIET_MS;
	}
	ssize_t written = write(child->descriptors.wanted, "", 1);
	(void)written;
}

static void forget_request(struct child *child)
{
	bool large = child->arena.used > TRIM_ABOVE;

	arena_reset(&child->arena);
	if (large)
		malloc_trim(0);
	log_set_context(NULL);
}

/* False where no connection can be taken at all: a new child after a while may do better. */
static bool take_request(struct child *child)
{
	struct error error = ERROR_INIT;
	struct exchange *exchange = fastcgi_accept(child->descriptors.listener, &child->arena,
	                                           child->service->config.request_timeout, &error);

	if (exchange != NULL) {
		exchange->cancel = child->signals;
		serve(exchange, child->service);
		fastcgi_finish(exchange);
	} else if (error.kind == ERROR_SYSTEM) {
		log_error("%s", error.message);
	} else if (error.kind == ERROR_TIMEOUT) {
		log_warning("%s", error.message);
	} else if (error.kind != ERROR_NONE) {
		log_info("%s", error.message);
	}
	forget_request(child);
	return error.kind != ERROR_SYSTEM;
}

static bool serve_one(struct child *child)
{
	struct scoreboard *scoreboard = child->service->scoreboard;
	int slot = child->service->slot;

	scoreboard_set(scoreboard, slot, CHILD_BUSY);
	ask_for_help(child);
	bool served = take_request(child);
	scoreboard_set(scoreboard, slot, CHILD_IDLE);
	return served;
}

/* Once no connection wakes this child any more: those that did, and that it left, are for others. */
static void hand_on(const struct child *child)
{
	uint64_t one = 1;
	ssize_t written;

	if (!scoreboard_is_retired(child->service->scoreboard))
		return;
	written = write(child->descriptors.handed_on, &one, sizeof(one));
	(void)written;
}

int child_run(const struct service *service, const struct child_descriptors *descriptors)
{
	struct child child = {.service = service, .descriptors = *descriptors, .arena = ARENA_INIT};
	struct news news = {0};
	bool works = prepare(&child);

	while (works && !news.drain && !news.terminated && !news.idle) {
		news = wait_for_news(&child);
		if (news.connection && !news.terminated)
			works = serve_one(&child);
	}
	file_close(&child.events);
	hand_on(&child);
	file_close(&child.signals);
	arena_release(&child.arena);
	return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
