/*
 * JSON in and out. The only caller of json-c.
 *
 * json-c 0.16 accepts more than RFC 8259 ('a', NaN, comments, raw control characters) and keeps integers in 64 bits.
 * So a strict lexical pass comes first, which refuses the former and hands every number through as the text it was
 * written with, whatever its size.
 */
#ifndef POCKETCI_LIB_JSON_H
#define POCKETCI_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct error;

/*
 * What a document holds, told in its order. A function that returns false ends the reading: json_read then returns
 * false and leaves it to that function to say why. Text belongs to the reader and is valid during the call only.
 * Strings are UTF-8; bytes that were not are replaced by U+FFFD, as Go does. A key that comes twice is told once, with
 * its last value.
 */
struct json_events {
	bool (*map_begin)(void *context);
	bool (*map_key)(void *context, struct str key);
	bool (*map_end)(void *context);
	bool (*list_begin)(void *context);
	bool (*list_end)(void *context);
	bool (*string)(void *context, struct str text);
	bool (*number)(void *context, struct str text);
	bool (*boolean)(void *context, bool value);
	bool (*null)(void *context);
};

struct json_limits {
	size_t depth;  /* of nested maps and lists */
	size_t values; /* names, strings, numbers and words count one, a map or list eight: bounds the memory */
	size_t spent;  /* of them, by texts that were read before this one */
	bool trailing; /* text after the first value is ignored, as Go's Decoder does, not an error */
};

/*
 * Reads one document. ERROR_INVALID or, past a limit, ERROR_TOO_LARGE; the message begins with "line:column: "
 * (columns in bytes).
 */
bool json_read(struct str text, const struct json_limits *limits, const struct json_events *events, void *context,
               struct error *error);

/*
 * Appends text as a JSON string with its quotes, as Go's json.Marshal writes it: < > & U+2028 U+2029 as \u003c …,
 * bytes that are not UTF-8 as \ufffd.
 */
void json_write_string(struct buf *out, struct str text);

#endif
