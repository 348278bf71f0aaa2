/* payload/value.h: finding by name and writing as text, as the reference answered; large maps. */
#include "check.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"
#include "payload/value_index.h"

static struct value *parse(struct arena *arena, const char *text)
{
	struct error error = ERROR_INIT;
	struct value *value = NULL;

	if (!payload_parse_json(arena, str_from(text), &value, &error))
		fail_msg("%s: %s", text, error.message);
	return value;
}

static const char document[] =
	"{\"l\":[10,[],{\"a\":1},[7],null],\"m\":{\"a\":{\"b\":\"x\"},\"a.b\":\"y\",\"\":{\"\":\"e\"},\"a.b.c\":3},\"n\":null,"
	"\"a.b\":{\"c\":\"k\"},\"e\":[],\"\":\"empty\",\"t\":true,\"f\":1.50}";

/* Names and what the reference passed on for them; NULL: a missing parameter. */
static void test_find(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"l", "[10,[],{\"a\":1},[7],null]"},
		{"l.0", "10"},
		{"l.1", "[]"},
		{"l.1.0", NULL},
		{"l.2.a", "1"},
		{"l.3.0", "7"},
		{"l.4", "<nil>"},
		{"l.4.a", NULL},
		{"l.00", "10"},
		{"l.03", "[7]"},
		{"l.000000000000000000000000000000003.0", "7"},
		{"l.+0", NULL},
		{"l.-0", NULL},
		{"l.-1", NULL},
		{"l.5", NULL},
		{"l.0.x", NULL},
		{"l.", NULL},
		{"l.0.", NULL},
		{"l. 0", NULL},
		{"l.0x0", NULL},
		{"l.1_0", NULL},
		{"l.4294967296", NULL},
		{"l.9223372036854775808", NULL}, /* a negative int there: the reference panics */
		{"l.18446744073709551615", NULL},
		{"l.18446744073709551616", NULL},
		{"m.a.b", "y"},
		{"m.a", "{\"b\":\"x\"}"},
		{"m.a.b.c", "3"},
		{"m.", "{\"\":\"e\"}"},
		{"m..", "e"},
		{"m.x", NULL},
		{"n", "<nil>"},
		{"n.a", NULL},
		{"a.b", "{\"c\":\"k\"}"},
		{"a.b.c", NULL}, /* "a" is no key, and "a.b" is not the whole name */
		{"e", "[]"},
		{"e.0", NULL},
		{"", "empty"},
		{".", NULL},
		{"t", "true"},
		{"t.x", NULL},
		{"f", "1.50"},
		{"f.", NULL},
		{"L", NULL},
	};
	struct arena arena = ARENA_INIT;
	struct value *root = parse(&arena, document);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct value *found = value_find(root, str_from(cases[i].name));

		if ((found == NULL) != (cases[i].text == NULL))
			fail_msg("%s: %s", cases[i].name, found == NULL ? "missing" : "found");
		if (found != NULL)
			assert_str(value_text(&arena, found), cases[i].text);
	}
	assert_null(value_find(NULL, STR("a")));
	assert_null(value_find(NULL, STR("")));
	assert_null(value_find(value_null(&arena), STR("")));
	assert_null(value_find(value_string(&arena, STR("a")), STR("a")));
	arena_release(&arena);
}

