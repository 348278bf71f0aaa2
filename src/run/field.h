/*
 * Named values one behind the other, as jobs and results travel between processes: "name length", a newline, and that
 * many bytes. Any bytes pass in a value.
 */
#ifndef POCKETCI_RUN_FIELD_H
#define POCKETCI_RUN_FIELD_H

#include <stdint.h>

#include "base/str.h"

struct buf;

/* Appends a field. name is a word without spaces. */
void field_write(struct buf *out, const char *name, struct str value);

/* The same with a number in decimal digits. */
void field_write_number(struct buf *out, const char *name, int64_t value);

enum field_step { FIELD_TAKEN, FIELD_END, FIELD_MALFORMED };

/* Takes the first field off *text; name and value borrow from it. FIELD_END where nothing was left. */
enum field_step field_next(struct str *text, struct str *name, struct str *value);

#endif
