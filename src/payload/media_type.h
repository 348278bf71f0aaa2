/*
 * A value with parameters, as Content-Type and Content-Disposition have them: `form-data; name="a"`. Read as Go's
 * mime.ParseMediaType of 1.19 reads it, continuations and percent escapes (RFC 2231) included.
 */
#ifndef POCKETCI_PAYLOAD_MEDIA_TYPE_H
#define POCKETCI_PAYLOAD_MEDIA_TYPE_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct value;

struct media_type {
	struct str type;          /* in lower case */
	struct value *parameters; /* a map; names in lower case, as they stand there: "name*0" is one of its own */
};

/* Fills *out in the arena. ERROR_INVALID where it is not well formed or names a parameter twice. */
bool media_type_parse(struct arena *arena, struct str text, struct media_type *out, struct error *error);

/* The parameter of this name, put together from its pieces where it comes in pieces. False where there is none. */
bool media_type_find(struct arena *arena, const struct media_type *type, struct str name, struct str *out);

#endif
