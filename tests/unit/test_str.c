/* base/str.h: comparing, searching, cutting; empty strings, NUL bytes, and the bytes just outside. */
#include "check.h"

#include <limits.h>

#include "base/arena.h"
#include "base/str.h"

/* The first len bytes of text, so that a test can see whether a function looks behind them. */
static struct str head(const char *text, size_t len)
{
	return (struct str){text, len};
}

static void test_from(void **state)
{
	(void)state;
	assert_int_equal(str_from("abc").len, 3);
	assert_int_equal(str_from("").len, 0);
	assert_int_equal(str_from(NULL).len, 0);
	assert_non_null(str_from(NULL).data);
	assert_int_equal(STR("a\0b").len, 3);
	assert_int_equal(STR("").len, 0);
}

static void test_equal(void **state)
{
	static const struct {
		struct str a, b;
		bool equal, equal_nocase;
	} cases[] = {
		{{"", 0}, {"", 0}, true, true},
		{{"", 0}, {NULL, 0}, true, true},
		{{"a", 1}, {"", 0}, false, false},
		{{"abc", 3}, {"abc", 3}, true, true},
		{{"abc", 3}, {"abC", 3}, false, true},
		{{"abcX", 3}, {"abcY", 3}, true, true},
		{{"abc", 3}, {"abcd", 4}, false, false},
		{{"a\0b", 3}, {"a\0c", 3}, false, false},
		{{"a\0b", 3}, {"A\0B", 3}, false, true},
		{{"[", 1}, {"{", 1}, false, false},               /* 0x20 apart as letters are, but no letters */
		{{"\xC3\xA4", 2}, {"\xC3\x84", 2}, false, false}, /* a and A with diaeresis: not ASCII */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(str_equal(cases[i].a, cases[i].b), cases[i].equal);
		assert_int_equal(str_equal(cases[i].b, cases[i].a), cases[i].equal);
		assert_int_equal(str_equal_nocase(cases[i].a, cases[i].b), cases[i].equal_nocase);
	}
	assert_true(str_equal_c(STR("abc"), "abc"));
	assert_false(str_equal_c(STR("abc"), "ab"));
	assert_false(str_equal_c(STR("a\0b"), "a"));
	assert_true(str_equal_c(STR(""), NULL));
}

