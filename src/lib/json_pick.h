/*
 * Parts of a JSON map, by their paths, without a tree of the rest: for who needs ten fields of a payload of megabytes.
 */
#ifndef POCKETCI_LIB_JSON_PICK_H
#define POCKETCI_LIB_JSON_PICK_H

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct json_limits;

/* How many paths there may be, and how many names in one. */
#define JSON_PICK_MAX 64
#define JSON_PICK_DEPTH 6

/*
 * Appends to *out a JSON map of those members of the map in text that the paths (names with dots between, NULL at the
 * end) lead to; json_read finds in it what it finds in text at these paths, a member that comes twice included. Where a
 * map is expected on the way and something else stands there, that is kept as it is.
 *
 * False where the text has to be read as a whole, and *out is of no use: it is no map, something in it is refused, or a
 * name is written with an escape. That nothing is refused here does not mean that json_read takes all of text: what is
 * left out is not checked for its grammar, only for its words and limits.
 */
bool json_pick(struct str text, const struct json_limits *limits, const char *const *paths, struct buf *out);

#endif
