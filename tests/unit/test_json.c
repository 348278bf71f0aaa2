/* lib/json.h: what is taken and how it is told, what is refused and where, and strings as Go writes them. */
#include "check.h"

#include "base/buf.h"
#include "base/error.h"
#include "lib/json.h"

/* The events of a document as a line of text: {k:name s:text n:1 true null [ ] }. stop_at ends the reading there. */
struct trace {
	struct buf text;
	const char *stop_at;
};

static bool note(struct trace *trace, const char *mark, struct str text)
{
	buf_append_c(&trace->text, trace->text.len > 0 ? " " : "");
	buf_append_c(&trace->text, mark);
	buf_append_str(&trace->text, text);
	return trace->stop_at == NULL || strcmp(trace->stop_at, mark) != 0;
}

static bool on_map_begin(void *context)
{
	return note(context, "{", STR(""));
}

static bool on_map_key(void *context, struct str key)
{
	return note(context, "k:", key);
}

static bool on_map_end(void *context)
{
	return note(context, "}", STR(""));
}

static bool on_list_begin(void *context)
{
	return note(context, "[", STR(""));
}

static bool on_list_end(void *context)
{
	return note(context, "]", STR(""));
}

static bool on_string(void *context, struct str text)
{
	return note(context, "s:", text);
}

static bool on_number(void *context, struct str text)
{
	return note(context, "n:", text);
}

static bool on_boolean(void *context, bool value)
{
	return note(context, value ? "true" : "false", STR(""));
}

static bool on_null(void *context)
{
	return note(context, "null", STR(""));
}

static const struct json_events tracing = {
	.map_begin = on_map_begin,
	.map_key = on_map_key,
	.map_end = on_map_end,
	.list_begin = on_list_begin,
	.list_end = on_list_end,
	.string = on_string,
	.number = on_number,
	.boolean = on_boolean,
	.null = on_null,
};

static const struct json_limits strict = {.depth = 8, .values = 1000};
static const struct json_limits lenient = {.depth = 8, .values = 1000, .trailing = true};

/* The text is handed over in a block of its very size, so that AddressSanitizer sees a look behind its end. */
static bool read_exact(struct str text, const struct json_limits *limits, struct trace *trace, struct error *error)
{
	char *copy = malloc(text.len + 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy + 1, text.data, text.len);
	good = json_read((struct str){copy + 1, text.len}, limits, &tracing, trace, error);
	free(copy);
	return good;
}

static void check_taken(const struct json_limits *limits, struct str text, struct str expected)
{
	struct trace trace = {.text = BUF_INIT};
	struct error error = ERROR_INIT;

	if (!read_exact(text, limits, &trace, &error))
		fail_msg("%.*s: %s", STR_ARGS(text), error.message);
	assert_int_equal(error.kind, ERROR_NONE);
	if (!str_equal(buf_str(&trace.text), expected))
		fail_msg("%.*s: %.*s, not %.*s", STR_ARGS(text), STR_ARGS(buf_str(&trace.text)), STR_ARGS(expected));
	buf_release(&trace.text);
}

static void check_refused(const struct json_limits *limits, struct str text, enum error_kind kind, const char *message)
{
	struct trace trace = {.text = BUF_INIT};
	struct error error = ERROR_INIT;

	if (read_exact(text, limits, &trace, &error))
		fail_msg("%.*s was taken", STR_ARGS(text));
	assert_int_equal(error.kind, kind);
	assert_string_equal(error.message, message);
	assert_int_equal(trace.text.len, 0);
	buf_release(&trace.text);
}

struct pair {
	struct str text, expected;
};

#define PAIR(text, expected) \
	{ \
		{text, sizeof(text) - 1}, \
		{ \
			expected, sizeof(expected) - 1 \
		} \
	}

static void check_all_taken(const struct json_limits *limits, const struct pair *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_taken(limits, cases[i].text, cases[i].expected);
}

