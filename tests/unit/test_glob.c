/* base/glob.h: patterns word by word, lists, what cannot be meant; and against a matcher that tries everything. */
#include "check.h"

#include "base/error.h"
#include "base/glob.h"

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{"main", "main", true},
		{"main", "Main", false},
		{"main", "mai", false},
		{"main", "mainx", false},
		{"*", "main", true},
		{"*", "", true},
		{"*", "a/b", false},
		{"**", "a/b", true},
		{"release/*", "release/1", true},
		{"release/*", "release/1/2", false},
		{"release/**", "release/1/2", true},
		{"release/**", "release", false},
		{"*.md", "README.md", true},
		{"*.md", "docs/README.md", false},
		{"**/*.md", "README.md", true},
		{"**/*.md", "docs/README.md", true},
		{"**/*.md", "a/b/c/README.md", true},
		{"**/*.md", "a/b/c/README.txt", false},
		{"a/**/b", "a/b", true},
		{"a/**/b", "a/x/y/b", true},
		{"a/**/b", "a/xb", false},
		{"x**/b", "xy/z/b", true},
		{"x**/b", "xb", false},
		{"**/a/**/b*c", "1/a/2/bxc", true},
		{"*a*b*c", "aabbcc", true},
		{"*a*b*c", "aabbc/c", false},
		{"v?.?", "v1.2", true},
		{"v?.?", "v1.20", false},
		{"?", "/", false},
		{"?", "\xC3\xA4", true}, /* one character, not one byte */
		{"?", "\xC3", true},     /* no UTF-8 */
		{"??", "\xC3\xA4", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[!a-c]x", "dx", true},
		{"[!a-c]x", "\xC3\xA4x", true},
		{"a[!b]c", "a/c", false},
		{"[]a]", "]", true},
		{"[a-]", "-", true},
		{"[!]]", "a", true},
		{"[!]]", "]", false},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"\\[a]", "[a]", true},
		{"**a**b", "xaybzb", true},
		{"**/*", "a/b", true},
		{"*/**/c", "a/c", true},
		{"*/**/c", "c", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		if (glob_matches(str_from(cases[i].pattern), str_from(cases[i].name)) != cases[i].matches)
			fail_msg("%s over %s", cases[i].pattern, cases[i].name);
		assert_true(glob_check(str_from(cases[i].pattern), &error));
	}
}

/* The same language, by trying every way: for patterns of a, b, /, ?, * only. */
static bool matches_slowly(const char *pattern, const char *name, bool begins)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (strncmp(pattern, "**/", 3) == 0 && begins) {
		if (matches_slowly(pattern + 3, name, true))
			return true;
		for (const char *at = name; *at; at++) {
			if (*at == '/' && matches_slowly(pattern + 3, at + 1, true))
				return true;
		}
		return false;
	}
	if (*pattern == '*') {
		bool two = pattern[1] == '*';
		for (const char *at = name;; at++) {
			if (matches_slowly(pattern + 1 + two, at, false))
				return true;
			if (*at == '\0' || (*at == '/' && !two))
				return false;
		}
	}
	if (*name == '\0' || (*pattern == '?' ? *name == '/' : *pattern != *name))
		return false;
	return matches_slowly(pattern + 1, name + 1, *pattern == '/');
}

static void make_word(unsigned number, const char *letters, char out[16])
{
	unsigned base = (unsigned)strlen(letters);
	size_t length = 0;
	for (; number > 0 && length < 15; number /= base)
		out[length++] = letters[number % base];
	out[length] = '\0';
}

static void test_against_slow_matcher(void **state)
{
	unsigned held = 0;
	uint64_t random = 88172645463325252u;
	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		char pattern[16], name[16];
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		make_word((unsigned)(random & 0xFFFFF), "a/*b*?", pattern);
		make_word((unsigned)(random >> 20 & 0xFFFF), "ab/", name);
		bool matches = glob_matches(str_from(pattern), str_from(name));
		if (matches != matches_slowly(pattern, name, true))
			fail_msg("\"%s\" over \"%s\"", pattern, name);
		held += matches;
	}
	assert_in_range(held, 1000, 199000);
}

static void test_lists(void **state)
{
	static const struct {
		const char *patterns[4];
		const char *name;
		bool selected;
	} cases[] = {
		{{NULL}, "main", true},
		{{"main", "release/*"}, "release/1", true},
		{{"main", "release/*"}, "dev", false},
		{{"**", "!dev"}, "dev", false},
		{{"**", "!dev"}, "main", true},
		{{"!dev"}, "main", true},
		{{"!dev"}, "dev", false},
		{{"!dev/*", "dev/1"}, "dev/1", true},
		{{"!dev/*", "dev/1"}, "main", false},
		{{"src/**", "!**/*.md", "src/keep.md"}, "src/keep.md", true},
		{{"src/**", "!**/*.md", "src/keep.md"}, "src/x.md", false},
		{{"\\!x"}, "!x", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str patterns[4];
		size_t count = 0;
		for (; cases[i].patterns[count]; count++)
			patterns[count] = str_from(cases[i].patterns[count]);
		if (glob_list_selects(patterns, count, str_from(cases[i].name)) != cases[i].selected)
			fail_msg("case %zu", i);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *pattern, *message;
	} cases[] = {
		{"", "the pattern is empty"},
		{"!", "the pattern is empty"},
		{"/src", "the pattern begins with a slash, which no name does"},
		{"src/", "the pattern ends with a slash; write src/** for all that is below"},
		{"a\\", "a backslash with nothing behind it"},
		{"a[b", "a [ without its ]; write \\[ where the character itself is meant"},
		{"a[]", "a [ without its ]; write \\[ where the character itself is meant"},
		{"[z-a]", "the range z-a runs backwards"},
		{"[\xC3\xA4]", "between [ and ] only ASCII characters can be listed"},
	};
	struct error error = ERROR_INIT;
	char longest[GLOB_PATTERN_MAX + 1];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(glob_check(str_from(cases[i].pattern), &error));
		assert_string_equal(error.message, cases[i].message);
	}
	memset(longest, 'a', sizeof(longest));
	assert_true(glob_check((struct str){longest, GLOB_PATTERN_MAX}, &error));
	assert_false(glob_check((struct str){longest, sizeof(longest)}, &error));
	assert_string_equal(error.message, "the pattern is longer than 1000 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_matches),
		TEST(test_against_slow_matcher),
		TEST(test_lists),
		TEST(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
