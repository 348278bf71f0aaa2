/* run/command.h: how a command ends, by itself or not, what its reader gets of it, and that nothing of it is left. */
#include "run_check.h"

#include "run/command.h"

static char folder[64];

struct outcome {
	struct capture capture;
	struct run_result result;
	int64_t took; /* ms */
};

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

/* Runs a job as a plain hook would be; the process must be as before afterwards. */
static void run_with(const struct job *job, struct outcome *outcome, int client, int cancel)
{
	int descriptors = count_descriptors();
	struct run_listener listener = capture_listener(&outcome->capture);
	listener.client = client;
	listener.cancel = cancel;
	int64_t began = clock_now();
	command_run(job, NULL, deadline_of(job), &listener, &outcome->result);
	outcome->took = clock_now() - began;
	assert_false(process_has_children());
	assert_true(run_state_is_final(outcome->result.state));
	assert_int_equal(outcome->result.error.kind == ERROR_NONE, outcome->result.state == RUN_SUCCEEDED);
	int closed = client >= 0 && fcntl(client, F_GETFD) < 0;
	assert_int_equal(count_descriptors(), descriptors - closed - (outcome->capture.close_at_word && client >= 0));
}

static struct outcome run(const struct job *job)
{
	struct outcome outcome = {.capture = CAPTURE_INIT};
	run_with(job, &outcome, -1, -1);
	return outcome;
}

static void release(struct outcome *outcome)
{
	buf_release(&outcome->capture.output);
}

/* --- By itself ---------------------------------------------------------------------------------------------------- */

static void test_ends(void **state)
{
	static const struct {
		const char *script;
		enum run_state state;
		int exit_code, signal;
		const char *message, *output;
	} cases[] = {
		{"true", RUN_SUCCEEDED, 0, 0, "", ""},
		{"echo out; echo err >&2", RUN_SUCCEEDED, 0, 0, "", "out\nerr\n"},
		{"printf 'no newline'; exit 3", RUN_FAILED, 3, 0, "exit status 3", "no newline"},
		{"exit 255", RUN_FAILED, 255, 0, "exit status 255", ""},
		{"echo x; kill -9 $$", RUN_FAILED, -1, 9, "killed by signal 9", "x\n"},
		{"kill -TERM $$", RUN_FAILED, -1, 15, "killed by signal 15", ""},
		{"cat; echo end", RUN_SUCCEEDED, 0, 0, "", "end\n"}, /* nothing to read */
		{"exec >&- 2>&-; exit 4", RUN_FAILED, 4, 0, "exit status 4", ""},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct job job = make_shell_job(&arena, cases[i].script);
		struct outcome outcome = run(&job);
		assert_int_equal(outcome.result.state, cases[i].state);
		assert_int_equal(outcome.result.exit_code, cases[i].exit_code);
		assert_int_equal(outcome.result.signal, cases[i].signal);
		assert_string_equal(outcome.result.error.message, cases[i].message);
		assert_str(buf_str(&outcome.capture.output), cases[i].output);
		assert_int_equal(outcome.result.swept, 0);
		assert_true(outcome.took < 900); /* no grace is waited for where nothing holds the pipe */
		release(&outcome);
	}
	arena_release(&arena);
}

/* After the command closed its output it still runs: its end is what counts. */
static void test_output_may_end_first(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *go = file_join(&arena, folder, "go");
	assert_int_equal(mkfifo(go, 0600), 0);
	int writer = open(go, O_RDWR | O_CLOEXEC);
	struct job job = make_shell_job(&arena, arena_printf(&arena, "echo a; exec >&- 2>&-; read x < %s; exit 5", go));
	pid_t other = fork();
	if (other == 0) {
		/* The fifo's line comes when nobody reads the pipe any more; a moment later is just as good. */
		poll(NULL, 0, 100);
		_exit(write(writer, "x\n", 2) == 2 ? 0 : 1);
	}
	struct capture capture = CAPTURE_INIT;
	struct run_listener listener = capture_listener(&capture);
	struct run_result result;
	command_run(&job, NULL, deadline_of(&job), &listener, &result);
	assert_int_equal(result.exit_code, 5);
	assert_str(buf_str(&capture.output), "a\n");
	buf_release(&capture.output);
	close(writer);
	waitpid(other, NULL, 0);
	arena_release(&arena);
}

