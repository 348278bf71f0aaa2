/* base/clock.h: deadlines at both ends of the clock, and times as text. */
#include "check.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

#include "base/clock.h"

static void test_deadline(void **state)
{
	static const struct {
		int64_t now, after, deadline;
	} cases[] = {
		{1000, 500, 1500},
		{1000, 0, 1000},
		{1000, -1, CLOCK_NEVER},
		{1000, INT64_MIN, CLOCK_NEVER},
		{1, INT64_MAX, CLOCK_NEVER},
		{0, INT64_MAX - 1, INT64_MAX - 1},
		{2, INT64_MAX - 1, CLOCK_NEVER},
		{INT64_MAX, 1, CLOCK_NEVER},
		{-5, 3, -2},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(clock_deadline(cases[i].now, cases[i].after) == cases[i].deadline);
}

static void test_poll_timeout(void **state)
{
	static const struct {
		int64_t deadline, now;
		int timeout;
	} cases[] = {
		{CLOCK_NEVER, 0, -1},
		{CLOCK_NEVER, CLOCK_NEVER, -1},
		{1500, 1000, 500},
		{1001, 1000, 1},
		{1000, 1000, 0},
		{999, 1000, 0},
		{INT64_MIN, INT64_MAX, 0},
		{(int64_t)INT_MAX + 1000, 1000, INT_MAX},
		{(int64_t)INT_MAX + 1001, 1000, INT_MAX},
		{INT64_MAX - 1, 0, INT_MAX},
		{INT64_MAX - 1, INT64_MIN, INT_MAX},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(clock_poll_timeout(cases[i].deadline, cases[i].now), cases[i].timeout);
}

static void test_earlier(void **state)
{
	(void)state;
	assert_int_equal(clock_earlier(1, 2), 1);
	assert_int_equal(clock_earlier(2, 1), 1);
	assert_int_equal(clock_earlier(CLOCK_NEVER, 5), 5);
	assert_true(clock_earlier(CLOCK_NEVER, CLOCK_NEVER) == CLOCK_NEVER);
}

static void test_text(void **state)
{
	static const struct {
		int64_t wall;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{-1000, "1969-12-31T23:59:59.000Z"},
		{1795409113123, "2026-11-23T04:45:13.123Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
		{INT64_MAX, "292278994-08-17T07:12:55.807Z"},
		{INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
	};
	char text[CLOCK_TEXT_SIZE];
	(void)state;
	setenv("TZ", "America/New_York", 1); /* the text is UTC wherever the server stands */
	tzset();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		clock_text(cases[i].wall, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_clocks_move_in_milliseconds(void **state)
{
	(void)state;
	int64_t now = clock_now(), wall = clock_wall();
	poll(NULL, 0, 20);
	int64_t passed = clock_now() - now;
	assert_in_range(passed, 19, 60000);
	assert_in_range(clock_wall() - wall, 1, 60000);
	assert_true(wall / 1000 - (int64_t)time(NULL) < 60);
	assert_true((int64_t)time(NULL) - wall / 1000 < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_deadline), TEST(test_poll_timeout), TEST(test_earlier), TEST(test_text),
		TEST(test_clocks_move_in_milliseconds),
	};
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
