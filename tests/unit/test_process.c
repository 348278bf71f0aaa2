/*
 * run/process.h: what a child starts with, why one does not start, and that a sweep leaves nothing, whatever the tree
 * does.
 */
#include "run_check.h"

#include <sys/mman.h>
#include <sys/prctl.h>

#include "run/process.h"

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
	process_sweep();
	process_set_subreaper(false);
	return file_remove_tree(folder, &error) ? 0 : -1;
}

/* Starts `/bin/sh -c script` with a pipe behind its output and returns all of that, in the arena. */
static char *output_of(struct arena *arena, struct process_spec spec)
{
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;
	int ends[2], status;
	pid_t pid;
	assert_true(file_pipe(ends, &error));
	spec.output = ends[1];
	if (!process_start(&spec, &pid, &error))
		fail_msg("%s", error.message);
	file_close(&ends[1]);
	assert_true(file_read_descriptor(ends[0], "output", 100000, &text, &error));
	file_close(&ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	char *copy = arena_copy(arena, text.data, text.len);
	buf_release(&text);
	return copy;
}

static struct process_spec shell(char **arguments, const char *script)
{
	static char name[] = "/bin/sh", flag[] = "-c", path[] = "PATH=/usr/bin:/bin";
	static char *environment[] = {path, NULL};
	arguments[0] = name;
	arguments[1] = flag;
	arguments[2] = strdup(script);
	arguments[3] = NULL;
	return (struct process_spec){.program = "/bin/sh",
	                             .arguments = arguments,
	                             .environment = environment,
	                             .directory = -1,
	                             .input = -1,
	                             .output = -1};
}

static void assert_prints(const char *script, const char *expected)
{
	struct arena arena = ARENA_INIT;
	char *arguments[4];
	assert_string_equal(output_of(&arena, shell(arguments, script)), expected);
	free(arguments[2]);
	arena_release(&arena);
}

static void test_only_the_given_environment(void **state)
{
	(void)state;
	setenv("LEAK", "1", 1);
	assert_prints("/usr/bin/env | grep -v ^_= | grep -v ^PWD= | grep -v ^SHLVL= | grep -v ^OLDPWD=",
	              "PATH=/usr/bin:/bin\n");
}

static void test_output_and_error_are_one_pipe(void **state)
{
	(void)state;
	assert_prints("echo a; echo b >&2; echo c", "a\nb\nc\n");
}

static void test_only_three_descriptors(void **state)
{
	(void)state;
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec, as libraries open them */
	int high = fcntl(leak, F_DUPFD, 700);
	assert_true(high >= 700);
	assert_prints("ls /proc/$$/fd; readlink /proc/$$/fd/0", "0\n1\n2\n/dev/null\n");
	close(high);
	close(leak);
}

static void test_signals_are_as_by_default(void **state)
{
	sigset_t all, before;
	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	/* glibc has its own two, 32 and 33, ignored in what posix_spawn starts. */
	assert_prints(
		"grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2 | sed s/0000000180000000/0000000000000000/ | tr '\\n' ' '",
		"0000000000000000 0000000000000000 ");
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_session(void **state)
{
	struct arena arena = ARENA_INIT;
	char *arguments[4], *foreign, *own;
	(void)state;
	struct process_spec spec = shell(arguments, "cut -d' ' -f6 /proc/$$/stat; echo $$");
	foreign = output_of(&arena, spec);
	char *newline = strchr(foreign, '\n');
	*newline = '\0';
	assert_int_equal(strtol(foreign, NULL, 10), strtol(newline + 1, NULL, 10)); /* a leader of its own */

	spec.same_session = true;
	own = output_of(&arena, spec);
	assert_int_equal(strtol(own, NULL, 10), getsid(0));
	free(arguments[2]);
	arena_release(&arena);
}

static void test_directory_and_input(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	char *arguments[4];
	(void)state;
	const char *path = file_join(&arena, folder, "input");
	assert_true(file_create(path, STR("from a file"), 0600, &error));
	struct process_spec spec = shell(arguments, "/bin/pwd -P; cat");
	spec.directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	spec.input = open(path, O_RDONLY | O_CLOEXEC);
	assert_string_equal(output_of(&arena, spec), arena_printf(&arena, "%s\nfrom a file", folder));
	close(spec.directory);
	close(spec.input);
	free(arguments[2]);
	arena_release(&arena);
}

/* --- What does not start ------------------------------------------------------------------------------------------ */

static void test_why_it_does_not_start(void **state)
{
	static const struct {
		const char *name, *content; /* NULL: nothing is made */
		mode_t mode;
		const char *says;
	} cases[] = {
		{"missing", NULL, 0, "no such command"},
		{"plain", "#!/bin/sh\n", 0644, "is not executable"},
		{"no-line", "echo hello\n", 0755, "#!/bin/sh"},
		{"empty", "", 0755, "#!/bin/sh"},
		{"stray", "#!/no/such/interpreter -x\n", 0755, "its interpreter /no/such/interpreter does not exist"},
		{"dos", "#!/bin/sh\r\nexit\r\n", 0755, "CR LF"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		char *arguments[4];
		pid_t pid;
		struct process_spec spec = shell(arguments, "");
		spec.program = file_join(&arena, folder, cases[i].name);
		if (cases[i].content)
			assert_true(file_create(spec.program, str_from(cases[i].content), cases[i].mode, &error));
		assert_false(process_start(&spec, &pid, &error));
		assert_int_equal(error.kind, ERROR_COMMAND);
		assert_contains(error.message, cases[i].says);
		assert_contains(error.message, spec.program);
		free(arguments[2]);
	}
	assert_false(process_has_children());
	arena_release(&arena);
}

static void test_a_folder_and_a_long_argument(void **state)
{
	struct error error = ERROR_INIT;
	char *arguments[4];
	pid_t pid;
	(void)state;
	struct process_spec spec = shell(arguments, "");
	spec.program = folder;
	assert_false(process_start(&spec, &pid, &error));
	assert_contains(error.message, "it is a folder");

	const size_t size = (size_t)4 * 1024 * 1024;
	free(arguments[2]);
	arguments[2] = malloc(size);
	memset(arguments[2], 'x', size - 1);
	arguments[2][size - 1] = '\0';
	spec.program = "/bin/sh";
	assert_false(process_start(&spec, &pid, &error));
	assert_int_equal(error.kind, ERROR_COMMAND);
	assert_contains(error.message, "pass-file-to-command");
	free(arguments[2]);
}

/* --- Sweeping ----------------------------------------------------------------------------------------------------- */

/* Every process of the tree holds the pipe, so its end shows that none is left. */
struct tree {
	int ends[2];
};

static struct tree start_tree(const char *script)
{
	struct tree tree;
	struct error error = ERROR_INIT;
	char *arguments[4];
	pid_t pid;
	assert_true(file_pipe(tree.ends, &error));
	struct process_spec spec = shell(arguments, script);
	spec.output = tree.ends[1];
	process_set_subreaper(true);
	assert_true(process_start(&spec, &pid, &error));
	file_close(&tree.ends[1]);
	free(arguments[2]);
	return tree;
}

/* Waits until it printed this many bytes. */
static void await_bytes(const struct tree *tree, size_t count)
{
	char byte;
	for (size_t i = 0; i < count; i++) {
		assert_true(shows(tree->ends[0], POLLIN, SOON_MS));
		assert_int_equal(read(tree->ends[0], &byte, 1), 1);
	}
}

static void assert_nothing_left(struct tree *tree)
{
	char rest[4096];
	ssize_t got;
	assert_false(process_has_children());
	while (true) {
		assert_true(shows(tree->ends[0], POLLIN, 0));
		got = read(tree->ends[0], rest, sizeof(rest));
		assert_true(got >= 0);
		if (got == 0)
			break;
	}
	file_close(&tree->ends[0]);
}

static void test_sweep_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(process_sweep(), 0);
	assert_int_equal(process_signal_descendants(SIGTERM), 0);
	assert_int_equal(process_any_child(), 0);
}

static void test_sweep(void **state)
{
	static const struct {
		const char *script;
		size_t bytes; /* that show that the tree stands */
		int least;    /* processes swept */
	} cases[] = {
		{"echo .; exec sleep 1000", 2, 1},
		{"sleep 1000 & sleep 1000 & echo .; wait", 2, 3},
		/* a daemon: double fork, session of its own */
		{"(setsid sh -c 'echo .; sleep 1000; true' &) & wait", 2, 2},
		/* deaf to everything that can be ignored */
		{"trap '' TERM HUP INT QUIT; echo .; while :; do sleep 1000; done", 2, 2},
		/* stopped by itself */
		{"echo .; kill -STOP $$; true", 2, 1},
		/* starts another as soon as one dies */
		{"echo .; while :; do setsid sleep 1000; done", 2, 1},
		{"trap 'setsid sleep 1000 &' CHLD TERM; sleep 1000 & echo .; while :; do sleep 1000; done", 2, 2},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tree tree = start_tree(cases[i].script);
		await_bytes(&tree, cases[i].bytes);
		assert_true(process_sweep() >= cases[i].least - 1); /* a shell may not have started all of it yet */
		assert_nothing_left(&tree);
	}
}

/* The name in /proc/PID/stat stands between parentheses and may hold some. */
static void test_sweep_knows_odd_names(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *odd = file_join(&arena, folder, "a) S 1 (b c");
	struct tree tree = start_tree(
		arena_printf(&arena, "cp /bin/sleep '%s'; ('%s' 1000 & echo $!) & wait; '%s' 1000", odd, odd, odd));
	char line[32] = "";
	assert_true(shows(tree.ends[0], POLLIN, SOON_MS));
	assert_true(read(tree.ends[0], line, sizeof(line) - 1) > 0);
	pid_t pid = (pid_t)strtol(line, NULL, 10);
	const char *stat_path = arena_printf(&arena, "/proc/%d/stat", (int)pid);
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	while (!strstr(text.data, "(a) S 1 (b c)")) { /* until the shell has become it */
		buf_clear(&text);
		assert_true(file_read(stat_path, 10000, &text, &error));
	}
	assert_true(process_sweep() >= 2);
	assert_nothing_left(&tree);
	assert_false(is_alive(pid));
	buf_release(&text);
	arena_release(&arena);
}

/* What has ended by itself was not swept, but is reaped. */
static void test_zombies_are_reaped_not_counted(void **state)
{
	(void)state;
	struct tree tree = start_tree("echo ..");
	await_bytes(&tree, 3);
	assert_true(shows(tree.ends[0], POLLHUP, SOON_MS));
	siginfo_t info;
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	assert_true(process_has_children());
	assert_int_equal(process_sweep(), 0);
	assert_nothing_left(&tree);
}

/* A tree of C code instead of a script: what its first process does, with numbers that all of it share. */
struct numbers {
	int started, limit;
};

static struct numbers *numbers;
static int report; /* to write to */

static struct tree grow_tree(void (*first)(void), int limit)
{
	struct tree tree;
	struct error error = ERROR_INIT;
	numbers = mmap(NULL, sizeof(*numbers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*numbers = (struct numbers){.started = 1, .limit = limit};
	assert_true(file_pipe(tree.ends, &error));
	report = tree.ends[1];
	process_set_subreaper(true);
	if (fork() == 0) {
		first();
		_exit(0);
	}
	file_close(&tree.ends[1]);
	return tree;
}

/* Nothing is left after a sweep, and it did not take long; returns what the sweep does. */
static int64_t sweep_tree(struct tree *tree)
{
	int64_t began = clock_now(), swept = process_sweep();
	assert_true(clock_now() - began < SOON_MS);
	assert_nothing_left(tree);
	return swept;
}

/* Counts one more process; false past the limit. Whoever asks ends with an alarm where the test fails to end it. */
static bool may_start(void)
{
	alarm(60);
	return __atomic_add_fetch(&numbers->started, 1, __ATOMIC_SEQ_CST) <= numbers->limit;
}

static void say_started(void)
{
	if (write(report, ".", 1) != 1)
		_exit(1);
}

enum { BOMB = 400 };

/* Each process takes a session of its own and forks as long as fewer than the limit were started in all. */
static void explode(void)
{
	setsid();
	say_started();
	while (may_start()) {
		if (fork() == 0) {
			setsid();
			say_started();
		}
	}
	while (true)
		pause();
}

static void test_sweep_of_a_fork_bomb(void **state)
{
	(void)state;
	/* When it is over, and in the middle of it: what is stopped cannot go on. */
	static const int after[] = {BOMB, 50, 20, 20, 20, 20};
	for (size_t i = 0; i < COUNT_OF(after); i++) {
		struct tree tree = grow_tree(explode, BOMB);
		await_bytes(&tree, (size_t)after[i]);
		assert_in_range(sweep_tree(&tree), after[i], BOMB);
		munmap(numbers, sizeof(*numbers));
	}
}

enum { HEADS = 30 };

static void grow_two(int number)
{
	(void)number;
	for (int i = 0; i < 2; i++) {
		if (may_start() && fork() == 0)
			break;
	}
}

/* Its children learn of its death, and each starts two more. */
static void be_hydra(void)
{
	struct sigaction action = {.sa_handler = grow_two};
	pid_t parent = getpid();
	sigaction(SIGUSR1, &action, NULL);
	while (may_start() && numbers->started <= HEADS + 1) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			if (getppid() != parent)
				_exit(1);
			break;
		}
	}
	say_started();
	while (true)
		pause();
}

/* All are stopped before the first is killed, so nobody sees a death. */
static void test_sweep_of_a_hydra(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct tree tree = grow_tree(be_hydra, BOMB);
		await_bytes(&tree, HEADS);
		assert_in_range(sweep_tree(&tree), HEADS, HEADS + 1);
		assert_in_range(numbers->started, HEADS, HEADS + 2);
		munmap(numbers, sizeof(*numbers));
	}
}

/* No process lives longer than it takes to start the next: there is always one, and it is always another. */
static void be_comet(void)
{
	setsid();
	say_started();
	while (may_start()) {
		pid_t next = fork();
		if (next != 0)
			_exit(0);
	}
}

static void test_sweep_of_a_comet(void **state)
{
	enum { GENERATIONS = 100000 }; /* some 10 s and more */
	(void)state;
	struct tree tree = grow_tree(be_comet, GENERATIONS);
	await_bytes(&tree, 1);
	sweep_tree(&tree);
	assert_true(numbers->started < GENERATIONS);
	munmap(numbers, sizeof(*numbers));
}

static void test_sweep_tells_of_one_child(void **state)
{
	struct error error = ERROR_INIT;
	char *arguments[4];
	pid_t pid;
	int status = -1;
	(void)state;
	struct process_spec spec = shell(arguments, "exec sleep 1000");
	assert_true(process_start(&spec, &pid, &error));
	assert_int_equal(process_sweep_around(pid, &status), 1);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = -1;
	assert_int_equal(process_sweep_around(pid, &status), 0);
	assert_int_equal(status, -1);
	free(arguments[2]);
}

static void test_signal_to_all(void **state)
{
	(void)state;
	struct tree tree =
		start_tree("(setsid sleep 1000 & echo .) & sleep 1000 & echo .; trap 'exit 0' TERM; wait; wait");
	await_bytes(&tree, 4);
	assert_true(process_any_child() > 0);
	assert_true(process_signal_descendants(SIGTERM) >= 3);
	while (process_has_children())
		assert_true(wait(NULL) > 0);
	assert_nothing_left(&tree);
}

/* A tree in full growth: who is just being started gets the signal like all others. */
static void test_signal_misses_nobody(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct tree tree = grow_tree(explode, BOMB);
		await_bytes(&tree, 50);
		assert_in_range(process_signal_descendants(SIGTERM), 50, BOMB);
		while (process_has_children())
			assert_true(wait(NULL) > 0);
		assert_nothing_left(&tree);
		munmap(numbers, sizeof(*numbers));
	}
}