static void test_arguments_are_no_shell(void **state)
{
	static const char *const arguments[] = {"printf", "[%s]", "$HOME", "a b", "", "`id`", ";ls", "\xff\n", NULL};
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_job(&arena, arguments);
	struct outcome outcome = run(&job);
	assert_str(buf_str(&outcome.capture.output), "[$HOME][a b][][`id`][;ls][\xff\n]");
	release(&outcome);
	arena_release(&arena);
}

static void test_argv0_is_as_written(void **state)
{
	static const char *const arguments[] = {"sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline; :", NULL};
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_job(&arena, arguments);
	struct outcome outcome = run(&job);
	assert_contains(outcome.capture.output.data, "sh -c ");
	assert_int_equal(outcome.capture.output.data[0], 's');
	release(&outcome);
	arena_release(&arena);
}

static void test_what_the_command_finds(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job_variable variable = {STR("GREETING"), STR("hello world")};
	(void)state;
	struct job job =
		make_shell_job(&arena, "pwd -P; echo \"$GREETING $POCKETCI\"; ls /proc/$$/fd; readlink /proc/$$/fd/0");
	job.variables = &variable;
	job.variable_count = 1;
	job.directory = str_from(folder);
	struct outcome outcome = run(&job);
	assert_string_equal(outcome.capture.output.data,
	                    arena_printf(&arena, "%s\nhello world 1\n0\n1\n2\n/dev/null\n", folder));
	release(&outcome);
	arena_release(&arena);
}

/* --- What does not run -------------------------------------------------------------------------------------------- */

static void test_not_started(void **state)
{
	static const struct {
		const char *command, *directory, *says;
	} cases[] = {
		{"/no/such/program", "", "no such command: /no/such/program"},
		{"no-such-program", "", "\"no-such-program\" is not in a folder on PATH"},
		{"echo hello", "", "\"hello\" belongs in pass-arguments-to-command"},
		{"/bin/echo hello you", "", "\"hello you\" belongs in pass-arguments-to-command"},
		{"/etc", "", "it is a folder"},
		{"/etc/passwd", "", "it is not executable"},
		{"id", "/tmp", "no such command: /tmp/id"},
		{"true", "/no/such/folder", "cannot use command-working-directory /no/such/folder"},
		{"true", "/etc/passwd", "cannot use command-working-directory /etc/passwd"},
		{"", "", "execute-command is empty"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct job job = make_job(&arena, (const char *const[]){cases[i].command, NULL});
		job.directory = str_from(cases[i].directory);
		struct outcome outcome = run(&job);
		assert_int_equal(outcome.result.state, RUN_FAILED);
		assert_int_equal(outcome.result.error.kind, ERROR_COMMAND);
		assert_contains(outcome.result.error.message, cases[i].says);
		assert_int_equal(outcome.result.exit_code, -1);
		release(&outcome);
	}
	arena_release(&arena);
}

static void test_nul_bytes_are_refused(void **state)
{
	struct arena arena = ARENA_INIT;
	struct str nul = {"a\0b", 3};
	struct str arguments[] = {STR("true"), STR("x"), nul};
	struct job_variable name = {nul, STR("x")}, value = {STR("SECRET"), nul};
	struct job_file file = {nul, STR("x")};
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct job job = make_shell_job(&arena, "true");
		const char *says[] = {"argument 2", "variable SECRET", "name of variable 1", "name of file 1",
		                      "command-working-directory"};
		if (i == 0) {
			job.arguments = arguments;
			job.argument_count = COUNT_OF(arguments);
		} else if (i == 3) {
			job.files = &file;
			job.file_count = 1;
		} else if (i == 4) {
			job.directory = nul;
		} else {
			job.variables = i == 1 ? &value : &name;
			job.variable_count = 1;
		}
		struct outcome outcome = run(&job);
		assert_int_equal(outcome.result.error.kind, ERROR_COMMAND);
		assert_contains(outcome.result.error.message, says[i]);
		assert_contains(outcome.result.error.message, "NUL");
		release(&outcome);
	}
	arena_release(&arena);
}

/* --- Stopping ----------------------------------------------------------------------------------------------------- */