static void test_text(void **state)
{
	static const struct {
		const char *document, *text; /* of the value "v" */
	} cases[] = {
		{"{\"v\":\"<text>\"}", "<text>"},
		{"{\"v\":\"\"}", ""},
		{"{\"v\":1.0}", "1.0"},
		{"{\"v\":123456789012345678901234567890}", "123456789012345678901234567890"},
		{"{\"v\":1e5}", "1e5"},
		{"{\"v\":false}", "false"},
		{"{\"v\":null}", "<nil>"},
		{"{\"v\":{}}", "{}"},
		{"{\"v\":[1.0,\"<x>\",null,true,{\"z\":1e5,\"b\":[]}]}",
	         "[1.0,\"\\u003cx\\u003e\",null,true,{\"b\":[],\"z\":1e5}]"},
		{"{\"v\":{\"<b>\":1,\"A\":2,\"a\":3,\"_\":4,\"\xc3\xa9\":5,\"aa\":6}}",
	         "{\"\\u003cb\\u003e\":1,\"A\":2,\"_\":4,\"a\":3,\"aa\":6,\"\xc3\xa9\":5}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct value *value = value_map_get(parse(&arena, cases[i].document), STR("v"));

		assert_str(value_text(&arena, value), cases[i].text);
		arena_release(&arena);
	}
}

static void test_text_of_null(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;

	(void)state;
	assert_str(value_text(&arena, NULL), "<nil>");
	value_write_json(&out, NULL);
	assert_str(buf_str(&out), "null");
	buf_release(&out);
	arena_release(&arena);
}

static void test_map_order(void **state)
{
	struct arena arena = ARENA_INIT;
	struct value *map = value_map(&arena);
	char key[] = "b";

	(void)state;
	value_map_set(&arena, map, str_from(key), value_number(&arena, STR("1")));
	key[0] = 'x'; /* the key was copied */
	value_map_set(&arena, map, STR("a"), value_bool(&arena, true));
	value_map_set(&arena, map, STR("b"), value_null(&arena));
	assert_int_equal(map->as.map.count, 2);
	assert_str(map->as.map.entries[0].key, "b");
	assert_int_equal(map->as.map.entries[0].value->kind, VALUE_NULL);
	assert_str(map->as.map.entries[1].key, "a");
	assert_null(value_map_get(map, STR("x")));
	assert_null(value_map_get(NULL, STR("a")));
	assert_null(value_map_get(value_list(&arena), STR("a")));
	arena_release(&arena);
}

/* Past some size a map has an index; it must give the same answers, however its entries came. */
static void check_large_map(void (*fill)(struct arena *, struct value *, struct str, struct value *), size_t count)
{
	struct arena arena = ARENA_INIT;
	struct value *map = value_map(&arena);

	for (size_t i = 0; i < count; i++) {
		struct str key = str_printf(&arena, "key %zu", i);

		fill(&arena, map, key, value_number(&arena, key));
	}
	for (size_t i = 0; i < count; i += 3)
		value_map_set(&arena, map, str_printf(&arena, "key %zu", i), value_null(&arena));
	value_map_set(&arena, map, STR("new"), value_bool(&arena, true));
	assert_int_equal(map->as.map.count, count + 1);
	assert_int_equal(map->as.map.index != NULL, count >= VALUE_INDEX_FROM);
	for (size_t i = 0; i < count; i++) {
		struct str key = str_printf(&arena, "key %zu", i);

		assert_true(str_equal(map->as.map.entries[i].key, key));
		assert_ptr_equal(value_map_get(map, key), map->as.map.entries[i].value);
		assert_int_equal(map->as.map.entries[i].value->kind, i % 3 == 0 ? VALUE_NULL : VALUE_NUMBER);
	}
	assert_non_null(value_map_get(map, STR("new")));
	assert_null(value_map_get(map, STR("key")));
	assert_null(value_map_get(map, STR("")));
	arena_release(&arena);
}

static void test_large_map(void **state)
{
	static const size_t counts[] = {1, 31, 32, 33, 64, 100, 20000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		check_large_map(value_map_set, counts[i]);
		check_large_map(value_map_add, counts[i]);
	}
}

/* The keys differ only behind a NUL byte, or only in their length. */
static void test_keys_are_bytes(void **state)
{
	struct arena arena = ARENA_INIT;
	struct value *map = value_map(&arena);
	char zeros[100] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(zeros); i++)
		value_map_set(&arena, map, (struct str){zeros, i}, value_bool(&arena, true));
	assert_int_equal(map->as.map.count, sizeof(zeros));
	for (size_t i = 0; i < sizeof(zeros); i++)
		assert_non_null(value_map_get(map, (struct str){zeros, i}));
	arena_release(&arena);
}

static void test_list(void **state)
{
	struct arena arena = ARENA_INIT;
	struct value *list = value_list(&arena);

	(void)state;
	for (size_t i = 0; i < 100; i++)
		value_list_append(&arena, list, value_number(&arena, str_printf(&arena, "%zu", i)));
	assert_int_equal(list->as.list.count, 100);
	assert_str(value_text(&arena, value_find(list, STR("99"))), "99");
	assert_null(value_find(list, STR("100")));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),      TEST(test_text), TEST(test_text_of_null),   TEST(test_map_order),
		TEST(test_large_map), TEST(test_list), TEST(test_keys_are_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
