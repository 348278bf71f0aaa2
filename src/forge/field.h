/*
 * Fields of a forge's payload, read by tables: a row a field. What a row does not allow never gets into an event.
 */
#ifndef POCKETCI_FORGE_FIELD_H
#define POCKETCI_FORGE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct error;
struct event;
struct value;

struct field {
	const char *path; /* names of maps and the field in them: "repository.clone_url" */
	size_t offset;    /* of the struct str in struct event */
	bool (*valid)(struct str text);
	const char *form; /* what valid() wants, for messages */
};

enum field_need { FIELD_OPTIONAL, FIELD_REQUIRED };

/*
 * Reads one field; *out is empty where it is absent or null. ERROR_INVALID, naming the path, where it is required and
 * absent, no string, or not valid.
 */
bool field_read(const struct field *field, enum field_need need, const struct value *payload, struct str *out,
                struct error *error);

/* Reads count fields into the event, up to the first error. */
bool field_read_all(const struct field *fields, size_t count, enum field_need need, const struct value *payload,
                    struct event *event, struct error *error);

/* Reads true or false; absent and null are false. */
bool field_read_flag(const char *path, const struct value *payload, bool *out, struct error *error);

/*
 * Text of 1 to 2048 bytes without control characters that does not begin with '-': what may be given to other
 * programs.
 */
bool field_is_plain(struct str text);
#define FIELD_PLAIN_FORM "text without control characters, of at most 2048 bytes, that does not begin with '-'"

#endif