static void test_structure(void **state)
{
	static const struct pair cases[] = {
		PAIR("{}", "{ }"),
		PAIR("[]", "[ ]"),
		PAIR(" \t\r\n{ \"a\" :\r\n[ true , false,null ] } \n", "{ k:a [ true false null ] }"),
		PAIR("{\"b\":{\"\":\"\"},\"a\":[[],{}]}", "{ k:b { k: s: } k:a [ [ ] { } ] }"),
		PAIR("null", "null"),
		PAIR("true", "true"),
		PAIR("\"x\"", "s:x"),
		PAIR("0", "n:0"),
		PAIR("[[[[[[[[1]]]]]]]]", "[ [ [ [ [ [ [ [ n:1 ] ] ] ] ] ] ] ]"),
	};

	(void)state;
	check_all_taken(&strict, cases, COUNT_OF(cases));
}

/* json-c keeps integers in 64 bits and the rest as doubles; none of these would survive it. */
static void test_numbers(void **state)
{
	static const struct pair cases[] = {
		PAIR("[1.0,1e5,1E+5,-0,-0.0e-1,0.10]", "[ n:1.0 n:1e5 n:1E+5 n:-0 n:-0.0e-1 n:0.10 ]"),
		PAIR("[18446744073709551616,-9223372036854775809]",
	             "[ n:18446744073709551616 n:-9223372036854775809 ]"),
		PAIR("1234567890123456789012345678901234567890", "n:1234567890123456789012345678901234567890"),
		PAIR("{\"a\":1e99999,\"b\":3.14159265358979323846}", "{ k:a n:1e99999 k:b n:3.14159265358979323846 }"),
		PAIR("[\"1\",1]", "[ s:1 n:1 ]"),
	};

	(void)state;
	check_all_taken(&strict, cases, COUNT_OF(cases));
}

static void test_strings(void **state)
{
	static const struct pair cases[] = {
		PAIR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s:\"\\/\b\f\n\r\t"),
		PAIR("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "s:A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
		PAIR("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", "s:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f"),
		PAIR("\"0123456\\n01234567\xc3\xa9 0123456789\"", "s:0123456\n01234567\xc3\xa9 0123456789"),
		PAIR("\"\\ufffe\\uffff\"", "s:\xef\xbf\xbe\xef\xbf\xbf"),
		/* U+0000, also in keys, which json-c would cut there */
		PAIR("\"a\\u0000b\"", "s:a\0b"),
		PAIR("{\"a\\u0000b\":1,\"a\":\"\\u0000\",\"a\\u0000\":3}", "{ k:a\0b n:1 k:a s:\0 k:a\0 n:3 }"),
	};

	(void)state;
	check_all_taken(&strict, cases, COUNT_OF(cases));
}

#define R "\xef\xbf\xbd"

static void test_replacement(void **state)
{
	static const struct pair cases[] = {
		PAIR("\"a\xff\xfe\"", "s:a" R R),
		PAIR("\"\xe2\x82\"", "s:" R R),
		PAIR("\"x\xe2\x82y\"", "s:x" R R "y"),
		PAIR("\"\xc0\x80\"", "s:" R R),
		PAIR("\"\xed\xa0\x80\"", "s:" R R R),
		PAIR("\"\xf4\x90\x80\x80\"", "s:" R R R R),
		PAIR("{\"\xff\":1}", "{ k:" R " n:1 }"),
		PAIR("\"\\ud800\"", "s:" R),
		PAIR("\"\\ud800\\u0041\"", "s:" R "A"),
		PAIR("\"\\udc00\\ud800\"", "s:" R R),
		PAIR("\"\\ud800\\ud800\\udc00\"", "s:" R "\xf0\x90\x80\x80"),
		PAIR("\"\\ud800x\\udc00\"", "s:" R "x" R),
		PAIR("\"\\ud800\\n\"", "s:" R "\n"),
		PAIR("\"\\u0041\\udc00\\udc00\"", "s:A" R R),
	};

	(void)state;
	check_all_taken(&strict, cases, COUNT_OF(cases));
}

