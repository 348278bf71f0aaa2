/*
 * gateway/reply.h: how a run's output and its end become a response, captured and streamed, and what a slow client
 * does.
 */
#include "check.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "gateway/reply.h"
#include "gateway/response.h"
#include "hook/hook.h"
#include "memory_exchange.h"
#include "run/job.h"

#define REFERENCE_TEXT "Error occurred while executing the hook's command. Please check your logs for more details."

static struct config config;
static struct hook hook;
static struct job job;
static struct memory_exchange memory;
static struct response response;
static struct reply reply;
static struct run_listener listener;
static char folder[64];

static void set_up(void)
{
	memory_exchange_init(&memory, NULL, "");
	response_init(&response, &memory.exchange, false);
	job_init(&job);
	job.timeout = 2000;
	hook = (struct hook){.include_command_output_in_response = true};
	config = (struct config){.limits.output = 1000000};
}

/* The hook, job and exchange are as the test wants them. */
static void start(void)
{
	reply_init(&reply, &response, &hook, &job, &config, 1000);
	listener = reply_listener(&reply);
}

static void tear_down(void)
{
	reply_release(&reply);
	memory_exchange_release(&memory);
}

static int begin(void **state)
{
	(void)state;
	set_up();
	reply = (struct reply){.held.file = -1, .held.memory = BUF_INIT, .unsent = BUF_INIT};
	return 0;
}

static int end(void **state)
{
	(void)state;
	tear_down();
	return 0;
}

/* As a run tells it: output, flush, tick. */
static bool tell(struct str data, int64_t now)
{
	listener.output(listener.context, data);
	bool taken = listener.flush(listener.context);
	listener.tick(listener.context, now);
	return taken;
}

static void finish(enum run_state state, int exit_code, enum error_kind kind, const char *message)
{
	struct run_result result = {.state = state, .exit_code = exit_code};
	if (kind != ERROR_NONE)
		error_set(&result.error, kind, "%s", message);
	reply_finish(&reply, &result);
}

static void finish_well(void)
{
	finish(RUN_SUCCEEDED, 0, ERROR_NONE, "");
}

static void assert_response(const char *status, const char *body)
{
	const char *text = memory.output.data;
	const char *behind = strstr(text, "\r\n\r\n");
	assert_non_null(behind);
	assert_int_equal(strncmp(text, status, strlen(status)), 0);
	assert_string_equal(behind + 4, body);
}

/* --- Captured ----------------------------------------------------------------------------------------------------- */

