/*
 * Hexadecimal digits in either case, as escapes have them. Digests are lib/crypto.h's.
 */
#ifndef POCKETCI_BASE_HEX_H
#define POCKETCI_BASE_HEX_H

#include "base/str.h"

/* The value of the digit in either case, or -1. */
static inline int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
		return (digit | 0x20) - 'a' + 10;
	return -1;
}

/* The byte that the first two digits of text stand for, or -1. */
static inline int hex_byte(struct str text)
{
	int high, low;

	if (text.len < 2)
		return -1;
	high = hex_digit(text.data[0]);
	low = hex_digit(text.data[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#endif
