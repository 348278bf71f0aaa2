/*
 * What the children of one parent are doing, in memory that they share. It decides whether a reply may wait, and whether
 * another child is needed. A child that is killed at any point leaves nothing locked or counted for ever.
 */
#ifndef POCKETCI_GATEWAY_SCOREBOARD_H
#define POCKETCI_GATEWAY_SCOREBOARD_H

#include <stdbool.h>
#include <sys/types.h>

struct scoreboard;

enum child_state { CHILD_NONE, CHILD_IDLE, CHILD_BUSY, CHILD_WAITING };

/* Room for `children` at most; shared with every process forked later. Ends the process where there is no memory. */
struct scoreboard *scoreboard_new(int children);
void scoreboard_free(struct scoreboard *scoreboard);

/* A free slot for a new child, the lowest one, now CHILD_IDLE; or -1. */
int scoreboard_take(struct scoreboard *scoreboard);
/* The parent, when the child in the slot is gone: frees it, whatever it was doing. */
void scoreboard_release(struct scoreboard *scoreboard, int slot);

/* Not to CHILD_WAITING: that is what scoreboard_may_wait is for. */
void scoreboard_set(struct scoreboard *scoreboard, int slot, enum child_state state);
enum child_state scoreboard_get(const struct scoreboard *scoreboard, int slot);
int scoreboard_count(const struct scoreboard *scoreboard, enum child_state state);

/*
 * What its children serve is not to be served any more: from the moment on that the first returns the second says so in
 * each of them.
 */
void scoreboard_retire(struct scoreboard *scoreboard);
bool scoreboard_is_retired(const struct scoreboard *scoreboard);

/*
 * CHILD_BUSY → CHILD_WAITING, unless three quarters of the room (at least one child) wait already: then false, and the
 * caller answers 503. Atomic among all children. One that waits already may.
 */
bool scoreboard_may_wait(struct scoreboard *scoreboard, int slot);

#endif
