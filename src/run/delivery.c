/*
 * A delivery as a struct and as text. Each field of the table is there exactly once; headers repeat theirs.
 */
#include "run/delivery.h"

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/number.h"
#include "payload/request.h"
#include "run/field.h"

enum field_type { FIELD_TEXT, FIELD_NUMBER };

struct field {
	const char *name;
	bool of_request; /* offset is into the request, not the delivery */
	size_t offset;
	enum field_type type;
};

static const struct field fields[] = {
	{"id", false, offsetof(struct delivery, id), FIELD_TEXT},
	{"hook", false, offsetof(struct delivery, hook), FIELD_TEXT},
	{"followed", false, offsetof(struct delivery, followed), FIELD_NUMBER},
	{"state", false, offsetof(struct delivery, state), FIELD_TEXT},
	{"base-url", false, offsetof(struct delivery, base_url), FIELD_TEXT},
	{"timeout", false, offsetof(struct delivery, timeout), FIELD_NUMBER},
	{"stop-grace", false, offsetof(struct delivery, stop_grace), FIELD_NUMBER},
	{"output-limit", false, offsetof(struct delivery, output_limit), FIELD_NUMBER},
	{"request-id", true, offsetof(struct request, id), FIELD_TEXT},
	{"method", true, offsetof(struct request, method), FIELD_TEXT},
	{"path", true, offsetof(struct request, path), FIELD_TEXT},
	{"query", true, offsetof(struct request, query), FIELD_TEXT},
	{"remote-address", true, offsetof(struct request, remote_address), FIELD_TEXT},
	{"content-type", true, offsetof(struct request, content_type), FIELD_TEXT},
	{"body", true, offsetof(struct request, body), FIELD_TEXT},
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]), ALL_SEEN = (1 << FIELD_COUNT) - 1 };

static void *member(const struct delivery *delivery, const struct field *field)
{
	char *base = field->of_request ? (char *)delivery->request : (char *)(uintptr_t)delivery;
	return base + field->offset;
}

static void write_member(struct buf *out, const struct delivery *delivery, const struct field *field)
{
	const void *value = member(delivery, field);

	if (field->type == FIELD_NUMBER)
		field_write_number(out, field->name, *(const int64_t *)value);
	else
		field_write(out, field->name, *(const struct str *)value);
}

void delivery_write(struct buf *out, const struct delivery *delivery)
{
	const struct request *request = delivery->request;

	for (size_t i = 0; i < FIELD_COUNT; i++)
		write_member(out, delivery, &fields[i]);
	for (size_t i = 0; i < request->header_count; i++) {
		field_write(out, "header", request->headers[i].name);
		field_write(out, "header-value", request->headers[i].value);
	}
}

struct reading {
	struct arena *arena;
	struct delivery *delivery;
	unsigned seen;     /* a bit for each of fields[] */
	bool value_due;    /* a header's name came, its value has not */
	struct str header; /* that name */
};

static bool read_member(struct reading *reading, const struct field *field, struct str value)
{
	void *out = member(reading->delivery, field);

	if (field->type == FIELD_NUMBER)
		return number_parse_signed(value, INT64_MIN, INT64_MAX, out);
	*(struct str *)out = str_copy(reading->arena, value);
	return true;
}

static bool read_field(struct reading *reading, struct str name, struct str value)
{
	if (reading->value_due) {
		reading->value_due = false;
		request_add_header(reading->delivery->request, reading->header, str_copy(reading->arena, value));
		return str_equal_c(name, "header-value");
	}
	if (str_equal_c(name, "header")) {
		reading->header = value;
		reading->value_due = true;
		return true;
	}
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (str_equal_c(name, fields[i].name) && !(reading->seen & 1U << i)) {
			reading->seen |= 1U << i;
			return read_member(reading, &fields[i], value);
		}
	}
	return false;
}

bool delivery_read(struct arena *arena, struct str text, struct delivery *delivery, struct error *error)
{
	struct reading reading = {.arena = arena, .delivery = delivery};
	struct str name, value;
	enum field_step step;

	delivery->request = arena_alloc(arena, sizeof(*delivery->request));
	delivery->request->arena = arena;
	while ((step = field_next(&text, &name, &value)) == FIELD_TAKEN) {
		if (!read_field(&reading, name, value))
			return error_set(error, ERROR_INVALID, "a delivery with a wrong field \"%.*s\"",
			                 STR_ARGS(str_head(name, 40)));
	}
	if (step == FIELD_MALFORMED || reading.seen != ALL_SEEN || reading.value_due)
		return error_set(error, ERROR_INVALID, "a delivery that is not in the form of this version");
	return true;
}
