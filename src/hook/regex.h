/*
 * Regular expressions in Go's syntax (RE2), by PCRE2 with limits. The only caller of PCRE2.
 */
#ifndef POCKETCI_HOOK_REGEX_H
#define POCKETCI_HOOK_REGEX_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct regex;

/*
 * ERROR_INVALID with the character where the expression is wrong, or uses what RE2 does not have (look-around,
 * back-references, possessive quantifiers …). The compiled form lives in the arena.
 */
struct regex *regex_compile(struct arena *arena, struct str pattern, struct error *error);

/*
 * An unanchored search; `$` is the end of the text, not before a last newline; each byte that is not UTF-8 counts as
 * one U+FFFD. *found says whether; false and an error past the match limit (10^6 steps) or 32 MiB, which is an error,
 * not "no match".
 */
bool regex_search(const struct regex *regex, struct str text, bool *found, struct error *error);

#endif
