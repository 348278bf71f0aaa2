/*
 * A run told over a socket: a keeper or `pocketci exec` writes, the responder reads. A frame is one byte of kind,
 * four bytes of length (big-endian) and the payload. Both ends come from one build.
 */
#ifndef POCKETCI_RUN_WIRE_H
#define POCKETCI_RUN_WIRE_H

#include <stdbool.h>

#include "base/buf.h"
#include "run/listener.h"

struct arena;
struct job;

/*
 * The writing end. A reader that went away is no error: what is written then is dropped, and the run goes on. While the
 * run lasts writing never blocks: what a slow reader does not take is kept (one chunk of output, since the run reads no
 * more until it is taken), so that deadlines and cancels hold.
 */
struct wire {
	int descriptor;
	bool gone;       /* the reader left */
	struct buf kept; /* frames that the reader has not taken yet */
};

void wire_init(struct wire *wire, int descriptor);
void wire_release(struct wire *wire);

/* A listener that writes to the wire. Its client is the reader, who can cancel; the caller may add .cancel. */
struct run_listener wire_listener(struct wire *wire);

/* The last frame: blocks until the reader has taken it all or has gone, however slow it is. */
void wire_finish(struct wire *wire, const struct run_result *result);

/*
 * The job, from the responder to `pocketci exec`, before anything else; it may be tens of megabytes. Sending fails
 * with ERROR_SYSTEM where the other end leaves, or takes nothing for 30 s. Receiving fails with ERROR_INVALID on
 * anything that wire_send_job did not write.
 */
bool wire_send_job(int descriptor, const struct job *job, struct error *error);
bool wire_receive_job(struct arena *arena, int descriptor, struct job *job, struct error *error);

/*
 * The reading end: hands output to the listener until the result has come. An end without a result is a run that
 * was lost. Where the listener's client leaves and stop is set, or cancel fires, the descriptor is shut down for
 * writing, which the other end takes as "stop"; reading goes on until it has answered.
 */
void wire_follow(int descriptor, bool stop_when_client_leaves, const struct run_listener *listener,
                 struct run_result *result);

#endif
