/* payload/payload.h: types, JSON and form bodies (XML and multipart have tests of their own); each answer is the reference's unless a comment says otherwise. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

static void check_json(struct arena *arena, const struct value *value, const char *expected)
{
	struct buf out = BUF_INIT;

	value_write_json(&out, value);
	assert_str(str_copy(arena, buf_str(&out)), expected);
	buf_release(&out);
}

static void test_type(void **state)
{
	static const struct {
		const char *content_type;
		enum payload_type type;
	} cases[] = {
		{"application/json", PAYLOAD_JSON},
		{"application/vnd.x+json; charset=utf-8", PAYLOAD_JSON},
		{"text/jsonxml", PAYLOAD_JSON},
		{"application/json, x-www-form-urlencoded", PAYLOAD_JSON},
		{"application/JSON", PAYLOAD_NONE},
		{"application/x-www-form-urlencoded; charset=UTF-8", PAYLOAD_FORM},
		{"x-www-form-urlencoded xml", PAYLOAD_FORM},
		{"text/xml", PAYLOAD_XML},
		{"application/atom+xml", PAYLOAD_XML},
		{"multipart/form-data; boundary=x", PAYLOAD_MULTIPART},
		{"multipart/form-data", PAYLOAD_NONE},
		{" multipart/form-data;", PAYLOAD_NONE},
		{"multipart/form-data; boundary=json", PAYLOAD_JSON},
		{"text/plain", PAYLOAD_NONE},
		{"", PAYLOAD_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(payload_type_of(str_from(cases[i].content_type)), cases[i].type);
}

/* expected NULL: no payload. */
struct body {
	const char *text, *expected, *message;
};

static void check_body(struct str content_type, const struct body *body)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	const struct payload_input input = {.content_type = content_type, .body = str_from(body->text)};
	bool good = payload_parse(&arena, &input, &value, &error);

	assert_string_equal(error.message, body->message == NULL ? "" : body->message);
	assert_int_equal(good, body->message == NULL);
	assert_int_equal(error.kind, good ? ERROR_NONE : ERROR_INVALID);
	if (body->expected == NULL)
		assert_null(value);
	else
		check_json(&arena, value, body->expected);
	arena_release(&arena);
}

