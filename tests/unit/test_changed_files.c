/* run/changed_files.h: what a push is compared with, what is fetched for it, and the file that a command reads. */
#include "git_fixture.h"

#include "run/changed_files.h"

struct found {
	bool ok;
	struct changes changes;
	char base[65];
	char *mirror;
	struct error error;
};

static struct found find(struct git_fixture *fixture, const char *ref, const char *before, const char *base,
                         const char *commit)
{
	static const struct git_credentials none = {{"", 0}, {"", 0}};
	struct repository_url url = url_of_upstream(fixture);
	struct fetched fetched = fetch(fixture, &url, ref, commit, "run");
	assert_fetched(fetched, commit);
	struct found found = {.error = ERROR_INIT, .mirror = fetched.mirror};
	const struct changed_files_query query = {
		.mirror = fetched.mirror,
		.url = &url,
		.credentials = &none,
		.run = STR("run"),
		.commit = str_from(commit),
		.ref = str_from(ref),
		.before = str_from(before),
		.base = str_from(base),
	};
	found.ok = changed_files_find(&fixture->arena, &query, &found.changes, found.base, &found.error);
	return found;
}

/* The paths one behind the other, or the error. */
static char *tell(struct git_fixture *fixture, const struct found *found)
{
	char *text = arena_strdup(&fixture->arena, found->ok ? "" : found->error.message);
	for (size_t i = 0; found->ok && i < found->changes.count; i++)
		text = arena_printf(&fixture->arena, "%s%s%.*s", text, i > 0 ? " " : "",
		                    STR_ARGS(found->changes.paths[i]));
	return text;
}

static void test_before_needs_no_base(void **state)
{
	struct git_fixture *fixture = *state;
	char *first = push_file(fixture, "main", "a", "1");
	push_file(fixture, "main", "b", "1");
	char *third = push_file(fixture, "main", "c", "1");
	struct found found = find(fixture, "refs/heads/main", first, "refs/heads/not-there", third);
	assert_string_equal(tell(fixture, &found), "b c");
	assert_string_equal(found.base, "");
	assert_false(exists(file_join(&fixture->arena, found.mirror, "refs/pocketci/run-base")));
}

static void test_new_branch(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a", "1");
	char *side = push_file(fixture, "side", "s", "1");
	script(fixture->work, "git reset -q --hard HEAD^");
	char *tip = push_file(fixture, "main", "m", "1");
	static const char *const bases[] = {"refs/heads/main", ""};
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
		struct error error = ERROR_INIT;
		struct found found = find(fixture, "refs/heads/side", "", bases[i], side);
		assert_string_equal(tell(fixture, &found), "s");
		assert_string_equal(found.base, tip);
		assert_string_equal(output_of(found.mirror, "git rev-parse refs/pocketci/run-base"), tip);
		assert_true(changed_files_release(found.mirror, STR("run"), &error));
		assert_false(exists(file_join(&fixture->arena, found.mirror, "refs/pocketci/run-base")));
		assert_true(exists(file_join(&fixture->arena, found.mirror, "refs/pocketci/run")));
	}
}

static void test_new_default_branch(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a", "1");
	char *tip = push_file(fixture, "main", "b", "1");
	struct found found = find(fixture, "refs/heads/main", "", "refs/heads/main", tip);
	assert_string_equal(tell(fixture, &found), "a b");

	/* Where nobody names the default branch, the tip could be a new branch's, too. */
	found = find(fixture, "refs/heads/main", "", "", tip);
	assert_false(found.ok);
	assert_contains(found.error.message, "cannot be known");
	found = find(fixture, "refs/heads/main", "", "refs/heads/gone", tip);
	assert_int_equal(found.error.kind, ERROR_UNUSABLE);
	assert_contains(found.error.message, "refs/heads/gone is not in");
}

