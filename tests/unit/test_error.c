/* base/error.h: messages that fit and stay one line, errno values, and the table of kinds. */
#include "check.h"

#include <errno.h>

#include "base/error.h"

static void test_set(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(error.kind, ERROR_NONE);
	assert_string_equal(error.message, "");
	assert_false(error_set(&error, ERROR_INVALID, "hook \"%s\": line %d", "deploy", 3));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.message, "hook \"deploy\": line 3");
}

static void test_one_line(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	error_set(&error, ERROR_INVALID, "%s", "a\nb\r\tc\x1B[31m\x7F\n\n");
	assert_string_equal(error.message, "a b  c [31m ");
	error_set(&error, ERROR_INVALID, "%s", "\n");
	assert_string_equal(error.message, "");
	error_set(&error, ERROR_INVALID, "%s", "gr\xC3\xBC\xC3\x9F");
	assert_string_equal(error.message, "gr\xC3\xBC\xC3\x9F");
}

static void test_too_long_is_cut_between_characters(void **state)
{
	struct error error = ERROR_INIT;
	char text[2000];
	size_t room = sizeof(error.message) - 1;
	(void)state;
	for (size_t offset = 0; offset < 8; offset++) {
		/* A four-byte character in each position relative to the end. */
		memset(text, 'a', sizeof(text));
		memcpy(text + room - offset, "\xF0\x9F\x98\x80", 4);
		text[sizeof(text) - 1] = '\0';
		error_set(&error, ERROR_INVALID, "%s", text);
		assert_int_equal(strlen(error.message), offset < 4 ? room - offset : room);
	}
	memset(text, 'a', sizeof(text));
	text[room] = '\0';
	error_set(&error, ERROR_INVALID, "%s", text);
	assert_string_equal(error.message, text);
}

static void test_system(void **state)
{
	static const struct {
		int number;
		enum error_kind kind;
	} cases[] = {
		{ENOENT, ERROR_SYSTEM}, {EPIPE, ERROR_SYSTEM},  {EACCES, ERROR_SYSTEM},
		{EROFS, ERROR_STORAGE}, {ENOSPC, ERROR_STORAGE}, {EDQUOT, ERROR_STORAGE},
	};
	struct error error = ERROR_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(error_set_system(&error, cases[i].number, "cannot open %s", "/x"));
		assert_int_equal(error.kind, cases[i].kind);
	}
	error_set_system(&error, ENOENT, "cannot open %s", "/x");
	assert_string_equal(error.message, "cannot open /x: No such file or directory");
}

static void test_system_keeps_the_cause_behind_a_long_name(void **state)
{
	struct error error = ERROR_INIT;
	char name[4096];
	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	error_set_system(&error, ENOSPC, "cannot write %s", name);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	assert_contains(error.message, "cannot write nnn");
	assert_contains(error.message, "nnn: No space left on device");
}

static void test_prefix(void **state)
{
	struct error error = ERROR_INIT;
	char name[1000];
	(void)state;
	error_set(&error, ERROR_BUSY, "no room");
	assert_false(error_prefix(&error, "hook \"%s\"", "deploy"));
	assert_string_equal(error.message, "hook \"deploy\": no room");
	assert_int_equal(error.kind, ERROR_BUSY);

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	error_prefix(&error, "%s", name);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

static void test_message_as_argument(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	error_set(&error, ERROR_SYSTEM, "inner");
	error_set(&error, ERROR_COMMAND, "outer (%s) again %s", error.message, error.message);
	assert_string_equal(error.message, "outer (inner) again inner");
	error_prefix(&error, "<%s>", error.message);
	assert_string_equal(error.message, "<outer (inner) again inner>: outer (inner) again inner");
}

static void test_kinds(void **state)
{
	static const struct {
		enum error_kind kind;
		int http_status, exit_code;
		bool may_retry;
	} cases[] = {
		{ERROR_NONE, 200, 0, false},      {ERROR_INVALID, 400, 2, false},  {ERROR_NOT_ALLOWED, 403, 1, false},
		{ERROR_NOT_FOUND, 404, 1, false}, {ERROR_TOO_LARGE, 413, 1, false}, {ERROR_UNUSABLE, 422, 1, false},
		{ERROR_SYSTEM, 500, 1, false},    {ERROR_COMMAND, 500, 1, false},  {ERROR_UPSTREAM, 502, 75, true},
		{ERROR_BUSY, 503, 75, true},      {ERROR_TIMEOUT, 504, 75, true},  {ERROR_STORAGE, 507, 75, true},
	};
	(void)state;
	assert_int_equal(COUNT_OF(cases), ERROR_KIND_COUNT);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(error_http_status(cases[i].kind), cases[i].http_status);
		assert_int_equal(error_exit_code(cases[i].kind), cases[i].exit_code);
		assert_int_equal(error_may_retry(cases[i].kind), cases[i].may_retry);
		assert_int_equal(error_kind_from_name(error_kind_name(cases[i].kind)), cases[i].kind);
	}
}

static void test_unknown_kinds(void **state)
{
	(void)state;
	assert_int_equal(error_http_status(ERROR_KIND_COUNT), 500);
	assert_int_equal(error_exit_code((enum error_kind)1000), 1);
	assert_string_equal(error_kind_name(ERROR_KIND_COUNT), "system");
	assert_int_equal(error_kind_from_name("nonsense"), ERROR_SYSTEM);
	assert_int_equal(error_kind_from_name(""), ERROR_SYSTEM);
	assert_int_equal(error_kind_from_name("Timeout"), ERROR_SYSTEM);
	assert_int_equal(error_kind_from_name("timeout"), ERROR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set),
		TEST(test_one_line),
		TEST(test_too_long_is_cut_between_characters),
		TEST(test_system),
		TEST(test_system_keeps_the_cause_behind_a_long_name),
		TEST(test_prefix),
		TEST(test_message_as_argument),
		TEST(test_kinds),
		TEST(test_unknown_kinds),
	};
	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