static void test_timeout(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "echo begun; sleep 1000 & sleep 1000 & wait");
	job.timeout = 200;
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_TIMED_OUT);
	assert_int_equal(outcome.result.error.kind, ERROR_TIMEOUT);
	assert_string_equal(outcome.result.error.message, "stopped at its timeout of 200ms");
	assert_int_equal(outcome.result.signal, SIGTERM);
	assert_int_equal(outcome.result.swept, 0); /* the signal was enough */
	assert_str(buf_str(&outcome.capture.output), "begun\n");
	assert_in_range(outcome.took, 200, 5000); /* far from the stop's grace of 10 s */
	release(&outcome);
	arena_release(&arena);
}

/* The output of a command that cleans up when it is asked to end is still its output, and its exit code is known. */
static void test_timeout_with_farewell(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "trap 'echo bye; exit 7' TERM; sleep 1000 & wait");
	job.timeout = 200;
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_TIMED_OUT);
	assert_int_equal(outcome.result.exit_code, 7);
	assert_str(buf_str(&outcome.capture.output), "bye\n");
	assert_true(outcome.took < 5000);
	release(&outcome);
	arena_release(&arena);
}

static void test_deaf_commands_are_killed_after_the_grace(void **state)
{
	static const char *const scripts[] = {
		"trap '' TERM; while :; do sleep 1000; done",
		"setsid sh -c \"trap '' TERM; sleep 1000; true\" & wait",    /* only a descendant is deaf */
		"trap '' TERM; kill -STOP $$; while :; do sleep 1000; done", /* and stopped */
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct job job = make_shell_job(&arena, scripts[i]);
		job.timeout = 200;
		job.stop_grace = i == 2 ? 0 : 300;
		struct outcome outcome = run(&job);
		assert_int_equal(outcome.result.state, RUN_TIMED_OUT);
		assert_in_range(outcome.took, 200 + job.stop_grace, 5000);
		if (i != 1)
			assert_int_equal(outcome.result.signal, SIGKILL);
		release(&outcome);
	}
	arena_release(&arena);
}

/* A stopped command is woken to hear the signal. */
static void test_stopped_commands_hear_the_signal(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "trap 'echo bye; exit 0' TERM; kill -STOP $$; sleep 1000");
	job.timeout = 200;
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_TIMED_OUT);
	assert_str(buf_str(&outcome.capture.output), "bye\n");
	assert_true(outcome.took < 5000);
	release(&outcome);
	arena_release(&arena);
}

static void test_stop_signal(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job =
		make_shell_job(&arena, "trap 'echo int; exit 0' INT; trap 'echo term' TERM; sleep 1000 & wait");
	job.timeout = 200;
	job.stop_signal = SIGINT;
	job.stop_grace = 500; /* sh starts background jobs deaf to SIGINT */
	struct outcome outcome = run(&job);
	assert_str(buf_str(&outcome.capture.output), "int\n");
	release(&outcome);
	arena_release(&arena);
}

static void test_deadline_holds_after_we_were_stopped(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job = make_shell_job(&arena, arena_printf(&arena, "echo $$ > %s; exec sleep 1000", file));
	job.timeout = 2000;
	pid_t runner = fork();
	if (runner == 0) {
		struct run_listener listener = RUN_LISTENER_INIT;
		struct run_result result;
		command_run(&job, NULL, deadline_of(&job), &listener, &result);
		_exit(result.state == RUN_TIMED_OUT && !process_has_children() ? 0 : 1);
	}
	wait_for_pid(file);
	int64_t began = clock_now();
	kill(runner, SIGSTOP);
	poll(NULL, 0, 2100); /* the passing of time is what is tested */
	kill(runner, SIGCONT);
	int status;
	assert_int_equal(waitpid(runner, &status, 0), runner);
	assert_int_equal(status, 0);
	assert_in_range(clock_now() - began, 2000, 3500); /* 4100 where it counted from CONT */
	arena_release(&arena);
}

