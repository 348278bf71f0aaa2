/*
 * base/file.h: reading, writing, replacing, opening beneath a folder. Each test has a folder of its own, which the
 * working folder is while it runs.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	return chdir(folder);
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	return chdir("/") != 0 || !file_remove_tree(folder, &error);
}

static void write_file(const char *path, const char *text)
{
	struct error error = ERROR_INIT;
	unlink(path);
	assert_true(file_create(path, str_from(text), 0644, &error));
}

static void assert_file(const char *path, const char *text)
{
	struct error error = ERROR_INIT;
	struct buf content = BUF_INIT;
	assert_true(file_read(path, 1 << 20, &content, &error));
	assert_str(buf_str(&content), text);
	buf_release(&content);
}

static mode_t mode_of(const char *path)
{
	struct stat found;
	assert_int_equal(lstat(path, &found), 0);
	return found.st_mode & 07777;
}

/* The number of names in the working folder. */
static unsigned count_names(void)
{
	unsigned count = 0;
	struct dirent *entry;
	DIR *here = opendir(".");
	assert_non_null(here);
	while ((entry = readdir(here)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(here);
	return count;
}

static void test_read(void **state)
{
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	write_file("f", "content");
	buf_append_c(&out, "before ");
	assert_true(file_read("f", 7, &out, &error));
	assert_str(buf_str(&out), "before content");
	assert_int_equal(out.data[out.len], '\0');
	assert_int_equal(error.kind, ERROR_NONE);
	buf_release(&out);
}

static void test_read_past_the_cap(void **state)
{
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	write_file("f", "content");
	buf_append_c(&out, "before");
	assert_false(file_read("f", 6, &out, &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	assert_contains(error.message, "f is larger than 6 bytes");
	assert_str(buf_str(&out), "before");
	assert_int_equal(out.data[out.len], '\0');
	assert_false(file_read("/dev/zero", 1000000, &out, &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	assert_str(buf_str(&out), "before");
	assert_false(file_read("f", 0, &out, &error));
	write_file("empty", "");
	assert_true(file_read("empty", 0, &out, &error));
	buf_release(&out);
}

static void test_read_large(void **state)
{
	struct error error = ERROR_INIT;
	struct buf in = BUF_INIT, out = BUF_INIT;
	(void)state;
	for (int i = 0; i < 300000; i++)
		buf_append_byte(&in, (char)(i * 7));
	assert_true(file_create("f", buf_str(&in), 0600, &error));
	assert_true(file_read("f", SIZE_MAX, &out, &error));
	assert_true(str_equal(buf_str(&in), buf_str(&out)));
	buf_release(&out);
	assert_true(file_read("f", 300000, &out, &error));
	assert_true(str_equal(buf_str(&in), buf_str(&out)));
	buf_release(&out);
	assert_false(file_read("f", 299999, &out, &error));
	buf_release(&out);
	buf_release(&in);
}

static void test_read_fails(void **state)
{
	static const struct {
		const char *path;
		enum error_kind kind;
		const char *cause;
	} cases[] = {
		{"nowhere", ERROR_NOT_FOUND, "cannot open nowhere: No such file or directory"},
		{"file/below", ERROR_NOT_FOUND, "cannot open file/below: Not a directory"},
		{"", ERROR_NOT_FOUND, "No such file"},
		{".", ERROR_SYSTEM, "cannot read .: Is a directory"},
	};
	struct buf out = BUF_INIT;
	(void)state;
	write_file("file", "x");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		assert_false(file_read(cases[i].path, 100, &out, &error));
		assert_int_equal(error.kind, cases[i].kind);
		assert_contains(error.message, cases[i].cause);
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
}

static volatile sig_atomic_t interruptions;

static void interrupt(int number)
{
	(void)number;
	interruptions++;
}

/* Writes a megabyte into the pipe in odd pieces, and interrupts the parent all the while. */
static int feed_pipe(void *argument)
{
	const int *ends = argument;
	char piece[4099];
	memset(piece, 'p', sizeof(piece));
	close(ends[0]);
	for (size_t left = 1 << 20; left > 0;) {
		size_t size = left < sizeof(piece) ? left : sizeof(piece);
		ssize_t written = write(ends[1], piece, size);
		if (written < 0)
			return 1;
		left -= (size_t)written;
		kill(getppid(), SIGUSR1);
	}
	return 0;
}

/* The child process that runs the function. */
static pid_t start(int (*function)(void *), void *argument)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(function(argument));
	return child;
}

static void interrupt_without_restart(void)
{
	struct sigaction action = {.sa_handler = interrupt};
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	interruptions = 0;
}

static void read_from_pipe(bool nonblocking)
{
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	int ends[2], status;
	interrupt_without_restart();
	assert_true(file_pipe(ends, &error));
	if (nonblocking)
		assert_true(file_set_nonblocking(ends[0], &error));
	pid_t child = start(feed_pipe, ends);
	file_close(&ends[1]);
	assert_true(file_read_descriptor(ends[0], "the pipe", 1 << 20, &out, &error));
	assert_int_equal(out.len, 1 << 20);
	assert_int_equal(strspn(out.data, "p"), 1 << 20);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	assert_int_equal(status, 0);
	assert_true(interruptions > 0);
	buf_release(&out);
	file_close(&ends[0]);
	signal(SIGUSR1, SIG_DFL);
}

static void test_read_pipe_with_interruptions(void **state)
{
	(void)state;
	read_from_pipe(false);
	read_from_pipe(true);
}

/* Reads the pipe slowly: interrupts the parent before each piece, so that its writes are cut short. */
static int drain_pipe(void *argument)
{
	const int *ends = argument;
	char piece[5003];
	size_t sum = 0;
	ssize_t got;
	close(ends[1]);
	do {
		kill(getppid(), SIGUSR1);
		got = read(ends[0], piece, sizeof(piece));
		for (ssize_t i = 0; i < got; i++, sum++) {
			if (piece[i] != (char)(sum % 251))
				return 2;
		}
	} while (got > 0);
	return sum == 1 << 20 ? 0 : 1;
}

static void write_to_pipe(bool nonblocking)
{
	struct error error = ERROR_INIT;
	int ends[2], status;
	char *data = malloc(1 << 20);
	assert_non_null(data);
	for (size_t i = 0; i < 1 << 20; i++)
		data[i] = (char)(i % 251);
	interrupt_without_restart();
	assert_true(file_pipe(ends, &error));
	if (nonblocking)
		assert_true(file_set_nonblocking(ends[1], &error));
	pid_t child = start(drain_pipe, ends);
	file_close(&ends[0]);
	assert_true(file_write_all(ends[1], data, 1 << 20, "the pipe", &error));
	file_close(&ends[1]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	assert_int_equal(status, 0);
	assert_true(interruptions > 0);
	free(data);
	signal(SIGUSR1, SIG_DFL);
}

static void test_write_short_and_interrupted(void **state)
{
	(void)state;
	write_to_pipe(false);
	write_to_pipe(true);
}

static void test_write_to_closed_pipe(void **state)
{
	struct error error = ERROR_INIT;
	int ends[2];
	(void)state;
	assert_true(file_pipe(ends, &error));
	file_close(&ends[0]);
	assert_false(file_write_all(ends[1], "x", 1, "the reply", &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_string_equal(error.message, "cannot write the reply: Broken pipe");
	assert_true(file_write_all(ends[1], NULL, 0, "nothing", &error));
	file_close(&ends[1]);
}

static void test_write_to_full_disk(void **state)
{
	struct error error = ERROR_INIT;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	(void)state;
	assert_true(full >= 0);
	assert_false(file_write_all(full, "x", 1, "/dev/full", &error));
	assert_int_equal(error.kind, ERROR_STORAGE);
	assert_string_equal(error.message, "cannot write /dev/full: No space left on device");
	file_close(&full);
}

static void test_create(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_true(file_create("f", STR("a\0b"), 0666, &error));
	assert_int_equal(mode_of("f"), 0666); /* although the umask is 022 */
	assert_true(file_create("r", STR("x"), 0400, &error));
	assert_int_equal(mode_of("r"), 0400);

	assert_false(file_create("f", STR("other"), 0600, &error));
	assert_contains(error.message, "cannot create f: File exists");
	struct buf content = BUF_INIT;
	assert_true(file_read("f", 10, &content, &error));
	assert_int_equal(content.len, 3);
	buf_release(&content);

	assert_int_equal(symlink("target", "link"), 0);
	assert_false(file_create("link", STR("x"), 0600, &error));
	assert_int_equal(access("target", F_OK), -1);
	assert_false(file_create("no/such", STR("x"), 0600, &error));
	assert_contains(error.message, "no/such");
}

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file size limit makes the second half of a write fail, as a full disk does. */
static void test_failures_leave_nothing_behind(void **state)
{
	struct error error = ERROR_INIT;
	char data[1000];
	(void)state;
	memset(data, 'x', sizeof(data));
	write_file("kept", "old");
	signal(SIGXFSZ, SIG_IGN);
	limit_file_size(500);
	assert_false(file_create("new", (struct str){data, sizeof(data)}, 0600, &error));
	assert_contains(error.message, "cannot write new: File too large");
	assert_false(file_replace("kept", (struct str){data, sizeof(data)}, 0600, &error));
	assert_contains(error.message, "cannot write kept: File too large");
	limit_file_size(RLIM_INFINITY);

	assert_int_equal(access("new", F_OK), -1);
	assert_file("kept", "old");
	assert_int_equal(count_names(), 1);
}

static void test_replace(void **state)
{
	struct error error = ERROR_INIT;
	char path[128];
	(void)state;
	assert_true(file_replace("f", STR("one"), 0640, &error));
	assert_file("f", "one");
	assert_int_equal(mode_of("f"), 0640);

	int old = open("f", O_RDONLY | O_CLOEXEC);
	assert_true(file_replace("f", STR("two"), 0666, &error));
	assert_file("f", "two");
	assert_int_equal(mode_of("f"), 0666);
	char before[4] = "";
	assert_int_equal(read(old, before, 3), 3);
	assert_string_equal(before, "one"); /* who has it open keeps what it was */
	file_close(&old);

	snprintf(path, sizeof(path), "%s/g", folder);
	assert_true(file_replace(path, STR("three"), 0600, &error));
	assert_file("g", "three");
	assert_int_equal(symlink("f", "link"), 0);
	assert_true(file_replace("link", STR("four"), 0600, &error));
	assert_file("f", "two");
	assert_file("link", "four");

	assert_int_equal(mkdir("d", 0700), 0);
	assert_false(file_replace("d", STR("x"), 0600, &error));
	assert_contains(error.message, "cannot replace d: ");
	assert_false(file_replace("no/such", STR("x"), 0600, &error));
	assert_contains(error.message, "cannot create a file beside no/such: No such file");
	assert_int_equal(count_names(), 4); /* d, f, g, link: no temporary file is left */
}

static int replace_in_root(void *argument)
{
	struct error error = ERROR_INIT;
	(void)argument;
	if (chroot(".") != 0)
		return 77;
	if (!file_replace("/f", STR("x"), 0600, &error)) {
		print_error("%s\n", error.message);
		return 1;
	}
	return access("/f", F_OK) != 0;
}

static void test_replace_in_the_root_folder(void **state)
{
	(void)state;
	int status = status_in_child(replace_in_root, NULL);
	if (WEXITSTATUS(status) == 77)
		skip(); /* only root may make a root folder of its own */
	assert_int_equal(status, 0);
	assert_file("f", "x");
}

static void test_descriptors_are_close_on_exec(void **state)
{
	struct error error = ERROR_INIT;
	int ends[2];
	(void)state;
	write_file("f", "x");
	assert_true(file_pipe(ends, &error));
	int unnamed = file_open_unnamed(".", &error);
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int beneath = file_open_beneath(here, "f", O_RDONLY, &error);
	int made[] = {ends[0], ends[1], unnamed, beneath};
	for (size_t i = 0; i < COUNT_OF(made); i++) {
		assert_true(made[i] >= 0);
		assert_int_equal(fcntl(made[i], F_GETFD), FD_CLOEXEC);
		close(made[i]);
	}
	file_close(&here);
}

static void test_set_nonblocking(void **state)
{
	struct error error = ERROR_INIT;
	int ends[2];
	char byte;
	(void)state;
	assert_true(file_pipe(ends, &error));
	assert_true(file_set_nonblocking(ends[0], &error));
	assert_int_equal(read(ends[0], &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	file_close(&ends[0]);
	file_close(&ends[1]);
	assert_false(file_set_nonblocking(-1, &error));
	assert_contains(error.message, "Bad file descriptor");
}

static void test_close(void **state)
{
	int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int number = descriptor;
	(void)state;
	errno = EEXIST;
	file_close(&descriptor);
	assert_int_equal(descriptor, -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	errno = EEXIST;
	file_close(&descriptor);
	assert_int_equal(descriptor, -1);
	file_close(&number); /* closed already: close(2) says EBADF */
	assert_int_equal(number, -1);
	assert_int_equal(errno, EEXIST);
}

static void test_open_unnamed(void **state)
{
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	int descriptor = file_open_unnamed(folder, &error);
	assert_true(descriptor >= 0);
	assert_true(file_write_all(descriptor, "hidden", 6, "it", &error));
	assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
	assert_true(file_read_descriptor(descriptor, "it", 6, &out, &error));
	assert_str(buf_str(&out), "hidden");
	struct stat made;
	assert_int_equal(fstat(descriptor, &made), 0);
	assert_int_equal(made.st_nlink, 0);
	assert_int_equal(made.st_mode & 07777, 0600);
	file_close(&descriptor);
	buf_release(&out);

	assert_int_equal(file_open_unnamed("no/such", &error), -1);
	assert_contains(error.message, "cannot create a temporary file in no/such");
	/* /proc has no O_TMPFILE, nor can a file be created in it. */
	assert_int_equal(file_open_unnamed("/proc/self", &error), -1);
	assert_contains(error.message, "cannot create a temporary file in /proc/self");
}

static void test_open_sealed(void **state)
{
	static const char data[] = "a\0b\n";
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	int descriptor = file_open_sealed("test", (struct str){data, 4}, &error);
	assert_true(descriptor >= 0);
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	assert_true(file_read_descriptor(descriptor, "it", 4, &out, &error));
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, data, 4);
	assert_int_equal(pwrite(descriptor, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(descriptor, 0), -1);
	assert_int_equal(lseek(descriptor, 0, SEEK_END), 4);
	file_close(&descriptor);
	buf_release(&out);
}

static void test_open_beneath(void **state)
{
	static const struct {
		const char *path;
		bool opens;
		enum error_kind kind;
	} cases[] = {
		{"file", true, ERROR_NONE},
		{"./file", true, ERROR_NONE},
		{"sub/../file", true, ERROR_NONE},
		{"sub/inner", true, ERROR_NONE},
		{"to-inner", true, ERROR_NONE},
		{"sub/up-to-file", true, ERROR_NONE},
		{"../secret", false, ERROR_NOT_ALLOWED},
		{"sub/../../secret", false, ERROR_NOT_ALLOWED},
		{"..", false, ERROR_NOT_ALLOWED},
		{"/etc/passwd", false, ERROR_NOT_ALLOWED},
		{"//etc/passwd", false, ERROR_NOT_ALLOWED},
		{"to-passwd", false, ERROR_NOT_ALLOWED},
		{"to-secret", false, ERROR_NOT_ALLOWED},
		{"to-root/etc/passwd", false, ERROR_NOT_ALLOWED},
		{"to-outside/secret", false, ERROR_NOT_ALLOWED},
		{"chain", false, ERROR_NOT_ALLOWED},
		{"loop", false, ERROR_NOT_ALLOWED},
		{"nowhere", false, ERROR_NOT_FOUND},
		{"sub/nowhere", false, ERROR_NOT_FOUND},
		{"file/nowhere", false, ERROR_NOT_FOUND},
		{"", false, ERROR_NOT_FOUND},
	};
	(void)state;
	write_file("secret", "secret");
	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(mkdir("tree/sub", 0755), 0);
	write_file("tree/file", "inside");
	write_file("tree/sub/inner", "inside");
	assert_int_equal(symlink("sub/inner", "tree/to-inner"), 0);
	assert_int_equal(symlink("../file", "tree/sub/up-to-file"), 0);
	assert_int_equal(symlink("/etc/passwd", "tree/to-passwd"), 0);
	assert_int_equal(symlink("../secret", "tree/to-secret"), 0);
	assert_int_equal(symlink("/", "tree/to-root"), 0);
	assert_int_equal(symlink("..", "tree/to-outside"), 0);
	assert_int_equal(symlink("to-secret", "tree/chain"), 0);
	assert_int_equal(symlink("loop", "tree/loop"), 0);
	int tree = open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		int descriptor = file_open_beneath(tree, cases[i].path, O_RDONLY, &error);
		assert_int_equal(descriptor >= 0, cases[i].opens);
		assert_int_equal(error.kind, cases[i].kind);
		if (!cases[i].opens)
			assert_contains(error.message, cases[i].path);
		file_close(&descriptor);
	}
	file_close(&tree);
}

static void test_open_beneath_flags(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(symlink("file", "tree/link"), 0);
	assert_int_equal(symlink("../outside", "tree/out"), 0);
	int tree = open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	int made = file_open_beneath(tree, "file", O_WRONLY | O_CREAT | O_EXCL, &error);
	assert_true(made >= 0);
	assert_int_equal(mode_of("tree/file"), 0600);
	file_close(&made);
	assert_int_equal(file_open_beneath(tree, "file", O_WRONLY | O_CREAT | O_EXCL, &error), -1);
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_int_equal(file_open_beneath(tree, "link", O_RDONLY | O_NOFOLLOW, &error), -1);
	assert_int_equal(error.kind, ERROR_NOT_ALLOWED);
	assert_int_equal(file_open_beneath(tree, "out", O_WRONLY | O_CREAT, &error), -1);
	assert_int_equal(error.kind, ERROR_NOT_ALLOWED);
	assert_int_equal(access("outside", F_OK), -1);
	file_close(&tree);
}

static void test_absolute(void **state)
{
	struct error error = ERROR_INIT;
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_string_equal(file_absolute(&arena, "/a/../b", &error), "/a/../b");
	assert_string_equal(file_absolute(&arena, "x", &error), arena_printf(&arena, "%s/x", folder));
	assert_string_equal(file_absolute(&arena, "../x", &error), arena_printf(&arena, "%s/../x", folder));
	assert_null(file_absolute(&arena, "", &error));
	assert_int_equal(error.kind, ERROR_INVALID);

	assert_int_equal(mkdir("gone", 0700), 0);
	assert_int_equal(chdir("gone"), 0);
	assert_int_equal(rmdir("../gone"), 0);
	assert_null(file_absolute(&arena, "x", &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_contains(error.message, "current folder");
	assert_int_equal(chdir("/"), 0);
	assert_string_equal(file_absolute(&arena, "x", &error), "/x");
	arena_release(&arena);
}

static void test_join(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_string_equal(file_join(&arena, "/a/b", "c"), "/a/b/c");
	assert_string_equal(file_join(&arena, "/a/b/", "c"), "/a/b/c");
	assert_string_equal(file_join(&arena, "/", "c"), "/c");
	assert_string_equal(file_join(&arena, "", "c"), "c");
	assert_string_equal(file_join(&arena, "a", ""), "a/");
	arena_release(&arena);
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_read),
		IN_FOLDER(test_read_past_the_cap),
		IN_FOLDER(test_read_large),
		IN_FOLDER(test_read_fails),
		IN_FOLDER(test_read_pipe_with_interruptions),
		IN_FOLDER(test_write_short_and_interrupted),
		IN_FOLDER(test_write_to_closed_pipe),
		IN_FOLDER(test_write_to_full_disk),
		IN_FOLDER(test_create),
		IN_FOLDER(test_failures_leave_nothing_behind),
		IN_FOLDER(test_replace),
		IN_FOLDER(test_replace_in_the_root_folder),
		IN_FOLDER(test_descriptors_are_close_on_exec),
		IN_FOLDER(test_set_nonblocking),
		IN_FOLDER(test_close),
		IN_FOLDER(test_open_unnamed),
		IN_FOLDER(test_open_sealed),
		IN_FOLDER(test_open_beneath),
		IN_FOLDER(test_open_beneath_flags),
		IN_FOLDER(test_absolute),
		IN_FOLDER(test_join),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
