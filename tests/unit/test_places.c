/* run/places.h: how many, whose, and waiting for one, among processes that may be killed. */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/places.h"

#define LONG_MS 20000

/* A process that inherits the place, and ends when it is killed. */
static pid_t start_holder(struct places *places, int place)
{
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		places_inherit(places, place);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	char byte;
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_as_many_as_there_are(void **state)
{
	struct places *places = places_new(3);
	(void)state;
	for (int place = 0; place < 3; place++)
		assert_int_equal(places_take(places, 0, LONG_MS), place);
	assert_int_equal(places_take(places, 0, LONG_MS), -1);
	places_leave(places, 1);
	assert_int_equal(places_take(places, 0, LONG_MS), 1);
	assert_int_equal(places_take(places, LONG_MS, 0), -1);
	places_free(places);
	places_free(NULL);
}

/* Nobody waits longer for those who stay than `still`, however long one may wait for those who move. */
static void test_still(void **state)
{
	struct places *places = places_new(1);
	int64_t begun = clock_now();
	(void)state;
	assert_int_equal(places_take(places, 0, LONG_MS), 0);
	assert_int_equal(places_take(places, 300, LONG_MS), -1);
	assert_true(clock_now() >= begun + 300);
	begun = clock_now();
	assert_int_equal(places_take(places, 300, LONG_MS), -1);
	assert_true(clock_now() < begun + 300);
	places_free(places);
}

static void test_one_that_leaves_makes_room(void **state)
{
	struct places *places = places_new(1);
	(void)state;
	assert_int_equal(places_take(places, 0, LONG_MS), 0);
	pid_t pid = fork();
	if (pid == 0) {
		places_inherit(places, 0);
		places_leave(places, 0);
		_exit(0);
	}
	assert_int_equal(places_take(places, LONG_MS, LONG_MS), 0);
	waitpid(pid, NULL, 0);
	places_free(places);
}

/* Nobody tells of a place whose process was killed; one that waits finds it, and so does one that does not wait. */
static void test_places_of_the_dead(void **state)
{
	(void)state;
	for (int still = 0; still <= LONG_MS; still += LONG_MS) {
		struct places *places = places_new(2);
		assert_int_equal(places_take(places, 0, LONG_MS), 0);
		assert_int_equal(places_take(places, 0, LONG_MS), 1);
		end(start_holder(places, 1));
		assert_int_equal(places_take(places, still, LONG_MS), 1);
		assert_int_equal(places_take(places, 0, LONG_MS), -1);
		places_free(places);
	}
}

static void test_holders_live_on(void **state)
{
	struct places *places = places_new(1);
	(void)state;
	assert_int_equal(places_take(places, 0, LONG_MS), 0);
	pid_t holder = start_holder(places, 0);
	assert_int_equal(places_take(places, 200, LONG_MS), -1);
	end(holder);
	assert_int_equal(places_take(places, 0, LONG_MS), 0);
	places_free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_as_there_are),
		cmocka_unit_test(test_still),
		cmocka_unit_test(test_one_that_leaves_makes_room),
		cmocka_unit_test(test_places_of_the_dead),
		cmocka_unit_test(test_holders_live_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
