/*
 * JSON bodies. What was read is written and read again: that must give the same text, and nothing may be lost that a
 * strict reader would have refused.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "lib/json.h"
#include "payload/payload.h"
#include "payload/value.h"

static bool on_text(void *context, struct str text)
{
	(void)context;
	PROMISE(utf8_valid(text));
	return true;
}

static bool on_number(void *context, struct str text)
{
	(void)context;
	PROMISE(text.len > 0 && str_find(STR("-0123456789"), text.data[0]) < 11);
	return true;
}

static bool on_step(void *context)
{
	(void)context;
	return true;
}

static bool on_boolean(void *context, bool value)
{
	(void)context;
	(void)value;
	return true;
}

static const struct json_events checking = {
	.map_begin = on_step,
	.map_key = on_text,
	.map_end = on_step,
	.list_begin = on_step,
	.list_end = on_step,
	.string = on_text,
	.number = on_number,
	.boolean = on_boolean,
	.null = on_step,
};

static bool read_strictly(struct str text, struct error *error)
{
	static const struct json_limits limits = {.depth = 16, .values = 1000};

	return json_read(text, &limits, &checking, NULL, error);
}

/* A list comes back under "root", which makes it one deeper, so it is written without. */
static void check_round_trip(struct arena *arena, const struct value *value)
{
	const struct value *list = value_map_get(value, STR("root"));
	bool wrapped = value->as.map.count == 1 && list != NULL && list->kind == VALUE_LIST;
	struct buf text = BUF_INIT, first = BUF_INIT, second = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *again;

	value_write_json(&text, wrapped ? list : value);
	PROMISE(payload_parse_json(arena, buf_str(&text), &again, &error));
	value_write_json(&first, value);
	value_write_json(&second, again);
	PROMISE(str_equal(buf_str(&first), buf_str(&second)));
	buf_release(&text);
	buf_release(&first);
	buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct str text = fuzz_text(data, size);
	struct error strict_error = ERROR_INIT, error = ERROR_INIT;
	bool strict = read_strictly(text, &strict_error);
	struct value *value;

	PROMISE(strict == (strict_error.kind == ERROR_NONE));
	if (payload_parse_json(&arena, text, &value, &error)) {
		PROMISE(error.kind == ERROR_NONE);
		if (value != NULL)
			check_round_trip(&arena, value);
	} else {
		PROMISE(error.kind != ERROR_NONE && value == NULL);
		PROMISE(!strict || str_starts(str_from(error.message), STR("a map or a list")));
	}
	arena_release(&arena);
	return 0;
}
