/*
 * Words of the language that stand for a number: sources, types of matches, signals. A table of them is the list that
 * messages give.
 */
#ifndef POCKETCI_HOOK_WORD_H
#define POCKETCI_HOOK_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "config/keys.h"

struct word {
	const char *name;
	int value;
	const char *instead; /* an old spelling: the word to write now, said in a warning */
};

struct word_table {
	const char *what; /* "source": for messages */
	const struct word *words;
	size_t count;
};

/* The value of the word in node. False where it is none of the table, with the nearest one or all of them. */
bool word_read(struct key_reader *reader, const struct word_table *table, const struct yaml_node *node, int *value);

#endif
