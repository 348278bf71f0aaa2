/*
 * What a run tells whoever waits for it, and what the one who waits tells the run. The same for a command that is a
 * child of this process, for a keeper and for `pocketci exec` at the other end of a socket.
 */
#ifndef POCKETCI_RUN_LISTENER_H
#define POCKETCI_RUN_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "run/state.h"

struct run_listener {
	void *context;
	/* Output of the command as it came, stdout and stderr together. May be NULL: output is dropped. */
	void (*output)(void *context, struct str data);
	/*
	 * Called before the first wait and again whenever the time it returned has come: returns the next
	 * (CLOCK_NEVER: not again). Also called after each output. May be NULL.
	 */
	int64_t (*tick)(void *context, int64_t now);
	/* A connection whose end means that the client left (POLLRDHUP, POLLHUP, POLLERR), or -1. */
	int client;
	/* A descriptor that becomes readable or hangs up when the run is to be cancelled, or -1. */
	int cancel;
	/* Called once where the client left. May be NULL. */
	void (*client_left)(void *context);
	/*
	 * For a reader that may be slow: output() takes what it is given and keeps what the reader does not take
	 * yet. flush() is called after each output and whenever `drain` takes data (POLLOUT): it returns whether
	 * nothing is kept. While something is, no more is read from the command, as behind a full pipe, and
	 * everything else goes on: deadlines, cancel, client. NULL and -1: output() keeps nothing.
	 */
	bool (*flush)(void *context);
	int drain;
	/*
	 * The client cancels the run, whether or not the job stops when it leaves, by shutting its socket down for
	 * writing.
	 */
	bool client_may_cancel;
	/*
	 * Called before the first output where the run says how its reply is to look (wire_plan); false where that is
	 * not in the form of this version. May be NULL: then no plan is taken.
	 */
	bool (*plan)(void *context, struct str plan);
};

/* clang-format off */
#define RUN_LISTENER_INIT {NULL, NULL, NULL, -1, -1, NULL, NULL, -1, false, NULL}
/* clang-format on */

/* How it ended. */
struct run_result {
	enum run_state state; /* a final one */
	int exit_code;        /* of the command; -1 where it did not exit by itself */
	int signal;           /* that ended it, or 0 */
	int64_t swept;        /* processes that the command left behind and that were ended */
	struct error error;   /* why it did not run, or how it ended: kind ERROR_NONE only where it succeeded */
	/* What was checked out, or empty. It borrows commit_text, so a copy of the struct must set it anew. */
	struct str commit;
	char commit_text[65];
};

#endif
