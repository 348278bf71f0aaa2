/*
 * Decimal numbers of any size, compared as they are written: nothing is rounded, and 1e400 is less than 1e401.
 */
#ifndef POCKETCI_BASE_DECIMAL_H
#define POCKETCI_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define DECIMAL_EXPONENT_MAX INT64_C(1000000000000000000)

/* A number whose digits are borrowed from the text that it was read from. */
struct decimal {
	bool negative;
	/* The digits before and behind the point, from the first that is not 0; of 0 there are none. */
	struct str whole, fraction;
	int64_t magnitude; /* the power of ten that the first digit counts */
};

/*
 * Reads a number as JSON writes it (RFC 8259 section 6): no plus sign, no leading zero, no white space. False where it is
 * none, or its exponent is past DECIMAL_EXPONENT_MAX; *number then stays as it was.
 */
bool decimal_parse(struct str text, struct decimal *number);

/* Less than, equal to or greater than 0; takes as long as both have digits. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

#endif
