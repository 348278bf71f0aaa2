/*
 * Numbers written by people: strict, with bounds. No leading white space, no sign where none can be, no trailing text, no
 * overflow. Each function leaves *out unchanged where it fails.
 */
#ifndef POCKETCI_BASE_NUMBER_H
#define POCKETCI_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* Decimal digits only. */
bool number_parse_unsigned(struct str text, uint64_t min, uint64_t max, uint64_t *out);

/* Decimal digits with an optional leading '-'. */
bool number_parse_signed(struct str text, int64_t min, int64_t max, int64_t *out);

/* Three or four octal digits: a file mode such as 0660. */
bool number_parse_mode(struct str text, unsigned *out);

/* Bytes: digits and one of nothing, B, K, KB, KiB, M, MB, MiB, G, GB, GiB (any case); K is 1024 in each spelling. */
bool number_parse_size(struct str text, uint64_t *out);

/* "500ms", "8s", "30m", "2h", "1d", or several from large to small without repeats ("1h30m"); a bare "0" is 0. In milliseconds, at most 10 years. */
bool number_parse_duration(struct str text, int64_t *milliseconds);

/*
 * Regular expressions (ECMA-262's, without anchors) of the texts that number_parse_size and number_parse_duration take, by
 * the same tables of units; numbers that are too large are in them.
 */
char *number_size_pattern(struct arena *arena);
char *number_duration_pattern(struct arena *arena);

#endif