static void test_duplicate_keys(void **state)
{
	static const struct pair cases[] = {
		PAIR("{\"a\":1,\"b\":2,\"a\":3}", "{ k:a n:3 k:b n:2 }"),
		PAIR("{\"a\":{\"x\":1},\"a\":{\"y\":2}}", "{ k:a { k:y n:2 } }"),
		PAIR("{\"a\":1,\"\\u0061\":null}", "{ k:a null }"),
		PAIR("{\"\xff\":1,\"\xfe\":2}", "{ k:" R " n:2 }"),
	};

	(void)state;
	check_all_taken(&strict, cases, COUNT_OF(cases));
}

static void test_trailing(void **state)
{
	static const struct pair cases[] = {
		PAIR("{\"a\":1}}", "{ k:a n:1 }"),
		PAIR("{\"a\":1} {\"b\":2}", "{ k:a n:1 }"),
		PAIR("[1] 'x \xff\0", "[ n:1 ]"),
		PAIR("\"x\"y", "s:x"),
		PAIR("1 2", "n:1"),
		PAIR("null,", "null"),
	};

	(void)state;
	check_all_taken(&lenient, cases, COUNT_OF(cases));
	check_refused(&strict, STR("{\"a\":1}}"), ERROR_INVALID, "1:8: text after the value");
	check_refused(&strict, STR("[1]\n\n x"), ERROR_INVALID, "3:2: text after the value");
	check_refused(&strict, STR("1 2"), ERROR_INVALID, "1:3: text after the value");
	check_refused(&strict, STR("[1]\0"), ERROR_INVALID, "1:4: text after the value");
}

struct refusal {
	struct str text;
	const char *message;
};

#define REFUSAL(text, message) \
	{ \
		{text, sizeof(text) - 1}, message \
	}

#define NO_NUMBER "no JSON number"
#define NO_WORD "no JSON value: words are true, false and null"
#define NO_VALUE "no JSON value begins with this byte"
#define TOO_SHORT "the text ends before its value does"

static void check_all_refused(const struct refusal *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_refused(&strict, cases[i].text, ERROR_INVALID, cases[i].message);
		check_refused(&lenient, cases[i].text, ERROR_INVALID, cases[i].message);
	}
}

static void test_refused_words(void **state)
{
	static const struct refusal cases[] = {
		REFUSAL("", "1:1: " TOO_SHORT),
		REFUSAL(" \n ", "2:2: " TOO_SHORT),
		REFUSAL("{\"a\":01}", "1:6: " NO_NUMBER),
		REFUSAL("[1.]", "1:2: " NO_NUMBER),
		REFUSAL("[.5]", "1:2: " NO_VALUE),
		REFUSAL("[+1]", "1:2: " NO_VALUE),
		REFUSAL("[-]", "1:2: " NO_NUMBER),
		REFUSAL("[-a]", "1:2: " NO_NUMBER),
		REFUSAL("[1e]", "1:2: " NO_NUMBER),
		REFUSAL("[1e+]", "1:2: " NO_NUMBER),
		REFUSAL("[0x10]", "1:2: " NO_NUMBER),
		REFUSAL("[1-2]", "1:2: " NO_NUMBER),
		REFUSAL("1.", "1:1: " NO_NUMBER),
		REFUSAL("-", "1:1: " NO_NUMBER),
		REFUSAL("[NaN]", "1:2: " NO_WORD),
		REFUSAL("[-Infinity]", "1:2: " NO_NUMBER),
		REFUSAL("[Infinity]", "1:2: " NO_WORD),
		REFUSAL("[TRUE]", "1:2: " NO_WORD),
		REFUSAL("[nul]", "1:2: " NO_WORD),
		REFUSAL("tru", "1:1: " NO_WORD),
		REFUSAL("[truefalse]", "1:2: " NO_WORD),
		REFUSAL("[true1]", "1:2: " NO_WORD),
		REFUSAL("{a:1}", "1:2: " NO_WORD),
		REFUSAL("{'a':1}", "1:2: " NO_VALUE),
		REFUSAL("[1/**/]", "1:3: " NO_VALUE),
		REFUSAL("//\n1", "1:1: " NO_VALUE),
		REFUSAL("\xef\xbb\xbf{}", "1:1: " NO_VALUE),
		REFUSAL("\v1", "1:1: " NO_VALUE),
		REFUSAL("\xc2\xa0{}", "1:1: " NO_VALUE),
		REFUSAL("[\0]", "1:2: " NO_VALUE),
	};

	(void)state;
	check_all_refused(cases, COUNT_OF(cases));
}

