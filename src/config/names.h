/*
 * Names with a number each, found in constant time: the anchors of a file, the keys of a map. Names are borrowed.
 */
#ifndef POCKETCI_CONFIG_NAMES_H
#define POCKETCI_CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

struct name_slot {
	struct str name;
	uint32_t hash;
	unsigned round; /* the slot is in use where this is the table's */
	size_t value;
};

/* Zeroed, it is empty. */
struct names {
	struct name_slot *slots;
	size_t count, capacity;
	unsigned round;
};

/* Whether the name is there; *value then is its number. */
bool names_get(const struct names *names, struct str name, size_t *value);

/* Adds the name, or gives the one that is there another number. */
void names_set(struct arena *arena, struct names *names, struct str name, size_t value);

/* Forgets all names and keeps the memory; costs nothing, however large the table has become. */
void names_clear(struct names *names);

#endif
