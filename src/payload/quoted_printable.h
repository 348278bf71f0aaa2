/*
 * The transfer encoding quoted-printable (RFC 2045 section 6.7), with what Go's reader forgives: it is the one encoding
 * that Go undoes in a multipart body.
 */
#ifndef POCKETCI_PAYLOAD_QUOTED_PRINTABLE_H
#define POCKETCI_PAYLOAD_QUOTED_PRINTABLE_H

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct error;

/* The longest line, its end included; RFC 2045 has 78, Go's buffer this. */
#define QUOTED_PRINTABLE_LINE 4096

/* Decodes text into *out, in place of what is there. ERROR_INVALID where Go refuses it too. */
bool quoted_printable_decode(struct str text, struct buf *out, struct error *error);

#endif
