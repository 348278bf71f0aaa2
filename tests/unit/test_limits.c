/*
 * Limits by the numbers that pocketci.fcgi(8) has of them, each from both sides: what is at the limit is taken, one more is
 * refused with the one sentence. Those of multipart, XML, forms, regular expressions, URLs and bodies are tried where
 * the rest of them is.
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/secret.h"
#include "config/yaml.h"
#include "forge/event.h"
#include "hook/template.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* front, count times part, back. */
static struct str text_of(const char *front, const char *part, size_t count, const char *back)
{
	struct buf text = BUF_INIT;

	buf_append_c(&text, front);
	for (size_t i = 0; i < count; i++)
		buf_append_c(&text, part);
	buf_append_c(&text, back);
	struct str copy = str_copy(&arena, buf_str(&text));
	buf_release(&text);
	return copy;
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

/* NULL: it was taken. */
static const char *yaml_problem(const struct yaml_limits *limits, struct str text)
{
	struct problems problems = {.arena = &arena};

	if (yaml_parse(&arena, text, "f", limits, &problems) != NULL)
		return NULL;
	assert_int_equal(problems.errors, 1);
	return problem_text(&arena, &problems.items[0]);
}

static void check_yaml(const struct yaml_limits *limits, struct str most, struct str more, const char *message)
{
	const char *problem = yaml_problem(limits, most);

	if (problem != NULL)
		fail_msg("refused at the limit: %s", problem);
	problem = yaml_problem(limits, more);
	if (problem == NULL)
		fail_msg("taken past the limit: %s", message);
	assert_contains(problem, message);
}

static struct str nested(size_t depth)
{
	return str_join(&arena, text_of("", "[", depth, ""), text_of("1", "]", depth, ""));
}

static void test_yaml(void **state)
{
	static const struct {
		const struct yaml_limits *limits;
		size_t bytes, nodes;
		const char *too_long, *too_many;
	} cases[] = {
		{&yaml_limits_repository, 262144, 10000,
	         "f: the file has 262145 bytes, and no more than 262144 are read",
	         "more than 10000 values in this file, aliases counted"},
		{&yaml_limits_server, 16777216, 1000000,
	         "f: the file has 16777217 bytes, and no more than 16777216 are read",
	         "more than 1000000 values in this file, aliases counted"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct yaml_limits *limits = cases[i].limits;
		check_yaml(limits, text_of("#", "x", cases[i].bytes - 1, ""), text_of("#", "x", cases[i].bytes, ""),
		           cases[i].too_long);
		/* The list is a value, too. */
		check_yaml(limits, text_of("[", "1,", cases[i].nodes - 1, "]"), text_of("[", "1,", cases[i].nodes, "]"),
		           cases[i].too_many);
		check_yaml(limits, nested(64), nested(65), "f:1:65: nested deeper than 64 levels");
		check_yaml(limits, text_of("", "#%TAG\n", 64, "1"), text_of("", "#%TAG\n", 65, "1"),
		           "f: more than 64 %TAG directives");
	}
}

static void test_secret(void **state)
{
	struct error error = ERROR_INIT;
	char folder[64];
	(void)state;
	make_temporary_folder(folder);
	struct str path = str_from(file_join(&arena, folder, "secret"));
	const struct secret secret = {.kind = SECRET_FILE, .text = path};
	struct str value;

	assert_true(file_create(path.data, text_of("", "x", 65536, ""), 0600, &error));
	assert_true(secret_read(&arena, &secret, &value, &error));
	assert_int_equal(value.len, 65536);
	assert_true(file_replace(path.data, text_of("", "x", 65537, ""), 0600, &error));
	assert_false(secret_read(&arena, &secret, &value, &error));
	assert_contains(error.message, "larger than 65536 bytes");
	assert_true(file_remove_tree(folder, &error));
}

/* --- Templates ---------------------------------------------------------------------------------------------------- */

/* The length of its output, or fails with the problem in *problem. */
static bool run_template(struct str text, size_t *len, const char **problem)
{
	struct problems problems = {.arena = &arena};
	struct template_output output = TEMPLATE_OUTPUT_INIT;
	bool good = template_run(&arena, text, "f", &output, &problems);

	*len = output.text.len;
	*problem = good ? "" : problem_text(&arena, &problems.items[0]);
	template_output_release(&output);
	return good;
}

static void check_template(struct str most, size_t expected, struct str more, const char *message)
{
	const char *problem;
	size_t len;

	if (!run_template(most, &len, &problem))
		fail_msg("refused at the limit: %s", problem);
	assert_int_equal(len, expected);
	assert_false(run_template(more, &len, &problem));
	assert_contains(problem, message);
}

/* 2^20 bytes in $x. */
#define MEBIBYTE "{{$x := \"x\"}}{{range 20}}{{$x = print $x $x}}{{end}}"

static void test_template(void **state)
{
	struct error error = ERROR_INIT;
	char folder[64];
	(void)state;
	check_template(STR(MEBIBYTE "{{range 16}}{{$x}}{{end}}"), 16777216, STR(MEBIBYTE "{{range 16}}{{$x}}{{end}}x"),
	               "template: more than 16 MiB of output");
	check_template(STR(MEBIBYTE "{{len (print $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x)}}"), 8,
	               STR(MEBIBYTE "{{len (print $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x \"x\")}}"),
	               "template: print: a text of more than 16 MiB");
	check_template(STR("{{printf \"%1000d\" 1}}"), 1000, STR("{{printf \"%1001d\" 1}}"),
	               "no width or precision may be larger than 1000");

	make_temporary_folder(folder);
	const char *path = file_join(&arena, folder, "file");
	struct str template = str_printf(&arena, "{{cat \"%s\"}}", path);
	const char *problem;
	size_t len;
	assert_true(file_create(path, text_of("", "x", 1048576, ""), 0600, &error));
	assert_true(run_template(template, &len, &problem));
	assert_int_equal(len, 1048576);
	assert_true(file_replace(path, text_of("", "x", 1048577, ""), 0600, &error));
	assert_false(run_template(template, &len, &problem));
	assert_string_equal(problem, "f:1:3: template: cat: the file has more than 1 MiB");
	assert_true(file_remove_tree(folder, &error));
}

static struct str blocks(size_t count)
{
	return str_join(&arena, text_of("", "{{if 1}}", count, "x"), text_of("", "{{end}}", count, ""));
}

static struct str rounds(size_t count)
{
	return str_printf(&arena, "{{range %zu}}{{1}}{{end}}", count);
}

/* What a block or a round takes is the template's own affair: the first that is too much says so, the one before not. */
static void test_template_work(void **state)
{
	size_t deep = 0, steps = 1, len, tries = 0;
	const char *problem;
	(void)state;
	while (run_template(blocks(deep + 1), &len, &problem) && deep < 300)
		deep++;
	assert_in_range(deep, 290, 300);
	assert_contains(problem, "template: more than 300 levels of blocks");
	for (size_t span = 1 << 20; span > 0 && tries < 64; span /= 2, tries++) {
		if (run_template(rounds(steps + span), &len, &problem))
			steps += span;
		else
			assert_contains(problem, "template: more than 1000000 steps: does it ever end?");
	}
	assert_in_range(steps, 200000, 1000000);
	assert_true(run_template(rounds(steps), &len, &problem));
	assert_int_equal(len, steps);
	assert_false(run_template(rounds(steps + 1), &len, &problem));
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static void test_json(void **state)
{
	struct error error = ERROR_INIT;
	struct value *value;
	(void)state;
	/* The list counts eight. */
	assert_true(payload_parse_json(&arena, text_of("[", "1,", 499991, "1]"), &value, &error));
	assert_int_equal(value_map_get(value, STR("root"))->as.list.count, 499992);
	assert_false(payload_parse_json(&arena, text_of("[", "1,", 499992, "1]"), &value, &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	assert_string_equal(error.message, "1:999986: more than 500000 values");
}

static void test_event(void **state)
{
	(void)state;
	for (size_t len = 2048; len <= 2049; len++) {
		struct request request = {.arena = &arena, .query = STR("")};
		struct error error = ERROR_INIT;
		struct event event;

		request_add_header(&request, STR("X-GitHub-Event"), STR("ping"));
		request_add_header(&request, STR("X-GitHub-Delivery"), text_of("", "x", len, ""));
		request_add_header(&request, STR("Content-Type"), STR("application/json"));
		request.content_type = STR("application/json");
		request.body = STR("{}");
		if (event_read(&request, &event, &error) != (len == 2048))
			fail_msg("%zu bytes: %s", len, error.message);
		assert_true(len == 2048 || strstr(error.message, "of at most 2048 bytes"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_yaml, release),
		cmocka_unit_test_teardown(test_secret, release),
		cmocka_unit_test_teardown(test_template, release),
		cmocka_unit_test_teardown(test_template_work, release),
		cmocka_unit_test_teardown(test_json, release),
		cmocka_unit_test_teardown(test_event, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
