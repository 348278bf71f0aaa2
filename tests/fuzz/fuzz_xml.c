/* XML bodies: one element, whose tree holds to the shape that payload.h describes, and the same one each time. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "payload/payload.h"
#include "payload/value.h"

static void check(const struct value *value, bool in_list, size_t depth);

static void check_map(const struct value *map, size_t depth)
{
	PROMISE(map->as.map.count > 0);
	for (size_t i = 0; i < map->as.map.count; i++) {
		const struct value_entry *entry = &map->as.map.entries[i];
		bool text = str_equal_c(entry->key, "#text");

		PROMISE(entry->key.len > 0 && utf8_valid(entry->key));
		PROMISE(value_map_get(map, entry->key) == entry->value);
		/* "-name" may be more than an attribute: <n:-name/> has that name, too, here as in the reference. */
		PROMISE(!text || entry->value->kind == VALUE_STRING);
		PROMISE(!text || entry->value->as.text.len > 0);
		check(entry->value, false, depth + 1);
	}
}

static void check(const struct value *value, bool in_list, size_t depth)
{
	PROMISE(depth <= PAYLOAD_DEPTH + 2);
	if (value->kind == VALUE_STRING) {
		PROMISE(utf8_valid(value->as.text));
	} else if (value->kind == VALUE_MAP) {
		check_map(value, depth);
	} else {
		PROMISE(value->kind == VALUE_LIST && !in_list && value->as.list.count > 1);
		for (size_t i = 0; i < value->as.list.count; i++)
			check(value->as.list.items[i], true, depth);
	}
}

/* Space around the text, and what stands behind it, changes nothing. */
static void check_again(struct arena *arena, struct str text, const struct value *value)
{
	struct buf around = BUF_INIT, first = BUF_INIT, second = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *again;

	if (!str_starts(text, STR("\xef\xbb\xbf")))
		buf_append_c(&around, " \n");
	buf_append_str(&around, text);
	buf_append_c(&around, "</end><!DOCTYPE x>\xff");
	PROMISE(payload_parse_xml(arena, buf_str(&around), &again, &error));
	value_write_json(&first, value);
	value_write_json(&second, again);
	PROMISE(str_equal(buf_str(&first), buf_str(&second)));
	buf_release(&around);
	buf_release(&first);
	buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct error error = ERROR_INIT;
	struct str text = fuzz_text(data, size);
	struct value *value = NULL;
	bool good = payload_parse_xml(&arena, text, &value, &error);

	PROMISE(good == (error.kind == ERROR_NONE) && good == (value != NULL));
	if (good) {
		PROMISE(value->kind == VALUE_MAP && value->as.map.count == 1);
		check(value, false, 0);
		check_again(&arena, text, value);
	}
	arena_reset(&arena);
	return 0;
}
