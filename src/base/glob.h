/*
 * Patterns over names with slashes, such as branches, tags and paths. In a pattern `?` stands for one character and
 * `*` for any number of them, but for neither a slash; `**` for any number of characters, slashes included; `**` and a
 * slash at the beginning or behind a slash for any number of folders, none included; `[a-z]` for one of these, `[!a-z]`
 * for one other than these and the slash. A backslash takes the character behind it as it is. Everything else is
 * compared byte by byte, with regard to case.
 */
#ifndef POCKETCI_BASE_GLOB_H
#define POCKETCI_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct error;

/* Longer ones are refused. Matching takes at most as many steps as pattern times name squared. */
#define GLOB_PATTERN_MAX 1000

/* Whether the pattern, one that glob_check takes, stands for the whole name. */
bool glob_matches(struct str pattern, struct str name);

/*
 * Whether a list of patterns selects the name: the last of them that matches decides, and one that begins with `!`
 * says no. Where nothing matches the answer is no, but yes for a list in which all begin with `!`. An empty list
 * selects everything.
 */
bool glob_list_selects(const struct str *patterns, size_t count, struct str name);

/* Whether it selects one of the names. */
bool glob_list_selects_any(const struct str *patterns, size_t count, const struct str *names, size_t name_count);

/*
 * Whether the pattern, a leading `!` included, can be meant: ERROR_INVALID for an empty one, `[` without its end, a
 * backslash at the end, a range that runs backwards, a slash at either end (no name has one there).
 */
bool glob_check(struct str pattern, struct error *error);

#endif