static void test_compare(void **state)
{
	static const struct str sorted[] = {
		{"", 0}, {"\0", 1}, {"\0\0", 2}, {"A", 1}, {"a", 1}, {"a\0", 2}, {"aa", 2}, {"ab", 2}, {"b", 1}, {"\xFF", 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sorted); i++) {
		for (size_t j = 0; j < COUNT_OF(sorted); j++) {
			int order = str_compare(sorted[i], sorted[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void test_parts(void **state)
{
	struct str s = STR("refs/heads/main");
	(void)state;
	assert_true(str_starts(s, STR("refs/")));
	assert_true(str_starts(s, STR("")));
	assert_true(str_starts(s, s));
	assert_false(str_starts(s, STR("refs/heads/main2")));
	assert_false(str_starts(s, STR("heads")));
	assert_false(str_starts(head("abc", 2), STR("abc")));
	assert_true(str_ends(s, STR("main")));
	assert_true(str_ends(s, STR("")));
	assert_true(str_ends(s, s));
	assert_false(str_ends(s, STR("mai")));
	assert_false(str_ends(STR("n"), STR("in")));
	assert_false(str_ends(head("abc", 2), STR("bc")));
	assert_true(str_contains(s, STR("/heads/")));
	assert_true(str_contains(s, STR("")));
	assert_true(str_contains(STR(""), STR("")));
	assert_false(str_contains(STR(""), STR("a")));
	assert_false(str_contains(s, STR("header")));
	assert_false(str_contains(head("abc", 2), STR("bc")));
	assert_true(str_contains(STR("a\0b"), STR("\0b")));
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("a/b/c"), '/'), 1);
	assert_int_equal(str_find_last(STR("a/b/c"), '/'), 3);
	assert_int_equal(str_find(STR("abc"), '/'), 3);
	assert_int_equal(str_find_last(STR("abc"), '/'), 3);
	assert_int_equal(str_find(head("ab/", 2), '/'), 2);
	assert_int_equal(str_find_last(head("ab/", 2), '/'), 2);
	assert_int_equal(str_find(STR(""), '/'), 0);
	assert_int_equal(str_find_last((struct str){NULL, 0}, '/'), 0);
	assert_int_equal(str_find(STR("a\0b"), '\0'), 1);
	assert_int_equal(str_find(STR("ab"), '\0'), 2);
	assert_int_equal(str_find(STR("\xFF"), '\xFF'), 0);
}

static void test_cut(void **state)
{
	(void)state;
	assert_str(str_from_index(STR("abc"), 0), "abc");
	assert_str(str_from_index(STR("abc"), 2), "c");
	assert_str(str_from_index(STR("abc"), 3), "");
	assert_str(str_from_index(STR("abc"), SIZE_MAX), "");
	assert_str(str_from_index((struct str){NULL, 0}, 5), "");
	assert_str(str_head(STR("abc"), 0), "");
	assert_str(str_head(STR("abc"), 2), "ab");
	assert_str(str_head(STR("abc"), SIZE_MAX), "abc");
}

static void test_trim(void **state)
{
	(void)state;
	assert_str(str_trim(STR(" \t\r\n\v\f a b \t\r\n\v\f ")), "a b");
	assert_str(str_trim(STR("ab")), "ab");
	assert_str(str_trim(STR("   ")), "");
	assert_str(str_trim(STR("")), "");
	assert_int_equal(str_trim(STR("\0a\0")).len, 3);
	assert_int_equal(str_trim(STR("\xA0"
	                              "a\x85"))
	                         .len,
	                 3); /* no-break space and next line are white space elsewhere */
}

/* The parts of text, each in angle brackets. */
static const char *split(struct arena *arena, const char *text)
{
	struct str rest = str_from(text);
	struct str part;
	struct str all = STR("");
	for (int i = 0; i < 20 && str_split_next(&rest, ',', &part); i++)
		all = str_join(arena, all, str_printf(arena, "<%.*s>", STR_ARGS(part)));
	assert_false(str_split_next(&rest, ',', &part));
	return all.data;
}

static void test_split(void **state)
{
	static const struct {
		const char *text, *parts;
	} cases[] = {
		{"", ""},          {"a", "<a>"},        {"a,b", "<a><b>"}, {"a,", "<a><>"},      {",", "<><>"},
		{",a", "<><a>"},   {",,", "<><><>"},    {"a,,b", "<a><><b>"}, {"a,,", "<a><><>"}, {" a , b ", "< a >< b >"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(split(&arena, cases[i].text), cases[i].parts);
	arena_release(&arena);
}

static void test_split_stays_inside(void **state)
{
	struct str rest = head("a,b,c", 2);
	struct str part;
	(void)state;
	assert_true(str_split_next(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_split_next(&rest, ',', &part));
	assert_str(part, "");
	assert_false(str_split_next(&rest, ',', &part));
}

static void test_copies(void **state)
{
	struct arena arena = ARENA_INIT;
	char source[] = "abc";
	(void)state;
	struct str copy = str_copy(&arena, head(source, 2));
	char *text = str_to_c(&arena, head(source, 2));
	source[0] = 'X';
	assert_str(copy, "ab");
	assert_int_equal(copy.data[2], '\0');
	assert_string_equal(text, "ab");
	assert_string_equal(str_to_c(&arena, (struct str){NULL, 0}), "");
	assert_memory_equal(str_to_c(&arena, STR("a\0b")), "a\0b", 4);

	struct str joined = str_join(&arena, STR("a\0"), STR("b"));
	assert_int_equal(joined.len, 3);
	assert_memory_equal(joined.data, "a\0b", 4);
	assert_str(str_join(&arena, STR(""), (struct str){NULL, 0}), "");
	assert_str(str_printf(&arena, "%d %s", 42, "x"), "42 x");
	arena_release(&arena);
}

static void test_has_nul(void **state)
{
	(void)state;
	assert_true(str_has_nul(STR("a\0")));
	assert_true(str_has_nul(STR("\0")));
	assert_false(str_has_nul(STR("a")));
	assert_false(str_has_nul(STR("")));
}

static void test_case(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_str(str_upper(&arena, STR("az AZ [{@` \xC3\xA4")), "AZ AZ [{@` \xC3\xA4");
	assert_str(str_lower(&arena, STR("az AZ [{@` \xC3\x84")), "az az [{@` \xC3\x84");
	assert_str(str_upper(&arena, STR("")), "");
	arena_release(&arena);
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{"", "", 0},
		{"abc", "abc", 0},
		{"", "abc", 3},
		{"main", "mian", 1},  /* swap */
		{"main", "man", 1},   /* delete */
		{"main", "maine", 1}, /* insert */
		{"main", "mein", 1},  /* replace */
		{"kitten", "sitting", 3},
		{"trigger-rule", "triger-rules", 2},
		{"abc", "xyz", 3},
		{"ca", "abc", 3}, /* single edits: what was swapped is not edited again */
	};
	char longest[66];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(str_distance(str_from(cases[i].a), str_from(cases[i].b)), cases[i].distance);
		assert_int_equal(str_distance(str_from(cases[i].b), str_from(cases[i].a)), cases[i].distance);
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(str_distance(head(longest, 64), head(longest, 63)), 1);
	assert_int_equal(str_distance(head(longest, 64), STR("")), 64);
	assert_true(str_distance(head(longest, 65), head(longest, 65)) > 1000);
	assert_true(str_distance(STR("a"), head(longest, 65)) > 1000);
	assert_true(str_distance(head(longest, 65), STR("a")) > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from),  TEST(test_equal), TEST(test_compare),            TEST(test_parts),  TEST(test_find),
		TEST(test_cut),   TEST(test_trim),  TEST(test_split),              TEST(test_copies), TEST(test_has_nul),
		TEST(test_case),  TEST(test_distance), TEST(test_split_stays_inside),
	};
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
