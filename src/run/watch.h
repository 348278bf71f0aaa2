/*
 * What every wait of a run looks at besides its own descriptors: the listener's client, cancel, tick and slow
 * reader. The same for a command, a checkout and the follower of a wire.
 */
#ifndef POCKETCI_RUN_WATCH_H
#define POCKETCI_RUN_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct run_listener;

struct watch {
	const struct run_listener *listener;
	int client, cancel; /* -1 once they have fired: each is told once */
	bool kept;          /* the listener keeps output that its reader does not take yet: read no more */
	int64_t next_tick;
};

enum watch_news { WATCH_NOTHING, WATCH_CANCELLED, WATCH_CLIENT_LEFT };

/* Room to leave behind one's own entries. */
#define WATCH_ENTRIES 3

void watch_init(struct watch *watch, const struct run_listener *listener);

/* Hands output to the listener, then ticks. Sets kept. */
void watch_output(struct watch *watch, struct str data);

/*
 * Waits for one of the first count entries (there is room for WATCH_ENTRIES more behind them), the listener's
 * descriptors, its tick, or the point in time `until`; may return early with nothing. Cancelled goes before the
 * client's leaving.
 */
enum watch_news watch_wait(struct watch *watch, struct pollfd *entries, size_t count, int64_t until);

#endif
