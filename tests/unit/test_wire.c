/*
 * run/wire.h: output and result arrive whole, a slow reader holds up the command and nothing else, and a reader who
 * left is no error.
 */
#include "run_check.h"

#include <sys/prctl.h>

#include "run/wire.h"

#define MIB ((size_t)1024 * 1024)

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	return 0;
}

static int remove_folder(void **state)
{
	struct error error;
	(void)state;
	return file_remove_tree(folder, &error) ? 0 : -1;
}

static void make_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static struct run_result make_result(void)
{
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .signal = 9, .swept = 3};
	error_set(&result.error, ERROR_COMMAND, "killed by signal 9");
	result.commit = STR("0123456789012345678901234567890123456789");
	return result;
}

static void follow(int descriptor, struct capture *capture, struct run_result *result)
{
	struct run_listener listener = capture_listener(capture);
	wire_follow(descriptor, false, &listener, result);
}

static void test_output_and_result(void **state)
{
	struct capture capture = CAPTURE_INIT;
	struct run_result sent = make_result(), result;
	struct wire wire;
	int ends[2];
	(void)state;
	make_pair(ends);
	wire_init(&wire, ends[1]);
	struct run_listener listener = wire_listener(&wire);
	listener.output(listener.context, STR("one\0"));
	assert_true(listener.flush(listener.context));
	listener.output(listener.context, STR(""));
	listener.output(listener.context, STR("two\xff\n"));
	wire_finish(&wire, &sent);

	follow(ends[0], &capture, &result);
	assert_int_equal(capture.total, 9);
	assert_memory_equal(capture.output.data, "one\0two\xff\n", 9);
	assert_int_equal(result.state, RUN_FAILED);
	assert_int_equal(result.exit_code, -1);
	assert_int_equal(result.signal, 9);
	assert_int_equal(result.swept, 3);
	assert_int_equal(result.error.kind, ERROR_COMMAND);
	assert_string_equal(result.error.message, "killed by signal 9");
	assert_str(result.commit, "0123456789012345678901234567890123456789");
	assert_ptr_equal(result.commit.data, result.commit_text);
	wire_release(&wire);
	buf_release(&capture.output);
	close(ends[0]);
	close(ends[1]);
}

/* --- The reading end ---------------------------------------------------------------------------------------------- */

/* Everything that a writer with this output and result puts on the wire. */
static struct buf record(const char *output, const struct run_result *sent)
{
	struct buf bytes = BUF_INIT;
	struct error error;
	struct wire wire;
	int ends[2];
	make_pair(ends);
	wire_init(&wire, ends[1]);
	struct run_listener listener = wire_listener(&wire);
	listener.output(listener.context, str_from(output));
	wire_finish(&wire, sent);
	wire_release(&wire);
	close(ends[1]);
	assert_true(file_read_descriptor(ends[0], "wire", MIB, &bytes, &error));
	close(ends[0]);
	return bytes;
}

static void test_one_byte_at_a_time(void **state)
{
	struct capture capture = CAPTURE_INIT;
	struct run_result sent = make_result(), result;
	struct buf bytes = record("hello", &sent);
	int ends[2];
	(void)state;
	make_pair(ends);
	pid_t writer = fork();
	if (writer == 0) {
		for (size_t i = 0; i < bytes.len; i++) {
			if (write(ends[1], bytes.data + i, 1) != 1)
				_exit(1);
			sched_yield();
		}
		_exit(0);
	}
	close(ends[1]);
	follow(ends[0], &capture, &result);
	assert_string_equal(capture.output.data, "hello");
	assert_int_equal(result.signal, 9);
	waitpid(writer, NULL, 0);
	close(ends[0]);
	buf_release(&capture.output);
	buf_release(&bytes);
}

/* Feeds bytes and an end; returns the output's size. */
static size_t feed(struct str bytes, struct run_result *result)
{
	struct capture capture = CAPTURE_INIT;
	struct error error;
	int ends[2];
	make_pair(ends);
	assert_true(file_write_all(ends[1], bytes.data, bytes.len, "wire", &error));
	close(ends[1]);
	follow(ends[0], &capture, result);
	close(ends[0]);
	buf_release(&capture.output);
	return capture.total;
}

