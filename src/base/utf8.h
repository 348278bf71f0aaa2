/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef POCKETCI_BASE_UTF8_H
#define POCKETCI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* The length in bytes of the character that s begins with and the character; 0 where s is empty or begins with none. */
size_t utf8_next(struct str s, uint32_t *character);

/* Whether all of s is UTF-8. */
bool utf8_valid(struct str s);

/* The longest head of s of at most max bytes that does not cut a character in two. */
struct str utf8_head(struct str s, size_t max);

#endif
