/* config/problem.h: places, what is printed of hostile text, the cap, and what a report says. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/problem.h"

static void test_text(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	problem_add(&problems, (struct position){"hooks.yaml", 3, 14}, "expected %s", "a text");
	problem_add(&problems, (struct position){"hooks.yaml", 0, 0}, "too large");
	problem_add(&problems, (struct position){NULL, 0, 0}, "-port: no");
	assert_string_equal(problem_text(&arena, &problems.items[0]), "hooks.yaml:3:14: expected a text");
	assert_string_equal(problem_text(&arena, &problems.items[1]), "hooks.yaml: too large");
	assert_string_equal(problem_text(&arena, &problems.items[2]), "-port: no");
	arena_release(&arena);
}

static void test_hook(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	problem_add(&problems, (struct position){"a", 1, 1}, "before");
	problems.hook = "deploy";
	problem_warn(&problems, (struct position){"a", 2, 1}, "within");
	problems.hook = NULL;
	problem_add(&problems, (struct position){"a", 3, 1}, "behind");
	assert_null(problems.items[0].hook);
	assert_string_equal(problems.items[1].hook, "deploy");
	assert_null(problems.items[2].hook);
	arena_release(&arena);
}

static void test_nothing_unprintable(void **state)
{
	static const struct {
		const char *text, *kept;
	} cases[] = {
		{"a\nb", "a\\x0ab"},
		{"\x1b[31m", "\\x1b[31m"},
		{"gr\xc3\xb6\xc3\x9f"
	         "e",
	         "gr\xc3\xb6\xc3\x9f"
	         "e"},
		{"\xc2\x9b", "\\xc2\\x9b"}, /* CSI as one character */
		{"\xe2\x80\xae"
	         "x",
	         "\\xe2\\x80\\xaex"}, /* right-to-left override */
		{"\xff\xfe", "\\xff\\xfe"},
		{"tail\x7f", "tail\\x7f"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct problems problems = {.arena = &arena};
		problem_add(&problems, (struct position){NULL, 0, 0}, "%s", cases[i].text);
		assert_string_equal(problems.items[0].text, cases[i].kept);
		arena_release(&arena);
	}
}

static void test_cap(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	struct error error = ERROR_INIT;
	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		problem_warn(&problems, (struct position){"f", i, 1}, "warning");
	assert_int_equal(problems.count, 1000);
	assert_int_equal(problems.errors, 0);
	for (unsigned i = 0; i < 5000; i++)
		problem_add(&problems, (struct position){"f", i + 1, 2}, "error");
	assert_int_equal(problems.count, 1000);
	assert_int_equal(problems.errors, 5000);
	assert_true(arena.used < 1000000);
	problems.items[0].text = "kept"; /* the error took the last warning's place */
	assert_false(problems.items[999].warning);
	for (size_t i = 0; i < 999; i++)
		problems.items[i].warning = false; /* else the report logs them all */
	assert_false(problems_report(&problems, &error));
	assert_contains(error.message, "(and 4999 more)");
	arena_release(&arena);
}

static void test_report(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	struct error error = ERROR_INIT;
	char long_text[2000];
	(void)state;
	assert_true(problems_report(&problems, &error));
	assert_int_equal(error.kind, ERROR_NONE);

	problem_add(&problems, (struct position){"f", 1, 2}, "first");
	assert_false(problems_report(&problems, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.message, "f:1:2: first");

	problem_add(&problems, (struct position){"f", 3, 4}, "second");
	assert_false(problems_report(&problems, &error));
	assert_string_equal(error.message, "f:1:2: first (and 1 more)");

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	problems = (struct problems){.arena = &arena};
	problem_add(&problems, (struct position){"f", 1, 2}, "%s", long_text);
	problem_add(&problems, (struct position){"f", 3, 4}, "second");
	assert_false(problems_report(&problems, &error));
	assert_contains(error.message, "xxx (and 1 more)");
	arena_release(&arena);
}

/* What a report of one warning writes to standard error. */
static int warn_to(void *context)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	struct error error = ERROR_INIT;
	int *end = context;
	dup2(*end, STDERR_FILENO);
	problem_warn(&problems, (struct position){"f", 1, 2}, "odd");
	return problems_report(&problems, &error) ? 0 : 1;
}

static void test_warnings_are_logged(void **state)
{
	char text[512] = "";
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(status_in_child(warn_to, &ends[1]), 0);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_contains(text, "f:1:2: odd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text), TEST(test_hook),   TEST(test_nothing_unprintable),
		TEST(test_cap),  TEST(test_report), TEST(test_warnings_are_logged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
