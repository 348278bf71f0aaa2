/*
 * Folders of base/file.h: making them, and removing trees that were built to resist. As root nothing is denied, so those
 * tests run in a child process that gave its rights away.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"

static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	umask(022);
	return chmod(folder, 0755) != 0 || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	return chdir("/") != 0 || !file_remove_tree(folder, &error);
}

static bool exists(const char *path)
{
	struct stat found;
	return lstat(path, &found) == 0;
}

static void make_file(const char *path)
{
	struct error error = ERROR_INIT;
	assert_true(file_create(path, STR("x"), 0644, &error));
}

static void assert_removes(const char *path)
{
	struct error error = ERROR_INIT;
	if (!file_remove_tree(path, &error))
		fail_msg("%s", error.message);
	assert_false(exists(path));
}

static void test_make_folders(void **state)
{
	struct error error = ERROR_INIT;
	struct stat made;
	char path[128];
	(void)state;
	assert_true(file_make_folders("a/b/c", 0750, &error));
	assert_int_equal(stat("a/b/c", &made), 0);
	assert_int_equal(made.st_mode & 0777, 0750);
	assert_int_equal(stat("a", &made), 0);
	assert_int_equal(made.st_mode & 0777, 0750);
	assert_true(file_make_folders("a/b/c", 0700, &error));
	assert_int_equal(stat("a/b/c", &made), 0);
	assert_int_equal(made.st_mode & 0777, 0750);
	assert_true(file_make_folders("a//d///e//", 0700, &error));
	assert_true(exists("a/d/e"));
	assert_true(file_make_folders("./a/../f", 0700, &error));
	assert_true(exists("f"));
	snprintf(path, sizeof(path), "%s/x/y", folder);
	assert_true(file_make_folders(path, 0700, &error));
	assert_true(exists("x/y"));
	assert_true(file_make_folders("/", 0700, &error));
	assert_true(file_make_folders(".", 0700, &error));
	assert_int_equal(symlink("a", "link"), 0);
	assert_true(file_make_folders("link/through", 0700, &error));
	assert_true(exists("a/through"));
}

static void test_make_folders_fails(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	make_file("file");
	assert_false(file_make_folders("file", 0700, &error));
	assert_string_equal(error.message, "cannot create the folder file: Not a directory");
	assert_false(file_make_folders("file/below", 0700, &error));
	assert_contains(error.message, "Not a directory");
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_false(file_make_folders("dangling", 0700, &error));
	assert_false(file_make_folders("", 0700, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_false(file_make_folders("/proc/no/such", 0700, &error));
	assert_contains(error.message, "cannot create the folder /proc/no: ");
}

static void test_remove_what_is_no_tree(void **state)
{
	(void)state;
	make_file("file");
	assert_removes("file");
	assert_removes("file");
	assert_removes("no/such/path");
	assert_int_equal(mkdir("empty", 0755), 0);
	assert_removes("empty/");
	assert_int_equal(mkfifo("fifo", 0644), 0);
	assert_removes("fifo");
	make_file("kept");
	assert_int_equal(symlink("kept", "link"), 0);
	assert_removes("link");
	assert_true(exists("kept"));
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_removes("dangling");
}

static void test_remove_refuses_what_has_no_name(void **state)
{
	static const char *const paths[] = {"", "/", "//", ".", "..", "a/.", "a/..", "a/../", "./"};
	struct error error;
	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	make_file("a/file");
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		error = (struct error)ERROR_INIT;
		assert_false(file_remove_tree(paths[i], &error));
		assert_int_equal(error.kind, ERROR_INVALID);
	}
	assert_true(exists("a/file"));
}

static void test_remove_follows_no_symlink(void **state)
{
	char inside[128];
	(void)state;
	assert_int_equal(mkdir("outside", 0755), 0);
	assert_int_equal(mkdir("outside/sub", 0755), 0);
	make_file("outside/kept");
	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(mkdir("tree/sub", 0755), 0);
	snprintf(inside, sizeof(inside), "%s/outside", folder);
	assert_int_equal(symlink(inside, "tree/absolute"), 0);
	assert_int_equal(symlink("../outside", "tree/relative"), 0);
	assert_int_equal(symlink("../../outside", "tree/sub/deeper"), 0);
	assert_int_equal(symlink("..", "tree/up"), 0);
	assert_int_equal(symlink(".", "tree/loop"), 0);
	assert_int_equal(symlink("../outside/kept", "tree/to-file"), 0);
	assert_removes("tree");
	assert_true(exists("outside/kept"));
	assert_true(exists("outside/sub"));

	/* The tree itself is a symlink, with a slash behind it that would follow it. */
	assert_int_equal(symlink("outside", "link"), 0);
	assert_removes("link/");
	assert_true(exists("outside/kept"));
}

