/*
 * The route of hooks: finds the hook, decides whether it fires, makes its job and has it started (start.h). In the
 * order of the reference, which decides what a request with two faults is answered.
 */
#ifndef POCKETCI_GATEWAY_DELIVER_H
#define POCKETCI_GATEWAY_DELIVER_H

#include <stdbool.h>

struct call;

/* call->below is the hook's id as it was asked for. */
void deliver(struct call *call);

/* Reads the body into call->request, under its cap. Where that fails it is answered. */
bool deliver_take_body(struct call *call);

#endif
