/* git/changes.h: what a push, a new branch and a forced push change, against git's own answer. */
#include "git_fixture.h"

#include "git/changes.h"

static char *join(struct git_fixture *fixture, const struct changes *changes)
{
	char *text = arena_strdup(&fixture->arena, "");
	for (size_t i = 0; i < changes->count; i++)
		text = arena_printf(&fixture->arena, "%s%s%.*s", text, i > 0 ? " " : "", STR_ARGS(changes->paths[i]));
	return text;
}

static bool find(struct git_fixture *fixture, const char *before, const char *base, const char *commit,
                 struct changes *changes, struct error *error)
{
	const struct changes_query query = {str_from(before), str_from(base), str_from(commit)};
	const char *mirror = file_join(&fixture->arena, fixture->work, ".git");
	return changes_find(&fixture->arena, mirror, &query, changes, error);
}

#define assert_changes(before, base, commit, expected) \
	check_changes(fixture, (before), (base), (commit), (expected), __FILE__, __LINE__)

static void check_changes(struct git_fixture *fixture, const char *before, const char *base, const char *commit,
                          const char *expected, const char *file, int line)
{
	struct changes changes;
	struct error error = ERROR_INIT;
	if (!find(fixture, before, base, commit, &changes, &error)) {
		print_error("%s\n", error.message);
		_fail(file, line);
	}
	if (strcmp(join(fixture, &changes), expected) != 0) {
		print_error("\"%s\" and not \"%s\"\n", join(fixture, &changes), expected);
		_fail(file, line);
	}
}

static char *commit_of(struct git_fixture *fixture, const char *commands)
{
	return output_of(fixture->work, "{ %s; git add -A; git commit -qm c; } >/dev/null 2>&1; git rev-parse HEAD",
	                 commands);
}

static void test_push(void **state)
{
	struct git_fixture *fixture = *state;
	char *first = commit_of(fixture, "mkdir d; echo a > a; echo b > d/b; echo c > 'd/c c'; ln -s a link");
	char *second = commit_of(fixture, "echo A > a; git rm -q d/b; echo n > d/n");
	char *third = commit_of(fixture, "git mv 'd/c c' moved; rm link; echo file > link; chmod +x a");

	assert_changes(first, "", second, "a d/b d/n");
	assert_changes(second, "", third, "a d/c c link moved");
	assert_changes(first, "", third, "a d/b d/c c d/n link moved");
	assert_changes(third, "", third, "");
	assert_changes(third, "", second, "a d/c c link moved"); /* moved back by force */
}

static void test_new_branch(void **state)
{
	struct git_fixture *fixture = *state;
	char *first = commit_of(fixture, "echo a > a; echo b > b");
	char *side = commit_of(fixture, "git checkout -qb side; echo s > s");
	char *main_tip = commit_of(fixture, "git checkout -q main; echo m > m");
	char *merged = commit_of(fixture, "git checkout -q side; git merge -q --no-edit main; echo t > t");
	char *orphan = commit_of(fixture, "git checkout -q --orphan alone; git rm -qrf .; echo o > o");

	assert_changes("", main_tip, side, "s");
	assert_changes("", main_tip, merged, "s t");
	assert_changes("", side, main_tip, "m");
	assert_changes("", "", first, "a b");
	assert_changes("", main_tip, orphan, "o");
	assert_changes(side, main_tip, merged, "m t"); /* before goes before base */
}

/* The commit before a forced push may be gone: then the base counts. */
static void test_lost_before(void **state)
{
	struct git_fixture *fixture = *state;
	char *first = commit_of(fixture, "echo a > a");
	char *second = commit_of(fixture, "echo b > b");

	assert_changes("1111111111111111111111111111111111111111", first, second, "b");
	assert_changes("1111111111111111111111111111111111111111", "", second, "a b");
	assert_changes("0000000000000000000000000000000000000000", "", second, "a b");
}

static void test_submodule(void **state)
{
	struct git_fixture *fixture = *state;
	char *first = commit_of(fixture, "echo a > a");
	char *second = commit_of(fixture, "mkdir module; git update-index --add --cacheinfo "
	                                  "160000,1111111111111111111111111111111111111111,module");
	assert_changes(first, "", second, "module");
}

static void test_errors(void **state)
{
	struct git_fixture *fixture = *state;
	struct changes changes;
	struct error error = ERROR_INIT;
	char *first = commit_of(fixture, "echo a > a");
	char *blob = output_of(fixture->work, "git rev-parse HEAD:a");

	assert_false(find(fixture, first, "", "1111111111111111111111111111111111111111", &changes, &error));
	assert_int_equal(error.kind, ERROR_UNUSABLE);
	assert_string_equal(error.message,
	                    "the commit 1111111111111111111111111111111111111111 is no commit that is there");
	assert_false(find(fixture, "", "1111111111111111111111111111111111111111", first, &changes, &error));
	assert_contains(error.message, "the base 1111");
	assert_false(find(fixture, "", "", blob, &changes, &error));
	assert_int_equal(error.kind, ERROR_UNUSABLE);
	assert_false(find(fixture, "", "", "HEAD", &changes, &error));

	char *second = commit_of(fixture, "mkdir d; echo b > d/b");
	script(fixture->work, "tree=$(git rev-parse HEAD^{tree} | sed 's|..|&/|'); rm -f .git/objects/$tree");
	assert_false(find(fixture, first, "", second, &changes, &error));
	assert_int_equal(error.kind, ERROR_STORAGE);
}

/* A repository with more than CHANGES_MAX files, made without writing them. */
static void test_cut(void **state)
{
	struct git_fixture *fixture = *state;
	struct changes changes;
	struct error error = ERROR_INIT;
	char *commit = output_of(fixture->work,
	                         "blob=$(echo x | git hash-object -w --stdin); "
	                         "tree=$(seq -f \"100644 blob $blob\tf%%07.0f\" %d | git mktree); "
	                         "git commit-tree -m many $tree",
	                         CHANGES_MAX + 1);
	assert_true(find(fixture, "", "", commit, &changes, &error));
	assert_true(changes.cut);
	assert_int_equal(changes.count, CHANGES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_push, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_new_branch, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lost_before, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_submodule, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_errors, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cut, git_fixture_setup, git_fixture_teardown),
	};
	return cmocka_run_group_tests(tests, git_group_setup, git_group_teardown);
}