static void test_remove_wide(void **state)
{
	char path[64];
	(void)state;
	assert_int_equal(mkdir("tree", 0755), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "tree/%d", i);
		assert_int_equal(mkdir(path, 0755), 0);
		for (int j = 0; j < 60; j++) {
			snprintf(path, sizeof(path), "tree/%d/%d", i, j);
			if (j % 2 == 0)
				make_file(path);
			else
				assert_int_equal(mkdir(path, 0755), 0);
		}
	}
	assert_removes("tree");
}

/* Makes a chain of folders with a file in each, through descriptors: no path could name its end. */
static void make_deep(const char *top, const char *name, int depth)
{
	assert_int_equal(mkdir(top, 0755), 0);
	int here = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < depth; i++) {
		assert_true(here >= 0);
		assert_int_equal(mkdirat(here, name, 0755), 0);
		int file = openat(here, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		close(file);
		int below = openat(here, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(here);
		here = below;
	}
	close(here);
}

static int remove_with_few_descriptors(void *argument)
{
	struct error error = ERROR_INIT;
	struct rlimit limit = {8, 8};
	closefrom(3);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 2;
	return file_remove_tree(argument, &error) ? 0 : 1;
}

static void test_remove_deep(void **state)
{
	char name[256];
	char tree[] = "tree";
	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	make_deep(tree, name, 5000); /* a path of 1.2 MB */
	assert_int_equal(status_in_child(remove_with_few_descriptors, tree), 0);
	assert_false(exists(tree));
}

/* Names that the removal itself would like to use. */
static void test_remove_hostile_names(void **state)
{
	static const char *const names[] = {
		".removing-0", ".removing-1", "-rf", "...", "*", "a\nb", "\xFF\x01", " ", "\\", "%s%n",
	};
	char path[300];
	(void)state;
	assert_int_equal(mkdir("tree", 0755), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "tree/%s", names[i]);
		if (i == 1) {
			make_file(path);
			continue;
		}
		assert_int_equal(mkdir(path, 0755), 0);
		for (size_t j = 0; j < COUNT_OF(names); j++) {
			snprintf(path, sizeof(path), "tree/%s/%s", names[i], names[j]);
			assert_int_equal(mkdir(path, 0755), 0);
			snprintf(path, sizeof(path), "tree/%s/%s/x", names[i], names[j]);
			make_file(path);
		}
	}
	assert_removes("tree");
}

/* In whichever order the folder is read, the first that is moved finds its new name taken, by a file or a folder. */
static void test_remove_where_names_are_taken(void **state)
{
	char path[64];
	(void)state;
	assert_int_equal(mkdir("tree", 0755), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "tree/.removing-%d", i);
		if (i % 3 == 1) {
			make_file(path);
			continue;
		}
		for (int j = 0; j < 3; j++) {
			struct error error = ERROR_INIT;
			snprintf(path, sizeof(path), "tree/.removing-%d/%d/x", i, j);
			assert_true(file_make_folders(path, 0755, &error));
		}
	}
	assert_removes("tree");

	/* Nothing else could be removed first. */
	struct error error = ERROR_INIT;
	assert_true(file_make_folders("tree/.removing-0/.removing-0/.removing-0/x", 0755, &error));
	assert_removes("tree");
}

/* Gives away what root may do; the working folder must belong to nobody then. */
static void become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
	                       setresuid(65534, 65534, 65534) != 0))
		_exit(99);
}

static void give_folder_to_nobody(void)
{
	if (geteuid() == 0)
		assert_int_equal(chown(folder, 65534, 65534), 0);
}

static int make_and_remove_without_permission(void *argument)
{
	static const char *const folders[] = {"tree", "tree/a", "tree/a/b", "tree/a/b/c", "tree/d", "tree/d/e"};
	struct error error = ERROR_INIT;
	const mode_t *mode = argument;
	become_nobody();
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		if (mkdir(folders[i], 0755) != 0)
			return 2;
	}
	if (!file_create("tree/a/b/c/file", STR("x"), 0, &error) || !file_create("tree/d/file", STR("x"), 0, &error))
		return 3;
	for (size_t i = COUNT_OF(folders); i-- > 0;) {
		if (chmod(folders[i], *mode) != 0)
			return 4;
	}
	if (!file_remove_tree("tree", &error)) {
		print_error("%s\n", error.message);
		return 1;
	}
	return exists("tree") ? 5 : 0;
}

