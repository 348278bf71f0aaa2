/*
 * Starting children, counting them, burying them. Whatever fails makes the next start wait, twice as long each time;
 * that wait is a time in the caller's loop, never a sleep.
 */
#include "gateway/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "gateway/child.h"
#include "gateway/scoreboard.h"
#include "gateway/service.h"
#include "run/keepers.h"
#include "run/places.h"

/* A child that ends within this time, without a request, died at once. */
#define AT_ONCE_MS 1000
#define LONGEST_DELAY_S 60U
/* All children are busy and a request waits: said when it lasts, and not again for a while. */
#define BUSY_MS 1000
#define BUSY_NOTICE_MS 60000

/*
 * Runs that nobody waits for, at once. Each has a process of ours, of 110 KiB while it lasts: a burst that starts them faster
 * than they end must not fill the memory.
 */
#define PLACES 128

struct generation {
	const struct service *service;
	struct scoreboard *scoreboard;
	struct keepers *keepers; /* so that none works with the log of another */
	int control[2];          /* [0] the children's, [1] the parent's alone; both -1 once it was let go */
	int alive;
};

struct process {
	struct process *next;
	struct generation *generation;
	pid_t pid;
	int slot;
	int64_t born;
};

/* --- Generations --- */

static void let_go(struct generation *generation)
{
	file_close(&generation->control[1]);
	file_close(&generation->control[0]);
	keepers_close(generation->keepers);
}

static void generation_free(struct generation *generation)
{
	let_go(generation);
	keepers_free(generation->keepers);
	scoreboard_free(generation->scoreboard);
	free(generation);
}

static void free_if_over(const struct pool *pool, struct generation *generation)
{
	if (generation->alive == 0 && generation != pool->newest)
		generation_free(generation);
}

static struct generation *generation_new(const struct pool *pool, const struct service *service, struct error *error)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	if (generation == NULL)
		memory_exhausted(sizeof(*generation));
	generation->keepers = keepers_new(pool->places, error);
	if (generation->keepers == NULL || !file_pipe(generation->control, error)) {
		keepers_free(generation->keepers);
		free(generation);
		return NULL;
	}
	generation->service = service;
	generation->scoreboard = scoreboard_new((int)service->config.children_max);
	return generation;
}

/* --- Starting --- */

/* In the new process: no writing end of a control pipe may live on in it, neither its own nor the last generation's. */
_Noreturn static void become_child(const struct pool *pool, const struct generation *generation, int slot)
{
	struct service service = *generation->service;
	int parent_only[] = {pool->parent_only[0], pool->parent_only[1], pool->wanted[0], generation->control[1],
	                     pool->newest->control[1]};
	const struct child_descriptors descriptors = {
		.listener = pool->listener,
		.control = generation->control[0],
		.wanted = pool->wanted[1],
		.handed_on = pool->handed_on,
	};

	for (size_t i = 0; i < sizeof(parent_only) / sizeof(parent_only[0]); i++)
		file_close(&parent_only[i]);
	if (generation != pool->newest)
		keepers_close(pool->newest->keepers);
	service.scoreboard = generation->scoreboard;
	service.slot = slot;
	service.keepers = generation->keepers;
	exit(child_run(&service, &descriptors));
}

static bool start_child(struct pool *pool, struct generation *generation, struct error *error)
{
	struct process *process = calloc(1, sizeof(*process));
	if (process == NULL)
		memory_exhausted(sizeof(*process));
	int slot = scoreboard_take(generation->scoreboard);
	pid_t pid = fork();
	if (pid == 0)
		become_child(pool, generation, slot);
	if (pid < 0) {
		error_set_system(error, errno, "cannot start a child");
		scoreboard_release(generation->scoreboard, slot);
		free(process);
		return false;
	}
	*process = (struct process){pool->processes, generation, pid, slot, clock_now()};
	pool->processes = process;
	generation->alive++;
	return true;
}

/* Several children that fail during one delay count once. */
static void delay_starts(struct pool *pool, const char *why)
{
	int64_t now = clock_now();
	if (now < pool->start_after)
		return;
	unsigned seconds = pool->failures < 6 ? 1U << pool->failures : LONGEST_DELAY_S;
	pool->failures++;
	pool->start_after = now + (int64_t)seconds * 1000;
	log_error("%s; waiting %u second%s before the next start", why, seconds, seconds == 1 ? "" : "s");
}

/* --- How many --- */

/* How many children are lacking. A wish for more is fulfilled by one that is idle, whoever that is. */
static int64_t lacking(struct pool *pool)
{
	const struct config *config = &pool->newest->service->config;
	int64_t alive = pool->newest->alive;

	if (pool->closed)
		return 0;
	if (alive < config->children_min)
		return config->children_min - alive;
	if (scoreboard_count(pool->newest->scoreboard, CHILD_IDLE) > 0)
		pool->more = false;
	return pool->more && alive < config->children_max ? 1 : 0;
}

/* Since when nobody is idle and nobody can be added; CLOCK_NEVER where that is not so. */
static int64_t busy_since(struct pool *pool)
{
	bool busy = lacking(pool) == 0 && pool->more && !pool->closed;

	if (!busy)
		pool->busy_since = CLOCK_NEVER;
	else if (pool->busy_since == CLOCK_NEVER)
		pool->busy_since = clock_now();
	return pool->busy_since;
}

