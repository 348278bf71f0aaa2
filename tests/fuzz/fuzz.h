/*
 * What each fuzz_*.c defines: one input, run through the code under test; it ends the process where a promise is
 * broken. libFuzzer calls it with inputs that it makes up, replay.c with files.
 */
#ifndef POCKETCI_TESTS_FUZZ_FUZZ_H
#define POCKETCI_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert: it must hold in every build. */
#define PROMISE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
	return size == 0 ? STR("") : (struct str){(const char *)data, size};
}

/* Takes the line at the front of *rest, without its end. */
static inline struct str fuzz_line(struct str *rest)
{
	size_t end = str_find(*rest, '\n');
	struct str line = str_head(*rest, end);

	*rest = str_from_index(*rest, end < rest->len ? end + 1 : end);
	return line;
}

/* Takes a byte off the front of *rest: what an input chooses by. 0 where nothing is left. */
static inline unsigned fuzz_byte(struct str *rest)
{
	unsigned byte = rest->len > 0 ? (unsigned char)rest->data[0] : 0;

	*rest = str_from_index(*rest, 1);
	return byte;
}

/* Takes a text: a byte says how long it is, less than `limit` bytes. */
static inline struct str fuzz_piece(struct str *rest, size_t limit)
{
	size_t len = fuzz_byte(rest) % limit;
	struct str piece = str_head(*rest, len);

	*rest = str_from_index(*rest, piece.len);
	return piece;
}

#endif