static void test_cancel(void **state)
{
	struct arena arena = ARENA_INIT;
	struct outcome outcome = {.capture = CAPTURE_INIT};
	struct error error;
	int ends[2];
	(void)state;
	assert_true(file_pipe(ends, &error));
	struct job job = make_shell_job(&arena, "echo ready; sleep 1000");
	outcome.capture.word = "ready";
	outcome.capture.write_at_word = ends[1];
	run_with(&job, &outcome, -1, ends[0]);
	assert_int_equal(outcome.result.state, RUN_CANCELLED);
	assert_int_equal(outcome.result.error.kind, ERROR_BUSY);
	assert_true(outcome.took < 5000);
	file_close(&ends[0]);
	file_close(&ends[1]);
	release(&outcome);
	arena_release(&arena);
}

static void test_client_leaves(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	for (int stops = 0; stops < 2; stops++) {
		struct outcome outcome = {.capture = CAPTURE_INIT};
		int ends[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
		struct job job = make_shell_job(
			&arena, stops ? "echo ready; sleep 1000"
				      : "echo ready; i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo $i; done");
		job.stop_when_client_leaves = stops == 1;
		outcome.capture.word = "ready";
		outcome.capture.close_at_word = &ends[1];
		run_with(&job, &outcome, ends[0], -1);
		assert_int_equal(outcome.result.state, stops ? RUN_CANCELLED : RUN_SUCCEEDED);
		assert_true(outcome.capture.left == 1 || !stops); /* it may have ended before that was seen */
		if (!stops)
			assert_contains(outcome.capture.output.data, "\n200\n");
		file_close(&ends[0]);
		release(&outcome);
	}
	arena_release(&arena);
}

/* --- What it leaves behind ---------------------------------------------------------------------------------------- */

/* A daemon that holds the output: the run ends 1 s after the command, and the daemon with it. */
static void test_daemon_that_holds_the_output(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job =
		make_shell_job(&arena, arena_printf(&arena,
	                                            "setsid sh -c 'echo $$ > %s.tmp; mv %s.tmp %s; exec sleep 1000' & "
	                                            "while [ ! -e %s ]; do :; done; echo over; exit 3",
	                                            file, file, file, file));
	struct outcome outcome = run(&job);
	pid_t pid = read_pid(file);
	assert_int_equal(outcome.result.exit_code, 3);
	assert_int_equal(outcome.result.swept, 1);
	assert_str(buf_str(&outcome.capture.output), "over\n");
	assert_in_range(outcome.took, 1000, 2500);
	assert_true(pid > 0);
	assert_false(is_alive(pid));
	release(&outcome);
	arena_release(&arena);
}

/* One that does not hold it is no reason to wait, and does not live on either; deaf, in its own session, orphaned. */
static void test_daemon_that_closed_the_output(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job = make_shell_job(
		&arena,
		arena_printf(
			&arena,
			"(setsid sh -c \"trap '' TERM HUP; echo \\$\\$ > %s.tmp; mv %s.tmp %s; exec sleep 1000\" > /dev/null 2>&1 &) "
			"& while [ ! -e %s ]; do :; done; echo over",
			file, file, file, file));
	struct outcome outcome = run(&job);
	pid_t pid = read_pid(file);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_int_equal(outcome.result.swept, 1);
	assert_true(outcome.took < 900);
	assert_true(pid > 0);
	assert_false(is_alive(pid));
	release(&outcome);
	arena_release(&arena);
}

/* What the pipe still holds when the grace is over is handed on, whoever may hold its other end. */
static void test_output_of_what_is_swept(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "(while :; do echo x; done) & exit 0");
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_true(outcome.capture.total > 1000);
	assert_in_range(outcome.took, 1000, 4000);
	release(&outcome);
	arena_release(&arena);
}

/* Orphans that ended are not kept as zombies until the command ends. The script counts those of its parent. */
static void test_orphans_are_reaped_meanwhile(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job =
		make_shell_job(&arena, "i=0; while [ $i -lt 50 ]; do i=$((i+1)); (true &); done; seen=0\n"
	                               "while :; do\n"
	                               "  zombies=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c \") Z $PPID \")\n"
	                               "  [ $zombies -eq 0 ] || seen=1\n"
	                               "  [ $seen -eq 0 ] || [ $zombies -gt 0 ] || break\n"
	                               "done; echo clean");
	job.timeout = 20000;
	struct outcome outcome = run(&job);
	assert_str(buf_str(&outcome.capture.output), "clean\n");
	release(&outcome);
	arena_release(&arena);
}

