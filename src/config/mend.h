/*
 * JSON that libyaml does not read as it stands, put right before and after it without moving any character, so that
 * lines and columns stay true: tabs around a document that begins with [ or {, and characters past U+FFFF written as
 * two \u escapes (RFC 8259 §7).
 */
#ifndef POCKETCI_CONFIG_MEND_H
#define POCKETCI_CONFIG_MEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

struct mended {
	struct str text;
	bool surrogates; /* mend_scalar has work to do */
};

/* The text itself where nothing was to mend, else a copy. */
struct mended mend_text(struct arena *arena, struct str text);

/*
 * Puts right what the escapes of a mended text made of a scalar, in place; the text gets no longer. double_quoted:
 * libyaml has undone its escapes, else they get back what was written. False where half a pair is left.
 */
bool mend_scalar(char *text, size_t *len, bool double_quoted);

#endif
