/*
 * payload/xml.c. Each answer of the first table is webhook 2.8.0's, asked with a body of type text/xml and the source
 * entire-payload; the second has what it takes and we do not.
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

struct body {
	const char *text, *expected;
};

static bool parse(struct arena *arena, struct str text, struct value **value, struct error *error)
{
	const struct payload_input input = {.content_type = STR("text/xml"), .body = text};

	return payload_parse(arena, &input, value, error);
}

static void check(const struct body *body)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	struct buf out = BUF_INIT;

	if (!parse(&arena, str_from(body->text), &value, &error))
		fail_msg("%s: %s", body->text, error.message);
	value_write_json(&out, value);
	assert_str(buf_str(&out), body->expected);
	buf_release(&out);
	arena_release(&arena);
}

static void test_tree(void **state)
{
	static const struct body bodies[] = {
		{"<a/>", "{\"a\":\"\"}"},
		{"<a></a>", "{\"a\":\"\"}"},
		{"<a>t</a>", "{\"a\":\"t\"}"},
		{"<a x='1'/>", "{\"a\":{\"-x\":\"1\"}}"},
		{"<a x='1'>t</a>", "{\"a\":{\"#text\":\"t\",\"-x\":\"1\"}}"},
		{"<a x=' s '/>", "{\"a\":{\"-x\":\" s \"}}"},
		{"<a x=''/>", "{\"a\":{\"-x\":\"\"}}"},
		{"<a><b>1</b></a>", "{\"a\":{\"b\":\"1\"}}"},
		{"<a><b>1</b><b>2</b></a>", "{\"a\":{\"b\":[\"1\",\"2\"]}}"},
		{"<a><b>1</b><c/><b>2</b><b/></a>", "{\"a\":{\"b\":[\"1\",\"2\",\"\"],\"c\":\"\"}}"},
		{"<a><b x='1'/><b>2</b></a>", "{\"a\":{\"b\":[{\"-x\":\"1\"},\"2\"]}}"},
		{"<a><b><b/></b></a>", "{\"a\":{\"b\":{\"b\":\"\"}}}"},
		{"<a.b/>", "{\"a.b\":\"\"}"},
		{"<a-b c-d='1'/>", "{\"a-b\":{\"-c-d\":\"1\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check(&bodies[i]);
}

/* Which text counts where there are several, and what is trimmed. */
static void test_text(void **state)
{
	static const struct body bodies[] = {
		{"<a> t \n</a>", "{\"a\":\"t\"}"},
		{"<a>t<b/></a>", "{\"a\":\"t\"}"},
		{"<a><b/>t</a>", "{\"a\":{\"#text\":\"t\",\"b\":\"\"}}"},
		{"<a>t1<b/>t2</a>", "{\"a\":\"t1\"}"},
		{"<a><b/>t1<c/>t2</a>", "{\"a\":{\"#text\":\"t2\",\"b\":\"\",\"c\":\"\"}}"},
		{"<a x='1'>t1<b/>t2</a>", "{\"a\":{\"#text\":\"t2\",\"-x\":\"1\",\"b\":\"\"}}"},
		/* An element that is called like an attribute. */
		{"<n:a x='4'>t<n:-x/></n:a>", "{\"a\":{\"#text\":\"t\",\"-x\":[\"4\",\"\"]}}"},
		{"<a><b>1</b>t<b>2</b></a>", "{\"a\":{\"#text\":\"t\",\"b\":[\"1\",\"2\"]}}"},
		{"<a>\n <b/>\n</a>", "{\"a\":{\"b\":\"\"}}"},
		{"<a>t1<!--c-->t2</a>", "{\"a\":\"t2\"}"},
		{"<a>t1<!--c--> </a>", "{\"a\":\"t1\"}"},
		{"<a>t1<?pi x?>t2</a>", "{\"a\":\"t2\"}"},
		{"<a>t1<![CDATA[ t2 ]]>t3</a>", "{\"a\":\"t3\"}"},
		{"<a>t1<![CDATA[ t2 ]]></a>", "{\"a\":\"t2\"}"},
		{"<a>t1<![CDATA[]]></a>", "{\"a\":\"t1\"}"},
		{"<a><![CDATA[ <x> ]]></a>", "{\"a\":\"\\u003cx\\u003e\"}"},
		{"<a>&lt;&amp;&#65;&#x42;&quot;&apos;&gt;</a>", "{\"a\":\"\\u003c\\u0026AB\\\"'\\u003e\"}"},
		{"<a>&#32;t&#32;</a>", "{\"a\":\"t\"}"},
		{"<a>&#x1F600;</a>", "{\"a\":\"\xf0\x9f\x98\x80\"}"},
		{"<a>\xc2\xa0t</a>", "{\"a\":\"\xc2\xa0t\"}"},
		{"<a>l1\r\nl2\rl3</a>", "{\"a\":\"l1\\nl2\\nl3\"}"},
		{"<a x='&#10;&lt;'/>", "{\"a\":{\"-x\":\"\\n\\u003c\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check(&bodies[i]);
}

/* Prefixes go, declared or not, and with them what told two names apart. */
static void test_prefixes(void **state)
{
	static const struct body bodies[] = {
		{"<n:a xmlns:n='u' n:x='1' x='2'><n:b/><m:b/></n:a>",
	         "{\"a\":{\"-n\":\"u\",\"-x\":\"2\",\"b\":[\"\",\"\"]}}"},
		{"<a xmlns='u'/>", "{\"a\":{\"-xmlns\":\"u\"}}"},
		{"<a xml:lang='en'/>", "{\"a\":{\"-lang\":\"en\"}}"},
		{"<a:b:c/>", "{\"a:b:c\":\"\"}"},
		{"<:a/>", "{\":a\":\"\"}"},
		{"<a:/>", "{\"a:\":\"\"}"},
		{"<a x:y:z='1' :x='2'/>", "{\"a\":{\"-:x\":\"2\",\"-x:y:z\":\"1\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check(&bodies[i]);
}

/* What stands before the first element and behind it. */
static void test_surroundings(void **state)
{
	static const struct body bodies[] = {
		{"<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>", "{\"a\":\"\"}"},
		{"\n<?xml version=\"1.0\"?>\n<a/>\n", "{\"a\":\"\"}"},
		{"\xef\xbb\xbf<?xml version='1.0'?><a/>", "{\"a\":\"\"}"},
		{"<!-- c --><?pi?><a/>", "{\"a\":\"\"}"},
		{"<a/>junk", "{\"a\":\"\"}"},
		{"<a>1</a><b/>", "{\"a\":\"1\"}"},
		{"<a/> <", "{\"a\":\"\"}"},
		{"<a></a >\xff", "{\"a\":\"\"}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check(&bodies[i]);
}

static void check_refused(struct str text, enum error_kind kind, const char *message)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;

	assert_false(parse(&arena, text, &value, &error));
	assert_null(value);
	assert_int_equal(error.kind, kind);
	assert_contains(error.message, message);
	arena_release(&arena);
}

/* The reference has no payload of these either. */
static void test_refused(void **state)
{
	static const struct {
		struct str text;
		const char *message;
	} cases[] = {
		{{"", 0}, "XML body: 1:1: no element found"},
		{{"  ", 2}, "no element found"},
		{{"text", 4}, "1:1: "},
		{{"<a>", 3}, "1:4: no element found"},
		{{"<a>\n<b></a></b>", 15}, "2:6: mismatched tag"},
		{{"<p:a></q:a>", 11}, "mismatched tag"},
		{{"<a x=1/>", 8}, ""},
		{{"<a x/>", 6}, ""},
		{{"<1/>", 4}, ""},
		{{"<a>&nbsp;</a>", 13}, "undefined entity"},
		{{"<a>& </a>", 9}, ""},
		{{"<a>]]></a>", 10}, ""},
		{{"<a x='<'/>", 10}, ""},
		{{"<!-- c -- d --><a/>", 19}, ""},
		{{"<a>&#0;</a>", 11}, ""},
		{{"<a>\x01</a>", 8}, ""},
		{{"<a>\xff</a>", 8}, ""},
		{{"\xff\xfe<\0a\0/\0>\0", 10}, "1:1: only the encoding UTF-8 is taken"},
		{{"\xfe\xff\0<\0a\0/\0>", 10}, "only the encoding UTF-8 is taken"},
		{{"<\0a\0/\0>\0", 8}, "only the encoding UTF-8 is taken"},
		{{"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 47}, "only the encoding UTF-8 is taken"},
		{{"<?xml version='1.1'?><a/>", 25}, "only version 1.0 is taken"},
		{{"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 40}, "a DOCTYPE is not taken"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_refused(cases[i].text, ERROR_INVALID, cases[i].message);
}

/* The reference takes these: no well-formed XML, but for the DOCTYPE. */
static void test_refused_by_us(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"<!DOCTYPE a><a/>", "a DOCTYPE is not taken"},  {"text<a/>", "not well-formed"},
		{"<a x='1' x='2'/>", "duplicate attribute"},     {"<a b='1'c='2'/>", "not well-formed"},
		{"<a>&#xD800;</a>", "invalid character number"}, {"<?xml encoding='utf-8'?><a/>", "declaration"},
		{"<a><?xml version='1.0'?></a>", "declaration"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_refused(str_from(cases[i].text), ERROR_INVALID, cases[i].message);
}

/* XML 1.0 section 3.3.3: white space in an attribute is a space each. The reference keeps it. */
static void test_attribute_white_space(void **state)
{
	static const struct body body = {"<a x='l1\nl2\tl3'/>", "{\"a\":{\"-x\":\"l1 l2 l3\"}}"};

	(void)state;
	check(&body);
}

static struct str repeat(struct buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_c(out, text);
	return buf_str(out);
}

static void test_limits(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	struct buf out = BUF_INIT;

	(void)state;
	repeat(&out, "<a>", PAYLOAD_DEPTH);
	assert_true(parse(&arena, repeat(&out, "</a>", PAYLOAD_DEPTH), &value, &error));
	buf_clear(&out);
	check_refused(repeat(&out, "<a>", PAYLOAD_DEPTH + 1), ERROR_TOO_LARGE, "1:385: nested deeper than 128 levels");
	buf_clear(&out);
	buf_append_c(&out, "<a>");
	repeat(&out, "<b/>", PAYLOAD_VALUES / 2 - 1);
	buf_append_c(&out, "</a>");
	assert_true(parse(&arena, buf_str(&out), &value, &error));
	assert_int_equal(value_find(value, STR("a.b"))->as.list.count, PAYLOAD_VALUES / 2 - 1);
	out.len -= 4;
	check_refused(repeat(&out, "<b/></a>", 1), ERROR_TOO_LARGE, "more than 500000 values");
	buf_clear(&out);
	buf_append_c(&out, "<a ");
	for (int i = 0; i < PAYLOAD_VALUES / 2; i++)
		buf_printf(&out, "a%d='' ", i);
	check_refused(repeat(&out, "/>", 1), ERROR_TOO_LARGE, "more than 500000 values");
	buf_release(&out);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tree),    TEST(test_text),          TEST(test_prefixes), TEST(test_surroundings),
		TEST(test_refused), TEST(test_refused_by_us), TEST(test_limits),   TEST(test_attribute_white_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
