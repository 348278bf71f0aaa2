/*
 * JSON bodies. A second reader here knows no more than the grammar of RFC 8259: both take the same texts. Numbers keep
 * their text, strings and maps are those that json-c itself reads, and what was read is written and read again: that must
 * give the same text.
 */
#include "fuzz.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "lib/json.h"
#include "payload/payload.h"
#include "payload/value.h"

#define DEPTH 16

static struct arena arena;

/* The numbers of a text: how many, and a sum that does not depend on their order. */
struct numbers {
	size_t count;
	uint64_t sum;
};

static void add_number(struct numbers *numbers, struct str text)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211U;
	numbers->count++;
	numbers->sum += hash;
}

/* --- The grammar -------------------------------------------------------------------------------------------------- */

struct grammar {
	struct str rest;
	size_t depth;
	struct numbers numbers;
};

static char next_of(const struct grammar *grammar)
{
	return grammar->rest.len > 0 ? grammar->rest.data[0] : '\0';
}

static bool take(struct grammar *grammar, const char *text)
{
	if (!str_starts(grammar->rest, str_from(text)))
		return false;
	grammar->rest = str_from_index(grammar->rest, strlen(text));
	return true;
}

static void take_space(struct grammar *grammar)
{
	while (take(grammar, " ") || take(grammar, "\t") || take(grammar, "\n") || take(grammar, "\r"))
		;
}

static size_t take_any(struct grammar *grammar, const char *bytes)
{
	size_t count = 0;

	while (next_of(grammar) != '\0' && strchr(bytes, next_of(grammar)) != NULL) {
		grammar->rest = str_from_index(grammar->rest, 1);
		count++;
	}
	return count;
}

static bool take_number(struct grammar *grammar)
{
	struct str start = grammar->rest;
	bool good = true;

	take(grammar, "-");
	good = take(grammar, "0") || take_any(grammar, "0123456789") > 0;
	if (good && take(grammar, "."))
		good = take_any(grammar, "0123456789") > 0;
	if (good && (take(grammar, "e") || take(grammar, "E"))) {
		good = take(grammar, "+") || take(grammar, "-") || true;
		good = take_any(grammar, "0123456789") > 0;
	}
	if (good)
		add_number(&grammar->numbers, str_head(start, start.len - grammar->rest.len));
	return good;
}

/* Behind its first quote. Bytes that are no UTF-8 are taken. */
static bool take_string(struct grammar *grammar)
{
	while (!take(grammar, "\"")) {
		if (grammar->rest.len == 0 || (unsigned char)grammar->rest.data[0] < 0x20)
			return false;
		if (take(grammar, "\\u")) {
			for (int i = 0; i < 4; i++) {
				struct grammar one = {.rest = str_head(grammar->rest, 1)};
				if (take_any(&one, "0123456789abcdefABCDEF") != 1)
					return false;
				grammar->rest = str_from_index(grammar->rest, 1);
			}
		} else if (take(grammar, "\\")) {
			struct grammar one = {.rest = str_head(grammar->rest, 1)};
			if (take_any(&one, "\"\\/bfnrt") != 1)
				return false;
			grammar->rest = str_from_index(grammar->rest, 1);
		} else {
			grammar->rest = str_from_index(grammar->rest, 1);
		}
	}
	return true;
}

static bool take_value(struct grammar *grammar);

static bool take_members(struct grammar *grammar, bool map, const char *end)
{
	take_space(grammar);
	if (take(grammar, end))
		return true;
	do {
		take_space(grammar);
		if (map && !(take(grammar, "\"") && take_string(grammar)))
			return false;
		take_space(grammar);
		if ((map && !take(grammar, ":")) || !take_value(grammar))
			return false;
		take_space(grammar);
	} while (take(grammar, ","));
	return take(grammar, end);
}

static bool take_value(struct grammar *grammar)
{
	bool good;

	take_space(grammar);
	if (take(grammar, "\""))
		return take_string(grammar);
	if (next_of(grammar) != '{' && next_of(grammar) != '[')
		return take(grammar, "true") || take(grammar, "false") || take(grammar, "null") || take_number(grammar);
	bool map = take(grammar, "{");
	if (++grammar->depth > DEPTH)
		return false;
	good = (map || take(grammar, "[")) && take_members(grammar, map, map ? "}" : "]");
	grammar->depth--;
	return good;
}