/* What a command starts to clean up, when it is asked to end, is not asked itself. */
static void test_signal_spares_what_its_handler_starts(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct tree tree =
			start_tree("trap '(trap \"echo hit\" TERM; sleep 0.02; echo clean); exit' TERM; echo .; "
		                   "while :; do sleep 1000 & wait; done");
		char text[64] = "";
		await_bytes(&tree, 2);
		process_signal_descendants(SIGTERM);
		assert_true(shows(tree.ends[0], POLLIN, SOON_MS));
		assert_true(read(tree.ends[0], text, sizeof(text) - 1) > 0);
		assert_string_equal(text, "clean\n");
		process_sweep();
		assert_nothing_left(&tree);
	}
}

/* --- Detaching ---------------------------------------------------------------------------------------------------- */

struct detached {
	int report;
	pid_t caller;
};

/* What a detached process finds, as text on the report. */
static void tell(void *context)
{
	const struct detached *detached = context;
	struct sigaction term, pipe_action;
	sigset_t mask;
	char text[256];
	bool stray = false;
	sigaction(SIGTERM, NULL, &term);
	sigaction(SIGPIPE, NULL, &pipe_action);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int i = 3; i < 1024; i++)
		stray = stray || (i != detached->report && fcntl(i, F_GETFD) >= 0);
	int len = snprintf(text, sizeof(text), "descendant=%d leader=%d stray=%d null=%d term=%d pipe=%d blocked=%d ",
	                   getppid() == detached->caller, getsid(0) == getpid(), stray, isatty(0) || isatty(1),
	                   term.sa_handler == SIG_DFL, pipe_action.sa_handler == SIG_IGN, sigismember(&mask, SIGTERM));
	if (write(detached->report, text, (size_t)len) != len)
		_exit(1);
}