static void test_refused_strings(void **state)
{
	static const struct refusal cases[] = {
		REFUSAL("\"", "1:1: a string without its closing quote"),
		REFUSAL("[\"x", "1:2: a string without its closing quote"),
		REFUSAL("[\"x\\\"", "1:2: a string without its closing quote"),
		REFUSAL("\"x\\", "1:3: no such escape in a string"),
		REFUSAL("\"\\x\"", "1:2: no such escape in a string"),
		REFUSAL("\"\\\0\"", "1:2: no such escape in a string"),
		REFUSAL("\"\\u12\"", "1:2: \\u wants four hexadecimal digits"),
		REFUSAL("\"\\u12G4\"", "1:2: \\u wants four hexadecimal digits"),
		REFUSAL("\"\\ud800\\u12\"", "1:8: \\u wants four hexadecimal digits"),
		REFUSAL("\"\\u", "1:2: \\u wants four hexadecimal digits"),
		REFUSAL("[\n\"x\ty\"]", "2:3: a control character in a string"),
		REFUSAL("\"01234567\n\"", "1:10: a control character in a string"),
		REFUSAL("\"0123\n5678901234\"", "1:6: a control character in a string"),
		REFUSAL("\"x\x1f\"", "1:3: a control character in a string"),
		REFUSAL("\"x\0\"", "1:3: a control character in a string"),
	};

	(void)state;
	check_all_refused(cases, COUNT_OF(cases));
}

/* Grammar is json-c's, in its words; the place is ours. */
static void test_refused_structure(void **state)
{
	static const struct refusal cases[] = {
		REFUSAL("{", "1:2: " TOO_SHORT),
		REFUSAL("[1,", "1:4: " TOO_SHORT),
		REFUSAL("[[]", "1:4: " TOO_SHORT),
		REFUSAL("]", "1:1: closes what was not opened"),
		REFUSAL("}", "1:1: closes what was not opened"),
		REFUSAL("[1}", "1:3: array value separator ',' expected"),
		REFUSAL("{\"a\":1]", "1:7: object value separator ',' expected"),
		REFUSAL("[1,]", "1:4: unexpected character"),
		REFUSAL("[,1]", "1:2: unexpected character"),
		REFUSAL("[1 2]", "1:4: array value separator ',' expected"),
		REFUSAL("[1\n,22222,\"\xff\" 3]", "2:12: array value separator ',' expected"),
		REFUSAL("[\"a\":1]", "1:5: array value separator ',' expected"),
		REFUSAL("{\"a\":1,}", "1:8: unexpected character"),
		REFUSAL("{,\"a\":1}", "1:2: quoted object property name expected"),
		REFUSAL("{\"a\"}", "1:5: object property name separator ':' expected"),
		REFUSAL("{\"a\":}", "1:6: unexpected character"),
		REFUSAL("{\"a\" \"b\"}", "1:6: object property name separator ':' expected"),
		REFUSAL("{\"a\":1 \"b\":2}", "1:8: object value separator ',' expected"),
		REFUSAL("{\"a\"::1}", "1:6: ':' behind something that is no string"),
		REFUSAL("{1:2}", "1:3: ':' behind something that is no string"),
		REFUSAL("{true:2}", "1:6: ':' behind something that is no string"),
		REFUSAL("{[]:2}", "1:4: ':' behind something that is no string"),
		REFUSAL("{1}", "1:3: object property name separator ':' expected"),
		REFUSAL(",", "1:1: unexpected character"),
		REFUSAL(":", "1:1: ':' behind something that is no string"),
	};

	(void)state;
	check_all_refused(cases, COUNT_OF(cases));
}

