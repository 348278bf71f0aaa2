/* base/utf8.h: each form that RFC 3629 allows and each that it forbids, and cutting between characters. */
#include "check.h"

#include "base/utf8.h"

static void test_next(void **state)
{
	static const struct {
		struct str text;
		size_t len;
		uint32_t character;
	} cases[] = {
		{{"", 0}, 0, 0},
		{{"a", 1}, 1, 'a'},
		{{"\0", 1}, 1, 0},
		{{"\x7F", 1}, 1, 0x7F},
		{{"\xC2\x80", 2}, 2, 0x80},
		{{"\xC3\xA4xyz", 5}, 2, 0xE4},
		{{"\xDF\xBF", 2}, 2, 0x7FF},
		{{"\xE0\xA0\x80", 3}, 3, 0x800},
		{{"\xED\x9F\xBF", 3}, 3, 0xD7FF},
		{{"\xEE\x80\x80", 3}, 3, 0xE000},
		{{"\xEF\xBF\xBF", 3}, 3, 0xFFFF},
		{{"\xF0\x90\x80\x80", 4}, 4, 0x10000},
		{{"\xF4\x8F\xBF\xBF", 4}, 4, 0x10FFFF},
		{{"\x80", 1}, 0, 0},             /* a continuation without a beginning */
		{{"\xBF", 1}, 0, 0},             /* the same */
		{{"\xC3", 1}, 0, 0},             /* cut short */
		{{"\xC3\xA4", 1}, 0, 0},         /* cut short by len, not by the bytes behind */
		{{"\xE2\x82\xAC", 2}, 0, 0},     /* cut short */
		{{"\xC3(", 2}, 0, 0},            /* no continuation */
		{{"\xC3\xC3", 2}, 0, 0},         /* no continuation */
		{{"\xC0\x80", 2}, 0, 0},         /* overlong NUL */
		{{"\xC1\xBF", 2}, 0, 0},         /* overlong */
		{{"\xE0\x9F\xBF", 3}, 0, 0},     /* overlong */
		{{"\xF0\x8F\xBF\xBF", 4}, 0, 0}, /* overlong */
		{{"\xED\xA0\x80", 3}, 0, 0},     /* surrogate */
		{{"\xED\xBF\xBF", 3}, 0, 0},     /* surrogate */
		{{"\xF4\x90\x80\x80", 4}, 0, 0}, /* past U+10FFFF */
		{{"\xF8\x88\x80\x80\x80", 5}, 0, 0},
		{{"\xFF", 1}, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t character = 0;
		assert_int_equal(utf8_next(cases[i].text, &character), cases[i].len);
		assert_int_equal(character, cases[i].character);
	}
}

static void test_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid(STR("")));
	assert_true(utf8_valid(STR("a\0\xC3\xA4\xF0\x9F\x98\x80")));
	assert_false(utf8_valid(STR("abc\xC3")));
	assert_false(utf8_valid(STR("abc\xFF"
	                            "def")));
}

static void test_head(void **state)
{
	/* One, two, three and four bytes: the cuts that are allowed are 0, 1, 3, 6, 10. */
	struct str text = STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
	static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	(void)state;
	for (size_t max = 0; max < COUNT_OF(expected); max++)
		assert_int_equal(utf8_head(text, max).len, expected[max]);

	/* Bytes that are no UTF-8 are cut where the limit is. */
	assert_int_equal(utf8_head(STR("\x80\x80\x80\x80\x80\x80"), 4).len, 4);
	assert_int_equal(utf8_head(STR("\xFF\xFF\xFF"), 2).len, 2);
	assert_int_equal(utf8_head(STR("a\xC3(bc"), 2).len, 2);
	assert_int_equal(utf8_head(STR(""), 0).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_next), TEST(test_valid), TEST(test_head)};
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
