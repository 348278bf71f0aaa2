/*
 * Multipart bodies. The first line of an input is the Content-Type, the rest the body. The fields that were read are
 * written as a form of another boundary and read again: that must give the same ones. Where the first byte is a '+', what
 * follows chooses parts of a form instead: what is built of them gives exactly those again.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "payload/payload.h"
#include "payload/value.h"

#define BOUNDARY "0123456789abcdefghijklmnopqrstuvwxyz"

static struct payload_uploads uploads;

static bool parse(struct arena *arena, struct str type, struct str body, struct value **out, struct error *error)
{
	static const struct str names[] = {{"n", 1}};
	const struct payload_input input = {.content_type = STR("multipart/form-data;"),
	                                    .header_type = type,
	                                    .body = body,
	                                    .json_parts = names,
	                                    .json_part_count = 1,
	                                    .uploads = &uploads};

	uploads = (struct payload_uploads){NULL, 0, 0};
	return payload_parse(arena, &input, out, error);
}

static void append_quoted(struct buf *out, struct str text)
{
	buf_append_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			buf_append_byte(out, '\\');
		buf_append_byte(out, text.data[i]);
	}
	buf_append_byte(out, '"');
}

/* A file is written as the JSON of its map; what was no map ("null") still is none. */
static void append_field(struct buf *out, const struct value_entry *field)
{
	bool file = field->value->kind != VALUE_STRING;

	buf_append_c(out, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=");
	append_quoted(out, field->key);
	if (file)
		buf_append_c(out, "; filename=f\r\nContent-Type: application/json");
	buf_append_c(out, "\r\n\r\n");
	if (file)
		value_write_json(out, field->value);
	else
		buf_append_str(out, field->value->as.text);
	buf_append_c(out, "\r\n");
}

static bool can_be_written(const struct value *form, struct str body)
{
	if (str_contains(body, STR(BOUNDARY)))
		return false;
	for (size_t i = 0; i < form->as.map.count; i++) {
		struct str name = form->as.map.entries[i].key;

		/* An encoded name may hold what a quoted one cannot. */
		if (str_contains(name, STR("\r")) || str_contains(name, STR("\n")) || name.len > 1000 ||
		    str_contains(name, STR(BOUNDARY)))
			return false;
	}
	return true;
}

static void check_round_trip(struct arena *arena, const struct value *form)
{
	struct buf text = BUF_INIT, first = BUF_INIT, second = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *again;

	for (size_t i = 0; i < form->as.map.count; i++)
		append_field(&text, &form->as.map.entries[i]);
	buf_append_c(&text, "--" BOUNDARY "--");
	PROMISE(parse(arena, STR("multipart/form-data; boundary=" BOUNDARY), buf_str(&text), &again, &error));
	value_write_json(&first, form);
	value_write_json(&second, again);
	PROMISE(str_equal(buf_str(&first), buf_str(&second)));
	buf_release(&text);
	buf_release(&first);
	buf_release(&second);
}

/* All of an upload is there to be read, and none is without a name. */
static void check_uploads(void)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < uploads.count; i++) {
		const struct payload_upload *upload = &uploads.items[i];

		PROMISE(upload->name.len > 0 && upload->filename.len > 0);
		buf_append_str(&text, upload->name);
		buf_append_str(&text, upload->filename);
		buf_append_str(&text, upload->type);
		buf_append_str(&text, upload->content);
		buf_clear(&text);
	}
	buf_release(&text);
}

/* --- A form that is built ----------------------------------------------------------------------------------------- */

#define PARTS 6

struct field {
	struct str name, content;
};

static struct arena arena;

/* "name" as a token, quoted, or by RFC 2231. */
static void append_name(struct buf *out, struct str name, unsigned how)
{
	bool token = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		token = token && name.data[i] >= 'a' && name.data[i] <= 'z';
	if (how % 3 == 1 && token) {
		buf_printf(out, "; name=%.*s", STR_ARGS(name));
	} else if (how % 3 == 2 || str_find(name, '\r') < name.len || str_find(name, '\n') < name.len) {
		buf_append_c(out, "; name*=UTF-8'en'");
		for (size_t i = 0; i < name.len; i++)
			buf_printf(out, "%%%02x", (unsigned)(unsigned char)name.data[i]);
	} else {
		buf_append_c(out, ";NAME = ");
		append_quoted(out, name);
	}
}

