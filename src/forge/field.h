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
struct reading;
struct value;

/* What a field must look like. */
struct field_form {
	bool (*valid)(struct str text);
	bool number;      /* a number is taken, too, as it was written */
	const char *name; /* what valid() wants, for messages */
};

/*
 * field_plain: what may be given to other programs, 1 to 2048 bytes without control characters that do not begin with
 * '-'. field_id: the same, or a number. field_number: digits. field_text: any text. field_ref, field_branch (without
 * refs/heads/) and field_commit: as event.h checks them. field_short_commit: 7 to 39 hex digits.
 */
extern const struct field_form field_plain, field_id, field_number, field_text, field_ref, field_branch, field_commit,
	field_short_commit;

#define FIELD_PLAIN_FORM "text without control characters, of at most 2048 bytes, that does not begin with '-'"

enum field_need { FIELD_OPTIONAL, FIELD_REQUIRED };

struct field {
	const char *path; /* names of maps and the field in them: "repository.clone_url" */
	size_t offset;    /* of the struct str in struct event */
	const struct field_form *form;
	enum field_need need;
};

/* A row: FIELD("repository.clone_url", clone_url, plain, FIELD_REQUIRED). */
#define FIELD(path, member, form, need) \
	{ \
		path, offsetof(struct event, member), &field_##form, need \
	}

#define FIELD_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/*
 * Reads the rows into the event, up to the first error. A row whose field has a value by now is passed over: of several
 * rows for one field the first that is there counts. An empty text is as if absent. ERROR_INVALID, naming the path,
 * where a field has the wrong type or form, or is required and absent.
 */
bool field_read_all(const struct field *fields, size_t count, const struct value *payload, struct event *event,
                    struct error *error);

/* Reads true or false; absent and null are false. */
bool field_read_flag(const char *path, const struct value *payload, bool *out, struct error *error);

/* Whether there is anything but null at the path. */
bool field_is_there(const char *path, const struct value *payload);

/* The text at the path, or empty text where there is none. */
struct str field_text_at(const char *path, const struct value *payload);

/* What is at the path, null and absent as NULL. */
const struct value *field_at(const char *path, const struct value *payload);

/* The map among the first 1,000 of the list at the path whose field of this name has this text, or NULL. */
const struct value *field_find(const char *path, const struct value *payload, const char *name, struct str text);

bool field_is_plain(struct str text);

/* A word of a forge and ours: {"synchronize", "updated"}. */
struct field_word {
	const char *theirs, *ours;
};

/* Our word, or theirs where the table has none. */
struct str field_translate(const struct field_word *words, size_t count, struct str theirs);

/*
 * A new event of the delivery, empty but for type and word, which are the forge's word, forge and delivery. NULL past
 * EVENT_MAX.
 */
struct event *reading_add(struct reading *reading);

/* Reads the rows of a table into the event: out of the payload, or out of a value in it. */
#define READ(reading, fields, event) READ_AT(reading, fields, (reading)->payload, event)
#define READ_AT(reading, fields, value, event) \
	field_read_all((fields), FIELD_COUNT(fields), (value), (event), (reading)->error)

/*
 * Reads each item of the list at the path, the refs that one delivery updates. ERROR_INVALID where it is no list or
 * empty, ERROR_TOO_LARGE past EVENT_MAX items; in front of read()'s own error stands which item it was.
 */
bool reading_each(struct reading *reading, const char *path,
                  bool (*read)(struct reading *reading, const struct value *item));

/* False, ERROR_INVALID naming both, where the values at two paths are there and differ. */
bool reading_agrees(struct reading *reading, const char *one, const char *other);

/*
 * Completes the event of an updated ref: zeros become no commit, branch and tag come out of ref, type is delete where
 * it was deleted or no commit is left, else tag or push.
 */
void event_settle_ref(struct event *event, bool deleted);

/* Completes a pull request's event: its type, zeros, and fork, by the ids of both repositories. */
void event_settle_pull_request(struct event *event);

#endif
