/*
 * Finds the entry of a key in a large map. Without it a form or document of a million names would take the square of
 * that many comparisons to build. The hash is keyed with random bytes for each map, so that no sender can choose keys
 * that collide. Only value.c uses it.
 */
#ifndef POCKETCI_PAYLOAD_VALUE_INDEX_H
#define POCKETCI_PAYLOAD_VALUE_INDEX_H

#include <stddef.h>

#include "base/str.h"

struct arena;
struct value_index;
struct value_map;

/* Maps with fewer entries are searched one by one, which is faster. */
#define VALUE_INDEX_FROM 32

/* Takes in the entries that were added since the last call; makes the index at the first call. */
void value_index_update(struct arena *arena, struct value_map *map);

/* The position of the key's entry among those taken in, or map->count. The map has an index. */
size_t value_index_find(const struct value_map *map, struct str key);

#endif
