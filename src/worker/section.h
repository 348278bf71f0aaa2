/*
 * The output of one run among several: kept in a file until the run ended, since the line above it says how it did.
 */
#ifndef POCKETCI_WORKER_SECTION_H
#define POCKETCI_WORKER_SECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "run/listener.h"

struct error;
struct wire;

struct section {
	int file;       /* unnamed, in the folder of the delivery */
	int64_t length; /* bytes kept */
	int64_t limit;
	bool cut; /* what came past the limit, or found no room, was dropped */
	char last; /* byte kept */
};

bool section_open(struct section *section, const char *folder, int64_t limit, struct error *error);

/* A run that this listener listens to is told to the section; who may cancel it or leave is as with `whole`. */
struct run_listener section_listener(struct section *section, const struct run_listener *whole);

/* Sends "== NAME: STATE ==", what was kept, and why there is not more; each ends with a newline. */
void section_send(struct section *section, struct wire *wire, struct str name, const struct run_result *result);

void section_close(struct section *section);

#endif
