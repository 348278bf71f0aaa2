/*
 * A run told over a socket: a keeper or `pocketci exec` writes, the responder reads. A frame is one byte of kind,
 * four bytes of length (big-endian) and the payload. Both ends come from one build.
 */
#ifndef POCKETCI_RUN_WIRE_H
#define POCKETCI_RUN_WIRE_H

#include <stdbool.h>

#include "base/buf.h"
#include "run/delivery.h"
#include "run/job.h"
#include "run/listener.h"

struct arena;

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

/*
 * How the reply is to look (hook/reply_plan.h), for whoever cannot know before the run; ahead of all output, and at most
 * once.
 */
void wire_plan(struct wire *wire, struct str plan);

/* Output that comes from no command: blocks until the reader has taken it all or has gone. */
void wire_output(struct wire *wire, struct str data);

/* The last frame: blocks until the reader has taken it all or has gone, however slow it is. */
void wire_finish(struct wire *wire, const struct run_result *result);

/*
 * A job, or a delivery that is looked into first, from the responder to `pocketci exec`, before anything else; it may be
 * tens of megabytes. Sending fails with ERROR_SYSTEM where the other end leaves, or takes nothing for 30 s.
 */
bool wire_send_job(int descriptor, const struct job *job, struct error *error);
bool wire_send_delivery(int descriptor, const struct delivery *delivery, struct error *error);

struct wire_order {
	bool is_delivery; /* only one of these is filled: */
	struct job job;
	struct delivery delivery;
};

/* Takes the one that was sent. ERROR_INVALID on anything that these did not write. */
bool wire_receive_order(struct arena *arena, int descriptor, struct wire_order *order, struct error *error);

/*
 * The reading end: hands output to the listener until the result has come. An end without a result is a run that
 * was lost. Where the listener's client leaves and stop is set, or cancel fires, the descriptor is shut down for
 * writing, which the other end takes as "stop"; reading goes on until it has answered.
 */
void wire_follow(int descriptor, bool stop_when_client_leaves, const struct run_listener *listener,
                 struct run_result *result);

#endif