static int64_t notice_due(struct pool *pool)
{
	int64_t since = busy_since(pool);
	if (since == CLOCK_NEVER)
		return CLOCK_NEVER;
	return since + BUSY_MS > pool->notice_after ? since + BUSY_MS : pool->notice_after;
}

static void notice_that_all_are_busy(struct pool *pool)
{
	struct pollfd waiting = {.fd = pool->listener, .events = POLLIN};
	int64_t now = clock_now();

	if (now < notice_due(pool))
		return;
	pool->notice_after = now + BUSY_MS;
	if (poll(&waiting, 1, 0) <= 0)
		return;
	pool->notice_after = now + BUSY_NOTICE_MS;
	log_warning("all %d children are busy and requests wait; children: MIN,MAX allows more", pool->newest->alive);
}

static void read_wishes(struct pool *pool)
{
	char bytes[256];
	while (read(pool->wanted[0], bytes, sizeof(bytes)) > 0)
		pool->more = true;
}

void pool_fill(struct pool *pool)
{
	struct error error = ERROR_INIT;

	read_wishes(pool);
	for (int64_t count = lacking(pool); count > 0 && clock_now() >= pool->start_after; count--) {
		if (!start_child(pool, pool->newest, &error))
			delay_starts(pool, error.message);
	}
	notice_that_all_are_busy(pool);
}

int64_t pool_deadline(struct pool *pool)
{
	return lacking(pool) > 0 ? pool->start_after : notice_due(pool);
}

/* --- Ends --- */

static void log_end(const struct process *process, int status, bool idle)
{
	const char *when = idle ? "between requests" : "during a request";

	if (WIFSIGNALED(status))
		log_error("child %d was ended %s by signal %d (%s)", (int)process->pid, when, WTERMSIG(status),
		          strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		log_error("child %d ended %s with status %d", (int)process->pid, when, WEXITSTATUS(status));
}

/* One that a request has ended is replaced at once: whoever sent it must not keep the others waiting. */
static void bury(struct pool *pool, struct process *process, int status)
{
	struct generation *generation = process->generation;
	bool idle = scoreboard_get(generation->scoreboard, process->slot) == CHILD_IDLE;
	bool at_once = idle && clock_now() - process->born < AT_ONCE_MS;

	log_end(process, status, idle);
	scoreboard_release(generation->scoreboard, process->slot);
	generation->alive--;
	if (at_once && generation == pool->newest && !pool->closed)
		delay_starts(pool, "children end as soon as they are started");
	else if (!at_once)
		pool->failures = 0;
	/* Two idle ones can leave at once, each for the other's sake. */
	if (generation == pool->newest && scoreboard_count(generation->scoreboard, CHILD_IDLE) == 0)
		pool->more = true;
	free_if_over(pool, generation);
	free(process);
}

static struct process *take_out(struct pool *pool, pid_t pid)
{
	for (struct process **link = &pool->processes; *link != NULL; link = &(*link)->next) {
		struct process *process = *link;
		if (process->pid == pid) {
			*link = process->next;
			return process;
		}
	}
	return NULL;
}

void pool_reap(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct process *process = take_out(pool, pid);
		if (process != NULL)
			bury(pool, process, status);
	}
}

void pool_signal(const struct pool *pool, int signal_number)
{
	for (const struct process *process = pool->processes; process != NULL; process = process->next)
		kill(process->pid, signal_number);
}

size_t pool_count_leaving(const struct pool *pool)
{
	size_t count = 0;
	for (const struct process *process = pool->processes; process != NULL; process = process->next)
		count += process->generation != pool->newest &&
		         scoreboard_get(process->generation->scoreboard, process->slot) == CHILD_IDLE;
	return count;
}

size_t pool_count(const struct pool *pool)
{
	size_t count = 0;
	for (const struct process *process = pool->processes; process != NULL; process = process->next)
		count++;
	return count;
}

/* --- The whole --- */

bool pool_init(struct pool *pool, int listener, const int parent_only[2], struct error *error)
{
	*pool = (struct pool){.listener = listener,
	                      .parent_only = {parent_only[0], parent_only[1]},
	                      .wanted = {-1, -1},
	                      .handed_on = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	                      .busy_since = CLOCK_NEVER};
	if (pool->handed_on < 0)
		return error_set_system(error, errno, "cannot make an eventfd");
	pool->places = places_new(PLACES);
	return file_pipe(pool->wanted, error) && file_set_nonblocking(pool->wanted[0], error) &&
	       file_set_nonblocking(pool->wanted[1], error);
}

void pool_release(struct pool *pool)
{
	if (pool->newest != NULL)
		generation_free(pool->newest);
	places_free(pool->places);
	file_close(&pool->wanted[0]);
	file_close(&pool->wanted[1]);
	file_close(&pool->handed_on);
}

bool pool_renew(struct pool *pool, const struct service *service, struct error *error)
{
	struct generation *old = pool->newest, *generation = generation_new(pool, service, error);
	if (generation == NULL)
		return false;
	if (old == NULL)
		pool->newest = generation; /* the first */
	if (!start_child(pool, generation, error)) {
		pool->newest = old;
		generation_free(generation);
		return false;
	}
	pool->newest = generation;
	pool->failures = 0;
	pool->start_after = 0;
	if (old != NULL) {
		scoreboard_retire(old->scoreboard);
		let_go(old);
		free_if_over(pool, old);
	}
	pool_fill(pool);
	return true;
}

void pool_close(struct pool *pool)
{
	pool->closed = true;
	let_go(pool->newest);
}
