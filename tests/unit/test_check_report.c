/* config/check_report.h: the order of problems, what is told once, text, colour, counts and JSON. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/check_report.h"
#include "config/problem.h"

static const char *const files[] = {"b.yaml", "a.yaml", "x\033[0m"};

struct fixture {
	struct arena arena;
	struct problems problems;
	struct check_report report;
	struct buf out;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT, .out = BUF_INIT};
	f->problems.arena = &f->arena;
	f->report = (struct check_report){&f->arena, &f->problems, files, COUNT_OF(files), 1};
}

static void tear_down(struct fixture *f)
{
	buf_release(&f->out);
	arena_release(&f->arena);
}

static void add_all(struct fixture *f)
{
	problem_add(&f->problems, (struct position){"a.yaml", 2, 1}, "fifth");
	problem_add(&f->problems, (struct position){"b.yaml", 10, 1}, "fourth");
	f->problems.hook = "<h>";
	problem_warn(&f->problems, (struct position){"b.yaml", 2, 10}, "third");
	problem_add(&f->problems, (struct position){"b.yaml", 2, 9}, "second");
	f->problems.hook = NULL;
	problem_add(&f->problems, (struct position){"b.yaml", 0, 0}, "first");
	problem_add(&f->problems, (struct position){"a.yaml", 2, 1}, "sixth");
	problem_add(&f->problems, (struct position){"a.yaml", 2, 1}, "fifth");
	problem_add(&f->problems, (struct position){"x\033[0m", 1, 1}, "last");
}

static void test_order(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	add_all(&f);
	check_report_text(&f.report, false, true, &f.out);
	assert_string_equal(f.out.data, "b.yaml:1:1: error: first\n"
	                                "b.yaml:2:9: error: second\n"
	                                "b.yaml:2:10: warning: third\n"
	                                "b.yaml:10:1: error: fourth\n"
	                                "a.yaml:2:1: error: fifth\n"
	                                "a.yaml:2:1: error: sixth\n"
	                                "x\\x1b[0m:1:1: error: last\n"
	                                "3 files, 1 hook: 6 errors, 1 warning\n");
	tear_down(&f);
}

static void test_colour(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	problem_add(&f.problems, (struct position){"a.yaml", 2, 1}, "bad");
	problem_warn(&f.problems, (struct position){"a.yaml", 3, 1}, "odd");
	check_report_text(&f.report, true, false, &f.out);
	assert_string_equal(f.out.data, "\033[1ma.yaml:2:1:\033[0m \033[1;31merror:\033[0m bad\n"
	                                "\033[1ma.yaml:3:1:\033[0m \033[1;35mwarning:\033[0m odd\n");
	tear_down(&f);
}

static void test_json(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	check_report_json(&f.report, &f.out);
	assert_string_equal(f.out.data, "[]\n");
	buf_clear(&f.out);
	add_all(&f);
	f.problems.count = 3;
	check_report_json(&f.report, &f.out);
	assert_string_equal(
		f.out.data,
		"[\n\t{\"file\": \"b.yaml\", \"line\": 2, \"column\": 10, \"severity\": \"warning\", "
		"\"message\": \"third\", \"hook\": \"\\u003ch\\u003e\"},\n"
		"\t{\"file\": \"b.yaml\", \"line\": 10, \"column\": 1, \"severity\": \"error\", \"message\": \"fourth\"},\n"
		"\t{\"file\": \"a.yaml\", \"line\": 2, \"column\": 1, \"severity\": \"error\", \"message\": \"fifth\"}\n]\n");
	tear_down(&f);
}

static void test_counts(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.report.hook_count = 0;
	check_report_text(&f.report, false, true, &f.out);
	assert_string_equal(f.out.data, "3 files, 0 hooks: 0 errors, 0 warnings\n");
	buf_clear(&f.out);
	for (unsigned i = 0; i < 1500; i++)
		problem_add(&f.problems, (struct position){"a.yaml", i + 1, 1}, "bad");
	check_report_text(&f.report, false, true, &f.out);
	assert_contains(f.out.data, "a.yaml:1000:1: error: bad\n3 files, 0 hooks: 1500 errors, 0 warnings "
	                            "(500 errors are not shown)\n");
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_order), TEST(test_colour), TEST(test_json), TEST(test_counts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