static void test_remove_without_permission(void **state)
{
	mode_t modes[] = {0, 0111, 0222, 0333, 0444, 0555, 0666};
	(void)state;
	give_folder_to_nobody();
	for (size_t i = 0; i < COUNT_OF(modes); i++)
		assert_int_equal(status_in_child(make_and_remove_without_permission, &modes[i]), 0);
}

/* What belongs to somebody else in a folder of theirs stays; the rest goes, and the message names what stayed. */
static int remove_what_belongs_to_root(void *argument)
{
	struct error error = ERROR_INIT;
	(void)argument;
	become_nobody();
	if (file_remove_tree("tree", &error))
		return 1;
	if (error.kind != ERROR_SYSTEM || !strstr(error.message, "cannot remove tree: ") ||
	    !strstr(error.message, "theirs-inside: Permission denied")) {
		print_error("%s\n", error.message);
		return 2;
	}
	return exists("tree/mine") || exists("tree/sub") || exists("tree/zzz") ? 3 : 0;
}

static void test_remove_goes_on_after_a_failure(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	give_folder_to_nobody();
	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(chown("tree", 65534, 65534), 0);
	assert_int_equal(mkdir("tree/sub", 0755), 0);
	assert_int_equal(chown("tree/sub", 65534, 65534), 0);
	make_file("tree/mine");
	make_file("tree/sub/inner");
	make_file("tree/zzz");
	assert_int_equal(mkdir("tree/sub/theirs", 0755), 0);
	make_file("tree/sub/theirs/theirs-inside");
	/* A folder of root cannot be moved by nobody either, so it holds "sub". Where it is in the top it holds only itself. */
	assert_int_equal(rename("tree/sub/theirs", "tree/theirs"), 0);
	assert_int_equal(status_in_child(remove_what_belongs_to_root, NULL), 0);
	assert_true(exists("tree/theirs/theirs-inside"));
}

static int remove_with_mount(void *argument)
{
	struct error error = ERROR_INIT;
	(void)argument;
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("outside", "tree/sub/mounted", NULL, MS_BIND, NULL) != 0)
		return 77;
	bool removed = file_remove_tree("tree", &error);
	umount2("tree/sub/mounted", MNT_DETACH);
	return removed ? 1 : !strstr(error.message, "mounted: Device or resource busy");
}

static void test_remove_enters_no_mount(void **state)
{
	(void)state;
	assert_int_equal(mkdir("outside", 0755), 0);
	make_file("outside/kept");
	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(mkdir("tree/sub", 0755), 0);
	assert_int_equal(mkdir("tree/sub/mounted", 0755), 0);
	int status = status_in_child(remove_with_mount, NULL);
	if (WEXITSTATUS(status) == 77)
		skip(); /* mounting needs root */
	assert_int_equal(status, 0);
	assert_true(exists("outside/kept"));
}

/* Swaps a folder of the tree with a symlink to the outside, as fast as it can, while the parent removes the tree. */
static int swap_for_ever(void *argument)
{
	(void)argument;
	for (;;) {
		if (rename("tree/victim", "aside") == 0) {
			if (symlink("../outside", "tree/victim") != 0)
				rename("aside", "tree/victim");
		}
		unlink("tree/victim");
		mkdir("tree", 0755);
		mkdir("tree/victim", 0755);
		close(open("tree/victim/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		rename("aside", "tree/victim");
	}
	return 0;
}

static void test_remove_while_it_is_swapped(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(mkdir("outside", 0755), 0);
	assert_int_equal(mkdir("outside/sub", 0755), 0);
	make_file("outside/kept");
	make_file("outside/sub/kept");
	pid_t swapper = fork();
	assert_true(swapper >= 0);
	if (swapper == 0)
		_exit(swap_for_ever(NULL));
	for (int i = 0; i < 2000; i++)
		file_remove_tree("tree", &error); /* may fail: the other one makes things anew */
	kill(swapper, SIGKILL);
	waitpid(swapper, NULL, 0);
	assert_removes("tree");
	assert_true(exists("outside/kept"));
	assert_true(exists("outside/sub/kept"));
}

#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_make_folders),
		IN_FOLDER(test_make_folders_fails),
		IN_FOLDER(test_remove_what_is_no_tree),
		IN_FOLDER(test_remove_refuses_what_has_no_name),
		IN_FOLDER(test_remove_follows_no_symlink),
		IN_FOLDER(test_remove_wide),
		IN_FOLDER(test_remove_deep),
		IN_FOLDER(test_remove_hostile_names),
		IN_FOLDER(test_remove_where_names_are_taken),
		IN_FOLDER(test_remove_without_permission),
		IN_FOLDER(test_remove_goes_on_after_a_failure),
		IN_FOLDER(test_remove_enters_no_mount),
		IN_FOLDER(test_remove_while_it_is_swapped),
	};
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
