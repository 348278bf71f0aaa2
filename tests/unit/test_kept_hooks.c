/* gateway/kept_hooks.h: what is kept of good files, what is found of it, and what is said once. */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "config/keys.h"
#include "gateway/kept_hooks.h"

static char folder[64];
static struct arena arena;
static struct text_list files;

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	arena = (struct arena)ARENA_INIT;
	files = (struct text_list){arena_array(&arena, 2, sizeof(struct str)), 2};
	files.items[0] = str_printf(&arena, "%s/one.yaml", folder);
	files.items[1] = str_printf(&arena, "%s/two.yaml", folder);
	return chdir(folder);
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	arena_release(&arena);
	return chdir("/") != 0 || !file_remove_tree(folder, &error);
}

static void write_files(const char *one, const char *two)
{
	struct error error = ERROR_INIT;
	assert_true(file_replace(files.items[0].data, str_from(one), 0644, &error));
	assert_true(file_replace(files.items[1].data, str_from(two), 0644, &error));
}

/* As a request whose hooks are good; returns whether that is news. */
static bool good(void)
{
	struct kept_hooks kept;
	struct error error = ERROR_INIT;
	struct file_identity identities[] = {file_identify(files.items[0].data), file_identify(files.items[1].data)};

	kept_hooks_init(&kept, &arena, &files, "state");
	bool news = kept_hooks_good(&kept, identities, &error);
	assert_int_equal(error.kind, ERROR_NONE);
	return news;
}

/* As one whose hooks are broken. */
static bool broken(const char *why, struct kept_hooks *kept)
{
	kept_hooks_init(kept, &arena, &files, "state");
	return kept_hooks_broken(kept, why);
}

static const char *kept_path(void)
{
	struct kept_hooks kept;
	kept_hooks_init(&kept, &arena, &files, "state");
	return kept.path;
}

static void assert_texts(const struct kept_hooks *kept, const char *one, const char *two)
{
	assert_non_null(kept->texts);
	assert_str(kept->texts[0], one);
	assert_str(kept->texts[1], two);
}

static void test_last_good_texts(void **state)
{
	struct kept_hooks kept;
	struct stat status;
	(void)state;

	write_files("one", "two\nlines");
	assert_false(good());
	assert_int_equal(stat(kept_path(), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat("state/hooks", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);

	write_files("[", "two");
	assert_true(broken("why", &kept));
	assert_texts(&kept, "one", "two\nlines");
	write_files("", "");
	assert_false(broken("why", &kept));
	assert_texts(&kept, "one", "two\nlines");
	write_files("three", "");
	assert_true(good());
	assert_false(good());
	assert_true(broken("why", &kept));
	assert_texts(&kept, "three", "");
}

/* The very same files come back: told all the same. */
static void test_each_complaint_once(void **state)
{
	struct kept_hooks kept;
	(void)state;

	write_files("one", "two");
	good();
	for (int i = 0; i < 3; i++) {
		assert_true(broken("first", &kept));
		assert_false(broken("first", &kept));
		assert_true(broken("second", &kept));
		assert_false(broken("second", &kept));
		assert_true(broken("first", &kept));
		assert_texts(&kept, "one", "two");
		assert_true(good());
		assert_false(good());
	}
}

static void test_never_good(void **state)
{
	struct kept_hooks kept;
	(void)state;

	assert_true(broken("why", &kept));
	assert_null(kept.texts);
	assert_false(broken("why", &kept));
	assert_null(kept.texts);
	write_files("one", "two");
	assert_true(good());
	assert_true(broken("why", &kept));
	assert_texts(&kept, "one", "two");
}

/* In the ordinary case nothing is written. */
static void test_written_only_when_changed(void **state)
{
	(void)state;
	write_files("one", "two");
	good();
	struct file_identity before = file_identify(kept_path());
	for (int i = 0; i < 10; i++)
		good();
	struct file_identity after = file_identify(kept_path());
	assert_true(file_identity_equal(&before, &after));
	write_files("one", "two"); /* others of the same text: a rename may have changed more than can be seen */
	good();
	after = file_identify(kept_path());
	assert_false(file_identity_equal(&before, &after));
}

/* What was read as good is there no more: it is not what would be kept. */
static void test_changed_since_it_was_read(void **state)
{
	struct kept_hooks kept;
	struct error error = ERROR_INIT;
	(void)state;

	write_files("one", "two");
	good();
	struct file_identity identities[] = {file_identify(files.items[0].data), file_identify(files.items[1].data)};
	identities[1].size++;
	write_files("[", "[");
	kept_hooks_init(&kept, &arena, &files, "state");
	assert_false(kept_hooks_good(&kept, identities, &error));
	broken("why", &kept);
	assert_texts(&kept, "one", "two");
}

static void test_other_files(void **state)
{
	struct kept_hooks kept;
	(void)state;

	write_files("one", "two");
	good();
	struct str swapped[] = {files.items[1], files.items[0]};
	const struct text_list others[] = {{swapped, 2}, {files.items, 1}};
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		kept_hooks_init(&kept, &arena, &others[i], "state");
		assert_string_not_equal(kept.path, kept_path());
		/* Also where the two had one name. */
		assert_true(kept_hooks_broken(&kept, "why"));
		assert_int_equal(rename(kept.path, kept_path()), 0);
		assert_true(broken("why", &kept));
		assert_null(kept.texts);
		good();
	}
}

static void test_no_state(void **state)
{
	struct kept_hooks kept;
	struct error error = ERROR_INIT;
	struct file_identity identities[2] = {0};
	static const char *const states[] = {NULL, "one.yaml"};
	(void)state;

	write_files("one", "two");
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		kept_hooks_init(&kept, &arena, &files, states[i]);
		assert_false(kept_hooks_good(&kept, identities, &error));
		assert_true(kept_hooks_broken(&kept, "why"));
		assert_true(kept_hooks_broken(&kept, "why"));
		assert_null(kept.texts);
	}
	assert_contains(error.message, "one.yaml");
}