static void on_signal(int number)
{
	(void)number;
}

static void test_detach(void **state)
{
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;
	int ends[2];
	sigset_t term;
	(void)state;
	assert_true(file_pipe(ends, &error));
	int leak = fcntl(ends[1], F_DUPFD, 600); /* the report's end is seen only when this is closed too */
	assert_true(leak >= 600);
	signal(SIGTERM, on_signal);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	struct detached detached = {ends[1], getpid()};
	assert_true(process_detach(tell, &detached, ends[1], &error));
	assert_false(process_has_children());
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	signal(SIGTERM, SIG_DFL);
	close(leak);
	file_close(&ends[1]);
	assert_true(file_read_descriptor(ends[0], "report", 1000, &text, &error));
	assert_string_equal(text.data, "descendant=0 leader=1 stray=0 null=0 term=1 pipe=1 blocked=0 ");
	file_close(&ends[0]);
	buf_release(&text);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_only_the_given_environment),
		IN_FOLDER(test_output_and_error_are_one_pipe),
		IN_FOLDER(test_only_three_descriptors),
		IN_FOLDER(test_signals_are_as_by_default),
		IN_FOLDER(test_session),
		IN_FOLDER(test_directory_and_input),
		IN_FOLDER(test_why_it_does_not_start),
		IN_FOLDER(test_a_folder_and_a_long_argument),
		IN_FOLDER(test_sweep_of_nothing),
		IN_FOLDER(test_sweep),
		IN_FOLDER(test_sweep_knows_odd_names),
		IN_FOLDER(test_zombies_are_reaped_not_counted),
		IN_FOLDER(test_sweep_of_a_fork_bomb),
		IN_FOLDER(test_sweep_of_a_hydra),
		IN_FOLDER(test_sweep_of_a_comet),
		IN_FOLDER(test_sweep_tells_of_one_child),
		IN_FOLDER(test_signal_to_all),
		IN_FOLDER(test_signal_misses_nobody),
		IN_FOLDER(test_signal_spares_what_its_handler_starts),
		IN_FOLDER(test_detach),
	};
	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
