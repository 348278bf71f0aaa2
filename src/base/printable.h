/*
 * Text from outside as it may stand on a terminal, in a log or in a page: control characters of both kinds, what is not
 * UTF-8, and the characters that break a line or turn its direction are written as \xNN.
 */
#ifndef POCKETCI_BASE_PRINTABLE_H
#define POCKETCI_BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;

/*
 * The length of the printable text that s begins with. What follows it, if anything, is *hidden bytes to escape: one
 * character, or one byte that is not UTF-8; 0 at the end.
 */
size_t printable_head(struct str s, size_t *hidden);

bool printable_is(struct str s);

/* Appends s, escaped. */
void printable_append(struct buf *out, struct str s);

/*
 * Appends s in double quotes, these and backslashes in it escaped with a backslash; of what is longer than max bytes
 * the head and "… (N bytes)" behind the quotes.
 */
void printable_quote(struct buf *out, struct str s, size_t max);

/*
 * Appends s as one word of a shell's command line: as it is, in single quotes, or (with what is not printable) as
 * $'…', which bash, zsh, ksh and POSIX.1-2024 read.
 */
void printable_shell(struct buf *out, struct str s);

#endif
