/* run/state.h: names both ways, which states are final, and every move against the design's table. */
#include "check.h"

#include "run/state.h"

static void test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUN_STATE_COUNT; i++) {
		enum run_state back = RUN_STATE_COUNT;
		assert_true(run_state_from_name(run_state_name((enum run_state)i), &back));
		assert_int_equal(back, i);
	}
	enum run_state untouched = RUN_LOST;
	assert_false(run_state_from_name("", &untouched));
	assert_false(run_state_from_name("Queued", &untouched));
	assert_false(run_state_from_name("unknown", &untouched));
	assert_int_equal(untouched, RUN_LOST);
	assert_string_equal(run_state_name(RUN_TIMED_OUT), "timed-out");
	assert_string_equal(run_state_name(RUN_STATE_COUNT), "unknown");
}

/* The moves, by name, as the design has them. */
static const struct {
	const char *from, *to;
} moves[] = {
	{"waiting-approval", "queued"},
	{"waiting-approval", "cancelled"},
	{"waiting-approval", "superseded"},
	{"queued", "starting"},
	{"queued", "cancelled"},
	{"queued", "superseded"},
	{"starting", "running"},
	{"starting", "failed"},
	{"starting", "timed-out"},
	{"starting", "cancelled"},
	{"starting", "superseded"},
	{"starting", "skipped"},
	{"starting", "lost"},
	{"running", "succeeded"},
	{"running", "failed"},
	{"running", "timed-out"},
	{"running", "cancelled"},
	{"running", "superseded"},
	{"running", "lost"},
};

static bool is_listed(enum run_state from, enum run_state to)
{
	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		if (strcmp(moves[i].from, run_state_name(from)) == 0 && strcmp(moves[i].to, run_state_name(to)) == 0)
			return true;
	}
	return false;
}

static void test_moves(void **state)
{
	(void)state;
	for (unsigned from = 0; from <= RUN_STATE_COUNT; from++) {
		for (unsigned to = 0; to <= RUN_STATE_COUNT; to++)
			assert_int_equal(run_state_may_move((enum run_state)from, (enum run_state)to),
			                 is_listed((enum run_state)from, (enum run_state)to));
	}
}

static void test_final_states_are_those_without_moves(void **state)
{
	int finals = 0;
	(void)state;
	for (unsigned from = 0; from < RUN_STATE_COUNT; from++) {
		bool leads_on = false;
		for (unsigned to = 0; to < RUN_STATE_COUNT; to++)
			leads_on = leads_on || run_state_may_move((enum run_state)from, (enum run_state)to);
		assert_int_equal(run_state_is_final((enum run_state)from), !leads_on);
		finals += run_state_is_final((enum run_state)from);
	}
	assert_int_equal(finals, 7);
	assert_false(run_state_is_final(RUN_STATE_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_moves),
		TEST(test_final_states_are_those_without_moves),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
