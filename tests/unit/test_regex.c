/* hook/regex.h: Go's syntax and its meaning, what is refused and where, and the limits. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "hook/regex.h"

/* Whether the pattern is found; -1 where it does not compile, -2 where the search was given up. */
static int search(struct str pattern, struct str text, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct regex *regex = regex_compile(&arena, pattern, error);
	bool found = false;
	int result = -1;

	if (regex)
		result = regex_search(regex, text, &found, error) ? found : -2;
	arena_release(&arena);
	return result;
}

static void test_searches(void **state)
{
	static const struct {
		const char *pattern, *text;
		int found;
	} cases[] = {
		{"", "", 1},
		{"b", "abc", 1},
		{"d", "abc", 0},
		{"^refs/heads/(main|release-.*)$", "refs/heads/release-1", 1},
		{"^refs/heads/(main|release-.*)$", "refs/heads/feature", 0},
		{"a|b", "xb", 1},
		{"^$", "", 1},
		/* Ends and beginnings of the text and of lines. */
		{"main$", "main\n", 0},
		{"main\\z", "main", 1},
		{"^main", "a\nmain", 0},
		{"(?m)^main$", "a\nmain\nb", 1},
		{"(?m)main$", "main\n", 1},
		{"a\n(?m)^$", "a\n", 1}, /* PCRE2's own ^ does not hold behind the last newline */
		{"(?m:^b)", "a\nb", 1},
		{"(?m-m:^b)", "a\nb", 0},
		{"\\Ab", "a\nb", 0},
		{"(?m)\\Ab", "a\nb", 0},
		{"\\bmain\\b", "a main b", 1},
		{"\\bmain\\b", "amain", 0},
		{"\\Bain", "main", 1},
		{"\\b", "\xC3\xA9", 0}, /* words are ASCII */
		/* The dot. */
		{"^a.b$", "a\nb", 0},
		{"(?s)^a.b$", "a\nb", 1},
		{"^.$", "\xF0\x9F\x98\x80", 1},
		{"^a.b$", "a\rb", 1},
		/* Repetitions, greedy or not, of everything. */
		{"^a{2,3}$", "aaa", 1},
		{"^a{2,3}$", "aaaa", 0},
		{"^a{2}?$", "aa", 1},
		{"^a{2,}$", "a", 0},
		{"^a{0}$", "", 1},
		{"^(ab)+?c$", "ababc", 1},
		{"(?U)^a*b$", "aab", 1},
		{"^*a", "ba", 1},
		{"^(\\b)+a", "a", 1},
		{"^{2}a", "a", 1},
		{"^a{,2}$", "a{,2}", 1}, /* no counts: only braces */
		{"^a{$", "a{", 1},
		{"^a{01}$", "a{01}", 1},
		{"^(?:a{100}){10}$", "a", 0},
		/* Case. */
		{"(?i)main", "MAIN", 1},
		{"(?i:ma)in", "MAIN", 0},
		{"(?i)ma(?-i)in", "MAIN", 0},
		{"(?i)ma(?-i)in", "MAin", 1},
		{"a(?i)b|c", "C", 1},
		{"(a(?i)b|c)d", "CD", 0},
		{"(a(?i)b|c)d", "Cd", 1},
		{"a(?i)*b", "AB", 1},
		{"((?i)a)(?i)b", "AB", 1},
		{"((?i)a)b", "AB", 0},
		{"^a(?i)+$", "A", 0},
		{"(?i)k", "\xE2\x84\xAA", 1}, /* the Kelvin sign */
		{"(?i)\\W", "\xE2\x84\xAA", 0},
		{"(?i)[\\W]", "\xE2\x84\xAA", 0},
		{"[\\W]", "\xE2\x84\xAA", 1},
		{"(?i)[^\\W]", "\xE2\x84\xAA", 1},
		{"(?i)\xC3\xA9", "\xC3\x89", 1},
		/* Groups. */
		{"(?P<branch>main)", "main", 1},
		{"(?<branch>main)", "main", 1},
		{"()|(?:)", "", 1},
		/* Classes. */
		{"^[a-c]$", "b", 1},
		{"^[^a-c]$", "b", 0},
		{"^[^a]$", "\n", 1},
		{"^[]a]$", "]", 1},
		{"^[^]a]$", "b", 1},
		{"^[a-]$", "-", 1},
		{"^[-a]$", "-", 1},
		{"^[a-c-e]$", "-", 1},
		{"^[[a]$", "[", 1},
		{"^[a&&b]$", "&", 1},
		{"^[\\]\\\\]$", "\\", 1},
		{"^\\d\\D$", "1a", 1},
		{"\\d", "\xD9\xA1", 0}, /* an Arabic digit */
		{"\\w", "\xC3\xA9", 0},
		{"^\\s$", "\v", 0},
		{"^[[:space:]]$", "\v", 1},
		{"^\\S$", "\v", 1},
		{"^[\\d\\-x]+$", "1-x", 1},
		{"^[^\\d\\s]$", "1", 0},
		{"^[[:word:]]+$", "a_1", 1},
		{"^[[:^word:]]$", "-", 1},
		{"^[^[:^digit:]]$", "5", 1},
		{"^[[:punct:][:upper:]]+$", "A!", 1},
		{"^[\\x{0}-\\x{10FFFF}]$", "\xF0\x9F\x98\x80", 1},
		{"^\\pL$", "\xC3\xA9", 1},
		{"^\\pN$", "a", 0},
		{"^\\PN$", "a", 1},
		{"^\\p{Greek}$", "\xCF\x83", 1},
		{"^\\p{^Greek}$", "\xCF\x83", 0},
		{"^\\P{^Greek}$", "\xCF\x83", 1},
		{"^[\\p{Greek}a]+$", "a\xCF\x83", 1},
		{"^[^\\p{Greek}]$", "\xCF\x83", 0},
		{"^\\p{Any}$", "\n", 1},
		{"^\\p{Old_Italic}$", "\xF0\x90\x8C\x80", 1},
		{"^\\p{Lu}$", "a", 0},
		{"\\pC", "\xCD\xB8", 0}, /* U+0378 is not assigned: PCRE2 counts it as C, RE2 does not */
		{"(?i)\\p{L}", "\xCD\x85", 1},
		/* Escapes. */
		{"^\\Qa.b*\\E+$", "a.b**", 1},
		{"^\\Qa.b", "a.b", 1},
		{"^\\Q\\d$", "\\d$", 1},
		{"^\\x41\\x{1F600}\\101\\0$", "A\xF0\x9F\x98\x80\x41", 0},
		{"^\\x41\\x{1F600}\\101$", "A\xF0\x9F\x98\x80\x41", 1},
		{"^\\a\\f\\n\\r\\t\\v$", "\a\f\n\r\t\v", 1},
		{"^\\.\\-\\_\\/\\ $", ".-_/ ", 1},
		{"\\x{D800}", "\xED\xA0\x80", 0},
		{"[\\x{D800}]", "\xED\xA0\x80", 0},
		{"^[^\\x{D800}-\\x{DFFF}]$", "a", 1},
		/* What PCRE2 understands and RE2 does not is plain text. */
		{"a#b", "a#b", 1},
		{"a b", "a b", 1},
		{"\\#", "#", 1},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		int found = search(str_from(cases[i].pattern), str_from(cases[i].text), &error);
		if (found != cases[i].found)
			fail_msg("%s over \"%s\": %d, not %d (%s)", cases[i].pattern, cases[i].text, found,
			         cases[i].found, error.message);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *pattern, *message;
	} cases[] = {
		{"a(b", "at character 2: there is no ) for this ("},
		{"((a)", "at character 1: there is no ) for this ("},
		{"a)", "at character 2: there is no ( for this )"},
		{"[a", "at character 1: there is no ] for this ["},
		{"x[]", "at character 2: there is no ] for this ["},
		{"[z-a]", "at character 2: the end of this range is before its beginning"},
		{"[[:foo:]]", "at character 2: there is no class [:foo:]"},
		{"*a", "at character 1: there is nothing to repeat before this"},
		{"(+a)", "at character 2: there is nothing to repeat before this"},
		{"a|{2}", "at character 3: there is nothing to repeat before this"},
		{"a**",
	         "at character 3: a repetition of a repetition (a++ and a*+ are possessive, which RE2 does not have)"},
		{"a++",
	         "at character 3: a repetition of a repetition (a++ and a*+ are possessive, which RE2 does not have)"},
		{"a{2}{2}",
	         "at character 5: a repetition of a repetition (a++ and a*+ are possessive, which RE2 does not have)"},
		{"a{1001}", "at character 2: more than 1000 repetitions"},
		{"a{99999999999999999999}", "at character 2: more than 1000 repetitions"},
		{"a{3,2}", "at character 2: the least count is above the greatest"},
		{"(a{50}){50}", "at character 8: more than 1000 repetitions, nested ones multiplied"},
		{"((a{11}){11}b){11}", "at character 15: more than 1000 repetitions, nested ones multiplied"},
		{"\xC3\xA9(?=a)", "at character 2: (?= is look-ahead, which RE2 does not have"},
		{"(?!a)", "at character 1: (?! is look-ahead, which RE2 does not have"},
		{"(?<=a)", "at character 1: (?<= is look-behind, which RE2 does not have"},
		{"(?<!a)", "at character 1: (?<! is look-behind, which RE2 does not have"},
		{"(?>a)", "at character 1: (?> is an atomic group, which RE2 does not have"},
		{"(?|a)", "at character 1: (?| is a branch reset, which RE2 does not have"},
		{"(?#a)", "at character 1: (?# is a comment, which RE2 does not have"},
		{"(?(1)a)", "at character 1: (?( is a condition, which RE2 does not have"},
		{"(?R)", "at character 1: (?R is recursion, which RE2 does not have"},
		{"(?1)", "at character 1: (?1 is recursion, which RE2 does not have"},
		{"(?P=a)", "at character 1: (?P= is a back-reference, which RE2 does not have"},
		{"(?P>a)", "at character 1: (?P> is recursion, which RE2 does not have"},
		{"(?C1)", "at character 1: (?C is a callout, which RE2 does not have"},
		{"(?'a'b)", "at character 1: (?' is a name in quotes, which RE2 does not have"},
		{"(?x)a", "at character 1: unknown flags: i, m, s and U are those of RE2"},
		{"(?i-)a", "at character 1: unknown flags: i, m, s and U are those of RE2"},
		{"(?", "at character 1: unknown flags: i, m, s and U are those of RE2"},
		{"(?P<>a)", "at character 1: a group's name is made of letters, digits and _, and ends with >"},
		{"(?P<a b>a)", "at character 1: a group's name is made of letters, digits and _, and ends with >"},
		{"(?<a", "at character 1: a group's name is made of letters, digits and _, and ends with >"},
		{"(*UTF)a", "at character 1: (* begins a verb, which RE2 does not have"},
		{"(a)\\1", "at character 4: \\1 is a back-reference, which RE2 does not have"},
		{"\\k<a>", "at character 1: \\k is a back-reference, which RE2 does not have"},
		{"\\g1", "at character 1: \\g is a back-reference, which RE2 does not have"},
		{"\\K", "at character 1: \\K is a reset of the match's start, which RE2 does not have"},
		{"\\R", "at character 1: \\R is a line break, which RE2 does not have"},
		{"\\X", "at character 1: \\X is a grapheme, which RE2 does not have"},
		{"\\h", "at character 1: \\h is horizontal space, which RE2 does not have"},
		{"\\N", "at character 1: \\N is not a newline, which RE2 does not have"},
		{"\\C", "at character 1: \\C is one byte, which RE2 does not have"},
		{"\\Z", "at character 1: \\Z is the end but a last newline, which RE2 does not have"},
		{"a\\", "at character 2: a backslash at the end"},
		{"[\\b]", "at character 2: unknown escape"},
		{"\\E", "at character 1: unknown escape"},
		{"\\u0041", "at character 1: unknown escape"},
		{"\\\xC3\xA9", "at character 1: unknown escape"},
		{"\\x4", "at character 1: \\x wants two hexadecimal digits, or a code point up to {10FFFF} in braces"},
		{"\\x{110000}",
	         "at character 1: \\x wants two hexadecimal digits, or a code point up to {10FFFF} in braces"},
		{"\\x{}", "at character 1: \\x wants two hexadecimal digits, or a code point up to {10FFFF} in braces"},
		{"\\p{Klingon}", "at character 1: there is no class of characters \\p{Klingon}"},
		{"\\pq", "at character 1: there is no class of characters \\p{q}"},
		{"\\p", "at character 1: there is no class of characters \\p{}"},
		{"\\p{L&}", "at character 1: there is no class of characters \\p{L&}"},
		{"\\p{Greek", "at character 1: there is no } for this \\p{"},
		{"(?i)\\p{Lu}", "at character 5: \\p{Lu} together with (?i) is not available; write \\p{L}"},
		{"\xFF", "the expression is not UTF-8"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		int found = search(str_from(cases[i].pattern), STR("a"), &error);
		if (found != -1)
			fail_msg("%s compiles", cases[i].pattern);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_string_equal(error.message, cases[i].message);
	}
}

/* Each byte that is not UTF-8 is one U+FFFD, also half of a surrogate pair in three bytes. */
static void test_text_that_is_not_utf8(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(search(STR("^.$"), STR("\xFF"), &error), 1);
	assert_int_equal(search(STR("^\\x{FFFD}{3}$"), STR("\xED\xA0\x80"), &error), 1);
	assert_int_equal(search(STR("^a[^a]b$"),
	                        STR("a\xC3"
	                            "b"),
	                        &error),
	                 1);
	assert_int_equal(search(STR("main"), STR("\xFF\xFEmain\xC0"), &error), 1);
	assert_int_equal(search(STR("^a.b$"), STR("a\0b"), &error), 1);
	assert_int_equal(search(STR("a\0b"), STR("a\0b"), &error), 1);
}

/* A search that takes too long is an error: it must not look like "no match". */
static void test_limits(void **state)
{
	struct error error = ERROR_INIT;
	static char many[200001], nested[1003];
	(void)state;

	assert_int_equal(search(STR("^(a+)+$"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), &error), -2);
	assert_string_equal(error.message, "the search was given up: match limit exceeded");
	/* Between our limit and the one that PCRE2 has by itself. */
	assert_int_equal(search(STR("^(a+)+$"), STR("aaaaaaaaaaaaaaaaaaaab"), &error), -2);
	assert_int_equal(search(STR("^(a+)+$"), STR("aaaaaaaaaaaaaaab"), &error), 0);

	memset(many, 'a', sizeof(many) - 1);
	assert_int_equal(search(STR("a$"), str_from(many), &error), 1);
	assert_int_equal(search(STR("^[^b]*$"), str_from(many), &error), 1);

	/* The limit is for the whole search, not for each place where it could begin. */
	for (size_t i = 0; i + 11 < sizeof(many); i += 11)
		memcpy(many + i, "refs/heads/", 11);
	assert_int_equal(search(STR("refs/heads/.*/release"), str_from(many), &error), -2);
	assert_int_equal(search(STR("heads/refs/heads/aa"), str_from(many), &error), 1);

	memset(nested, '(', 251);
	assert_int_equal(search(str_from(nested), STR(""), &error), -1);
	assert_string_equal(error.message, "at character 251: groups nest deeper than 250");
	memset(nested, '(', 250);
	memset(nested + 250, ')', 250);
	assert_int_equal(search(str_from(nested), STR(""), &error), 1);
	assert_int_equal(search(STR("(?:[a\\PL][b\\PN][c\\PL][d\\PN]){1000}"), STR(""), &error), -1);
	assert_string_equal(error.message, "the expression cannot be compiled: regular expression is too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_searches),
		TEST(test_refuses),
		TEST(test_text_that_is_not_utf8),
		TEST(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
