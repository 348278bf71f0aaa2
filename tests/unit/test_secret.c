/* config/secret.h: each place a secret can be in, what is said where it is not there, and that it is never said itself. */
#include "check.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "config/keys.h"
#include "config/secret.h"

static struct secret secret_of(enum secret_kind kind, const char *text)
{
	return (struct secret){kind, str_from(text)};
}

static void assert_value(struct secret secret, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct str value = STR("");
	if (!secret_read(&arena, &secret, &value, &error))
		fail_msg("%s", error.message);
	assert_str(value, expected);
	assert_int_equal(value.data[value.len], '\0');
	arena_release(&arena);
}

static void assert_no_value(struct secret secret, const char *message)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct str value = STR("before");
	assert_false(secret_read(&arena, &secret, &value, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_contains(error.message, message);
	assert_str(value, "before");
	arena_release(&arena);
}

static void test_text(void **state)
{
	(void)state;
	assert_value(secret_of(SECRET_TEXT, "hunter2"), "hunter2");
	assert_no_value(secret_of(SECRET_TEXT, ""), "empty");
	assert_no_value(secret_of(SECRET_NONE, ""), "no secret is configured");
}

static void test_environment(void **state)
{
	(void)state;
	setenv("POCKETCI_TEST_SECRET", "hunter2\n", 1);
	assert_value(secret_of(SECRET_ENVIRONMENT, "POCKETCI_TEST_SECRET"), "hunter2\n");
	setenv("POCKETCI_TEST_SECRET", "", 1);
	assert_no_value(secret_of(SECRET_ENVIRONMENT, "POCKETCI_TEST_SECRET"), "POCKETCI_TEST_SECRET, which is empty");
	unsetenv("POCKETCI_TEST_SECRET");
	assert_no_value(secret_of(SECRET_ENVIRONMENT, "POCKETCI_TEST_SECRET"),
	                "POCKETCI_TEST_SECRET, which is not set");
}

static void test_file(void **state)
{
	static const struct {
		const char *content;
		const char *value; /* NULL: empty */
	} cases[] = {
		{"hunter2", "hunter2"}, {"hunter2\n", "hunter2"},     {"hunter2\r\n", "hunter2"},
		{"a\nb\n\n", "a\nb\n"}, {" hunter2 \n", " hunter2 "}, {"", NULL},
		{"\n", NULL},
	};
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	char folder[64];
	(void)state;
	make_temporary_folder(folder);
	char *path = file_join(&arena, folder, "secret");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(file_replace(path, str_from(cases[i].content), 0600, &error));
		if (cases[i].value)
			assert_value(secret_of(SECRET_FILE, path), cases[i].value);
		else
			assert_no_value(secret_of(SECRET_FILE, path), "which is empty");
	}
	assert_no_value(secret_of(SECRET_FILE, file_join(&arena, folder, "missing")), "missing");
	assert_no_value(secret_of(SECRET_FILE, folder), folder);
	assert_no_value(secret_of(SECRET_FILE, "/dev/zero"), "larger than 65536 bytes");
	assert_true(file_remove_tree(folder, &error));
	arena_release(&arena);
}

static void test_credential(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	char folder[64];
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_no_value(secret_of(SECRET_CREDENTIAL, "token"), "LoadCredential=token:FILE");
	make_temporary_folder(folder);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_no_value(secret_of(SECRET_CREDENTIAL, "token"), "token");
	assert_true(file_create(file_join(&arena, folder, "token"), STR("hunter2\n"), 0400, &error));
	assert_value(secret_of(SECRET_CREDENTIAL, "token"), "hunter2");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(file_remove_tree(folder, &error));
	arena_release(&arena);
}

/* --- As a key ----------------------------------------------------------------------------------------------------- */

static const struct key keys[] = {{.name = "token", .type = KEY_CUSTOM, .read = secret_read_key}};

static void test_key(void **state)
{
	static const struct {
		const char *text;
		enum secret_kind kind; /* SECRET_NONE: refused */
		const char *value;     /* or what the problem says */
	} cases[] = {
		{"token: {env: TOKEN}", SECRET_ENVIRONMENT, "TOKEN"},
		{"token: {file: keys/token}", SECRET_FILE, "/etc/ci/keys/token"},
		{"token: {file: /run/token}", SECRET_FILE, "/run/token"},
		{"token: {credential: token}", SECRET_CREDENTIAL, "token"},
		{"token: hunter2", SECRET_TEXT, "hunter2"},
		{"token: '0123'", SECRET_TEXT, "0123"},
		{"token: 123", SECRET_TEXT, "123"},
		{"token: |\n  line\n  line\n", SECRET_TEXT, "line\nline\n"},
		{"token: 0123", SECRET_NONE, "f:1:8: token: put the secret in quotes: YAML reads it as a number"},
		{"token: on", SECRET_NONE, "f:1:8: token: put the secret in quotes: YAML reads it as true or false"},
		{"token: ''", SECRET_NONE, "f:1:8: token: the secret is empty"},
		{"token: \"a\\0b\"", SECRET_NONE, "f:1:8: token: the secret is cut by a NUL byte"},
		{"token: {}", SECRET_NONE, "f:1:8: token: expected one of env, file and credential"},
		{"token: {env: A, file: B}", SECRET_NONE, "f:1:8: token: expected one of env, file and credential"},
		{"token: {env: ''}", SECRET_NONE, "f:1:14: env: expected the name of an environment variable"},
		{"token: {env: A=B}", SECRET_NONE, "env: expected the name of an environment variable"},
		{"token: {file: ''}", SECRET_NONE, "file: expected the path of a file"},
		{"token: {credential: ../x}", SECRET_NONE, "credential: expected a credential's name"},
		{"token: {credential: ..}", SECRET_NONE, "credential: expected a credential's name"},
		{"token: [a]", SECRET_NONE,
	         "token: expected {env: NAME}, {file: PATH}, {credential: NAME} or a text, found a list"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct problems problems = {.arena = &arena};
		struct key_reader reader = {.arena = &arena, .problems = &problems, .folder = "/etc/ci"};
		struct secret secret = {SECRET_NONE, STR("")};
		const struct yaml_node *node =
			yaml_parse(&arena, str_from(cases[i].text), "f", &yaml_limits_server, &problems);
		assert_non_null(node);
		assert_int_equal(keys_read(&reader, node, keys, 1, &secret), cases[i].kind != SECRET_NONE);
		assert_int_equal(secret.kind, cases[i].kind);
		if (cases[i].kind != SECRET_NONE)
			assert_str(secret.text, cases[i].value);
		else
			assert_contains(problem_text(&arena, &problems.items[0]), cases[i].value);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text), TEST(test_environment), TEST(test_file), TEST(test_credential), TEST(test_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
