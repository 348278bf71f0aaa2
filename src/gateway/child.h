/*
 * A child of the responder: one request at a time, no threads.
 */
#ifndef POCKETCI_GATEWAY_CHILD_H
#define POCKETCI_GATEWAY_CHILD_H

struct service;

/* How many ms a child above the minimum stays without a request. */
#define CHILD_IDLE_TIME 10000

/*
 * Serves requests until the control pipe hangs up (drain: the request at hand is finished), until SIGTERM (a command that
 * runs for the request at hand is cancelled) or, in a slot above the minimum of children, until it was idle for
 * CHILD_IDLE_TIME. Returns the exit status. A byte is written to `wanted` (non-blocking) when it takes a request and no
 * other child is idle, so that the parent can fork one more.
 */
int child_run(const struct service *service, int listener, int control, int wanted);

#endif
