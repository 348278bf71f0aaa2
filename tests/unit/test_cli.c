/* cli/cli.h: which word leads to which command, and `pocketci exec` from its socket to its result. */
#include "run_check.h"

#include "cli/cli.h"
#include "run/id.h"
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

static void test_names(void **state)
{
	static const struct {
		const char *word, *command, *nearest;
	} cases[] = {
		{"check", "check", "check"},
		{"chekc", NULL, "check"},
		{"-check", NULL, "check"},
		{"exec", "exec", "exec"},
		{"explain", "explain", "explain"},
		{"explian", NULL, "explain"},
		{"help", "help", "help"},
		{"-help", "help", NULL},
		{"--help", "help", NULL},
		{"-h", "help", NULL},
		{"version", "version", "version"},
		{"-version", "version", NULL},
		{"--version", "version", NULL},
		{"exce", NULL, "exec"},
		{"Exec", NULL, "exec"},
		{"vesrion", NULL, "version"},
		{"deploy", NULL, NULL},
		{"", NULL, NULL},
		{"-exec", NULL, "exec"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct cli_command *command = cli_find(cases[i].word);
		assert_int_equal(command != NULL, cases[i].command != NULL);
		if (command)
			assert_string_equal(command->name, cases[i].command);
		const char *nearest = cli_nearest(cases[i].word);
		if (!command)
			assert_string_equal(nearest ? nearest : "", cases[i].nearest ? cases[i].nearest : "");
	}
}

/* --- exec --------------------------------------------------------------------------------------------------------- */

struct exec {
	pid_t pid;
	int descriptor;
};

/* `pocketci` with these arguments in a process of its own, a socket (or, with plain, a file) as its descriptor 0. */
static struct exec start_exec(const char *const *arguments, bool plain)
{
	struct exec exec;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	exec.descriptor = ends[0];
	exec.pid = fork();
	if (exec.pid == 0) {
		char *copies[8] = {NULL};
		int count = 0, null = open("/dev/null", O_RDWR);
		for (; arguments[count]; count++)
			copies[count] = strdup(arguments[count]);
		dup2(plain ? null : ends[1], STDIN_FILENO);
		dup2(null, STDERR_FILENO);
		closefrom(3);
		int status = cli_exec(count, copies);
		for (int i = 0; i < count; i++)
			free(copies[i]);
		_exit(status);
	}
	close(ends[1]);
	return exec;
}

static int end_exec(struct exec *exec)
{
	int status;
	assert_int_equal(waitpid(exec->pid, &status, 0), exec->pid);
	file_close(&exec->descriptor);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void send_job(const struct exec *exec, const struct job *job)
{
	struct error error = ERROR_INIT;
	if (!wire_send_job(exec->descriptor, job, &error))
		fail_msg("%s", error.message);
}

static void test_wrong_command_lines(void **state)
{
	static const char *const cases[][4] = {
		{"exec", "-confg", "x"}, {"exec", "job.yaml"},   {"exec", "-config"},
		{"exec", "-config="},    {"exec", "-verbose=1"},
		{"exec", "-log-format", "jsonn"}, {"exec", "-log-format="},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct exec exec = start_exec(cases[i], false);
		assert_int_equal(end_exec(&exec), 2);
	}
	struct exec exec = start_exec((const char *const[]){"exec", NULL}, true);
	assert_int_equal(end_exec(&exec), 2); /* no socket: somebody typed it */
}

static void test_a_job(void **state)
{
	struct arena arena = ARENA_INIT;
	struct capture capture = CAPTURE_INIT;
	struct run_listener listener = capture_listener(&capture);
	struct run_result result;
	(void)state;
	struct exec exec = start_exec((const char *const[]){"exec", "--verbose", "-log-format", "json", NULL}, false);
	struct job job = make_shell_job(&arena, "ls /proc/$$/fd | tr '\\n' ' '; umask; exit 3");
	send_job(&exec, &job);
	wire_follow(exec.descriptor, false, &listener, &result);
	assert_int_equal(result.exit_code, 3);
	assert_contains(capture.output.data, "0022\n");
	assert_int_equal(end_exec(&exec), 0);
	buf_release(&capture.output);
	arena_release(&arena);
}

static void test_signals_cancel(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		struct arena arena = ARENA_INIT;
		struct capture capture = CAPTURE_INIT;
		struct run_listener listener = capture_listener(&capture);
		struct run_result result;
		const char *file = file_join(&arena, folder, i == 0 ? "term" : "int");
		struct exec exec = start_exec((const char *const[]){"exec", NULL}, false);
		struct job job = make_shell_job(
			&arena,
			arena_printf(&arena, "trap 'echo bye; exit 0' TERM; echo $$ > %s; sleep 1000 & wait", file));
		send_job(&exec, &job);
		pid_t command = wait_for_pid(file);
		kill(exec.pid, SIGHUP); /* a session that ended is nobody's wish to cancel */
		kill(exec.pid, signals[i]);
		wire_follow(exec.descriptor, false, &listener, &result);
		assert_int_equal(result.state, RUN_CANCELLED);
		assert_str(buf_str(&capture.output), "bye\n");
		assert_false(is_alive(command));
		assert_int_equal(end_exec(&exec), 0); /* it told its result and was not ended by the signal */
		buf_release(&capture.output);
		arena_release(&arena);
	}
}

static void test_configuration(void **state)
{
	static const struct {
		const char *text; /* of the file; NULL: none is given */
		enum error_kind kind;
		const char *says;
	} cases[] = {
		{"repositories:\n- match: github.com/acme/*\n", ERROR_NOT_ALLOWED, "covers file:///srv/app"},
		{NULL, ERROR_NOT_ALLOWED, "covers file:///srv/app"},
		{"repositories: 5\n", ERROR_SYSTEM, "the log says why"},
	};
	struct arena arena = ARENA_INIT;
	struct error error;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct capture capture = CAPTURE_INIT;
		struct run_listener listener = capture_listener(&capture);
		struct run_result result;
		char id[RUN_ID_SIZE];
		const char *path = file_join(&arena, folder, "pocketci.yaml");
		unlink(path);
		if (cases[i].text)
			assert_true(file_create(path, str_from(cases[i].text), 0600, &error));
		struct exec exec =
			start_exec((const char *const[]){"exec", cases[i].text ? "-config" : NULL, path, NULL}, false);
		struct job job = make_shell_job(&arena, "echo ran");
		run_id_make(id);
		job.id = str_from(id);
		job.checkout = true;
		job.url = STR("file:///srv/app");
		job.state = str_from(folder);
		send_job(&exec, &job);
		wire_follow(exec.descriptor, false, &listener, &result);
		assert_int_equal(result.state, RUN_FAILED);
		assert_int_equal(result.error.kind, cases[i].kind);
		assert_contains(result.error.message, cases[i].says);
		assert_int_equal(end_exec(&exec), 0);
		buf_release(&capture.output);
	}
	arena_release(&arena);
}

static void test_no_job(void **state)
{
	(void)state;
	struct exec exec = start_exec((const char *const[]){"exec", NULL}, false);
	assert_int_equal(write(exec.descriptor, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(end_exec(&exec), 2);
	exec = start_exec((const char *const[]){"exec", NULL}, false);
	file_close(&exec.descriptor);
	assert_int_equal(end_exec(&exec), 2);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_wrong_command_lines),
		TEST(test_a_job),
		IN_FOLDER(test_signals_cancel),
		IN_FOLDER(test_configuration),
		TEST(test_no_job),
	};
	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