/* Cut short or changed at any place it gives nothing, or the texts as they were. */
static void test_damaged(void **state)
{
	struct error error = ERROR_INIT;
	struct buf whole = BUF_INIT;
	struct kept_hooks kept;
	(void)state;

	write_files("one", "two");
	good();
	assert_true(file_read(kept_path(), 10000, &whole, &error));
	for (size_t i = 0; i < whole.len; i++) {
		assert_true(file_replace(kept_path(), str_head(buf_str(&whole), i), 0600, &error));
		broken("why", &kept);
		assert_null(kept.texts);
		char byte = whole.data[i];
		whole.data[i] = '9';
		assert_true(file_replace(kept_path(), buf_str(&whole), 0600, &error));
		broken("why", &kept);
		assert_true(kept.texts == NULL || kept.texts[0].len + kept.texts[1].len == 6);
		whole.data[i] = byte;
	}
	buf_release(&whole);
}

/* Neither a symlink nor what others can write is taken. */
static void test_not_ours(void **state)
{
	struct error error = ERROR_INIT;
	struct kept_hooks kept;
	(void)state;

	write_files("one", "two");
	good();
	assert_int_equal(chmod(kept_path(), 0620), 0);
	broken("why", &kept);
	assert_null(kept.texts);
	good();
	assert_int_equal(rename(kept_path(), "elsewhere"), 0);
	assert_int_equal(symlink("../../elsewhere", kept_path()), 0);
	broken("why", &kept);
	assert_null(kept.texts);
	struct buf text = BUF_INIT; /* and what it led to was left alone */
	assert_true(file_read("elsewhere", 10000, &text, &error));
	assert_string_equal(text.data, "pocketci-hooks 1");
	buf_release(&text);

	struct file_identity identities[] = {file_identify(files.items[0].data), file_identify(files.items[1].data)};
	assert_true(file_remove_tree("state/hooks", &error));
	assert_int_equal(mkdir("other", 0700), 0);
	assert_int_equal(symlink("../other", "state/hooks"), 0);
	kept_hooks_init(&kept, &arena, &files, "state");
	kept_hooks_good(&kept, identities, &error);
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_int_equal(rmdir("other"), 0);
}

/* Processes at the same time: one of them says it, and what they leave is whole. */
static int complain_in_child(void *ready)
{
	struct kept_hooks kept;
	char byte;

	if (read(*(int *)ready, &byte, 1) != 0)
		return 2;
	bool news = broken("why", &kept);
	return kept.texts == NULL ? 3 : news;
}

static void test_at_the_same_time(void **state)
{
	enum { COUNT = 8 };
	struct kept_hooks kept;
	pid_t children[COUNT];
	(void)state;

	write_files("one", "two");
	for (int round = 0; round < 10; round++) {
		int ready[2], news = 0, status;
		good();
		assert_int_equal(pipe(ready), 0);
		for (size_t i = 0; i < COUNT; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				close(ready[1]);
				_exit(complain_in_child(&ready[0]));
			}
		}
		close(ready[1]);
		for (size_t i = 0; i < COUNT; i++) {
			waitpid(children[i], &status, 0);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
			news += WEXITSTATUS(status);
		}
		close(ready[0]);
		assert_int_equal(news, 1);
		assert_false(broken("why", &kept));
		assert_texts(&kept, "one", "two");
	}
	DIR *kept_folder = opendir("state/hooks");
	int names = 0;
	while (readdir(kept_folder) != NULL)
		names++;
	closedir(kept_folder);
	assert_int_equal(names, 3);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_last_good_texts),
		IN_FOLDER(test_each_complaint_once),
		IN_FOLDER(test_never_good),
		IN_FOLDER(test_written_only_when_changed),
		IN_FOLDER(test_changed_since_it_was_read),
		IN_FOLDER(test_other_files),
		IN_FOLDER(test_no_state),
		IN_FOLDER(test_damaged),
		IN_FOLDER(test_not_ours),
		IN_FOLDER(test_at_the_same_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
