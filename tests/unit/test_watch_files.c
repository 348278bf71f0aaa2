/* gateway/watch_files.h: each way in which a file changes is seen, and what is no change is not. In real folders. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "gateway/watch_files.h"

#define PATIENCE_MS 20000

static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	return chdir(folder);
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	return chdir("/") != 0 || !file_remove_tree(folder, &error);
}

/* --- Changing files --- */

static void put(const char *path, const char *text)
{
	struct error error = ERROR_INIT;
	if (!file_create(path, str_from(text), 0644, &error)) {
		print_error("%s\n", error.message);
		fail();
	}
}

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static void move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

static void replace(const char *path, const char *text)
{
	put("new", text);
	move("new", path);
}

static void put_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

static void swap_link(const char *target, const char *path)
{
	put_link(target, "new-link");
	move("new-link", path);
}

static void write_in_place(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
	close(descriptor);
}

/* --- Watching --- */

/* Up to four paths; those that are NULL are not there. */
struct watched {
	struct watch_files *watch;
	struct str paths[4];
	size_t count;
};

/* As it is done after each change: begin, read, set. */
static bool read_again(struct watched *w)
{
	struct file_identity identities[4];

	watch_files_begin(w->watch);
	for (size_t i = 0; i < w->count; i++)
		identities[i] = file_identify(w->paths[i].data);
	return watch_files_set(w->watch, w->paths, identities, w->count);
}

static struct watched watch(const char *one, const char *two)
{
	struct watched w = {.watch = watch_files_new(), .paths = {str_from(one), str_from(two)}, .count = two ? 2 : 1};
	assert_true(read_again(&w));
	return w;
}

/* What happened before this call is told already when it is made: inotify queues it within the call that does it. */
static bool nothing_told(struct watched *w)
{
	return !watch_files_due(w->watch) && watch_files_deadline(w->watch) == CLOCK_NEVER;
}

static void wait_until_due(struct watched *w)
{
	int64_t end = clock_now() + PATIENCE_MS;

	while (!watch_files_due(w->watch)) {
		struct pollfd told = {.fd = watch_files_descriptor(w->watch), .events = POLLIN};
		int64_t deadline = clock_earlier(watch_files_deadline(w->watch), end);
		assert_true(clock_now() < end);
		poll(&told, 1, clock_poll_timeout(deadline, clock_now()));
	}
}

/* It is seen once, and then it is quiet. */
static void assert_seen(struct watched *w)
{
	wait_until_due(w);
	assert_true(read_again(w));
	assert_false(watch_files_due(w->watch));
}

/* --- Each way --- */

static void by_rename(void)
{
	replace("f", "two");
}

static void in_place(void)
{
	write_in_place("f", "two");
}

/* Not even its size tells. */
static void in_place_alike(void)
{
	write_in_place("f", "ONE");
}

static void removed(void)
{
	unlink("f");
}

static void linked(void)
{
	unlink("f");
	put("other", "two");
	assert_int_equal(link("other", "f"), 0);
}

static void permitted(void)
{
	assert_int_equal(chmod("f", 0600), 0);
}

static void to_a_link(void)
{
	put("other", "two");
	swap_link("other", "f");
}

static void link_swapped(void)
{
	swap_link("b/f", "link");
}

static void target_replaced(void)
{
	replace("a/f", "two");
}

static void data_swapped(void)
{
	swap_link("b", "data");
}

static void folder_moved(void)
{
	move("a", "c");
	move("b", "a");
}

static void folder_exchanged_above(void)
{
	move("deep", "old");
	make_folder("deep");
	make_folder("deep/deeper");
	put("deep/deeper/f", "two");
}

static void data_inside_swapped(void)
{
	swap_link("b", "deep/data");
}

static void prepare(void)
{
	put("f", "one");
	for (const char *const *name = (const char *const[]){"a", "b", "deep", "deep/deeper", NULL}; *name; name++)
		make_folder(*name);
	put("a/f", "one");
	put("b/f", "two");
	put("deep/deeper/f", "one");
	put_link("a/f", "link");
	put_link("a", "data");
	put_link("data/f", "f-of-data");
	put_link("../a", "deep/data");
	put_link(folder, "absolute");
	put_link("loop", "loop");
}