static void test_an_end_without_result_is_a_lost_run(void **state)
{
	struct run_result sent = make_result(), result;
	struct buf bytes = record("hello", &sent);
	(void)state;
	for (size_t len = 0; len < bytes.len; len++) {
		size_t output = feed(str_head(buf_str(&bytes), len), &result);
		assert_int_equal(output, len < 10 ? 0 : 5);
		assert_int_equal(result.state, RUN_LOST);
		assert_int_equal(result.error.kind, ERROR_SYSTEM);
		assert_int_equal(result.exit_code, -1);
	}
	feed(buf_str(&bytes), &result);
	assert_int_equal(result.state, RUN_FAILED);
	buf_release(&bytes);
}

static void test_what_is_no_frame(void **state)
{
	static const struct str cases[] = {
		{"x\0\0\0\1a", 6},  /* a kind that is none */
		{"o\0\x10\0\1", 5}, /* a byte more than 1 MiB */
		{"o\xff\xff\xff\xff", 5},
		{"j\0\0\0\1a", 6}, /* a job, the other way */
		{"r\0\0\0\0", 5},  /* a result of nothing */
		{"r\0\0\0\x0dstate 6\nfailed", 18},
		{"r\0\0\0\1x", 6},
	};
	struct run_result result;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		feed(cases[i], &result);
		assert_int_equal(result.state, RUN_LOST);
		assert_int_equal(result.error.kind, ERROR_INVALID);
	}
}

static void test_results_with_wrong_fields(void **state)
{
	static const struct {
		const char *good, *bad;
	} cases[] = {
		{"state 6\nfailed", "state 6\nqueued"}, /* not a final one */
		{"state 6\nfailed", "state 6\nfaaled"}, {"exit-code 2\n-1", "exit-code 2\n-x"},
		{"swept 1\n3", "swept 1\n-"},           {"commit 40", "commas 40"},
	};
	struct run_result sent = make_result(), result;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf bytes = record("", &sent);
		char *place = memmem(bytes.data, bytes.len, cases[i].good, strlen(cases[i].good));
		assert_non_null(place);
		memcpy(place, cases[i].bad, strlen(cases[i].bad));
		feed(buf_str(&bytes), &result);
		assert_int_equal(result.state, RUN_LOST);
		assert_int_equal(result.error.kind, ERROR_INVALID);
		buf_release(&bytes);
	}
}

/* --- The writing end ---------------------------------------------------------------------------------------------- */

