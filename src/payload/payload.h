/*
 * The body of a request → one tree of values. The type is chosen as the reference does: by a Content-Type that
 * contains "json", "x-www-form-urlencoded" or "xml", or begins with "multipart/form-data;", in this order of asking:
 * json, form, xml, multipart.
 */
#ifndef POCKETCI_PAYLOAD_PAYLOAD_H
#define POCKETCI_PAYLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct error;
struct value;

enum payload_type { PAYLOAD_NONE, PAYLOAD_JSON, PAYLOAD_FORM, PAYLOAD_XML, PAYLOAD_MULTIPART };

/* Nesting of a body, in any of the types. */
#define PAYLOAD_DEPTH 128

/*
 * How many values a body may hold, as json_limits counts them: a body of 25 MiB that is nothing but "[{},{},…" would
 * take 7 GiB as a tree; within this bound it is 300 MiB at the worst. GitHub's payloads have 19 bytes a value on
 * average, so those of 25 MiB fit.
 */
#define PAYLOAD_VALUES 500000

/* Fields of a form: each costs far more memory than its bytes. */
#define PAYLOAD_FIELDS 10000

enum payload_type payload_type_of(struct str content_type);

/* A file of a multipart body: a part with a filename. All of it is as the client wrote it. */
struct payload_upload {
	struct str name, filename;
	struct str type;    /* Content-Type; empty: none */
	struct str content; /* borrowed from the body where it is not encoded */
};

/* In the order of the body; names may repeat. Zeroed, it is empty. */
struct payload_uploads {
	struct payload_upload *items;
	size_t count, capacity;
};

struct payload_input {
	struct str content_type; /* chooses the parser: the header's, or what the hook says in its place */
	struct str header_type;  /* the header's: the boundary of a multipart body is looked for there alone */
	struct str body;
	const struct str *json_parts; /* names of files in a multipart body that are JSON whatever their type says */
	size_t json_part_count;
	struct payload_uploads *uploads; /* gets the files of a multipart body; NULL: nobody asks for them */
};

/*
 * The body as its Content-Type says. *out is NULL where there is no payload: a type that is none of these, the JSON
 * `null`, a multipart body without fields, and wherever false is returned.
 */
bool payload_parse(struct arena *arena, const struct payload_input *input, struct value **out, struct error *error);

/*
 * A JSON body: a map, or a map with the one key "root" for a list, as the reference does. Any other value is
 * ERROR_INVALID but null, which is no payload (*out is NULL). Text after the value is ignored. ERROR_TOO_LARGE past
 * the depth or number of values. *out is NULL where false is returned.
 */
bool payload_parse_json(struct arena *arena, struct str body, struct value **out, struct error *error);

/* A JSON text that must be a map, from a single parameter (parse-parameters-as-json). Otherwise the same. */
bool payload_parse_json_map(struct arena *arena, struct str text, struct value **out, struct error *error);

/*
 * The same for one of several texts that have PAYLOAD_VALUES together: *values is what is left of it, and what this one
 * takes is subtracted.
 */
bool payload_parse_json_part(struct arena *arena, struct str text, size_t *values, struct value **out,
                             struct error *error);

/*
 * An XML body: a map with the one element that it is. In it attributes are "-name" and elements their name, without a
 * namespace's prefix; what repeats is a list. Text is trimmed; that of an element with attributes or elements is
 * "#text", and an element with text alone is that string. Text before the first element inside one without attributes
 * hides all else in it, as in webhook 2.8.0. Only UTF-8 is read; a DOCTYPE is ERROR_INVALID.
 */
bool payload_parse_xml(struct arena *arena, struct str body, struct value **out, struct error *error);

/*
 * A multipart/form-data body: a map of the first value of each name. A file (a part with a filename) is there where its
 * type is application/json or json_parts names it, as the map that it holds, or as `null` where it holds none; other
 * files are left out. NULL where nothing is left.
 */
bool payload_parse_multipart(struct arena *arena, const struct payload_input *input, struct value **out,
                             struct error *error);

/*
 * A form body, or a query string: a map of the first value of each name, percent escapes undone; bytes that are not
 * UTF-8 stay. False and the first thing that Go's url.ParseQuery would refuse: the good pairs are in *out all the
 * same. ERROR_TOO_LARGE past PAYLOAD_FIELDS: *out holds those before.
 */
bool payload_parse_form(struct arena *arena, struct str text, struct value **out, struct error *error);

#endif
