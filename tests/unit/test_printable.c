/* base/printable.h: what may stand on a terminal as it is, and the three ways of writing what may not. */
#include "check.h"

#include "base/buf.h"
#include "base/printable.h"

#define assert_writes(call, expected) \
	do { \
		struct buf out = BUF_INIT; \
		call; \
		assert_string_equal(out.data, expected); \
		buf_release(&out); \
	} while (0)

static void test_append(void **state)
{
	(void)state;
	assert_writes(printable_append(&out, STR("a \"b\" \\ é €")), "a \"b\" \\ é €");
	assert_writes(printable_append(&out, STR("\033[31m\n\0\x7f")), "\\x1b[31m\\x0a\\x00\\x7f");
	assert_writes(printable_append(&out, STR("\xc2\x9b"
	                                         "1m \xff")),
	              "\\xc2\\x9b1m \\xff");
	assert_writes(printable_append(&out, STR("a\u202eb\u2028\u200f\u061c\u2066")),
	              "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8\\xe2\\x80\\x8f\\xd8\\x9c\\xe2\\x81\\xa6");
	assert_true(printable_is(STR("é")));
	assert_false(printable_is(STR("\t")));
}

static void test_quote(void **state)
{
	(void)state;
	assert_writes(printable_quote(&out, STR(""), 10), "\"\"");
	assert_writes(printable_quote(&out, STR("a \"b\" \\\n"), 10), "\"a \\\"b\\\" \\\\\\x0a\"");
	assert_writes(printable_quote(&out, STR("abcdé"), 5), "\"abcd\"… (6 bytes)");
	assert_writes(printable_quote(&out, STR("abcde"), 5), "\"abcde\"");
}

static void test_shell(void **state)
{
	(void)state;
	assert_writes(printable_shell(&out, STR("refs/heads/main")), "refs/heads/main");
	assert_writes(printable_shell(&out, STR("")), "''");
	assert_writes(printable_shell(&out, STR("it's $HOME `x`")), "'it'\\''s $HOME `x`'");
	assert_writes(printable_shell(&out, STR("~")), "'~'");
	assert_writes(printable_shell(&out, STR("a'\n\\\033")), "$'a\\'\\x0a\\\\\\x1b'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_append), TEST(test_quote), TEST(test_shell)};
	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
