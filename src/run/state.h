/*
 * The states of a run: one table, from which enum, names and the allowed moves come.
 */
#ifndef POCKETCI_RUN_STATE_H
#define POCKETCI_RUN_STATE_H

#include <stdbool.h>

/* enum, name, final */
#define RUN_STATES(STATE) \
	STATE(RUN_WAITING_APPROVAL, "waiting-approval", 0) \
	STATE(RUN_QUEUED, "queued", 0) \
	STATE(RUN_STARTING, "starting", 0) \
	STATE(RUN_RUNNING, "running", 0) \
	STATE(RUN_SUCCEEDED, "succeeded", 1) \
	STATE(RUN_FAILED, "failed", 1) \
	STATE(RUN_TIMED_OUT, "timed-out", 1) \
	STATE(RUN_CANCELLED, "cancelled", 1) \
	STATE(RUN_SUPERSEDED, "superseded", 1) \
	STATE(RUN_SKIPPED, "skipped", 1) \
	STATE(RUN_LOST, "lost", 1)

enum run_state {
#define RUN_STATE_ENUM(id, name, final) id,
	RUN_STATES(RUN_STATE_ENUM)
#undef RUN_STATE_ENUM
		RUN_STATE_COUNT
};

const char *run_state_name(enum run_state state);
/* False where no state has this name. */
bool run_state_from_name(const char *name, enum run_state *state);
bool run_state_is_final(enum run_state state);
/* Whether a run in `from` may move to `to`. */
bool run_state_may_move(enum run_state from, enum run_state to);

#endif