static void test_keep_processes(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	for (int holds_output = 0; holds_output < 2; holds_output++) {
		const char *file = file_join(&arena, folder, holds_output ? "holding" : "free");
		struct job job = make_shell_job(
			&arena, arena_printf(&arena,
		                             "setsid sh -c 'echo $$ > %s.tmp; mv %s.tmp %s; exec sleep 1000' %s & "
		                             "while [ ! -e %s ]; do :; done; echo over",
		                             file, file, file, holds_output ? "" : "> /dev/null 2>&1", file));
		job.keep_processes = true;
		struct outcome outcome = run(&job);
		pid_t pid = read_pid(file);
		assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
		assert_int_equal(outcome.result.swept, 0);
		assert_str(buf_str(&outcome.capture.output), "over\n");
		assert_true(outcome.took < 2500);
		assert_true(pid > 0);
		assert_true(is_alive(pid)); /* and is no child of ours: run() has seen to that */
		kill(pid, SIGKILL);
		assert_ends(pid);
		release(&outcome);
	}
	arena_release(&arena);
}

/* Keeping is for an end in peace: at a deadline the whole tree goes. */
static void test_keep_processes_and_timeout(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *file = file_join(&arena, folder, "pid");
	struct job job = make_shell_job(
		&arena,
		arena_printf(&arena, "sh -c \"trap '' TERM; echo \\$\\$ > %s; while :; do sleep 1000; done\" & wait",
	                     file));
	job.keep_processes = true;
	job.timeout = 300;
	job.stop_grace = 200;
	struct outcome outcome = run(&job);
	pid_t pid = read_pid(file);
	assert_int_equal(outcome.result.state, RUN_TIMED_OUT);
	assert_true(pid > 0);
	assert_false(is_alive(pid));
	release(&outcome);
	arena_release(&arena);
}

/* --- Output ------------------------------------------------------------------------------------------------------- */

static void test_a_gibibyte_of_output(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "head -c 1073741824 /dev/zero");
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_int_equal(outcome.capture.total, 1073741824);
	assert_in_range(peak_memory_kb(), 1, MEMORY_LIMIT_KB);
	release(&outcome);
	arena_release(&arena);
}

/* A line is handed on when it is written, not when a buffer is full or the command ends. */
static void test_output_comes_at_once(void **state)
{
	struct arena arena = ARENA_INIT;
	struct outcome outcome = {.capture = CAPTURE_INIT};
	struct error error;
	int ends[2];
	(void)state;
	assert_true(file_pipe(ends, &error));
	struct job job = make_shell_job(&arena, "echo first; exec sleep 1000");
	outcome.capture.word = "first\n";
	outcome.capture.write_at_word = ends[1]; /* the cancel that comes of it is the proof */
	run_with(&job, &outcome, -1, ends[0]);
	assert_int_equal(outcome.result.state, RUN_CANCELLED);
	file_close(&ends[0]);
	file_close(&ends[1]);
	release(&outcome);
	arena_release(&arena);
}

static void test_ticks(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "exec sleep 1000");
	job.timeout = 500;
	struct outcome outcome = {.capture = CAPTURE_INIT};
	outcome.capture.tick_after = 100;
	run_with(&job, &outcome, -1, -1);
	assert_in_range(outcome.capture.ticks, 2, 6);
	release(&outcome);

	struct outcome once = {.capture = CAPTURE_INIT};
	job.timeout = 200;
	run_with(&job, &once, -1, -1);
	assert_int_equal(once.capture.ticks, 1);
	release(&once);

	struct job silent = make_shell_job(&arena, "echo a");
	struct outcome each = run(&silent);
	assert_in_range(each.capture.ticks, each.capture.calls, each.capture.calls + 1);
	release(&each);
	arena_release(&arena);
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static int entries_in(const char *path)
{
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	struct arena arena = ARENA_INIT;
	struct job job = make_shell_job(&arena, arena_printf(&arena, "ls -A '%s' | wc -l", path));
	struct outcome outcome = run(&job);
	int count = (int)strtol(outcome.capture.output.data, NULL, 10);
	(void)error;
	buf_release(&text);
	release(&outcome);
	arena_release(&arena);
	return count;
}

