/*
 * run/launch.h: keepers and exec are nobody's descendants, hold nothing of their starter, and run to the end
 * without it. For exec the test program stands in for `pocketci`: see be_exec.
 */
#include "run_check.h"

#include "run/launch.h"
#include "run/wire.h"

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

static void follow(int *descriptor, struct capture *capture, struct run_result *result)
{
	struct run_listener listener = capture_listener(capture);
	wire_follow(*descriptor, false, &listener, result);
	file_close(descriptor);
}

/* A pipe that a careless library left inheritable; its end shows whether somebody still holds it. */
static int make_leak(int *writer)
{
	struct error error;
	int ends[2];
	assert_true(file_pipe(ends, &error));
	*writer = fcntl(ends[1], F_DUPFD, 500); /* without close-on-exec */
	assert_true(*writer >= 500);
	close(ends[1]);
	return ends[0];
}

/* --- Keepers ------------------------------------------------------------------------------------------------------ */

static void test_keeper_is_followed(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	int wire;
	(void)state;
	struct job job = make_shell_job(&arena, "echo hello; exit 3");
	assert_true(launch_keeper(&job, NULL, &wire, &error));
	assert_false(process_has_children());
	assert_true((fcntl(wire, F_GETFD) & FD_CLOEXEC) != 0);
	follow(&wire, &capture, &result);
	assert_str(buf_str(&capture.output), "hello\n");
	assert_int_equal(result.state, RUN_FAILED);
	assert_int_equal(result.exit_code, 3);
	buf_release(&capture.output);
	arena_release(&arena);
}

/* Nobody waits: it runs all the same, sweeps, and ends. */
static void test_keeper_alone(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	int writer, reader = make_leak(&writer);
	(void)state;
	int descriptors = count_descriptors();
	const char *file = file_join(&arena, folder, "pids");
	struct job job = make_shell_job(
		&arena,
		arena_printf(&arena, "setsid sleep 1000 > /dev/null 2>&1 & echo $! $PPID > %s.tmp; mv %s.tmp %s", file,
	                     file, file));
	assert_true(launch_keeper(&job, NULL, NULL, &error));
	assert_int_equal(count_descriptors(), descriptors);
	assert_false(process_has_children());
	pid_t daemon = wait_for_pid(file);
	struct buf text = BUF_INIT;
	assert_true(file_read(file, 100, &text, &error));
	pid_t keeper = (pid_t)strtol(strchr(text.data, ' '), NULL, 10);
	assert_ends(daemon);
	assert_ends(keeper);
	buf_release(&text);
	close(writer);
	close(reader);
	arena_release(&arena);
}

static void test_keeper_holds_nothing(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	int writer, wire, reader = make_leak(&writer);
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job = make_shell_job(&arena, arena_printf(&arena, "echo $$ > %s; exec sleep 1000", file));
	assert_true(launch_keeper(&job, NULL, &wire, &error));
	pid_t command = wait_for_pid(file);
	close(writer);
	assert_true(shows(reader, POLLHUP, 0)); /* the keeper and its command run, and do not hold it */
	kill(command, SIGKILL);
	follow(&wire, &capture, &result);
	assert_int_equal(result.signal, SIGKILL);
	buf_release(&capture.output);
	close(reader);
	arena_release(&arena);
}

/* As CGI the web server waits for the end of standard error: it goes to a file then, and an error gets there. */
static void test_keeper_logs_to_its_file(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;
	int ends[2];
	(void)state;
	const char *log = file_join(&arena, folder, "log");
	assert_true(file_pipe(ends, &error));
	int before = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	struct job job = make_shell_job(&arena, "echo $PPID > pid; exit 5");
	job.directory = str_from(folder);
	bool launched = launch_keeper(&job, log, NULL, &error);
	dup2(before, STDERR_FILENO);
	close(before);
	file_close(&ends[1]);
	assert_true(launched);
	assert_true(shows(ends[0], POLLHUP, SOON_MS));
	assert_ends(wait_for_pid(file_join(&arena, folder, "pid")));
	assert_true(file_read(log, 10000, &text, &error));
	assert_contains(text.data, "hook \"test\": failed: exit status 5");
	file_close(&ends[0]);
	buf_release(&text);
	arena_release(&arena);
}

/* A starter that dies takes nothing with it. */
static void test_keeper_outlives_its_starter(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *go = file_join(&arena, folder, "go"), *file = file_join(&arena, folder, "done");
	assert_int_equal(mkfifo(go, 0600), 0);
	pid_t starter = fork();
	if (starter == 0) {
		struct error error;
		struct job job = make_shell_job(&arena, arena_printf(&arena, "read x < %s; echo $PPID > %s", go, file));
		setsid();
		_exit(launch_keeper(&job, NULL, NULL, &error) ? 0 : 1);
	}
	int status;
	waitpid(starter, &status, 0);
	assert_int_equal(status, 0);
	kill(-starter, SIGKILL); /* its whole group, as a web server does */
	int writer = open(go, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(writer, "x\n", 2), 2);
	close(writer);
	assert_ends(wait_for_pid(file));
	arena_release(&arena);
}