static void test_a_slow_reader_loses_nothing(void **state)
{
	struct capture capture = CAPTURE_INIT;
	struct run_result sent = make_result(), result;
	struct wire wire;
	char *data = malloc(MIB + 100);
	int ends[2];
	(void)state;
	for (size_t i = 0; i < MIB + 100; i++)
		data[i] = (char)('a' + i % 23);
	make_pair(ends);
	wire_init(&wire, ends[1]);
	struct run_listener listener = wire_listener(&wire);
	listener.output(listener.context, (struct str){data, MIB + 100});
	assert_false(listener.flush(listener.context)); /* a socket takes some 200 KB */
	assert_false(shows(ends[1], POLLOUT, 0));
	assert_int_equal(listener.drain, ends[1]);
	assert_true(wire.kept.len > MIB / 2);

	pid_t reader = fork();
	if (reader == 0) {
		follow(ends[0], &capture, &result);
		bool same = capture.total == MIB + 100 && memcmp(capture.output.data, data, MIB) == 0;
		_exit(same && result.signal == 9 ? 0 : 1);
	}
	while (!listener.flush(listener.context))
		assert_true(shows(ends[1], POLLOUT, SOON_MS));
	wire_finish(&wire, &sent);
	int status;
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	wire_release(&wire);
	free(data);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_reader_who_left_is_no_error(void **state)
{
	struct run_result sent = make_result();
	struct wire wire;
	int ends[2];
	(void)state;
	signal(SIGPIPE, SIG_DFL); /* it must not come */
	make_pair(ends);
	wire_init(&wire, ends[1]);
	struct run_listener listener = wire_listener(&wire);
	listener.output(listener.context, STR("before"));
	close(ends[0]);
	assert_true(listener.flush(listener.context));
	assert_true(wire.gone);
	for (int i = 0; i < 100; i++)
		listener.output(listener.context, STR("after"));
	assert_int_equal(wire.kept.len, 0);
	wire_finish(&wire, &sent);
	wire_release(&wire);
	close(ends[1]);
}

/* --- A run behind a wire ------------------------------------------------------------------------------------------ */

struct remote {
	pid_t pid;
	int descriptor; /* for wire_follow */
};

/* Runs the job in a process of its own, which exits with 0 where its memory stayed bounded and nothing was left. */
static struct remote start_remote(const struct job *job)
{
	int ends[2];
	make_pair(ends);
	struct remote remote = {.pid = fork(), .descriptor = ends[0]};
	if (remote.pid == 0) {
		struct run_result result;
		struct wire wire;
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test is ended by its deadline */
		close(ends[0]);
		wire_init(&wire, ends[1]);
		struct run_listener listener = wire_listener(&wire);
		command_run(job, NULL, deadline_of(job), &listener, &result);
		wire_finish(&wire, &result);
		_exit(process_has_children() || peak_memory_kb() > MEMORY_LIMIT_KB ? 1 : 0);
	}
	close(ends[1]);
	return remote;
}

static void end_remote(struct remote *remote)
{
	int status;
	assert_int_equal(waitpid(remote->pid, &status, 0), remote->pid);
	assert_int_equal(status, 0);
	file_close(&remote->descriptor);
}

static void test_much_output(void **state)
{
	struct arena arena = ARENA_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	(void)state;
	struct job job = make_shell_job(&arena, "head -c 268435456 /dev/zero; exit 3");
	struct remote remote = start_remote(&job);
	follow(remote.descriptor, &capture, &result);
	assert_int_equal(capture.total, 268435456);
	assert_int_equal(result.exit_code, 3);
	assert_in_range(peak_memory_kb(), 1, MEMORY_LIMIT_KB);
	end_remote(&remote);
	buf_release(&capture.output);
	arena_release(&arena);
}

/*
 * Nobody reads, the command prints without end: its deadline holds, memory stays bounded (end_remote sees to that),
 * and what was kept arrives when somebody reads again.
 */
static void test_deadline_while_the_reader_is_stopped(void **state)
{
	struct arena arena = ARENA_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job =
		make_shell_job(&arena, arena_printf(&arena, "trap '' TERM; echo $$ > %s; exec cat /dev/zero", file));
	job.timeout = 1500;
	job.stop_grace = 100;
	struct remote remote = start_remote(&job);
	assert_ends(wait_for_pid(file));
	assert_int_equal(waitpid(remote.pid, NULL, WNOHANG), 0); /* the result waits for its reader */

	follow(remote.descriptor, &capture, &result);
	assert_int_equal(result.state, RUN_TIMED_OUT);
	assert_true(capture.total > 10000);
	end_remote(&remote);
	buf_release(&capture.output);
	arena_release(&arena);
}

/*
 * A command that has ended while nobody reads is swept after its second all the same, and none of its output is lost.
 */
static void test_end_while_the_reader_is_stopped(void **state)
{
	struct arena arena = ARENA_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job = make_shell_job(
		&arena,
		arena_printf(&arena, "setsid sh -c 'echo $$ > %s; exec sleep 1000' & head -c 230000 /dev/zero", file));
	struct remote remote = start_remote(&job);
	assert_ends(wait_for_pid(file));
	follow(remote.descriptor, &capture, &result);
	assert_int_equal(result.state, RUN_SUCCEEDED);
	assert_int_equal(result.swept, 1);
	assert_int_equal(capture.total, 230000);
	end_remote(&remote);
	buf_release(&capture.output);
	arena_release(&arena);
}

/* Who follows stops the run by a cancel, or by the client's leaving where that is wanted; otherwise it goes on. */
static void test_following_client_and_cancel(void **state)
{
	static const struct {
		bool cancel, leave, stop;
		enum run_state state;
	} cases[] = {
		{false, true, false, RUN_SUCCEEDED},
		{false, true, true, RUN_CANCELLED},
		{true, false, false, RUN_CANCELLED},
		{true, false, true, RUN_CANCELLED},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct capture capture = CAPTURE_INIT;
		struct run_result result;
		struct error error;
		int client[2], cancel[2];
		struct job job = make_shell_job(
			&arena, arena_printf(&arena, "echo ready; %s; echo end",
		                             cases[i].state == RUN_SUCCEEDED
		                                     ? "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo $i; done"
		                                     : "sleep 1000"));
		struct remote remote = start_remote(&job);
		make_pair(client); /* after the fork: the other process must not hold them too */
		assert_true(file_pipe(cancel, &error));
		struct run_listener listener = capture_listener(&capture);
		listener.client = client[0];
		listener.cancel = cancel[0];
		capture.word = "ready";
		capture.close_at_word = cases[i].leave ? &client[1] : NULL;
		capture.write_at_word = cases[i].cancel ? cancel[1] : -1;
		wire_follow(remote.descriptor, cases[i].stop, &listener, &result);
		assert_int_equal(result.state, cases[i].state);
		assert_true(capture.left <= 1);
		if (cases[i].state == RUN_SUCCEEDED)
			assert_contains(capture.output.data, "\nend\n");
		end_remote(&remote);
		for (int end = 0; end < 2; end++) {
			file_close(&client[end]);
			file_close(&cancel[end]);
		}
		buf_release(&capture.output);
	}
	arena_release(&arena);
}

/* The follower itself is killed, as a web server kills a CGI program: only a job that says so stops. */
static void test_the_reader_leaves(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	for (int stops = 0; stops < 2; stops++) {
		const char *file = file_join(&arena, folder, stops ? "stopped" : "done");
		const char *begun = file_join(&arena, folder, stops ? "begun1" : "begun0");
		const char *go = file_join(&arena, folder, stops ? "go1" : "go0");
		assert_int_equal(mkfifo(go, 0600), 0);
		struct job job =
			make_shell_job(&arena, arena_printf(&arena,
		                                            "trap 'echo 2 > %s; exit 1' TERM; echo $$ > %s; "
		                                            "while ! read x < %s; do :; done; echo much; echo 1 > %s",
		                                            file, begun, go, file));
		job.stop_when_client_leaves = stops == 1;
		job.stop_grace = 300;
		struct remote remote = start_remote(&job);
		wait_for_pid(begun);
		file_close(&remote.descriptor);
		if (!stops) {
			int writer = open(go, O_WRONLY | O_CLOEXEC);
			assert_int_equal(write(writer, "x\n", 2), 2);
			close(writer);
			assert_int_equal(wait_for_pid(file), 1);
		}
		end_remote(&remote);
		if (stops)
			assert_int_not_equal(read_pid(file), 1);
	}
	arena_release(&arena);
}

/* --- The job ------------------------------------------------------------------------------------------------------ */

static void test_a_large_job(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job = make_shell_job(&arena, "true");
	struct wire_order order;
	const size_t size = 26 * MIB;
	char *payload = malloc(size);
	int ends[2];
	(void)state;
	memset(payload, 'p', size);
	job.payload = (struct str){payload, size};
	make_pair(ends);
	pid_t sender = fork();
	if (sender == 0)
		_exit(wire_send_job(ends[0], &job, &error) ? 0 : 1);
	assert_true(wire_receive_order(&arena, ends[1], &order, &error));
	assert_false(order.is_delivery);
	assert_true(str_equal(order.job.payload, job.payload));
	assert_str(order.job.arguments[2], "true");
	int status;
	waitpid(sender, &status, 0);
	assert_int_equal(status, 0);
	assert_false(shows(ends[1], POLLIN, 0)); /* not a byte more, and no end: that would be "stop" */
	free(payload);
	close(ends[0]);
	close(ends[1]);
	arena_release(&arena);
}

static void test_a_job_that_nobody_takes(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job = make_shell_job(&arena, "true");
	int ends[2];
	(void)state;
	make_pair(ends);
	close(ends[1]);
	assert_false(wire_send_job(ends[0], &job, &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_contains(error.message, "ended before");
	close(ends[0]);
	arena_release(&arena);
}

static void test_what_is_no_job(void **state)
{
	static const struct str cases[] = {
		{"", 0},
		{"j\0\0", 3},
		{"j\0\0\0\5abc", 8},
		{"o\0\0\0\1a", 6},
		{"j\xff\xff\xff\xff", 5},
		{"j\0\0\0\0", 5},
		{"d\0\0\0\0", 5},
		{"GET / HTTP/1.0\r\n", 16},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		struct wire_order order;
		int ends[2];
		make_pair(ends);
		assert_true(file_write_all(ends[0], cases[i].data, cases[i].len, "job", &error));
		close(ends[0]);
		assert_false(wire_receive_order(&arena, ends[1], &order, &error));
		assert_int_equal(error.kind, ERROR_INVALID);
		close(ends[1]);
	}
	arena_release(&arena);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_output_and_result),
		TEST(test_one_byte_at_a_time),
		TEST(test_an_end_without_result_is_a_lost_run),
		TEST(test_what_is_no_frame),
		TEST(test_results_with_wrong_fields),
		TEST(test_a_slow_reader_loses_nothing),
		TEST(test_a_reader_who_left_is_no_error),
		TEST(test_much_output),
		IN_FOLDER(test_deadline_while_the_reader_is_stopped),
		IN_FOLDER(test_end_while_the_reader_is_stopped),
		TEST(test_following_client_and_cancel),
		IN_FOLDER(test_the_reader_leaves),
		TEST(test_a_large_job),
		TEST(test_a_job_that_nobody_takes),
		TEST(test_what_is_no_job),
	};
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