static bool is_json(struct str text, struct numbers *numbers)
{
	struct grammar grammar = {.rest = text};
	bool good = take_value(&grammar);

	take_space(&grammar);
	*numbers = grammar.numbers;
	return good && grammar.rest.len == 0;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static bool on_text(void *context, struct str text)
{
	(void)context;
	PROMISE(utf8_valid(text));
	return true;
}

static bool on_number(void *context, struct str text)
{
	add_number(context, text);
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

static bool check_strictly(struct str text)
{
	static const struct json_limits limits = {.depth = DEPTH, .values = 1000000};
	struct error error = ERROR_INIT;
	struct numbers expected, numbers = {0, 0};
	bool strict = json_read(text, &limits, &checking, &numbers, &error);

	PROMISE(strict == (error.kind == ERROR_NONE));
	PROMISE(strict == is_json(text, &expected));
	/* Of a key that comes twice the first value is gone. */
	PROMISE(!strict || numbers.count <= expected.count);
	PROMISE(!strict || numbers.count < expected.count || numbers.sum == expected.sum);
	return strict;
}

/* --- What json-c says --------------------------------------------------------------------------------------------- */

static void check_same(const struct value *value, struct json_object *object);

static void check_number(struct str text, struct json_object *object)
{
	char number[64] = "";
	char *end;

	PROMISE(json_object_is_type(object, json_type_int) || json_object_is_type(object, json_type_double));
	if (json_object_is_type(object, json_type_double) || text.len >= sizeof(number))
		return;
	memcpy(number, text.data, text.len);
	errno = 0;
	long long whole = strtoll(number, &end, 10);
	PROMISE(errno != 0 || (*end == '\0' && whole == json_object_get_int64(object)));
}

static void check_same_map(const struct value_map *map, struct json_object *object)
{
	PROMISE(json_object_is_type(object, json_type_object));
	PROMISE((size_t)json_object_object_length(object) == map->count);
	for (size_t i = 0; i < map->count; i++) {
		struct json_object *theirs;
		PROMISE(json_object_object_get_ex(object, str_to_c(&arena, map->entries[i].key), &theirs));
		check_same(map->entries[i].value, theirs);
	}
}

static void check_same_list(const struct value_list *list, struct json_object *object)
{
	PROMISE(json_object_is_type(object, json_type_array) && json_object_array_length(object) == list->count);
	for (size_t i = 0; i < list->count; i++)
		check_same(list->items[i], json_object_array_get_idx(object, i));
}

static void check_same(const struct value *value, struct json_object *object)
{
	struct str theirs;

	switch (value->kind) {
	case VALUE_NULL:
		PROMISE(object == NULL);
		break;
	case VALUE_BOOL:
		PROMISE(json_object_is_type(object, json_type_boolean));
		PROMISE(json_object_get_boolean(object) == value->as.boolean);
		break;
	case VALUE_NUMBER:
		check_number(value->as.text, object);
		break;
	case VALUE_STRING:
		PROMISE(json_object_is_type(object, json_type_string));
		theirs = (struct str){json_object_get_string(object), (size_t)json_object_get_string_len(object)};
		PROMISE(str_equal(theirs, value->as.text));
		break;
	case VALUE_LIST:
		check_same_list(&value->as.list, object);
		break;
	case VALUE_MAP:
		check_same_map(&value->as.map, object);
		break;
	}
}

/* Whatever is taken json-c takes too; it reads the same where nothing is repaired or kept from it. */
static void check_with_library(struct str text, const struct value *value)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH + 1);
	const char *copy = str_to_c(&arena, text);

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *object = json_tokener_parse_ex(tokener, copy, (int)text.len + 1);
	PROMISE(json_tokener_get_error(tokener) == json_tokener_success);
	if (utf8_valid(text) && !str_contains(text, STR("\\u"))) {
		const struct value *list = value_map_get(value, STR("root"));
		check_same(json_object_is_type(object, json_type_array) ? list : value, object);
	}
	json_object_put(object);
	json_tokener_free(tokener);
}

/* --- And again ---------------------------------------------------------------------------------------------------- */

/* A list comes back under "root", which makes it one deeper, so it is written without. */
static void check_round_trip(const struct value *value)
{
	const struct value *list = value_map_get(value, STR("root"));
	bool wrapped = value->as.map.count == 1 && list != NULL && list->kind == VALUE_LIST;
	struct buf text = BUF_INIT, first = BUF_INIT, second = BUF_INIT;
	struct error error = ERROR_INIT;
	struct value *again;

	value_write_json(&text, wrapped ? list : value);
	PROMISE(payload_parse_json(&arena, buf_str(&text), &again, &error));
	value_write_json(&first, value);
	value_write_json(&second, again);
	PROMISE(str_equal(buf_str(&first), buf_str(&second)));
	buf_release(&text);
	buf_release(&first);
	buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_text(data, size);
	struct error error = ERROR_INIT;
	struct value *value;
	bool strict = check_strictly(text);

	if (payload_parse_json(&arena, text, &value, &error)) {
		PROMISE(error.kind == ERROR_NONE);
		if (value != NULL && strict)
			check_with_library(text, value);
		if (value != NULL)
			check_round_trip(value);
	} else {
		PROMISE(error.kind != ERROR_NONE && value == NULL);
		PROMISE(!strict || str_starts(str_from(error.message), STR("a map or a list")));
	}
	arena_reset(&arena);
	return 0;
}
