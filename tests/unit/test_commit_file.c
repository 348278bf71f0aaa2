/* git/commit_file.h: a file of a commit, the first of several names, and what is no file. */
#include "git_fixture.h"

#include "git/commit_file.h"

struct answer {
	bool ok;
	size_t found;
	char *text;
	struct error error;
};

static struct answer read_file(struct git_fixture *fixture, const char *commit, size_t max)
{
	static const char *const names[] = {"hooks.yaml", "hooks.yml", "hooks.json", NULL};
	struct answer answer = {.error = ERROR_INIT};
	struct buf text = BUF_INIT;
	const struct commit_file_query query = {
		.mirror = file_join(&fixture->arena, fixture->work, ".git"),
		.commit = commit,
		.names = names,
		.max = max,
	};
	answer.ok = commit_file_read(&query, &text, &answer.found, &answer.error);
	answer.text = str_to_c(&fixture->arena, buf_str(&text));
	buf_release(&text);
	return answer;
}

static char *commit_of(struct git_fixture *fixture, const char *commands)
{
	return output_of(fixture->work, "{ %s; git add -A; git commit -qm c; } >/dev/null 2>&1; git rev-parse HEAD",
	                 commands);
}

static void test_names(void **state)
{
	struct git_fixture *fixture = *state;
	char *none = commit_of(fixture, "mkdir d; echo x > d/hooks.yaml");
	char *json = commit_of(fixture, "echo '[]' > hooks.json");
	char *both = commit_of(fixture, "echo yml > hooks.yml; chmod +x hooks.yml");
	char *all = commit_of(fixture, "printf yaml > hooks.yaml");

	struct answer answer = read_file(fixture, none, 100);
	assert_true(answer.ok);
	assert_int_equal(answer.found, 3);
	answer = read_file(fixture, json, 100);
	assert_true(answer.ok);
	assert_int_equal(answer.found, 2);
	assert_string_equal(answer.text, "[]\n");
	answer = read_file(fixture, both, 100);
	assert_int_equal(answer.found, 1);
	assert_string_equal(answer.text, "yml\n");
	answer = read_file(fixture, all, 4);
	assert_int_equal(answer.found, 0);
	assert_string_equal(answer.text, "yaml");
}

static void test_refused(void **state)
{
	struct git_fixture *fixture = *state;
	char *large = commit_of(fixture, "printf 12345 > hooks.yaml");
	char *link = commit_of(fixture, "ln -sf /etc/passwd hooks.yaml");
	char *folder = commit_of(fixture, "rm hooks.yaml; mkdir hooks.yaml; echo x > hooks.yaml/x");

	struct answer answer = read_file(fixture, large, 4);
	assert_false(answer.ok);
	assert_int_equal(answer.error.kind, ERROR_TOO_LARGE);
	assert_contains(answer.error.message, "has 5 bytes; the limit is 4");
	assert_string_equal(answer.text, "");
	answer = read_file(fixture, link, 100);
	assert_false(answer.ok);
	assert_int_equal(answer.error.kind, ERROR_UNUSABLE);
	assert_contains(answer.error.message, "is no plain file");
	answer = read_file(fixture, folder, 100);
	assert_false(answer.ok);
	assert_contains(answer.error.message, "is no plain file");
	answer = read_file(fixture, "main", 100);
	assert_false(answer.ok);
}

static void test_damage(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = commit_of(fixture, "printf 12345 > hooks.yaml");
	script(fixture->work, "blob=$(git rev-parse HEAD:hooks.yaml | sed 's|..|&/|'); rm -f .git/objects/$blob");
	struct answer answer = read_file(fixture, commit, 100);
	assert_false(answer.ok);
	assert_int_equal(answer.error.kind, ERROR_STORAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_refused, git_fixture_setup, git_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_damage, git_fixture_setup, git_fixture_teardown),
	};
	return cmocka_run_group_tests(tests, git_group_setup, git_group_teardown);
}
