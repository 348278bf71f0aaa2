/*
 * The children of the parent: how many there are, which serve what, and what becomes of those that end.
 *
 * Children belong to a generation: one service, one scoreboard, keepers of their own, one control pipe. The parent alone
 * holds the pipe's writing end, so children see it hang up where the parent lets the generation go, and where it is gone.
 */
#ifndef POCKETCI_GATEWAY_POOL_H
#define POCKETCI_GATEWAY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct generation;
struct places;
struct process;
struct service;

struct pool {
	struct generation *newest; /* NULL before the first pool_renew */
	struct process *processes; /* of every generation */
	struct places *places;     /* of the runs that nobody waits for; see run/keepers.h */
	bool closed;               /* no child is started any more */
	int listener;              /* the children's */
	int parent_only[2];        /* descriptors that children have no use for, or -1 */
	int wanted[2];             /* a child that takes a request and leaves nobody idle writes a byte to [1] */
	int handed_on;             /* eventfd: every child is to look at the listener; see gateway/child.h */
	bool more;                 /* and that was seen */
	unsigned failures;         /* children in a row that died at once, or could not be started */
	int64_t start_after;       /* no child is started before */
	int64_t busy_since;        /* CLOCK_NEVER: somebody is idle, or can be added */
	int64_t notice_after;      /* that all are busy is not said before */
};

bool pool_init(struct pool *pool, int listener, const int parent_only[2], struct error *error);

/* When all children are gone. */
void pool_release(struct pool *pool);

/*
 * A new generation takes over: its first child is there before the old one is let go, and the listener is open all the
 * time, so no connection is refused. Once this returned no child of the old one takes another connection, but one that
 * is between its last look and accept(2) at that moment. The service stays the caller's and must live until the next one took over. False:
 * the old generation goes on.
 */
bool pool_renew(struct pool *pool, const struct service *service, struct error *error);

/* No new children; those that are there finish what they have and leave. */
void pool_close(struct pool *pool);

/* Reads what children wrote to `wanted`, and starts those that are lacking, once their time has come. */
void pool_fill(struct pool *pool);

/* When pool_fill has something to do though nothing happened. */
int64_t pool_deadline(struct pool *pool);

/* Takes note of children that ended. */
void pool_reap(struct pool *pool);

void pool_signal(const struct pool *pool, int signal_number);

/* How many children there are, of every generation. */
size_t pool_count(const struct pool *pool);

/*
 * How many of older generations have nothing more to do and are not gone yet. Who renews when there are none has never
 * more children than the newest generation's, the idle ones of the last, and one for each request at hand.
 */
size_t pool_count_leaving(const struct pool *pool);

#endif
