/*
 * Output that is kept until the command ended: 256 KiB in memory, beyond that in an unnamed file, up to a limit. What
 * is past the limit, or finds no room on the disk, is dropped, and the spool knows why.
 */
#ifndef POCKETCI_GATEWAY_SPOOL_H
#define POCKETCI_GATEWAY_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct config;

struct spool {
	struct arena *arena;
	const struct config *config; /* says how much to keep, and where */
	struct buf memory;
	int file;       /* -1: all of it is in memory */
	int64_t length; /* bytes kept */
	bool ends_line; /* the last byte kept is a newline, or there is none */
	/* Why the rest was dropped: ERROR_TOO_LARGE at the limit, else what the disk said; ERROR_NONE: nothing was. */
	struct error error;
};

void spool_init(struct spool *spool, struct arena *arena, const struct config *config);

void spool_append(struct spool *spool, struct str data);

/* Hands what was kept to take(), piece by piece. False where the file could not be read to its end. */
bool spool_read(const struct spool *spool, void (*take)(void *context, struct str piece), void *context,
                struct error *error);

/* Empties it and closes the file. */
void spool_release(struct spool *spool);

#endif
