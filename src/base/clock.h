/*
 * Time. Deadlines are points on the monotonic clock in milliseconds, so that a clock set by an hour moves none of them.
 */
#ifndef POCKETCI_BASE_CLOCK_H
#define POCKETCI_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Milliseconds on CLOCK_MONOTONIC. */
int64_t clock_now(void);

/* Milliseconds since 1970 UTC. */
int64_t clock_wall(void);

/* now + after, CLOCK_NEVER where after is negative ("none") or the sum does not fit. */
int64_t clock_deadline(int64_t now, int64_t after);

/* What poll(2) takes: -1 for CLOCK_NEVER, 0 for a deadline that passed, else the milliseconds left (at most INT_MAX). */
int clock_poll_timeout(int64_t deadline, int64_t now);

/* The earlier of two deadlines. */
int64_t clock_earlier(int64_t a, int64_t b);

/* "2026-11-23T04:45:13.123Z"; out holds at least CLOCK_TEXT_SIZE bytes. */
#define CLOCK_TEXT_SIZE 32
void clock_text(int64_t wall, char out[CLOCK_TEXT_SIZE]);

#endif
