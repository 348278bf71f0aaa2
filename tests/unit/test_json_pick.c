/* lib/json_pick.h: what is picked, what stays as it is, and when the whole has to be read. */
#include "check.h"

#include "base/buf.h"
#include "lib/json.h"
#include "lib/json_pick.h"

static const struct json_limits limits = {.depth = 8, .values = 100, .trailing = true};
static const char *const paths[] = {"ref", "a.b", "a.c.d", "list", NULL};

static void test_picked(void **state)
{
	static const struct {
		const char *text, *picked;
	} cases[] = {
		{"{}", "{}"},
		{" { \"x\" : 1 } ", "{}"},
		{"{\"ref\":\"main\"}", "{\"ref\":\"main\"}"},
		{"{\"x\":{\"ref\":1},\"ref\" : \"a\\\"b\" ,\"y\":[1,{\"ref\":2}]}", "{\"ref\":\"a\\\"b\"}"},
		{"{\"a\":{\"x\":1,\"b\":[1,{}],\"c\":{\"d\":-1.5e3,\"e\":0},\"y\":{}}}",
	         "{\"a\":{\"b\":[1,{}],\"c\":{\"d\":-1.5e3}}}"},
		{"{\"a\":7,\"list\":[ 1 , 2 ]}", "{\"a\":7,\"list\":[ 1 , 2 ]}"},
		{"{\"a\":[{\"b\":1}],\"ref\":null}", "{\"a\":[{\"b\":1}],\"ref\":null}"},
		{"{\"a\":{},\"a\":{\"b\":1},\"ref\":1,\"ref\":2}", "{\"a\":{},\"a\":{\"b\":1},\"ref\":1,\"ref\":2}"},
		{"{\"a.b\":1,\"refs\":2,\"re\":3,\"\":4}", "{}"},
		{"{\"b\":1,\"d\":2}", "{}"},
		{"{\"ref\":1} behind it", "{\"ref\":1}"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out = BUF_INIT;
		if (!json_pick(str_from(cases[i].text), &limits, paths, &out))
			fail_msg("%s", cases[i].text);
		assert_str(buf_str(&out), cases[i].picked);
		buf_release(&out);
	}
}

static void test_read_as_a_whole(void **state)
{
	static const char *const cases[] = {
		"",
		"[]",
		"1",
		"{",
		"{\"ref\"",
		"{\"ref\":",
		"{\"ref\":1",
		"{\"ref\":1,",
		"{\"ref\":1,}",
		"{,}",
		"{\"ref\" 1}",
		"{\"x\":,\"ref\":1}",
		"{\"x\"::1}",
		"{\"x\":}",
		"{\"x\":1 2}",
		"{x:1}",
		"{1:1}",
		"{\"x\":\"\\q\"}",
		"{\"x\":nul}",
		"{\"r\\u0065f\":1}",                                /* the name is ref */
		"{\"a\":{\"\\u0062\":1}}",                          /* a.b */
		"{\"x\":[[[[[[[[1]]]]]]]]}",                        /* too deep */
		"{\"x\":[{},{},{},{},{},{},{},{},{},{},{},{},{}]}", /* too many */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out = BUF_INIT;
		if (json_pick(str_from(cases[i]), &limits, paths, &out))
			fail_msg("%s gives %s", cases[i], out.data);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_picked), TEST(test_read_as_a_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
