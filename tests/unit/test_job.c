/* run/job.h: a job survives its way over a pipe byte for byte, and nothing else is taken for one. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "run/field.h"
#include "run/job.h"

static struct job make_full_job(void)
{
	static struct str arguments[] = {{"make", 4}, {"", 0}, {"a\0b\nc 3\n", 8}};
	static struct str paths[] = {{"src/**", 6}, {"!a b", 4}};
	static struct job_variable variables[] = {{{"A", 1}, {"1=2", 3}}, {{"variable-value", 14}, {"", 0}}};
	static struct job_file files[] = {{{"F", 1}, {"\0\xff\n", 3}}, {{"G", 1}, {"", 0}}};
	return (struct job){
		.id = STR("01kapwaz5w0000000000000000"),
		.hook = STR("hook with spaces\nand lines"),
		.arguments = arguments,
		.argument_count = COUNT_OF(arguments),
		.variables = variables,
		.variable_count = COUNT_OF(variables),
		.files = files,
		.file_count = COUNT_OF(files),
		.script = STR("echo \"$1\"\nexit 3\n"),
		.input = {"in\xff\n 1\n", 7},
		.directory = STR("sub"),
		.inherit_environment = true,
		.keep_processes = true,
		.stop_when_client_leaves = true,
		.timeout = -1,
		.stop_grace = 123456789012,
		.stop_signal = SIGINT,
		.checkout = true,
		.url = STR("https://github.com/acme/app.git"),
		.ref = STR("refs/heads/main"),
		.commit = STR("0123456789012345678901234567890123456789"),
		.short_commit = STR("0123456"),
		.before = STR("1"),
		.fork = true,
		.changes = true,
		.base = STR("refs/heads/main"),
		.paths = paths,
		.path_count = COUNT_OF(paths),
		.forge = STR("github"),
		.event = STR("push"),
		.forge_event = STR("PUSH"),
		.repository = STR("acme/app"),
		.branch = STR("main"),
		.tag = STR("v1"),
		.payload = STR("{\"a\":\"\\u0000\"}"),
		.run_url = STR("https://ci/runs/1"),
		.state = STR("/var/lib/pocketci"),
	};
}

#define assert_same_str(a, b) assert_true(str_equal((a), (b)))

static void assert_same_job(const struct job *a, const struct job *b)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	job_write(&first, a);
	job_write(&second, b);
	assert_same_str(buf_str(&first), buf_str(&second));
	buf_release(&first);
	buf_release(&second);
}

static void test_all_fields_arrive(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	struct job sent = make_full_job(), job;
	(void)state;
	job_write(&text, &sent);
	assert_true(job_read(&arena, buf_str(&text), &job, &error));
	memset(text.data, 'x', text.len); /* what was read must not borrow */
	assert_same_job(&sent, &job);

	/* Not by job_write alone: each kind of field once more by hand. */
	assert_same_str(job.hook, sent.hook);
	assert_int_equal(job.argument_count, 3);
	assert_same_str(job.arguments[2], sent.arguments[2]);
	assert_int_equal(job.path_count, 2);
	assert_str(job.paths[1], "!a b");
	assert_str(job.short_commit, "0123456");
	assert_str(job.base, "refs/heads/main");
	assert_true(job.changes && job.fork);
	assert_str(job.variables[0].value, "1=2");
	assert_str(job.variables[1].name, "variable-value");
	assert_same_str(job.files[0].data, sent.files[0].data);
	assert_true(job.inherit_environment && job.keep_processes && job.stop_when_client_leaves && job.checkout);
	assert_same_str(job.script, sent.script);
	assert_same_str(job.input, sent.input);
	assert_int_equal(job.timeout, -1);
	assert_true(job.stop_grace == 123456789012);
	assert_int_equal(job.stop_signal, SIGINT);
	assert_str(job.before, "1");
	assert_str(job.forge_event, "PUSH");
	assert_str(job.run_url, "https://ci/runs/1");
	buf_release(&text);
	arena_release(&arena);
}

