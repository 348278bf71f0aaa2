/*
 * States of a run and the moves between them, both as tables. A state without moves is final, and only that: the tests
 * hold the two tables against each other.
 */
#include "run/state.h"

#include <stddef.h>
#include <string.h>

static const char *const names[RUN_STATE_COUNT] = {
#define RUN_STATE_NAME(id, name, final) [id] = name,
	RUN_STATES(RUN_STATE_NAME)
#undef RUN_STATE_NAME
};

static const bool finals[RUN_STATE_COUNT] = {
#define RUN_STATE_FINAL(id, name, final) [id] = final,
	RUN_STATES(RUN_STATE_FINAL)
#undef RUN_STATE_FINAL
};

#define TO(state) (1U << (state))

static const unsigned moves[RUN_STATE_COUNT] = {
	[RUN_WAITING_APPROVAL] = TO(RUN_QUEUED) | TO(RUN_CANCELLED) | TO(RUN_SUPERSEDED),
	[RUN_QUEUED] = TO(RUN_STARTING) | TO(RUN_CANCELLED) | TO(RUN_SUPERSEDED),
	[RUN_STARTING] = TO(RUN_RUNNING) | TO(RUN_FAILED) | TO(RUN_TIMED_OUT) | TO(RUN_CANCELLED) | TO(RUN_SUPERSEDED) |
                         TO(RUN_SKIPPED) | TO(RUN_LOST),
	[RUN_RUNNING] = TO(RUN_SUCCEEDED) | TO(RUN_FAILED) | TO(RUN_TIMED_OUT) | TO(RUN_CANCELLED) |
                        TO(RUN_SUPERSEDED) | TO(RUN_LOST),
};

static bool is_known(enum run_state state)
{
	return (unsigned)state < RUN_STATE_COUNT;
}

const char *run_state_name(enum run_state state)
{
	return is_known(state) ? names[state] : "unknown";
}

bool run_state_from_name(const char *name, enum run_state *state)
{
	for (unsigned i = 0; i < RUN_STATE_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*state = (enum run_state)i;
			return true;
		}
	}
	return false;
}

bool run_state_is_final(enum run_state state)
{
	return is_known(state) && finals[state];
}

bool run_state_may_move(enum run_state from, enum run_state to)
{
	return is_known(from) && is_known(to) && (moves[from] & TO(to)) != 0;
}