static void test_each_way(void **state)
{
	static const struct {
		const char *path;
		void (*change)(void);
	} cases[] = {
		{"f", by_rename},
		{"f", in_place},
		{"f", in_place_alike},
		{"f", removed},
		{"f", linked},
		{"f", permitted},
		{"f", to_a_link},
		{"a/../f", by_rename},
		{"./a//../f", in_place},
		{"absolute/f", by_rename},
		{"absolute/absolute/f", in_place},
		{"link", link_swapped},
		{"link", target_replaced},
		{"data/f", data_swapped},
		{"data/f", target_replaced},
		{"data/f", folder_moved},
		{"f-of-data", data_swapped},
		{"a/f", folder_moved},
		{"deep/deeper/f", folder_exchanged_above},
		{"deep/data/f", data_inside_swapped},
		{"deep/data/f", folder_moved},
		{"absolute/deep/../f-of-data", data_swapped},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		enter_folder(state);
		prepare();
		struct watched w = watch(cases[i].path, NULL);
		assert_true(nothing_told(&w));
		cases[i].change();
		if (nothing_told(&w)) {
			print_error("case %zu: %s did not change\n", i, cases[i].path);
			fail();
		}
		assert_seen(&w);
		watch_files_free(w.watch);
		leave_folder(state);
	}
}

