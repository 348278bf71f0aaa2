/*
 * Multipart bodies. The first line of an input is the Content-Type, the rest the body. The fields that were read are
 * written as a form of another boundary and read again: that must give the same ones.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct str input = fuzz_text(data, size);
	struct str type = str_head(input, str_find(input, '\n')), body = str_from_index(input, type.len + 1);
	struct value *form = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	if (parse(&arena, type, body, &form, &error)) {
		PROMISE(error.kind == ERROR_NONE);
		check_uploads();
		PROMISE(form == NULL || (form->kind == VALUE_MAP && form->as.map.count > 0));
		if (form != NULL && can_be_written(form, body))
			check_round_trip(&arena, form);
	} else {
		PROMISE(error.kind != ERROR_NONE && form == NULL);
	}
	arena_release(&arena);
	return 0;
}