static void test_forced_push_over_what_is_gone(void **state)
{
	struct git_fixture *fixture = *state;
	const char *gone = "1111111111111111111111111111111111111111";
	push_file(fixture, "main", "a", "1");
	char *tip = push_file(fixture, "main", "b", "1");
	char *side = push_file(fixture, "side", "s", "1");
	struct found found = find(fixture, "refs/heads/side", gone, "refs/heads/main", side);
	assert_string_equal(tell(fixture, &found), "s");
	found = find(fixture, "refs/heads/main", gone, "refs/heads/main", tip);
	assert_false(found.ok);
	assert_int_equal(found.error.kind, ERROR_UNUSABLE);
	assert_contains(found.error.message, "the commit before it is gone");
}

static void test_pull_request(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a", "1");
	char *parted = push_file(fixture, "main", "b", "1");
	script(fixture->work, "echo h > h; git add h; git commit -qm h; git push -q origin HEAD:refs/pull/1/head");
	char *head = output_of(fixture->work, "git rev-parse HEAD");
	script(fixture->work, "git reset -q --hard %s", parted);
	char *target = push_file(fixture, "main", "m", "1");
	struct found found = find(fixture, "refs/pull/1/head", "", "refs/heads/main", head);
	assert_string_equal(tell(fixture, &found), "h");
	assert_string_equal(found.base, target);

	/* One without a change of its own has none: its ref is not the base's, though the commit is. */
	script(fixture->work, "git push -q origin HEAD:refs/pull/2/head");
	found = find(fixture, "refs/pull/2/head", "", "refs/heads/main", target);
	assert_true(found.ok);
	assert_int_equal(found.changes.count, 0);
}

static void test_match(void **state)
{
	struct str paths[] = {STR("docs/a.md"), STR("src/a.c")};
	struct str source[] = {STR("src/**")}, text[] = {STR("**/*.txt")}, others[] = {STR("!docs/**"), STR("!src/**")};
	struct changes changes = {.paths = paths, .count = 2};
	(void)state;
	assert_true(changed_files_match(&changes, source, 1));
	assert_false(changed_files_match(&changes, text, 1));
	assert_false(changed_files_match(&changes, others, 2));
	assert_true(changed_files_match(&changes, others, 1));
	changes.cut = true;
	assert_true(changed_files_match(&changes, text, 1));
	changes = (struct changes){0};
	assert_false(changed_files_match(&changes, others, 2));
}

/* Against git's own quoting. */
static void test_file(void **state)
{
	struct git_fixture *fixture = *state;
	struct error error = ERROR_INIT;
	char *first = push_file(fixture, "main", "a", "1");
	script(fixture->work,
	       "mkdir 'a b'; for name in '\t' '\n' '\"' '\\' '\001' '\177' '\303\244' '\303' '\007\010\013\014\015' ' '; do "
	       "printf x > \"a b/x$(printf \"$name\")x\"; done; printf x > 'a b/\\'; printf x > 'q\"'");
	char *second = push_file(fixture, "main", "z", "1");
	struct found found = find(fixture, "refs/heads/main", first, "", second);
	assert_true(found.ok);
	char *path = file_join(&fixture->arena, fixture->folder, "changes");
	assert_true(changed_files_write(&found.changes, path, &error));
	assert_string_equal(
		output_of(fixture->work, "cat ../changes"),
		output_of(fixture->work, "git -c core.quotePath=false diff --name-only %s %s", first, second));
	assert_string_equal(output_of(fixture->folder, "stat -c %%a changes"), "600");
	assert_false(changed_files_write(&found.changes, path, &error));
	assert_contains(error.message, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_before_needs_no_base, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_new_branch, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_new_default_branch, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_forced_push_over_what_is_gone, git_fixture_setup,
	                                        git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_pull_request, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test(test_match),
		cmocka_unit_test_setup_teardown(test_file, git_fixture_setup, git_fixture_teardown),
	};
	return cmocka_run_group_tests(tests, git_group_setup, git_group_teardown);
}
