/*
 * A child of the responder: one request at a time, no threads.
 */
#ifndef POCKETCI_GATEWAY_CHILD_H
#define POCKETCI_GATEWAY_CHILD_H

struct service;

/* How many ms a child above the minimum stays without a request. */
#define CHILD_IDLE_TIME 10000

struct child_descriptors {
	int listener;
	int control;   /* hangs up: drain */
	int wanted;    /* non-blocking; a byte tells the parent that this child took a request and no other is idle */
	int handed_on; /* an eventfd of all children: look whether a connection waits */
};

/*
 * Serves requests until the control pipe hangs up (drain: the request at hand is finished), until SIGTERM (a command that
 * runs for the request at hand is cancelled) or, in a slot above the minimum of children, until it was idle for
 * CHILD_IDLE_TIME. Returns the exit status. Where its scoreboard is retired it takes no connection any more: one that it
 * was told of it hands on to the children that serve what is new.
 */
int child_run(const struct service *service, const struct child_descriptors *descriptors);

#endif