static void test_defaults_arrive(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	struct str argument = STR("true");
	struct job sent, job;
	(void)state;
	job_init(&sent);
	assert_int_equal(sent.timeout, 3600000);
	assert_int_equal(sent.stop_signal, SIGTERM);
	sent.arguments = &argument;
	sent.argument_count = 1;
	job_write(&text, &sent);
	assert_true(job_read(&arena, buf_str(&text), &job, &error));
	assert_same_job(&sent, &job);
	assert_int_equal(job.file_count, 0);
	buf_release(&text);
	arena_release(&arena);
}

static bool reads(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job;
	bool read = job_read(&arena, text, &job, &error);
	if (!read)
		assert_int_equal(error.kind, ERROR_INVALID);
	arena_release(&arena);
	return read;
}

/* A part of a job is no job, wherever it ends: but for whole entries of the lists at its end. */
static void test_cut_off(void **state)
{
	struct buf text = BUF_INIT;
	struct job sent = make_full_job();
	(void)state;
	job_write(&text, &sent);
	size_t argument = (size_t)(strstr(text.data, "argument 4") - text.data);
	for (size_t len = 0; len < argument + 10; len++)
		assert_false(reads(str_head(buf_str(&text), len)));
	assert_true(reads(buf_str(&text)));
	assert_false(reads(str_head(buf_str(&text), text.len - strlen("file-data 0\n"))));
	buf_release(&text);
}

static void test_what_is_no_job(void **state)
{
	static const char *const additions[] = {
		"unknown 1\nx",
		"hook 1\nx",
		"variable-value 1\nx",
		"variable 1\nA",
		"file 1\nF",
		"file 1\nFfile 1\nG",
		"x",
		"argument 5\nabc",
		"argument -1\n",
		"argument \n",
		" 1\nx",
		"argument 99999999999999999999\nx",
	};
	struct job sent = make_full_job();
	(void)state;
	for (size_t i = 0; i < COUNT_OF(additions); i++) {
		struct buf text = BUF_INIT;
		job_write(&text, &sent);
		buf_append_c(&text, additions[i]);
		assert_false(reads(buf_str(&text)));
		buf_release(&text);
	}
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *good, *bad; /* of one length */
	} cases[] = {
		{"keep-processes 1\n1", "keep-processes 1\n2"},
		{"timeout 2\n-1", "timeout 2\n1x"},
		{"stop-signal 1\n2", "stop-signal 1\n "},
	};
	struct job sent = make_full_job();
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf text = BUF_INIT;
		job_write(&text, &sent);
		char *place = strstr(text.data, cases[i].good);
		assert_non_null(place);
		memcpy(place, cases[i].bad, strlen(cases[i].bad));
		assert_false(reads(buf_str(&text)));
		buf_release(&text);
	}
}

static void test_without_a_command(void **state)
{
	struct buf text = BUF_INIT;
	struct job sent;
	(void)state;
	job_init(&sent);
	job_write(&text, &sent);
	assert_false(reads(buf_str(&text)));
	buf_release(&text);
}

static void test_timeout_text(void **state)
{
	static const struct {
		int64_t timeout;
		const char *text;
	} cases[] = {
		{-1, "none"},  {0, "0ms"},     {1, "1ms"},      {1500, "1500ms"},  {2000, "2s"},
		{60000, "1m"}, {90000, "90s"}, {3600000, "1h"}, {86400000, "24h"},
	};
	struct job job;
	(void)state;
	job_init(&job);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[JOB_TIMEOUT_TEXT_SIZE];
		job.timeout = cases[i].timeout;
		assert_string_equal(job_timeout_text(&job, text), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_fields_arrive), TEST(test_defaults_arrive), TEST(test_cut_off),
		TEST(test_what_is_no_job),    TEST(test_wrong_values),    TEST(test_without_a_command),
		TEST(test_timeout_text),
	};
	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