static void test_json(void **state)
{
	static const struct body bodies[] = {
		{"{\"a\":1}", "{\"a\":1}", NULL},
		{"  {\"b\":[{}],\"a\":{\"c\":null}} x", "{\"a\":{\"c\":null},\"b\":[{}]}", NULL},
		{"{}", "{}", NULL},
		{" [1,2]", "{\"root\":[1,2]}", NULL},
		{"[]", "{\"root\":[]}", NULL},
		{"{\"a\":{\"x\":1},\"a\":{\"y\":2},\"b\":1}", "{\"a\":{\"y\":2},\"b\":1}", NULL},
		{"null", NULL, NULL},
		{"null x", NULL, NULL},
		{"\"s\"", NULL, "JSON body: a map or a list was expected, not a string"},
		{"12", NULL, "JSON body: a map or a list was expected, not a number"},
		{"true", NULL, "JSON body: a map or a list was expected, not true or false"},
		{"", NULL, "JSON body: 1:1: the text ends before its value does"},
		{"{\"a\":1", NULL, "JSON body: 1:7: the text ends before its value does"},
		{"{\"a\":1,}", NULL, "JSON body: 1:8: unexpected character"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check_body(STR("application/json"), &bodies[i]);
}

/* A pair that cannot be read makes the whole body none. */
static void test_form(void **state)
{
	static const struct body bodies[] = {
		{"a=1&b=2", "{\"a\":\"1\",\"b\":\"2\"}", NULL},
		{"a=1&a=2", "{\"a\":\"1\"}", NULL},
		{"a", "{\"a\":\"\"}", NULL},
		{"=1", "{\"\":\"1\"}", NULL},
		{"a=1&&b=2&", "{\"a\":\"1\",\"b\":\"2\"}", NULL},
		{"", "{}", NULL},
		{"a+b=c+d", "{\"a b\":\"c d\"}", NULL},
		{"a%20b=%41%00%c3%A9", "{\"a b\":\"A\\u0000\xc3\xa9\"}", NULL},
		{"a=b=c", "{\"a\":\"b=c\"}", NULL},
		{"%3D=x&a%3Bb=%26", "{\"=\":\"x\",\"a;b\":\"\\u0026\"}", NULL},
		{"a=%FF", "{\"a\":\"\\ufffd\"}", NULL},
		{"a=1#x\n", "{\"a\":\"1#x\\n\"}", NULL},
		{"a=1;b=2", NULL, "form body: ';' does not separate fields"},
		{"a=1&b;c=2", NULL, "form body: ';' does not separate fields"},
		{"a%zz=1&b=;", NULL, "form body: \"%zz\" is no percent escape"},
		{"b=1&a=%4", NULL, "form body: \"%4\" is no percent escape"},
		{"a=1&a=%", NULL, "form body: \"%\" is no percent escape"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check_body(STR("application/x-www-form-urlencoded"), &bodies[i]);
}

/* Of a query the good pairs count, whatever the others are. */
static void test_query(void **state)
{
	static const struct {
		const char *text, *expected;
		bool good;
	} cases[] = {
		{"a=1&b;c=2&d=3", "{\"a\":\"1\",\"d\":\"3\"}", false},
		{"a=%zz&a=1", "{\"a\":\"1\"}", false},
		{"a%=1&b=2&c=%4", "{\"b\":\"2\"}", false},
		{"a=1;b=2", "{}", false},
		{"?a=1", "{\"?a\":\"1\"}", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct error error = ERROR_INIT;
		struct value *map = NULL;

		assert_int_equal(payload_parse_form(&arena, str_from(cases[i].text), &map, &error), cases[i].good);
		assert_int_equal(error.kind, cases[i].good ? ERROR_NONE : ERROR_INVALID);
		check_json(&arena, map, cases[i].expected);
		arena_release(&arena);
	}
}

/* Bytes that are no UTF-8 stay as they are when asked for by name. */
static void test_form_bytes(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *map = NULL;

	(void)state;
	assert_true(payload_parse_form(&arena, STR("a=\xff\0%00z"), &map, &error));
	assert_true(str_equal(value_map_get(map, STR("a"))->as.text, STR("\xff\0\0z")));
	arena_release(&arena);
}

static void test_json_map(void **state)
{
	static const struct body cases[] = {
		{"{\"a\":[1]} x", "{\"a\":[1]}", NULL},
		{"[1]", NULL, "a map was expected, not a list"},
		{"null", NULL, "a map was expected, not null"},
		{"\"x\"", NULL, "a map was expected, not a string"},
		{"x", NULL, "1:1: no JSON value: words are true, false and null"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct error error = ERROR_INIT;
		struct value *map = NULL;

		assert_int_equal(payload_parse_json_map(&arena, str_from(cases[i].text), &map, &error),
		                 cases[i].message == NULL);
		assert_string_equal(error.message, cases[i].message == NULL ? "" : cases[i].message);
		if (cases[i].expected == NULL)
			assert_null(map);
		else
			check_json(&arena, map, cases[i].expected);
		arena_release(&arena);
	}
}

static void test_other_types(void **state)
{
	static const struct body nothing = {"{\"a\":1}", NULL, NULL};

	(void)state;
	check_body(STR("text/plain"), &nothing);
	check_body(STR(""), &nothing);
}

static struct str repeat(struct buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_c(out, text);
	return buf_str(out);
}

static void check_too_large(const char *content_type, struct str body, const char *message)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	const struct payload_input input = {.content_type = str_from(content_type), .body = body};

	assert_false(payload_parse(&arena, &input, &value, &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	assert_contains(error.message, message);
	assert_null(value);
	arena_release(&arena);
}

/* Ours: the reference has no limits but a depth of 10,000. */
static void test_limits(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	struct buf out = BUF_INIT;

	(void)state;
	repeat(&out, "[", PAYLOAD_DEPTH);
	assert_true(payload_parse_json(&arena, repeat(&out, "]", PAYLOAD_DEPTH), &value, &error));
	buf_clear(&out);
	check_too_large("json", repeat(&out, "[", PAYLOAD_DEPTH + 1), "1:129: nested deeper than 128 levels");
	buf_clear(&out);
	buf_append_byte(&out, '[');
	check_too_large("json", repeat(&out, "1,", PAYLOAD_VALUES), "more than 500000 values");
	buf_clear(&out);
	check_too_large("x-www-form-urlencoded", repeat(&out, "a&", PAYLOAD_FIELDS + 1), "more than 10000 fields");
	buf_clear(&out);
	assert_true(payload_parse_form(&arena, repeat(&out, "a&", PAYLOAD_FIELDS), &value, &error));
	buf_release(&out);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_type),       TEST(test_json),     TEST(test_form),        TEST(test_query),
		TEST(test_form_bytes), TEST(test_json_map), TEST(test_other_types), TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