static void test_ends(void **state)
{
	static const struct {
		const char *output;
		bool on_error, checkout;
		int64_t success_code;
		enum run_state state;
		int exit_code, signal;
		enum error_kind kind;
		const char *message, *status, *body;
	} cases[] = {
		{"hi\n", false, false, 0, RUN_SUCCEEDED, 0, 0, ERROR_NONE, "", "Status: 200 ", "hi\n"},
		{"", false, false, 0, RUN_SUCCEEDED, 0, 0, ERROR_NONE, "", "Status: 200 ", ""},
		{"hi", false, false, 201, RUN_SUCCEEDED, 0, 0, ERROR_NONE, "", "Status: 201 ", "hi"},
		{"hi", false, false, 999, RUN_SUCCEEDED, 0, 0, ERROR_NONE, "", "Status: 200 ", "hi"},
		{"hi", false, false, 201, RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3", "Status: 500 ",
	         REFERENCE_TEXT},
		{"hi", true, false, 201, RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3", "Status: 500 ", "hi"},
		{"", true, false, 0, RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3", "Status: 500 ", ""},
		{"hi", true, true, 0, RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3", "Status: 500 ", "hi"},
		{"hi", false, true, 0, RUN_FAILED, -1, 9, ERROR_COMMAND, "killed by signal 9", "Status: 500 ",
	         REFERENCE_TEXT},
		{"", true, false, 0, RUN_FAILED, -1, 0, ERROR_COMMAND, "no such command", "Status: 500 ",
	         REFERENCE_TEXT},
		{"", true, true, 0, RUN_FAILED, -1, 0, ERROR_COMMAND, "no such command", "Status: 500 ",
	         "no such command\n"},
		{"", false, false, 0, RUN_FAILED, -1, 0, ERROR_SYSTEM, "no process", "Status: 500 ", "no process\n"},
		{"", false, true, 0, RUN_FAILED, -1, 0, ERROR_UPSTREAM, "no answer", "Status: 502 ", "no answer\n"},
		{"", false, true, 0, RUN_FAILED, -1, 0, ERROR_NOT_ALLOWED, "not listed", "Status: 403 ",
	         "not listed\n"},
		{"", false, true, 0, RUN_FAILED, -1, 0, ERROR_UNUSABLE, "no commit", "Status: 422 ", "no commit\n"},
		{"", false, true, 0, RUN_FAILED, -1, 0, ERROR_STORAGE, "full", "Status: 507 ", "full\n"},
		{"", true, true, 0, RUN_TIMED_OUT, -1, 0, ERROR_TIMEOUT, "checkout: too slow", "Status: 504 ",
	         "checkout: too slow\n"},
		{"hi", false, false, 0, RUN_TIMED_OUT, -1, 15, ERROR_TIMEOUT, "stopped", "Status: 504 ",
	         "the command was ended after its timeout of 2s\n"},
		{"hi", true, false, 0, RUN_TIMED_OUT, 0, 0, ERROR_TIMEOUT, "stopped", "Status: 504 ", "hi"},
		{"", true, false, 0, RUN_TIMED_OUT, -1, 15, ERROR_TIMEOUT, "stopped", "Status: 504 ",
	         "the command was ended after its timeout of 2s\n"},
		{"hi", false, false, 0, RUN_LOST, -1, 0, ERROR_SYSTEM, "lost", "Status: 500 ", "lost\n"},
		{"hi", false, false, 0, RUN_CANCELLED, -1, 15, ERROR_BUSY, "cancelled", "Status: 503 ", "cancelled\n"},
		{"hi", false, false, 0, RUN_FAILED, -1, 0, ERROR_NONE, "", "Status: 500 ", "\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tear_down();
		begin(NULL);
		hook.include_command_output_in_response_on_error = cases[i].on_error;
		hook.success_http_response_code = cases[i].success_code;
		job.checkout = cases[i].checkout;
		start();
		if (*cases[i].output)
			tell(str_from(cases[i].output), 1000);
		assert_int_equal(memory.output.len, 0);
		struct run_result result = {
			.state = cases[i].state, .exit_code = cases[i].exit_code, .signal = cases[i].signal};
		if (cases[i].kind != ERROR_NONE)
			error_set(&result.error, cases[i].kind, "%s", cases[i].message);
		reply_finish(&reply, &result);
		assert_response(cases[i].status, cases[i].body);
		assert_contains(memory.output.data, "Content-Length: ");
	}
}

/* A status that the command chose comes with its output, whatever else the hook says. */
static void test_exit_codes(void **state)
{
	static struct hook_exit_code codes[] = {{3, 422}, {143, 409}, {4, 204}};
	static const struct {
		bool on_error, streamed;
		enum run_state state;
		int exit_code, signal;
		enum error_kind kind;
		const char *status, *body;
	} cases[] = {
		{false, false, RUN_FAILED, 3, 0, ERROR_COMMAND, "Status: 422 Unprocessable Content\r\n", "hi\n"},
		{true, false, RUN_FAILED, 3, 0, ERROR_COMMAND, "Status: 422 ", "hi\n"},
		{false, true, RUN_FAILED, 3, 0, ERROR_COMMAND, "Status: 422 ", "hi\n"},
		{false, false, RUN_FAILED, 4, 0, ERROR_COMMAND, "Status: 204 ", ""},
		{false, false, RUN_FAILED, 5, 0, ERROR_COMMAND, "Status: 500 ", REFERENCE_TEXT},
		{false, false, RUN_SUCCEEDED, 0, 0, ERROR_NONE, "Status: 200 ", "hi\n"},
		{false, false, RUN_FAILED, -1, 3, ERROR_COMMAND, "Status: 500 ", REFERENCE_TEXT},
		{false, false, RUN_TIMED_OUT, 143, 0, ERROR_TIMEOUT, "Status: 504 ",
	         "the command was ended after its timeout of 2s\n"},
		{false, false, RUN_CANCELLED, 143, 0, ERROR_BUSY, "Status: 503 ", "why\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tear_down();
		begin(NULL);
		hook.exit_codes = (struct hook_exit_codes){codes, COUNT_OF(codes)};
		hook.include_command_output_in_response_on_error = cases[i].on_error;
		hook.stream_command_output = cases[i].streamed;
		start();
		tell(STR("hi\n"), 1000);
		struct run_result result = {
			.state = cases[i].state, .exit_code = cases[i].exit_code, .signal = cases[i].signal};
		if (cases[i].kind != ERROR_NONE)
			error_set(&result.error, cases[i].kind, "why");
		reply_finish(&reply, &result);
		assert_response(cases[i].status, cases[i].body);
	}
}

/* What is logged where a command with this exit status is replied to. */
static const char *log_of(int exit_code, bool streaming)
{
	static char text[1000];
	static struct hook_exit_code code = {3, 422};
	int kept = dup(STDERR_FILENO), file = memfd_create("log", 0);
	tear_down();
	begin(NULL);
	hook.exit_codes = (struct hook_exit_codes){&code, 1};
	hook.stream_command_output = streaming;
	start();
	if (streaming)
		listener.tick(listener.context, 3000);
	log_set_level(LOG_LEVEL_INFO);
	dup2(file, STDERR_FILENO);
	finish(RUN_FAILED, exit_code, ERROR_COMMAND, "exit status");
	dup2(kept, STDERR_FILENO);
	log_set_level(LOG_LEVEL_WARNING);
	ssize_t len = pread(file, text, sizeof(text) - 1, 0);
	text[len] = '\0';
	close(kept);
	close(file);
	return text;
}

/* A status that the command chose is no error of the log, unless it came too late to be one. */
static void test_exit_codes_in_the_log(void **state)
{
	(void)state;
	assert_contains(log_of(3, false), " info hook ");
	assert_contains(log_of(4, false), " error hook ");
	assert_contains(log_of(3, true), " error hook ");
}

static void fill(char *chunk, size_t size, size_t line)
{
	memset(chunk, 'a' + (int)(line % 26), size);
	chunk[size - 1] = '\n';
}

/* Output of count chunks of size bytes; returns what came back as the body, in the arena. */
static const char *capture(size_t size, size_t count)
{
	char *chunk = arena_alloc(&memory.arena, size);
	start();
	for (size_t i = 0; i < count; i++) {
		fill(chunk, size, i);
		assert_true(tell((struct str){chunk, size}, 1000));
	}
	finish_well();
	return strstr(memory.output.data, "\r\n\r\n") + 4;
}

static void test_large_output_goes_through_a_file_unchanged(void **state)
{
	static const struct {
		size_t size, count;
		bool file;
	} cases[] = {{1024, 256, false}, {1024, 257, true}, {300000, 1, true}, {65536, 14, true}, {1000, 1000, true}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tear_down();
		begin(NULL);
		const char *body = capture(cases[i].size, cases[i].count);
		assert_int_equal(reply.held.file >= 0, cases[i].file);
		assert_int_equal(strlen(body), cases[i].size * cases[i].count);
		char *expected = malloc(cases[i].size);
		for (size_t line = 0; line < cases[i].count; line++) {
			fill(expected, cases[i].size, line);
			assert_memory_equal(body + line * cases[i].size, expected, cases[i].size);
		}
		free(expected);
	}
	assert_contains(memory.output.data, "Content-Length: 1000000\r\n");
}

static void test_past_the_limit(void **state)
{
	(void)state;
	config.limits.output = 2048;
	const char *body = capture(1000, 100);
	assert_int_equal(strlen(body),
	                 2048 + strlen("\npocketci: the rest was dropped: the output is larger than the limit of "
	                               "2 KiB\n"));
	assert_contains(body, "c\npocketci: the rest was dropped: the output is larger than the limit of 2 KiB\n");
	char length[64];
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
	assert_contains(memory.output.data, length);
}

static void test_past_the_limit_at_a_line(void **state)
{
	(void)state;
	config.limits.output = 1000;
	const char *body = capture(1000, 2);
	assert_contains(body, "a\npocketci: the rest was dropped: ");
	assert_null(strstr(body, "\n\n"));
}

static void test_no_room_on_the_disk(void **state)
{
	char missing[128];
	(void)state;
	snprintf(missing, sizeof(missing), "%s/missing", folder);
	static char chunk[100000];
	fill(chunk, sizeof(chunk), 0);
	start();
	setenv("TMPDIR", missing, 1);
	for (size_t i = 0; i < 3; i++)
		tell((struct str){chunk, sizeof(chunk)}, 1000);
	setenv("TMPDIR", folder, 1);
	tell(STR("behind a gap\n"), 1000);
	finish_well();
	const char *body = strstr(memory.output.data, "\r\n\r\n") + 4;
	assert_null(strstr(body, "behind a gap"));
	assert_contains(body, "pocketci: the rest was dropped: ");
	assert_true(strlen(body) > 200000 && strlen(body) < 201000);
	assert_ptr_equal(strstr(memory.output.data, "Status: 200 "), memory.output.data);
}

/* --- Streamed ----------------------------------------------------------------------------------------------------- */

static void start_streamed(void)
{
	hook.stream_command_output = true;
	start();
}

static void test_header_after_a_second(void **state)
{
	(void)state;
	start_streamed();
	assert_int_equal(listener.tick(listener.context, 1000), 2000);
	tell(STR("one\n"), 1500);
	assert_int_equal(listener.tick(listener.context, 1999), 2000);
	assert_int_equal(memory.output.len, 0);
	assert_int_equal(listener.tick(listener.context, 2000), CLOCK_NEVER);
	assert_response("Status: 200 ", "one\n");
	assert_contains(memory.output.data, "X-Accel-Buffering: no\r\n");
	assert_null(strstr(memory.output.data, "Content-Length"));
	assert_int_equal(memory.flushed, memory.output.len);
	memory_exchange_take(&memory);
	tell(STR("two"), 2001);
	assert_str(buf_str(&memory.output), "two");
	assert_int_equal(memory.flushed, 3);
	memory_exchange_take(&memory);
	finish_well();
	assert_int_equal(memory.output.len, 0);
}

static void test_a_silent_command_has_its_header_after_a_second_too(void **state)
{
	(void)state;
	start_streamed();
	listener.tick(listener.context, 2000);
	assert_response("Status: 200 ", "");
	assert_int_equal(memory.flushed, memory.output.len);
}

static void test_header_after_8_kib(void **state)
{
	static char chunk[4096];
	(void)state;
	fill(chunk, sizeof(chunk), 0);
	hook.success_http_response_code = 202;
	start_streamed();
	tell((struct str){chunk, 4096}, 1001);
	tell((struct str){chunk, 4095}, 1002);
	assert_int_equal(memory.output.len, 0);
	tell(STR("\n"), 1003);
	assert_ptr_equal(strstr(memory.output.data, "Status: 202 "), memory.output.data);
	assert_int_equal(strlen(strstr(memory.output.data, "\r\n\r\n") + 4), 8192);
	assert_int_equal(memory.flushed, memory.output.len);
}

static void test_end_before_the_header(void **state)
{
	(void)state;
	start_streamed();
	tell(STR("hi\n"), 1001);
	finish(RUN_FAILED, 3, ERROR_COMMAND, "exit status 3");
	assert_response("Status: 500 ", REFERENCE_TEXT);

	tear_down();
	begin(NULL);
	start_streamed();
	tell(STR("hi\n"), 1001);
	finish_well();
	assert_response("Status: 200 ", "hi\n");
	assert_contains(memory.output.data, "Content-Length: 3\r\n");
}

static void test_a_checkout_has_its_second_from_the_first_output_on(void **state)
{
	(void)state;
	job.checkout = true;
	start_streamed();
	assert_int_equal(listener.tick(listener.context, 100000), CLOCK_NEVER);
	finish(RUN_FAILED, -1, ERROR_UPSTREAM, "no answer");
	assert_response("Status: 502 ", "no answer\n");

	tear_down();
	begin(NULL);
	job.checkout = true;
	start_streamed();
	listener.output(listener.context, STR("hi\n"));
	int64_t due = listener.tick(listener.context, clock_now());
	assert_true(due > clock_now() && due <= clock_now() + 1000);
	listener.tick(listener.context, due);
	assert_response("Status: 200 ", "hi\n");
}

static void test_last_lines(void **state)
{
	static const struct {
		const char *output;
		enum run_state state;
		int exit_code, signal;
		enum error_kind kind;
		const char *message, *expected;
	} cases[] = {
		{"hi\n", RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3",
	         "hi\npocketci: the command failed: exit status 3\n"},
		{"hi", RUN_FAILED, 3, 0, ERROR_COMMAND, "exit status 3",
	         "hi\npocketci: the command failed: exit status 3\n"},
		{"", RUN_FAILED, -1, 9, ERROR_COMMAND, "killed by signal 9",
	         "pocketci: the command failed: killed by signal 9\n"},
		{"hi", RUN_TIMED_OUT, -1, 15, ERROR_TIMEOUT, "stopped",
	         "hi\npocketci: the command was ended after its timeout of 2s\n"},
		{"hi\n", RUN_LOST, -1, 0, ERROR_SYSTEM, "lost", "hi\npocketci: lost\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tear_down();
		begin(NULL);
		start_streamed();
		tell(str_from(cases[i].output), 1000);
		listener.tick(listener.context, 2000);
		struct run_result result = {
			.state = cases[i].state, .exit_code = cases[i].exit_code, .signal = cases[i].signal};
		error_set(&result.error, cases[i].kind, "%s", cases[i].message);
		reply_finish(&reply, &result);
		assert_response("Status: 200 ", cases[i].expected);
	}
}

/* --- Clients ------------------------------------------------------------------------------------------------------ */

static void test_a_client_that_left(void **state)
{
	(void)state;
	start_streamed();
	tell(STR("one\n"), 1000);
	listener.client_left(listener.context);
	assert_true(memory.exchange.gone);
	assert_true(tell(STR("two\n"), 3000));
	finish_well();
	assert_int_equal(memory.output.len, 0);
}

static size_t read_all(int descriptor)
{
	char dropped[65536];
	size_t total = 0;
	ssize_t got;
	while ((got = recv(descriptor, dropped, sizeof(dropped), MSG_DONTWAIT)) > 0)
		total += (size_t)got;
	return total;
}

/* The outlet is one end of a full socket: writes still go to memory, so that they are seen. */
static void fill_socket(int descriptor)
{
	char bytes[4096] = {0};
	while (send(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void test_a_slow_client_holds_nothing_back_but_the_command(void **state)
{
	int ends[2];
	static char chunk[65536];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	memory.exchange.client = ends[0];
	start_streamed();
	listener.tick(listener.context, 2000);
	memory_exchange_take(&memory);
	fill_socket(ends[0]);

	fill(chunk, sizeof(chunk), 0);
	assert_false(tell((struct str){chunk, sizeof(chunk)}, clock_now()));
	assert_int_equal(memory.output.len, 0);
	assert_int_equal(listener.drain, ends[0]);
	int64_t due = listener.tick(listener.context, clock_now());
	assert_true(due > clock_now() + 50000);

	assert_true(read_all(ends[1]) > 0);
	assert_true(listener.flush(listener.context));
	assert_int_equal(memory.output.len, sizeof(chunk));
	assert_int_equal(reply.unsent.len, 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_client_that_takes_nothing_is_given_up(void **state)
{
	int ends[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	memory.exchange.client = ends[0];
	start_streamed();
	listener.tick(listener.context, 2000);
	fill_socket(ends[0]);
	assert_false(tell(STR("hi"), clock_now()));
	int64_t due = listener.tick(listener.context, clock_now());
	listener.tick(listener.context, due - 1);
	assert_false(memory.exchange.gone);
	listener.tick(listener.context, due);
	assert_true(memory.exchange.gone);

	/* Who polls the connection learns of it: the run, which may stop, and the web server. */
	struct pollfd polled = {.fd = ends[0], .events = POLLRDHUP};
	assert_int_equal(poll(&polled, 1, 0), 1);
	assert_true(listener.flush(listener.context));
	finish_well();
	close(ends[0]);
	close(ends[1]);
}

static int make_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	return setenv("TMPDIR", folder, 1);
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder); /* nothing with a name was left in it */
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_ends),
		CASE(test_exit_codes),
		CASE(test_exit_codes_in_the_log),
		CASE(test_large_output_goes_through_a_file_unchanged),
		CASE(test_past_the_limit),
		CASE(test_past_the_limit_at_a_line),
		CASE(test_no_room_on_the_disk),
		CASE(test_header_after_a_second),
		CASE(test_a_silent_command_has_its_header_after_a_second_too),
		CASE(test_header_after_8_kib),
		CASE(test_end_before_the_header),
		CASE(test_a_checkout_has_its_second_from_the_first_output_on),
		CASE(test_last_lines),
		CASE(test_a_client_that_left),
		CASE(test_a_slow_client_holds_nothing_back_but_the_command),
		CASE(test_a_client_that_takes_nothing_is_given_up),
	};
	return cmocka_run_group_tests_name("reply", tests, make_folder, remove_folder);
}
