/*
 * gateway/scoreboard.h: slots, states, and the right to wait, among processes that may be killed at any point.
 */
#include "check.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "gateway/scoreboard.h"

static struct scoreboard *full_board(int children)
{
	struct scoreboard *board = scoreboard_new(children);
	for (int slot = 0; slot < children; slot++) {
		assert_int_equal(scoreboard_take(board), slot);
		scoreboard_set(board, slot, CHILD_BUSY);
	}
	return board;
}

static void test_slots(void **state)
{
	struct scoreboard *board = scoreboard_new(3);
	(void)state;
	assert_int_equal(scoreboard_count(board, CHILD_NONE), 3);
	for (int slot = 0; slot < 3; slot++)
		assert_int_equal(scoreboard_take(board), slot);
	assert_int_equal(scoreboard_take(board), -1);
	assert_int_equal(scoreboard_count(board, CHILD_IDLE), 3);

	scoreboard_set(board, 1, CHILD_BUSY);
	assert_int_equal(scoreboard_get(board, 1), CHILD_BUSY);
	assert_int_equal(scoreboard_count(board, CHILD_IDLE), 2);
	scoreboard_release(board, 1);
	assert_int_equal(scoreboard_get(board, 1), CHILD_NONE);
	assert_int_equal(scoreboard_take(board), 1);
	assert_int_equal(scoreboard_get(board, 1), CHILD_IDLE);
	scoreboard_free(board);
	scoreboard_free(NULL);
}

static void test_three_quarters_may_wait(void **state)
{
	static const struct {
		int children, waiting;
	} cases[] = {{1, 1}, {2, 1}, {3, 2}, {4, 3}, {5, 3}, {8, 6}, {100, 75}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scoreboard *board = full_board(cases[i].children);
		int granted = 0;
		for (int slot = 0; slot < cases[i].children; slot++)
			granted += scoreboard_may_wait(board, slot);
		assert_int_equal(granted, cases[i].waiting);
		assert_int_equal(scoreboard_count(board, CHILD_WAITING), cases[i].waiting);
		scoreboard_free(board);
	}
}

static void test_who_stops_waiting_makes_room(void **state)
{
	struct scoreboard *board = full_board(4);
	(void)state;
	for (int slot = 0; slot < 3; slot++)
		assert_true(scoreboard_may_wait(board, slot));
	assert_true(scoreboard_may_wait(board, 0)); /* waits already: takes no second right */
	assert_false(scoreboard_may_wait(board, 3));
	assert_int_equal(scoreboard_get(board, 3), CHILD_BUSY);

	scoreboard_set(board, 1, CHILD_BUSY);
	assert_true(scoreboard_may_wait(board, 3));
	assert_false(scoreboard_may_wait(board, 1));
	scoreboard_set(board, 3, CHILD_IDLE);
	scoreboard_set(board, 3, CHILD_IDLE); /* gives back once */
	assert_true(scoreboard_may_wait(board, 1));
	assert_false(scoreboard_may_wait(board, 3));
	scoreboard_free(board);
}

static void test_the_dead_do_not_wait(void **state)
{
	struct scoreboard *board = full_board(4);
	(void)state;
	for (int slot = 0; slot < 3; slot++)
		assert_true(scoreboard_may_wait(board, slot));
	scoreboard_release(board, 0);
	scoreboard_release(board, 2);
	assert_int_equal(scoreboard_count(board, CHILD_WAITING), 1);
	assert_true(scoreboard_may_wait(board, 3));
	assert_int_equal(scoreboard_take(board), 0);
	scoreboard_set(board, 0, CHILD_BUSY);
	assert_true(scoreboard_may_wait(board, 0));
	assert_int_equal(scoreboard_take(board), 2);
	assert_false(scoreboard_may_wait(board, 2));
	scoreboard_free(board);
}

/*
 * Processes take and give back for a number of rounds; none ever sees more than the limit waiting. They are two, so
 * that they meet at the same place even on two cores.
 */
#define RACERS 2
#define MAY_WAIT 1
#define ROUNDS 200000

struct race {
	struct scoreboard *board;
	_Atomic int *inside; /* who has the right now, counted by the racers themselves */
	int slot;
};

static int take_turns(void *argument)
{
	struct race *race = argument;
	int wrong = 0;
	for (int round = 0; round < ROUNDS; round++) {
		if (!scoreboard_may_wait(race->board, race->slot))
			continue;
		wrong |= atomic_fetch_add(race->inside, 1) >= MAY_WAIT;
		atomic_fetch_sub(race->inside, 1);
		scoreboard_set(race->board, race->slot, CHILD_BUSY);
	}
	return wrong;
}

static void test_never_more_among_processes(void **state)
{
	struct scoreboard *board = full_board(RACERS);
	void *shared = mmap(NULL, sizeof(_Atomic int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic int *inside = shared;
	pid_t racers[RACERS];
	(void)state;
	assert_true(shared != MAP_FAILED);
	for (int slot = 0; slot < RACERS; slot++) {
		racers[slot] = fork();
		if (racers[slot] == 0)
			_exit(take_turns(&(struct race){board, inside, slot}));
	}
	for (int slot = 0; slot < RACERS; slot++) {
		int status = -1;
		assert_int_equal(waitpid(racers[slot], &status, 0), racers[slot]);
		assert_int_equal(status, 0);
	}
	/* All rights are back. */
	int granted = 0;
	for (int slot = 0; slot < RACERS; slot++)
		granted += scoreboard_may_wait(board, slot);
	assert_int_equal(granted, MAY_WAIT);
	munmap(shared, sizeof(_Atomic int));
	scoreboard_free(board);
}

/* Killed in the middle of taking and giving back, whatever step that is: the parent's release puts it right. */
static void test_killed_anywhere(void **state)
{
	(void)state;
	for (int kills = 0; kills < 200; kills++) {
		struct scoreboard *board = full_board(4);
		int started[2];
		char byte;
		assert_int_equal(pipe(started), 0);
		pid_t child = fork();
		if (child == 0) {
			bool go_on = write(started[1], "", 1) == 1;
			while (go_on) {
				scoreboard_may_wait(board, 1);
				scoreboard_set(board, 1, CHILD_BUSY);
			}
			_exit(1);
		}
		assert_int_equal(read(started[0], &byte, 1), 1);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		scoreboard_release(board, 1);
		assert_int_equal(scoreboard_take(board), 1);
		scoreboard_set(board, 1, CHILD_BUSY);
		int granted = 0;
		for (int slot = 0; slot < 4; slot++)
			granted += scoreboard_may_wait(board, slot);
		assert_int_equal(granted, 3);
		close(started[0]);
		close(started[1]);
		scoreboard_free(board);
	}
}

static int is_retired(void *board)
{
	return scoreboard_is_retired(board);
}

/* By the parent, as seen by a child. */
static void test_retired(void **state)
{
	struct scoreboard *board = scoreboard_new(1), *other = scoreboard_new(1);
	(void)state;
	assert_int_equal(status_in_child(is_retired, board), 0);
	scoreboard_retire(board);
	assert_int_equal(WEXITSTATUS(status_in_child(is_retired, board)), 1);
	assert_false(scoreboard_is_retired(other));
	scoreboard_free(board);
	scoreboard_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slots),
		TEST(test_three_quarters_may_wait),
		TEST(test_who_stops_waiting_makes_room),
		TEST(test_the_dead_do_not_wait),
		TEST(test_never_more_among_processes),
		TEST(test_killed_anywhere),
		TEST(test_retired),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
