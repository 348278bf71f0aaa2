/*
 * JSON as the serialisers of other languages write it, byte for byte: keys in their order, numbers as they were written.
 * For signature_body.c; what hooks pass on is value_write_json's.
 */
#ifndef POCKETCI_HOOK_JSON_STYLE_H
#define POCKETCI_HOOK_JSON_STYLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct value;

struct json_style {
	unsigned indent; /* spaces a level, each entry on a line of its own; 0: one line */
	bool spaced;     /* a space behind each comma and colon, as Python's default; an indented one has it anyway */
	bool ascii;      /* what is not ASCII as \uXXXX */
	bool slashes;    /* ascii, and \/ for a slash, as PHP's default */
	bool html;       /* < > & U+2028 U+2029 as \uXXXX, as Go's default */
	bool sorted;     /* keys in the order of their bytes */
};

/* At most so many bytes: depth times indentation is far more than the text that was read. */
#define JSON_STYLE_MAX ((size_t)8 * 1024 * 1024)

/* Appends to *out, which is empty; false past JSON_STYLE_MAX. */
bool json_style_write(struct buf *out, const struct value *value, const struct json_style *style);

#endif
