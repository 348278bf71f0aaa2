/*
 * Two clocks: the monotonic one for deadlines, the wall's for what people read. Sums saturate at CLOCK_NEVER.
 */
#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now = {0, 0};
	clock_gettime(id, &now); /* cannot fail for these two clocks */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_deadline(int64_t now, int64_t after)
{
	if (after < 0 || now > CLOCK_NEVER - after)
		return CLOCK_NEVER;
	return now + after;
}

int clock_poll_timeout(int64_t deadline, int64_t now)
{
	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	/* Unsigned, because a deadline far ahead of a clock below zero does not fit the difference. */
	uint64_t left = (uint64_t)deadline - (uint64_t)now;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int64_t clock_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void clock_text(int64_t wall, char out[CLOCK_TEXT_SIZE])
{
	/* Division rounds towards zero; before 1970 the second must be the one that began. */
	int64_t milliseconds = wall % 1000;
	time_t seconds = (time_t)(wall / 1000);
	if (milliseconds < 0) {
		milliseconds += 1000;
		seconds--;
	}

	struct tm parts = {0};
	gmtime_r(&seconds, &parts); /* any int64_t of milliseconds has a year that fits an int */
	size_t len = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out + len, CLOCK_TEXT_SIZE - len, ".%03dZ", (int)milliseconds);
}
