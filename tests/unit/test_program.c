/* run/program.h: which file is started, and in which folder, with a checkout and without one. */
#include "run_check.h"

#include "run/program.h"

static char folder[64];

/* folder/work is the workspace, folder/outside is not in it, folder/bin is on PATH. */
static int make_files(void **state)
{
	static const char *const programs[] = {
		"bin/tool", "work/run.sh", "work/tool", "work/sub/run.sh", "outside/run.sh", "sibling/run.sh",
	};
	struct arena arena = ARENA_INIT;
	struct error error;
	(void)state;
	make_temporary_folder(folder);
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		char *path = file_join(&arena, folder, programs[i]);
		char *parent = arena_strdup(&arena, path);
		*strrchr(parent, '/') = '\0';
		assert_true(file_make_folders(parent, 0755, &error));
		assert_true(file_create(path, STR("#!/bin/sh\n"), 0755, &error));
	}
	assert_true(file_create(file_join(&arena, folder, "bin/plain"), STR("#!/bin/sh\n"), 0644, &error));
	assert_int_equal(symlink("../outside", file_join(&arena, folder, "work/out")), 0);
	assert_int_equal(symlink("/etc", file_join(&arena, folder, "work/etc")), 0);
	assert_int_equal(symlink("sub", file_join(&arena, folder, "work/in")), 0);
	assert_int_equal(symlink("/bin/true", file_join(&arena, folder, "work/true.sh")), 0);
	arena_release(&arena);
	return 0;
}

static int remove_files(void **state)
{
	struct error error;
	(void)state;
	return file_remove_tree(folder, &error) ? 0 : -1;
}

/* The folder that is open, by its path. */
static char *path_of(struct arena *arena, int descriptor)
{
	char path[4096];
	ssize_t len = readlink(arena_printf(arena, "/proc/self/fd/%d", descriptor), path, sizeof(path));
	assert_true(len > 0);
	return arena_copy(arena, path, (size_t)len);
}

struct expectation {
	const char *command, *directory;
	const char *path, *start; /* beneath folder where relative; start NULL: the current one */
	const char *says;         /* where it is not found */
};

static const char *in_folder(struct arena *arena, const char *path)
{
	return path[0] == '/' || path[0] == '.' ? path : file_join(arena, folder, path);
}

static void check(const struct expectation *expected, const struct command_place *place)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct program program;
	struct job job = make_job(&arena, (const char *const[]){expected->command, NULL});
	job.directory = str_from(expected->directory);
	char *path = arena_printf(&arena, "PATH=relative:%s/none:%s/bin:", folder, folder);
	char *environment[] = {path, NULL};
	setenv("PATH", path + strlen("PATH="), 1);
	bool found = program_find(&arena, &job, place, environment, &program, &error);
	if (expected->says) {
		assert_false(found);
		assert_int_equal(error.kind, ERROR_COMMAND);
		assert_contains(error.message, expected->says);
		assert_int_equal(program.directory, -1);
	} else {
		if (!found)
			fail_msg("%s: %s", expected->command, error.message);
		assert_string_equal(program.path, in_folder(&arena, expected->path));
		if (expected->start)
			assert_string_equal(path_of(&arena, program.directory), in_folder(&arena, expected->start));
		else
			assert_int_equal(program.directory, -1);
		file_close(&program.directory);
	}
	arena_release(&arena);
}

