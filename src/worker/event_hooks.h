/*
 * One event of a delivery and the hooks that stand at its commit. For dispatch.c.
 */
#ifndef POCKETCI_WORKER_EVENT_HOOKS_H
#define POCKETCI_WORKER_EVENT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"
#include "config/repository.h"

struct delivery;
struct event_list;
struct run_listener;
struct run_result;
struct wire;

struct dispatch {
	struct arena arena; /* of the delivery */
	const struct delivery *delivery;
	struct config config;        /* with what the delivery says of it */
	struct named_secrets secrets; /* that the repository's hooks may use */
	const struct repository *repository;
	struct repository_url url;
	struct event_list *events;
	const char *folder; /* STATE/workspaces/ID */

	struct wire *wire;
	const struct run_listener *listener;
	struct run_result *result;

	bool alone;    /* one hook is asked for and there is one event: the reply is the hook's own */
	bool answered; /* there is nothing to add to what the wire and result have */
	bool stopped;  /* cancelled: no more is started */
	size_t sections, failed;
	struct buf reasons; /* a line for each hook or event that started nothing */
};

/* Reads the hooks of this event and runs those that fire. */
void event_hooks_run(struct dispatch *dispatch, size_t index);

/* Answers the delivery as a whole, which ran nothing. */
void event_hooks_answer(struct dispatch *dispatch, int64_t status, struct str text);

#endif
