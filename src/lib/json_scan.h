/*
 * The lexical pass over a JSON text, before json-c sees it: refuses what RFC 8259 refuses and json-c would take, and
 * rewrites what json-c would lose. Grammar (what may follow what) is left to json-c. Only json.c uses it.
 */
#ifndef POCKETCI_LIB_JSON_SCAN_H
#define POCKETCI_LIB_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct buf;
struct json_limits;

/*
 * Bytes that are in no UTF-8 text, so no string holds them once it is repaired. A number is handed through as a string
 * that begins with the first; \u0000 as the second, since json-c keeps the names in a map as C strings.
 */
#define JSON_SCAN_NUMBER '\xff'
#define JSON_SCAN_NUL '\xfe'

struct json_scan {
	struct str text;
	struct buf *out;    /* the rewritten text */
	size_t position;    /* of the next byte to look at */
	size_t copied;      /* text before this is in *out, or replaced there */
	size_t token;       /* where the last token began */
	size_t depth, cost; /* reached so far */
	const struct json_limits *limits;
	bool after_string; /* the last token was a string */
	bool has_nul;      /* *out holds JSON_SCAN_NUL */

	/* Where it was refused. */
	enum error_kind kind;
	const char *problem;
	size_t problem_position;
	char problem_text[64]; /* where the problem names a number */
};

void json_scan_init(struct json_scan *scan, struct str text, const struct json_limits *limits, struct buf *out);

/* Takes the next token. False at the end of the text, and where it is refused: then problem says why. */
bool json_scan_token(struct json_scan *scan);

/*
 * Takes the first value, and with limits->trailing nothing behind it. *out is then ready for json-c. False where it is
 * refused. A value whose brackets do not match is taken: json-c refuses it.
 */
bool json_scan_value(struct json_scan *scan);

#endif