static void test_plain(void **state)
{
	static const struct expectation cases[] = {
		{"/bin/true", "", "/bin/true", NULL, NULL},
		{"/no/such", "", "/no/such", NULL, NULL}, /* the start says what is wrong */
		{"tool", "", "bin/tool", NULL, NULL},
		{"plain", "", NULL, NULL, "is not executable"},
		{"run.sh", "", NULL, NULL, "\"run.sh\" is not in a folder on PATH"},
		{"./run.sh", "", "./run.sh", NULL, NULL},
		{"/bin/true", "/tmp", "/bin/true", "/tmp", NULL},
		{"id", "/tmp", "/tmp/id", "/tmp", NULL}, /* in that folder only */
		{"sub/id", "/tmp", "/tmp/sub/id", "/tmp", NULL},
		{"id", "/no/such", NULL, NULL, "command-working-directory /no/such"},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(&cases[i], NULL);

	/* A relative folder is taken from the current one, and the program found whatever the child's folder is. */
	char *before = getcwd(NULL, 0);
	assert_int_equal(chdir(folder), 0);
	check(&(struct expectation){"run.sh", "work", "work/run.sh", "work", NULL}, NULL);
	assert_int_equal(chdir(before), 0);
	free(before);
	arena_release(&arena);
}

static void test_in_a_workspace(void **state)
{
	static const struct expectation cases[] = {
		{"/bin/true", "", "/bin/true", "work", NULL},
		{"tool", "", "bin/tool", "work", NULL}, /* PATH, not the checkout */
		{"run.sh", "", NULL, NULL, "\"run.sh\" is not in a folder on PATH"},
		{"./run.sh", "", "work/./run.sh", "work", NULL},
		{"sub/run.sh", "", "work/sub/run.sh", "work", NULL},
		{"./run.sh", "sub", "work/sub/./run.sh", "work/sub", NULL},
		{"../run.sh", "sub", "work/sub/../run.sh", "work/sub", NULL},
		{"tool", "in", "bin/tool", "work/sub", NULL}, /* a symlink that stays inside */
		{"./missing.sh", "", NULL, NULL, "execute-command \"./missing.sh\" does not exist in the checkout"},
		{"./out/run.sh", "", NULL, NULL, "execute-command \"./out/run.sh\" leads out of the workspace"},
		{"./true.sh", "", NULL, NULL, "execute-command \"./true.sh\" leads out of the workspace"},
		{"../outside/run.sh", "", NULL, NULL, "leads out of the workspace"},
		{"../../outside/run.sh", "sub", NULL, NULL, "leads out of the workspace"},
		{"tool", "out", NULL, NULL, "command-working-directory \"out\" leads out of the workspace"},
		{"tool", "etc", NULL, NULL, "command-working-directory \"etc\" leads out of the workspace"},
		{"tool", "..", NULL, NULL, "command-working-directory \"..\" leads out of the workspace"},
		{"tool", "missing", NULL, NULL, "command-working-directory \"missing\" does not exist in the checkout"},
		{"tool", "/tmp", "bin/tool", "/tmp", NULL},
		{"./x.sh", "/tmp", "/tmp/./x.sh", "/tmp", NULL},
	};
	struct arena arena = ARENA_INIT;
	struct command_place place = {.workspace = file_join(&arena, folder, "work"), .files = folder};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(&cases[i], &place);

	place.workspace = file_join(&arena, folder, "gone");
	struct error error = ERROR_INIT;
	struct program program;
	struct job job = make_job(&arena, (const char *const[]){"tool", NULL});
	assert_false(program_find(&arena, &job, &place, NULL, &program, &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
	arena_release(&arena);
}

static void test_hint(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	(void)state;
	struct job job = make_job(&arena, (const char *const[]){"make -C src test", NULL});
	error_set(&error, ERROR_COMMAND, "no such command");
	program_hint(&job, &error);
	assert_string_equal(error.message,
	                    "no such command; execute-command is the program alone, \"-C src test\" belongs in "
	                    "pass-arguments-to-command");
	error_set(&error, ERROR_BUSY, "no room");
	program_hint(&job, &error);
	assert_string_equal(error.message, "no room");
	job = make_job(&arena, (const char *const[]){"make", NULL});
	error_set(&error, ERROR_COMMAND, "no such command");
	program_hint(&job, &error);
	assert_string_equal(error.message, "no such command");
	arena_release(&arena);
}

#define WITH_FILES(function) cmocka_unit_test_setup_teardown(function, make_files, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(test_plain),
		WITH_FILES(test_in_a_workspace),
		TEST(test_hint),
	};
	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