static void test_passed_files(void **state)
{
	struct job_file files[] = {
		{STR("PAYLOAD"), {"a\0b\n", 4}},
		{STR("../ODD/NAME"), STR("")},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (int in_directory = 0; in_directory < 2; in_directory++) {
		struct job job = make_shell_job(
			&arena, "stat -c '%a %s' \"$PAYLOAD\"; cat \"$PAYLOAD\" | tr '\\0' 0; echo \"$PAYLOAD\"");
		job.files = files;
		job.file_count = COUNT_OF(files);
		if (in_directory)
			job.directory = str_from(folder);
		else
			setenv("TMPDIR", folder, 1);
		struct outcome outcome = run(&job);
		unsetenv("TMPDIR");
		assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
		assert_contains(outcome.capture.output.data, arena_printf(&arena, "600 4\na0b\n%s/PAYLOAD", folder));
		assert_int_equal(entries_in(folder), 0);
		release(&outcome);
	}
	arena_release(&arena);
}

static void test_passed_files_are_removed_in_every_case(void **state)
{
	static const char *const commands[] = {"/no/such/program", "/bin/false", "/bin/sleep"};
	struct job_file file = {STR("F"), STR("data")};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		struct job job = make_job(&arena, (const char *const[]){commands[i], "1000", NULL});
		job.files = &file;
		job.file_count = 1;
		job.directory = str_from(folder);
		job.timeout = i == 2 ? 100 : 60000;
		struct outcome outcome = run(&job);
		assert_int_not_equal(outcome.result.state, RUN_SUCCEEDED);
		assert_int_equal(entries_in(folder), 0);
		release(&outcome);
	}
	struct job job = make_shell_job(&arena, "rm \"$F\"");
	job.files = &file;
	job.file_count = 1;
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	release(&outcome);
	arena_release(&arena);
}

static void test_passed_files_without_a_folder(void **state)
{
	struct job_file file = {STR("F"), STR("data")};
	struct arena arena = ARENA_INIT;
	(void)state;
	struct job job = make_shell_job(&arena, "echo ran");
	job.files = &file;
	job.file_count = 1;
	job.directory = STR("/no/such/folder");
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_FAILED);
	assert_contains(outcome.result.error.message, "/no/such/folder");
	assert_int_equal(outcome.capture.total, 0);
	release(&outcome);
	arena_release(&arena);
}

/* --- Scripts and input -------------------------------------------------------------------------------------------- */

static struct job make_script_job(struct arena *arena, const char *script, const char *const *arguments)
{
	const char *all[8] = {"/bin/sh"};
	for (size_t i = 0; arguments[i]; i++)
		all[i + 1] = arguments[i];
	struct job job = make_job(arena, all);
	job.hook = STR("a/b c");
	job.script = str_from(script);
	return job;
}

