/*
 * A request on its way to `pocketci exec`, where it takes git to know what it asks for: the hooks stand in the
 * repository that was pushed. It was checked before it gets there; it holds no secret of pocketci.yaml.
 */
#ifndef POCKETCI_RUN_DELIVERY_H
#define POCKETCI_RUN_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;
struct error;
struct request;

struct delivery {
	struct str id;           /* of the run that looks into it */
	struct str hook;         /* the one hook that is asked for; empty: all that fire */
	int64_t followed;        /* 1: somebody waits for the reply; 0: nobody does */
	struct str state;        /* the state folder; this and what follows as flags or pocketci.yaml have it */
	struct str base_url;     /* or empty */
	int64_t timeout;         /* of a hook that says nothing, ms; -1: none */
	int64_t stop_grace;      /* ms */
	int64_t output_limit;    /* bytes of output kept for one reply */
	struct request *request; /* as it arrived; nothing of it parsed */
};

/* The form on the pipe, in fields as a job's. */
void delivery_write(struct buf *out, const struct delivery *delivery);

/*
 * Takes only what delivery_write made: every error is ERROR_INVALID. Everything is copied into the arena, which becomes
 * the request's own.
 */
bool delivery_read(struct arena *arena, struct str text, struct delivery *delivery, struct error *error);

#endif