/* --- exec --------------------------------------------------------------------------------------------------------- */

/* What this program does as `PROGRAM exec …`: tells its arguments, environment and descriptors, then runs the job. */
static int be_exec(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct run_result result;
	struct wire_order order;
	struct wire wire;
	struct buf text = BUF_INIT;
	if (!wire_receive_order(&arena, 0, &order, &error))
		return 1;
	const struct job job = order.job;
	wire_init(&wire, 0);
	struct run_listener listener = wire_listener(&wire);
	for (int i = 1; i < argc; i++)
		buf_printf(&text, "%s ", argv[i]);
	buf_printf(&text, "proxy=%s leader=%d descriptors=%d payload=%zu\n", getenv("HTTP_PROXY") ? "yes" : "no",
	           getsid(0) == getpid(), count_descriptors(), job.payload.len);
	listener.output(listener.context, buf_str(&text));
	command_run(&job, NULL, deadline_of(&job), &listener, &result);
	wire_finish(&wire, &result);
	buf_release(&text);
	arena_release(&arena);
	return 0;
}

static char *own_path(struct arena *arena)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	assert_true(len > 0);
	return arena_copy(arena, path, (size_t)len);
}

static void test_exec(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	const size_t size = (size_t)26 * 1024 * 1024;
	char *payload = malloc(size);
	int wire, writer, reader = make_leak(&writer);
	(void)state;
	memset(payload, 'p', size);
	struct job job = make_shell_job(&arena, "echo ran; exit 4");
	job.payload = (struct str){payload, size};
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	setenv("HTTP_PROXY", "http://evil", 1);
	assert_true(launch_exec(&job, own_path(&arena), "/etc/pocketci.yaml", NULL, &wire, &error));
	unsetenv("GATEWAY_INTERFACE");
	unsetenv("HTTP_PROXY");
	assert_false(process_has_children());
	close(writer);
	assert_true(shows(reader, POLLHUP, 0));

	follow(&wire, &capture, &result);
	assert_string_equal(
		capture.output.data,
		arena_printf(&arena,
	                     "exec -config /etc/pocketci.yaml proxy=no leader=1 descriptors=3 payload=%zu\nran\n",
	                     size));
	assert_int_equal(result.exit_code, 4);
	close(reader);
	free(payload);
	buf_release(&capture.output);
	arena_release(&arena);
}

/* Nobody waits: no client leaves, so nothing stops it. */
static void test_exec_alone(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	(void)state;
	int descriptors = count_descriptors();
	const char *go = file_join(&arena, folder, "go"), *file = file_join(&arena, folder, "done");
	assert_int_equal(mkfifo(go, 0600), 0);
	struct job job = make_shell_job(&arena, arena_printf(&arena, "read x < %s; echo $PPID > %s", go, file));
	job.stop_when_client_leaves = true;
	assert_true(launch_exec(&job, own_path(&arena), NULL, NULL, NULL, &error));
	assert_int_equal(count_descriptors(), descriptors);
	int writer = open(go, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(writer, "x\n", 2), 2);
	close(writer);
	assert_ends(wait_for_pid(file));
	arena_release(&arena);
}

static void test_exec_that_does_not_start(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job = make_shell_job(&arena, "true");
	int wire = -7;
	(void)state;
	int descriptors = count_descriptors();
	assert_false(launch_exec(&job, "/no/such/pocketci", NULL, NULL, &wire, &error));
	assert_int_equal(error.kind, ERROR_COMMAND);
	assert_string_equal(error.message, "no such command: /no/such/pocketci");
	assert_false(launch_exec(&job, folder, NULL, NULL, &wire, &error));
	assert_contains(error.message, "it is a folder");
	assert_int_equal(wire, -7);
	assert_int_equal(count_descriptors(), descriptors);
	assert_false(process_has_children());
	arena_release(&arena);
}

/* A program that ends without taking the job: what was sent in vain is told, or the run counts as lost. */
static void test_exec_that_takes_no_job(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_result result;
	struct job job = make_shell_job(&arena, "true");
	int wire = -1;
	(void)state;
	if (launch_exec(&job, "/bin/true", NULL, NULL, &wire, &error)) {
		follow(&wire, &capture, &result);
		assert_int_equal(result.state, RUN_LOST);
	} else {
		assert_int_equal(error.kind, ERROR_SYSTEM);
	}
	buf_release(&capture.output);
	arena_release(&arena);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exec") == 0)
		return be_exec(argc, argv);
	const struct CMUnitTest tests[] = {
		TEST(test_keeper_is_followed),
		IN_FOLDER(test_keeper_alone),
		IN_FOLDER(test_keeper_holds_nothing),
		IN_FOLDER(test_keeper_logs_to_its_file),
		IN_FOLDER(test_keeper_outlives_its_starter),
		TEST(test_exec),
		IN_FOLDER(test_exec_alone),
		IN_FOLDER(test_exec_that_does_not_start),
		TEST(test_exec_that_takes_no_job),
	};
	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