static void test_what_is_no_change(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("data/f", "f");
	put("other", "x");
	put("a/other", "x");
	move("other", "other2");
	unlink("a/other");
	write_in_place("b/f", "x");
	replace("link", "x");
	make_folder("more");
	close(open("f", O_WRONLY | O_CLOEXEC)); /* and nothing is written */
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;
	assert_true(file_read("f", 100, &text, &error));
	buf_release(&text);
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

/* --- One after the other --- */

static void test_removed_and_put_back(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", "a/f");
	for (int i = 0; i < 3; i++) {
		unlink("f");
		assert_seen(&w);
		assert_true(watch_files_deadline(w.watch) <= clock_now() + WATCH_LOOK);
		put("f", "two");
		assert_seen(&w);
		replace("a/f", "three");
		assert_seen(&w);
	}
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

static void test_folders_made_later(void **state)
{
	(void)state;
	struct watched w = watch("x/y/z/f", "data/f");
	make_folder("x");
	make_folder("x/y");
	make_folder("x/y/z");
	assert_false(watch_files_due(w.watch));
	put("x/y/z/f", "one");
	assert_seen(&w);
	make_folder("q");
	put("q/f", "one");
	put_link("q", "data");
	assert_seen(&w);
	assert_true(nothing_told(&w));
	replace("q/f", "two");
	assert_seen(&w);
	move("x/y", "x/old");
	assert_seen(&w);
	move("x/old", "x/y");
	assert_seen(&w);
	write_in_place("x/y/z/f", "two");
	assert_seen(&w);
	watch_files_free(w.watch);
}

/* As Kubernetes mounts a ConfigMap: files → ..data/file, ..data → a folder with a time as its name. */
static void test_config_map(void **state)
{
	(void)state;
	make_folder("..1");
	put("..1/one", "1");
	put("..1/two", "1");
	put_link("..1", "..data");
	put_link("..data/one", "one");
	put_link("..data/two", "two");
	struct watched w = watch("one", "two");
	for (int i = 2; i < 6; i++) {
		struct error error = ERROR_INIT;
		char name[32], file[64], old[32];
		snprintf(name, sizeof(name), "..%d", i);
		snprintf(old, sizeof(old), "..%d", i - 1);
		make_folder(name);
		snprintf(file, sizeof(file), "%s/one", name);
		put(file, "2");
		snprintf(file, sizeof(file), "%s/two", name);
		put(file, "2");
		assert_true(nothing_told(&w));
		swap_link(name, "..data");
		assert_true(file_remove_tree(old, &error));
		assert_seen(&w);
		assert_true(nothing_told(&w));
	}
	watch_files_free(w.watch);
}

/* --- Files that are open for writing --- */

static void append(int descriptor, const char *text)
{
	assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
}

static void test_judged_when_closed(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", NULL);
	for (int i = 0; i < 3; i++) {
		int descriptor = open("f", O_WRONLY | O_TRUNC | O_CLOEXEC);
		assert_true(nothing_told(&w));
		append(descriptor, "some");
		assert_true(nothing_told(&w));
		append(descriptor, "more");
		assert_true(nothing_told(&w));
		close(descriptor);
		assert_seen(&w);
	}
	/* Made anew and filled slowly. */
	unlink("f");
	assert_seen(&w);
	int descriptor = open("f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_false(watch_files_due(w.watch));
	append(descriptor, "some");
	assert_true(nothing_told(&w));
	close(descriptor);
	assert_seen(&w);
	/* Made and left empty: told by nothing but time. */
	unlink("f");
	assert_seen(&w);
	descriptor = open("f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_seen(&w);
	close(descriptor);
	watch_files_free(w.watch);
}

/* The change of one waits for the other that is being written, but not for ever. */
static void test_one_is_open_for_long(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", "a/f");
	int descriptor = open("f", O_WRONLY | O_TRUNC | O_CLOEXEC);
	int64_t begun = clock_now();
	replace("a/f", "two");
	assert_seen(&w);
	assert_true(clock_now() - begun >= WATCH_OPEN);
	replace("a/f", "three");
	assert_false(watch_files_due(w.watch));
	append(descriptor, "one");
	close(descriptor);
	assert_seen(&w);
	/* A new one stands in its place: the old one's writer does not matter. */
	descriptor = open("f", O_WRONLY | O_TRUNC | O_CLOEXEC);
	replace("f", "new");
	begun = clock_now();
	wait_until_due(&w);
	assert_true(read_again(&w));
	append(descriptor, "x");
	close(descriptor);
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

/* --- While they are read --- */

static void test_changes_while_read(void **state)
{
	static void (*const changes[])(void) = {by_rename, in_place_alike, removed};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		enter_folder(state);
		prepare();
		struct watched w = watch("f", "a/f");
		replace("a/f", "three");
		wait_until_due(&w);
		watch_files_begin(w.watch);
		struct file_identity identities[] = {file_identify("f"), file_identify("a/f")};
		changes[i]();
		assert_false(watch_files_set(w.watch, w.paths, identities, 2));
		assert_seen(&w);
		watch_files_free(w.watch);
		leave_folder(state);
	}
}

/* Also of a file that was not watched yet. */
static void test_changed_before_watched(void **state)
{
	(void)state;
	prepare();
	struct watched w = {.watch = watch_files_new(), .paths = {STR("f")}, .count = 1};
	struct file_identity before = file_identify("f");
	by_rename();
	watch_files_begin(w.watch);
	assert_false(watch_files_set(w.watch, w.paths, &before, 1));
	assert_seen(&w);
	watch_files_free(w.watch);
}

/* What was dropped half-read is due again, though that file did not change while it was read. */
static void test_what_was_due_stays_due(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", "a/f");
	replace("a/f", "three");
	wait_until_due(&w);
	watch_files_begin(w.watch);
	struct file_identity identities[] = {file_identify("f"), file_identify("a/f")};
	int descriptor = open("f", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_false(watch_files_set(w.watch, w.paths, identities, 2));
	wait_until_due(&w);
	close(descriptor);
	assert_seen(&w);
	watch_files_free(w.watch);
}

static void test_other_files(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", NULL);
	w.paths[0] = STR("a/f");
	assert_true(read_again(&w));
	replace("f", "x");
	assert_true(nothing_told(&w));
	replace("a/f", "x");
	assert_seen(&w);
	w.count = 0;
	assert_true(read_again(&w));
	replace("a/f", "y");
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

/* --- Many changes --- */

static void test_many_are_one(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("f", NULL);
	int64_t begun = clock_now();
	int changes = 0;
	while (!watch_files_due(w.watch)) {
		replace("f", "x");
		changes++;
		assert_true(clock_now() < begun + PATIENCE_MS);
	}
	assert_true(clock_now() >= begun + WATCH_QUIET);
	assert_true(changes > 1);
	assert_true(read_again(&w));
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

/* The queue holds 16,384 events by default; then the kernel drops what comes and says that it did. */
static void test_queue_overflows(void **state)
{
	(void)state;
	prepare();
	struct watched w = watch("a/f", "f");
	for (int i = 0; i < 20000; i++) {
		move("b", "c"); /* which nobody asks for */
		move("c", "b");
	}
	replace("a/f", "two"); /* is not told */
	assert_seen(&w);
	replace("a/f", "three");
	assert_seen(&w);
	assert_true(nothing_told(&w));
	watch_files_free(w.watch);
}

/* --- Without inotify --- */

static void *redirect_errors(const char *path)
{
	int saved = dup(STDERR_FILENO);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dup2(descriptor, STDERR_FILENO);
	close(descriptor);
	return (void *)(intptr_t)saved;
}

static void test_without_inotify(void **state)
{
	struct rlimit before, none;
	struct error error = ERROR_INIT;
	struct buf log = BUF_INIT;
	(void)state;

	prepare();
	int saved = (int)(intptr_t)redirect_errors("log");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	struct watched w = {.watch = watch_files_new(), .paths = {STR("f"), STR("data/f")}, .count = 2};
	setrlimit(RLIMIT_NOFILE, &before);
	bool set = read_again(&w);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(set);

	assert_int_equal(watch_files_descriptor(w.watch), -1);
	by_rename();
	assert_seen(&w);
	data_swapped();
	assert_seen(&w);
	watch_files_free(w.watch);
	assert_true(file_read("log", 1000, &log, &error));
	assert_contains(log.data,
	                "the hooks files are looked at once a second: inotify cannot be used: Too many open files");
	assert_int_equal(str_find(buf_str(&log), '\n'), log.len - 1);
	buf_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_way),
		cmocka_unit_test(test_changes_while_read),
		cmocka_unit_test_setup_teardown(test_what_is_no_change, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_removed_and_put_back, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_folders_made_later, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_config_map, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_judged_when_closed, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_one_is_open_for_long, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_changed_before_watched, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_what_was_due_stays_due, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_other_files, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_many_are_one, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_queue_overflows, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_without_inotify, enter_folder, leave_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
