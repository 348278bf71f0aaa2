/*
 * Names as Dagger's command line and its modules write them. Read in its source, v0.13.0 to v0.21.8.
 */
#ifndef POCKETCI_RUN_DAGGER_NAME_H
#define POCKETCI_RUN_DAGGER_NAME_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct buf;

/* Variables of secrets begin with it: POCKETCI_SECRET_API_TOKEN is given as --api-token. */
#define DAGGER_SECRET_PREFIX "POCKETCI_SECRET_"

/*
 * A function or argument as the command line writes it, in the arena: kebab-case, digits split off. buildV2 is build-v-2,
 * JSONData is json-data; what is in this form already stays.
 */
struct str dagger_name_option(struct arena *arena, struct str name);

/*
 * Words run together in camel case, in the arena: a capital first and after `_`, `-`, `.`, a space and digits; other
 * characters are dropped. pull_request is PullRequest.
 */
struct str dagger_name_camel(struct arena *arena, struct str name);

/* The variable that holds a secret for an argument in the form of the command line, and the way back; in the arena. */
struct str dagger_name_variable(struct arena *arena, struct str option);
struct str dagger_name_of_variable(struct arena *arena, struct str variable);

/* Appends an item of a list, behind a comma but for the first, quoted as CSV has it where that is needed. */
void dagger_name_append_item(struct buf *out, struct str item, bool first);

/* Whether it can be the name of a function or an argument: a letter, then letters, digits, `-` and `_`. */
bool dagger_name_is_valid(struct str name);

#endif