static void test_script(void **state)
{
	static const struct {
		const char *script;
		int exit_code;
		const char *output;
	} cases[] = {
		{"echo \"$#:$1:$2\"", 0, "2:-x; echo 1:two\n"},
		{"echo one\nfalse\necho two\n", 1, "one\n"},
		{"cat\necho end\n", 0, "end\n"},
		{"exit 7", 7, ""},
		{"ps -o args= -p $$ | grep -c 'nobody sees this'; stat -c %a \"$0\"; ls -l /proc/$$/fd | grep -c \"$0\"", 1,
	         "0\n"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	setenv("TMPDIR", folder, 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct job job =
			make_script_job(&arena, cases[i].script, (const char *const[]){"-x; echo 1", "two", NULL});
		struct outcome outcome = run(&job);
		assert_str(buf_str(&outcome.capture.output), cases[i].output);
		assert_int_equal(outcome.result.exit_code, cases[i].exit_code);
		assert_int_equal(entries_in(folder), 0);
		release(&outcome);
	}

	/* $0 is the file, named by the hook, which nobody else can read; also where the hook has a folder. */
	struct job job = make_script_job(&arena, "stat -c '%a %n' \"$0\"; pwd", (const char *const[]){NULL});
	job.directory = STR("/");
	struct outcome outcome = run(&job);
	assert_contains(outcome.capture.output.data, arena_printf(&arena, "600 %s/a_b_c", folder));
	assert_true(str_ends(buf_str(&outcome.capture.output), STR("\n/\n")));
	release(&outcome);

	job = make_script_job(&arena, "nonexistent-program", (const char *const[]){NULL});
	outcome = run(&job);
	assert_int_equal(outcome.result.exit_code, 127);
	assert_contains(outcome.capture.output.data, "a_b_c");
	release(&outcome);
	unsetenv("TMPDIR");
	arena_release(&arena);
}

/* More than execve(2) takes as one argument. */
static void test_large_script(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf script = BUF_INIT;
	(void)state;
	for (int i = 0; i < 30000; i++)
		buf_append_c(&script, ": nothing\n");
	buf_append_c(&script, "echo $1\n");
	struct job job = make_script_job(&arena, script.data, (const char *const[]){"end", NULL});
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_str(buf_str(&outcome.capture.output), "end\n");
	release(&outcome);
	buf_release(&script);
	arena_release(&arena);
}

static void test_script_that_cannot_be_written(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	setenv("TMPDIR", "/no/such/folder", 1);
	struct job job = make_script_job(&arena, "echo ran", (const char *const[]){NULL});
	struct outcome outcome = run(&job);
	unsetenv("TMPDIR");
	assert_int_equal(outcome.result.state, RUN_FAILED);
	assert_contains(outcome.result.error.message, "/no/such/folder");
	assert_int_equal(outcome.capture.total, 0);
	release(&outcome);
	arena_release(&arena);
}

static void test_input(void **state)
{
	enum { SIZE = 10 * 1024 * 1024 };
	static const struct {
		const char *script, *output;
	} cases[] = {
		{"wc -c", "10485760\n"},
		{"exec <&-; echo unread", "unread\n"},
		{"true", ""},
		{"head -c 3 >/dev/null; echo some", "some\n"},
		{"exec 2>/dev/null; echo x >&0 || echo sealed", "sealed\n"},
		{"(head -c 2; head -c 2) | od -An -c | tr -d ' \\n'", "aa\\0a"}, /* one offset, as with any file */
		{"cat | wc -c; cat | wc -c", "10485760\n0\n"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	char *data = arena_alloc(&arena, SIZE);
	memset(data, 'a', SIZE);
	data[2] = '\0';
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct job job = make_shell_job(&arena, cases[i].script);
		job.input = (struct str){data, SIZE};
		struct outcome outcome = run(&job);
		assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
		assert_str(buf_str(&outcome.capture.output), cases[i].output);
		assert_true(outcome.took < SOON_MS);
		release(&outcome);
	}

	/* It reads a little, prints much, and reads on: with two pipes both would wait for each other. */
	struct job job = make_shell_job(
		&arena, "for i in 1 2 3; do head -c 3000000 | tr '\\0' a; done; cat | tr '\\0' a");
	job.input = (struct str){data, SIZE};
	struct outcome outcome = run(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_int_equal(outcome.capture.total, SIZE);
	release(&outcome);
	arena_release(&arena);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ends),
		IN_FOLDER(test_output_may_end_first),
		TEST(test_arguments_are_no_shell),
		TEST(test_argv0_is_as_written),
		IN_FOLDER(test_what_the_command_finds),
		TEST(test_not_started),
		TEST(test_nul_bytes_are_refused),
		TEST(test_timeout),
		TEST(test_timeout_with_farewell),
		TEST(test_deaf_commands_are_killed_after_the_grace),
		TEST(test_stopped_commands_hear_the_signal),
		TEST(test_stop_signal),
		IN_FOLDER(test_deadline_holds_after_we_were_stopped),
		TEST(test_cancel),
		TEST(test_client_leaves),
		IN_FOLDER(test_daemon_that_holds_the_output),
		IN_FOLDER(test_daemon_that_closed_the_output),
		TEST(test_output_of_what_is_swept),
		TEST(test_orphans_are_reaped_meanwhile),
		IN_FOLDER(test_keep_processes),
		IN_FOLDER(test_keep_processes_and_timeout),
		TEST(test_a_gibibyte_of_output),
		TEST(test_output_comes_at_once),
		TEST(test_ticks),
		IN_FOLDER(test_passed_files),
		IN_FOLDER(test_passed_files_are_removed_in_every_case),
		IN_FOLDER(test_passed_files_without_a_folder),
		IN_FOLDER(test_script),
		IN_FOLDER(test_large_script),
		TEST(test_script_that_cannot_be_written),
		TEST(test_input),
	};
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