/* Each byte escaped, with a soft end of line now and then. */
static void append_quoted_printable(struct buf *out, struct str content, const char *newline)
{
	for (size_t i = 0; i < content.len; i++) {
		if (i % 7 == 6)
			buf_printf(out, "=%s", newline);
		buf_printf(out, "=%02X", (unsigned)(unsigned char)content.data[i]);
	}
}

static void append_part(struct buf *out, const struct field *field, unsigned how, const char *newline)
{
	buf_printf(out, "--%s%s%s", BOUNDARY, how & 1 ? " \t" : "", newline);
	if (how & 2)
		buf_printf(out, "X-Other: 1%s\tcontinued%s", newline, newline);
	buf_append_c(out, how & 4 ? "content-disposition:form-data" : "Content-Disposition: form-data");
	append_name(out, field->name, how >> 3);
	buf_printf(out, "%s%s%s", newline, how & 128 ? "Content-Transfer-Encoding: Quoted-Printable" : "X: ", newline);
	buf_append_c(out, newline);
	if (how & 128)
		append_quoted_printable(out, field->content, newline);
	else
		buf_append_str(out, field->content);
	buf_append_c(out, newline);
}

/* The field that a name gives: the first one. */
static const struct field *find_field(const struct field *fields, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal(fields[i].name, name))
			return &fields[i];
	}
	return NULL;
}

static void check_fields(const struct value *form, const struct field *fields, size_t count)
{
	size_t names = 0;

	for (size_t i = 0; i < count; i++) {
		const struct value *value = value_map_get(form, fields[i].name);
		if (fields[i].name.len == 0)
			continue;
		names += find_field(fields, count, fields[i].name) == &fields[i];
		PROMISE(value != NULL && value->kind == VALUE_STRING);
		PROMISE(str_equal(value->as.text, find_field(fields, count, fields[i].name)->content));
	}
	PROMISE(form == NULL ? names == 0 : form->as.map.count == names);
}

static void check_built(struct str rest)
{
	struct field fields[PARTS];
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *form;
	unsigned ends = fuzz_byte(&rest), limit = ends & 64 ? 200 : 16;
	const char *newline = ends & 1 ? "\n" : "\r\n";
	size_t count = 0;

	if (ends & 2)
		buf_printf(&text, "a preamble%s", newline);
	while (count < PARTS && rest.len > 0) {
		unsigned how = fuzz_byte(&rest);
		fields[count].name = fuzz_piece(&rest, 16);
		fields[count].content = fuzz_piece(&rest, limit);
		append_part(&text, &fields[count++], how, newline);
	}
	buf_printf(&text, "--%s--%s", BOUNDARY, ends & 4 ? "" : newline);
	if ((ends & 4) == 0 && ends & 8)
		buf_append_c(&text, "what stands behind it");
	/* The first part says how lines end; without one it is CR LF. */
	if (count > 0) {
		PROMISE(parse(&arena, STR("multipart/form-data; boundary=" BOUNDARY), buf_str(&text), &form, &error));
		check_fields(form, fields, count);
	}
	buf_release(&text);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static void check_given(struct str input)
{
	struct error error = ERROR_INIT;
	struct str type = str_head(input, str_find(input, '\n')), body = str_from_index(input, type.len + 1);
	struct value *form = NULL;

	if (parse(&arena, type, body, &form, &error)) {
		PROMISE(error.kind == ERROR_NONE);
		check_uploads();
		PROMISE(form == NULL || (form->kind == VALUE_MAP && form->as.map.count > 0));
		if (form != NULL && can_be_written(form, body))
			check_round_trip(&arena, form);
	} else {
		PROMISE(error.kind != ERROR_NONE && form == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_text(data, size);

	log_set_level(LOG_LEVEL_ERROR);
	if (str_starts(input, STR("+")) && !str_contains(input, STR(BOUNDARY)))
		check_built(str_from_index(input, 1));
	else
		check_given(input);
	arena_reset(&arena);
	return 0;
}
