/* payload/quoted_printable.h: each answer is Go 1.19's, asked by webhook 2.8.0 with a part of this content. */
#include "check.h"

#include "base/buf.h"
#include "base/error.h"
#include "payload/quoted_printable.h"

static void test_decode(void **state)
{
	/* expected NULL: refused */
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"a=41b", "aAb"},
		{"=3d=3D", "=="},
		{"a=4a=4A=c3=a9", "aJJ\xc3\xa9"},
		{"a=\r\nb", "ab"},
		{"a=\nb", "ab"},
		{"=\r\nb", "b"},
		{"=\n", ""},
		{" =\r\n b", "  b"},
		{"a\r\n=\r\n", "a\r\n"},
		{"a \r\nb", "a\r\nb"},
		{"a \t\nb ", "a\nb"},
		{"a\r\n\r\nb", "a\r\n\r\nb"},
		{"a\rb", "a\rb"},
		{"a=", "a"},
		{"a=4", "a=4"},
		{"a=4\r\nb", "a=4\r\nb"},
		{"a=zz", "a=zz"},
		{"a= x\nb", "a= x\nb"},
		{"a=x\r\nb", "a=x\r\nb"},
		{"\xe9", "\xe9"},
		{"a\tb", "a\tb"},
		{"=", NULL},
		{"a==", NULL},
		{"a= ", NULL},
		{"a=\r", NULL},
		{"a=\rb", NULL},
		{"a=\r\r\n", NULL},
		{"a= \t\r\nb", NULL},
		{"a\r\n=", NULL},
		{"\x01", NULL},
		{"a\x7f", NULL},
	};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		bool good = quoted_printable_decode(str_from(cases[i].text), &out, &error);

		assert_int_equal(error.kind, good ? ERROR_NONE : ERROR_INVALID);
		if (good != (cases[i].expected != NULL))
			fail_msg("\"%s\" is %s", cases[i].text, good ? "taken" : error.message);
		if (good)
			assert_str(buf_str(&out), cases[i].expected);
	}
	buf_release(&out);
}

static void test_longest_line(void **state)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct error error = ERROR_INIT;

	(void)state;
	buf_append_c(&text, "first\n");
	for (int i = 0; i < QUOTED_PRINTABLE_LINE - 1; i++)
		buf_append_byte(&text, 'a');
	buf_append_c(&text, "\nb");
	assert_true(quoted_printable_decode(buf_str(&text), &out, &error));
	assert_int_equal(out.len, text.len);
	text.len -= 2;
	buf_append_c(&text, "a\nb");
	assert_false(quoted_printable_decode(buf_str(&text), &out, &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	buf_release(&text);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_decode), TEST(test_longest_line)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
