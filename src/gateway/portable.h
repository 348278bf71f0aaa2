/*
 * The portable CI runner: the hooks stand in the repository that was pushed. Here the delivery is believed or not; what
 * it asks for takes git to know, so `pocketci exec` looks into it (worker/dispatch.h) and says how to answer.
 */
#ifndef POCKETCI_GATEWAY_PORTABLE_H
#define POCKETCI_GATEWAY_PORTABLE_H

#include <stdbool.h>

struct arena;
struct call;
struct config;
struct error;

/* Whether an entry of `repositories` has a secret, so that its deliveries can be believed. */
bool portable_is_on(const struct config *config);

/*
 * Reads the webhook secrets of the entries into them, in the arena. Where no hooks files are configured each entry must
 * have one. ERROR_INVALID names file:line:column.
 */
bool portable_load(struct arena *arena, struct config *config, struct error *error);

/*
 * Answers a delivery: call->below is the id of the hook that is asked for, or empty: all that fire. What is signed
 * wrongly and what is of no repository that is listed get the same 403, and nothing is started.
 */
void portable_answer(struct call *call);

#endif
