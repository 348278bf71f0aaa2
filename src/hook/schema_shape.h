/*
 * The pieces of the schema: what one value may be. Only schema.c uses it.
 */
#ifndef POCKETCI_HOOK_SCHEMA_SHAPE_H
#define POCKETCI_HOOK_SCHEMA_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "lib/json_out.h"

struct key_map;
struct key_shape;

#define SCHEMA_MAPS_MAX 32

struct schema {
	struct arena arena;
	struct json_out out;
	const struct key_map *maps[SCHEMA_MAPS_MAX]; /* those pointed to, in the order in which they were met */
	size_t map_count;
};

/* A member that is a map, or a list on one line; its end is json_out's. */
void schema_map_begin(struct json_out *out, const char *key);
void schema_list_begin(struct json_out *out, const char *key);

/* A member that is a list of these texts, ended by NULL. */
void schema_write_texts(struct json_out *out, const char *key, const char *const *texts);

/*
 * What a value must be, into the map that is open: a text (YAML makes a number or true of a plain scalar; where a text is
 * expected it counts as it is written), one that is all of a pattern, a number in this range (INT64_MAX: no end).
 */
void schema_write_text(struct json_out *out);
void schema_write_pattern(struct schema *schema, const char *pattern);
void schema_write_range(struct json_out *out, int64_t minimum, int64_t maximum);

/* A map by its name, which is noted among those pointed to. */
void schema_write_reference(struct schema *schema, const struct key_map *map);

/* Any of what the shape takes. */
void schema_write_shape(struct schema *schema, const struct key_shape *shape);

#endif
