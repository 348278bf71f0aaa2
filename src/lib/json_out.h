/*
 * A JSON document, written piece by piece; commas, line breaks and indentation come by themselves. The pieces must come
 * in an order that makes a document: each value of a map after its key, each begin with its end.
 */
#ifndef POCKETCI_LIB_JSON_OUT_H
#define POCKETCI_LIB_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

/* A value: {.text = &buf} appends to buf. */
struct json_out {
	struct buf *text;
	unsigned depth, flat; /* flat: the depth from which on all is on one line; 0: nowhere */
	bool filled;          /* the map or list that is open has something in it */
	bool after_key;
};

void json_out_map_begin(struct json_out *out);
void json_out_map_end(struct json_out *out);
void json_out_list_begin(struct json_out *out);
void json_out_list_end(struct json_out *out);

/* Until the one that begins now has ended all is written on one line. */
void json_out_flat(struct json_out *out);

void json_out_key(struct json_out *out, const char *key);
void json_out_text(struct json_out *out, struct str text);
void json_out_number(struct json_out *out, int64_t number);
void json_out_bool(struct json_out *out, bool value);
void json_out_null(struct json_out *out);

/* A key and its value. */
void json_out_key_text(struct json_out *out, const char *key, const char *text);

#endif