static void test_limits(void **state)
{
	static const struct json_limits few = {.depth = 8, .values = 10};
	static const struct json_limits flat = {.depth = 0, .values = 10};
	static const struct json_limits spent = {.depth = 8, .values = 20, .spent = 10};

	(void)state;
	check_refused(&strict, STR("[[[[[[[[[1]]]]]]]]]"), ERROR_TOO_LARGE, "1:9: nested deeper than 8 levels");
	check_refused(&strict, STR("[{\"a\":[[[[[[\n[1]]]]]]]}]"), ERROR_TOO_LARGE, "2:1: nested deeper than 8 levels");
	check_taken(&strict, STR("[[[[]]],[[[[[[[]]]]]]]]"), STR("[ [ [ [ ] ] ] [ [ [ [ [ [ [ ] ] ] ] ] ] ] ]"));
	check_taken(&few, STR("{\"a\":1}"), STR("{ k:a n:1 }"));
	check_refused(&few, STR("[1,\"\",null]"), ERROR_TOO_LARGE, "1:7: more than 10 values");
	check_refused(&few, STR("[[]]"), ERROR_TOO_LARGE, "1:2: more than 10 values");
	check_taken(&spent, STR("{\"a\":1}"), STR("{ k:a n:1 }"));
	check_refused(&spent, STR("[1,2,3]"), ERROR_TOO_LARGE, "1:6: more than 20 values");
	check_taken(&flat, STR("\"x\""), STR("s:x"));
	check_refused(&flat, STR("[]"), ERROR_TOO_LARGE, "1:1: nested deeper than 0 levels");
}

/* Each event can end the reading, which then tells nothing more. */
static void test_stop(void **state)
{
	static const struct {
		const char *stop_at, *told;
	} cases[] = {
		{"{", "{"},
		{"k:", "{ k:a"},
		{"[", "{ k:a ["},
		{"s:", "{ k:a [ s:x"},
		{"n:", "{ k:a [ s:x n:1"},
		{"true", "{ k:a [ s:x n:1 true"},
		{"null", "{ k:a [ s:x n:1 true null"},
		{"]", "{ k:a [ s:x n:1 true null ]"},
		{"}", "{ k:a [ s:x n:1 true null ] }"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct trace trace = {.text = BUF_INIT, .stop_at = cases[i].stop_at};
		struct error error = ERROR_INIT;

		assert_false(read_exact(STR("{\"a\":[\"x\",1,true,null]}"), &strict, &trace, &error));
		assert_str(buf_str(&trace.text), cases[i].told);
		assert_int_equal(error.kind, ERROR_NONE);
		buf_release(&trace.text);
	}
}

static void test_write_string(void **state)
{
	static const struct pair cases[] = {
		PAIR("", "\"\""),
		PAIR("plain text", "\"plain text\""),
		PAIR("<a href='x'>&\"\\/", "\"\\u003ca href='x'\\u003e\\u0026\\\"\\\\/\""),
		PAIR("\b\f\n\r\t", "\"\\u0008\\u000c\\n\\r\\t\""),
		PAIR("\0\x01\x1f\x7f", "\"\\u0000\\u0001\\u001f\x7f\""),
		PAIR("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\""),
		PAIR("\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""),
		PAIR("a\xff\xfe", "\"a\\ufffd\\ufffd\""),
		PAIR("\xe2\x80", "\"\\ufffd\\ufffd\""),
		PAIR("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
		PAIR(R, "\"" R "\""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out = BUF_INIT;

		buf_append_byte(&out, 'x');
		json_write_string(&out, cases[i].text);
		assert_int_equal(out.len, cases[i].expected.len + 1);
		assert_memory_equal(out.data + 1, cases[i].expected.data, cases[i].expected.len);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_structure),         TEST(test_numbers),  TEST(test_strings),       TEST(test_replacement),
		TEST(test_duplicate_keys),    TEST(test_trailing), TEST(test_refused_words), TEST(test_refused_strings),
		TEST(test_refused_structure), TEST(test_limits),   TEST(test_stop),          TEST(test_write_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
