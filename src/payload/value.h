/*
 * One tree of values, whatever the body was written in. Lives in an arena. A struct value is never changed by those
 * who read it.
 */
#ifndef POCKETCI_PAYLOAD_VALUE_H
#define POCKETCI_PAYLOAD_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct buf;

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST, VALUE_MAP };

struct value;

struct value_list {
	struct value **items;
	size_t count, capacity;
};

struct value_entry {
	struct str key;
	struct value *value;
};

struct value_index;

struct value_map {
	struct value_entry *entries; /* in the order of their first appearance; keys are unique */
	size_t count, capacity;
	struct value_index *index; /* NULL while the map is small: see value_index.h */
};

struct value {
	enum value_kind kind;
	union {
		bool boolean;
		struct str text; /* VALUE_STRING; VALUE_NUMBER as it was written */
		struct value_list list;
		struct value_map map;
	} as;
};

/* "a map", "a string", …: for messages. */
const char *value_kind_name(enum value_kind kind);

/* New values in the arena; text is copied. */
struct value *value_null(struct arena *arena);
struct value *value_bool(struct arena *arena, bool boolean);
struct value *value_number(struct arena *arena, struct str text);
struct value *value_string(struct arena *arena, struct str text);
struct value *value_list(struct arena *arena);
struct value *value_map(struct arena *arena);

void value_list_append(struct arena *arena, struct value *list, struct value *item);

/* Sets the entry, in place of an earlier one of that key; the key is copied. */
void value_map_set(struct arena *arena, struct value *map, struct str key, struct value *item);

/*
 * Adds an entry whose key the caller knows not to be there yet, which saves looking for it; the key is copied. item
 * may be NULL: then the caller puts the value into the last entry before anybody reads the map.
 */
void value_map_add(struct arena *arena, struct value *map, struct str key, struct value *item);

/* The entry of this very key, or NULL; NULL too where map is NULL or no map. */
struct value *value_map_get(const struct value *map, struct str key);

/*
 * Finds a parameter by its name as the reference does: in a map a key that equals the whole rest of the name wins,
 * else the part before the first dot is looked up and the rest below it; in a list the part is a decimal index. NULL
 * where there is none, root NULL included.
 */
const struct value *value_find(const struct value *root, struct str name);

/*
 * The value as text: a string as it is, a number as it was written, true or false, `<nil>` for null, lists and maps as
 * JSON with sorted keys (json_write_string says how strings are written). NULL is as null. Borrowed from the tree or
 * made in the arena.
 */
struct str value_text(struct arena *arena, const struct value *value);

/* Appends the value as JSON, keys sorted bytewise; NULL is written as null. */
void value_write_json(struct buf *out, const struct value *value);

#endif
