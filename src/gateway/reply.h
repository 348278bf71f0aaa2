/*
 * The output of a run → the response, in one of two ways. Captured (the default): kept until the command ended, so
 * that its end decides the status. Streamed (stream-command-output): sent on as it comes once 8 KiB are there or a
 * second passed; then the status is out, and the last line says so where the command fails.
 *
 * A client that reads slowly holds neither the run's deadlines nor memory. Nothing is written before poll(2) finds
 * room; until then one piece of output is kept here and no more is read from the command, which waits as behind a full
 * pipe. A client that takes nothing for 60 s is given up, as if it had left: the run goes on, its output is dropped.
 */
#ifndef POCKETCI_GATEWAY_REPLY_H
#define POCKETCI_GATEWAY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/spool.h"
#include "run/listener.h"

struct config;
struct hook;
struct job;
struct response;

struct reply {
	struct response *response;
	const struct hook *hook;
	const struct job *job;
	struct spool held;  /* output from before the status was decided */
	bool streaming;     /* the header is out, output is sent on */
	int64_t header_due; /* when a streamed header goes out at the latest; CLOCK_NEVER: not by time */
	struct buf unsent;  /* of a streamed reply: what the client is to take; the first `sent` bytes it has */
	size_t sent;
	int64_t last_taken; /* when it last took something */
	bool mid_line;      /* the last byte sent on was no newline */
};

/* What the command says goes to this response, which is not started yet. now is the start of the run. */
void reply_init(struct reply *reply, struct response *response, const struct hook *hook, const struct job *job,
                const struct config *config, int64_t now);

/* What a run is to tell; borrows the reply. */
struct run_listener reply_listener(struct reply *reply);

/* The run ended: sends what is not sent yet, the status where it is still open, and logs a failure. */
void reply_finish(struct reply *reply, const struct run_result *result);

void reply_release(struct reply *reply);

#endif
