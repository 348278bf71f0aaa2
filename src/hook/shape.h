/*
 * What hooks.yaml looks like, said beside the functions that read it: maps by name, what a read function takes, what
 * one key asks of the others. The schema is made of this and of the tables of keys.
 */
#ifndef POCKETCI_HOOK_SHAPE_H
#define POCKETCI_HOOK_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key;
struct word_table;

/* What holds of a map's other keys where the text of one is this word. Lists end with NULL. */
struct key_condition {
	const char *key, *word;
	const char *needed[8];    /* keys that must be there */
	const char *apart[4];     /* keys that must not all be there together; of one: it must not be there */
	const char *named;        /* the text of this key … */
	const char *const *texts; /* … is one of these, in any case; NULL: anything */
};

/* A map that is read by a table of keys. */
struct key_map {
	const char *name; /* "rule": no two have the same */
	const char *summary;
	const struct key *keys;
	size_t count;
	bool one; /* it has exactly one of its keys */
	/* Gives the condition of this index, from 0; false past the last. NULL: there are none. */
	bool (*condition)(size_t index, struct key_condition *condition);
};

/* A map from names to whole numbers. */
struct key_numbers {
	const char *names; /* a regular expression that is all of a name */
	int64_t minimum, maximum;
};

/* A map from names to what a shape takes. */
struct key_names {
	const char *names; /* a regular expression that is all of a name */
	const struct key_shape *values;
};

/* The values that a read function takes: any of these. */
struct key_shape {
	bool boolean;
	bool text;                      /* one text */
	bool texts;                     /* a list of texts, or one alone */
	const struct word_table *words; /* one of these */
	const struct key_map *map;
	bool list; /* of the map: a list of them, not one */
	const struct key_numbers *numbers;
	const struct key_names *names;
	bool many; /* or a list, not empty, of what else this takes */
};

#endif
