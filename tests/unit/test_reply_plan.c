/* hook/reply_plan.h, and its way over a wire: how a reply is to look survives a pipe, and nothing else is taken for it. */
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hook/hook.h"
#include "hook/reply_plan.h"
#include "run/field.h"
#include "run/job.h"
#include "run/wire.h"

static struct hook_exit_code codes[] = {{3, 422}, {255, 599}};

static void write_plan(struct buf *text)
{
	const struct hook hook = {
		.success_http_response_code = 201,
		.include_command_output_in_response_on_error = true,
		.stream_command_output = true,
		.exit_codes = {codes, COUNT_OF(codes)},
	};
	struct job job;
	job_init(&job);
	job.id = STR("01kapwaz5w0000000000000000");
	job.hook = STR("a b");
	job.timeout = -1;
	job.stop_when_client_leaves = true;
	reply_plan_write(text, &hook, &job);
}

static bool reads(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct hook hook = {0};
	struct job job;
	job_init(&job);
	bool read = reply_plan_read(&arena, text, &hook, &job);
	if (!read)
		assert_null(hook.exit_codes.items);
	arena_release(&arena);
	return read;
}

static void test_arrives(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct hook hook = {.timeout = 7};
	struct job job;
	(void)state;
	job_init(&job);
	write_plan(&text);
	assert_true(reply_plan_read(&arena, buf_str(&text), &hook, &job));
	buf_release(&text); /* what was read must not borrow */
	assert_str(job.id, "01kapwaz5w0000000000000000");
	assert_str(job.hook, "a b");
	assert_str(hook.id, "a b");
	assert_int_equal(job.timeout, -1);
	assert_true(job.stop_when_client_leaves);
	assert_int_equal(hook.success_http_response_code, 201);
	assert_true(hook.include_command_output_in_response_on_error);
	assert_true(hook.stream_command_output);
	assert_int_equal(hook.exit_codes.count, 2);
	assert_memory_equal(hook.exit_codes.items, codes, sizeof(codes));
	assert_int_equal(hook.timeout, 7); /* no part of it */
	arena_release(&arena);
}

static void test_nothing_else(void **state)
{
	static const char *const additions[][2] = {
		{"run", "x"},         /* twice */
		{"unknown", "1"},     /* of no version */
		{"exit-code", "1"},   /* without its status */
		{"exit-code", "0"},   {"exit-code", "256"}, {"exit-status", "200"},
	};
	struct buf text = BUF_INIT;
	(void)state;
	write_plan(&text);
	size_t whole = text.len;
	assert_true(reads(buf_str(&text)));
	size_t codes_begin = 0;
	while (!str_starts(str_from_index(buf_str(&text), codes_begin), STR("exit-code")))
		codes_begin++;
	for (size_t len = 0; len < codes_begin; len++)
		assert_false(reads(str_head(buf_str(&text), len)));
	assert_true(reads(str_head(buf_str(&text), codes_begin)));
	for (size_t i = 0; i < COUNT_OF(additions); i++) {
		text.len = whole;
		field_write(&text, additions[i][0], str_from(additions[i][1]));
		assert_false(reads(buf_str(&text)));
	}
	buf_release(&text);
}

/* --- Over a wire -------------------------------------------------------------------------------------------------- */

struct told {
	int plans;
	struct buf text; /* plans and output in their order */
	bool accepts;
};

static bool take_plan(void *context, struct str plan)
{
	struct told *told = context;
	told->plans++;
	buf_printf(&told->text, "(%.*s)", STR_ARGS(plan));
	return told->accepts;
}

static void take_output(void *context, struct str data)
{
	struct told *told = context;
	buf_append_str(&told->text, data);
}

/* Plans are written where the text has '?', output where it has '!'. */
static enum run_state follow(const char *what, bool accepts, bool listens, struct told *told)
{
	struct run_listener listener = RUN_LISTENER_INIT;
	struct run_result sent = {.state = RUN_SUCCEEDED, .commit = STR("")}, result;
	struct wire wire;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	wire_init(&wire, ends[0]);
	for (; *what; what++) {
		if (*what == '?')
			wire_plan(&wire, STR("plan"));
		else
			wire_output(&wire, STR("output"));
	}
	wire_finish(&wire, &sent);
	*told = (struct told){.text = BUF_INIT, .accepts = accepts};
	listener.context = told;
	listener.output = take_output;
	listener.plan = listens ? take_plan : NULL;
	wire_follow(ends[1], false, &listener, &result);
	wire_release(&wire);
	close(ends[0]);
	close(ends[1]);
	return result.state;
}

static void test_over_a_wire(void **state)
{
	static const struct {
		const char *what;
		bool accepts, listens;
		const char *told;
		enum run_state state;
	} cases[] = {
		{"?!!", true, true, "(plan)outputoutput", RUN_SUCCEEDED},
		{"?", true, true, "(plan)", RUN_SUCCEEDED},
		{"!", true, true, "output", RUN_SUCCEEDED},
		{"!?", true, true, "output", RUN_LOST},  /* too late */
		{"??", true, true, "(plan)", RUN_LOST},  /* twice */
		{"?!", false, true, "(plan)", RUN_LOST}, /* not in the form of this version */
		{"?!", true, false, "", RUN_LOST},       /* nobody asked */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct told told;
		assert_int_equal(follow(cases[i].what, cases[i].accepts, cases[i].listens, &told), cases[i].state);
		assert_string_equal(told.text.data, cases[i].told);
		buf_release(&told.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arrives),
		TEST(test_nothing_else),
		TEST(test_over_a_wire),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
