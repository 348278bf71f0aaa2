/*
 * Form bodies and queries: the same fields as a second, simple decoder finds, and the same again where they are written
 * and read once more.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

/* --- The simple decoder --- */

static int digit_of(char digit)
{
	static const struct str digits = {"0123456789abcdef0123456789ABCDEF", 32};
	size_t at = str_find(digits, digit);

	return at < digits.len ? (int)(at % 16) : -1;
}

/* False where an escape is none. */
static bool unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.data[i];
		if (byte == '%') {
			int high = i + 2 < text.len ? digit_of(text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? digit_of(text.data[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			byte = (char)(unsigned char)(high * 16 + low);
			i += 2;
		}
		buf_append_byte(out, text.data[i] == '+' && byte == '+' ? ' ' : byte);
	}
	return true;
}

/* Whether this pair is one, and then that its name has a value: this one, where the name is new. */
static bool check_pair(struct str pair, const struct value *map, size_t *fields)
{
	static struct buf name = BUF_INIT, text = BUF_INIT;
	size_t equals = str_find(pair, '=');

	buf_clear(&name);
	buf_clear(&text);
	bool good = str_find(pair, ';') == pair.len && unescape(str_head(pair, equals), &name) &&
	            unescape(str_from_index(pair, equals + 1), &text);

	if (good) {
		const struct value *value = value_map_get(map, buf_str(&name));
		PROMISE(value != NULL && value->kind == VALUE_STRING);
		if (*fields < map->as.map.count && map->as.map.entries[*fields].value == value) {
			PROMISE(str_equal(value->as.text, buf_str(&text)));
			++*fields;
		}
	}
	return good;
}

static void check(struct str text, const struct value *map, bool good)
{
	struct str pair;
	size_t fields = 0;
	bool expected = true;

	while (str_split_next(&text, '&', &pair)) {
		if (pair.len > 0)
			expected = check_pair(pair, map, &fields) && expected;
	}
	PROMISE(good == expected && fields == map->as.map.count);
}

/* --- Once more --- */

static void escape(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.data[i];
		if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
			buf_append_byte(out, byte);
		else
			buf_append(out,
			           (char[]){'%', "0123456789ABCDEF"[(unsigned char)byte >> 4],
			                    "0123456789abcdef"[byte & 15]},
			           3);
	}
}

static void check_again(struct arena *arena, const struct value *map)
{
	static struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *again;

	buf_clear(&text);

	for (size_t i = 0; i < map->as.map.count; i++) {
		escape(&text, map->as.map.entries[i].key);
		buf_append_byte(&text, '=');
		escape(&text, map->as.map.entries[i].value->as.text);
		buf_append_byte(&text, '&');
	}
	PROMISE(payload_parse_form(arena, buf_str(&text), &again, &error));
	PROMISE(again->as.map.count == map->as.map.count);
	for (size_t i = 0; i < map->as.map.count; i++) {
		PROMISE(str_equal(again->as.map.entries[i].key, map->as.map.entries[i].key));
		PROMISE(str_equal(again->as.map.entries[i].value->as.text, map->as.map.entries[i].value->as.text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct error error = ERROR_INIT;
	struct value *map = NULL;
	bool good = payload_parse_form(&arena, fuzz_text(data, size), &map, &error);

	PROMISE(good == (error.kind == ERROR_NONE));
	PROMISE(map != NULL && map->kind == VALUE_MAP);
	check(fuzz_text(data, size), map, good);
	check_again(&arena, map);
	arena_reset(&arena);
	return 0;
}
