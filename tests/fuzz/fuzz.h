/*
 * What each fuzz_*.c defines: one input, run through the code under test; it ends the process where a promise is
 * broken. libFuzzer calls it with inputs that it makes up, replay.c with files.
 */
#ifndef POCKETCI_TESTS_FUZZ_FUZZ_H
#define POCKETCI_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert: it must hold in every build. */
#define PROMISE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
	return size == 0 ? STR("") : (struct str){(const char *)data, size};
}

#endif
