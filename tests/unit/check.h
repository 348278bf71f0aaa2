/*
 * What every unit test needs: cmocka with the headers that it wants before it, and a few checks in our own terms.
 */
#ifndef POCKETCI_TESTS_UNIT_CHECK_H
#define POCKETCI_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A test of the group's table. */
#define TEST(function) cmocka_unit_test(function)

/* The bytes of a str against a C string. */
#define assert_str(actual, expected) check_str((actual), (expected), __FILE__, __LINE__)

static inline void check_str(struct str actual, const char *expected, const char *file, int line)
{
	if (!str_equal_c(actual, expected)) {
		print_error("\"%.*s\" is not \"%s\"\n", STR_ARGS(actual), expected);
		_fail(file, line);
	}
}

/* Whether text holds part; prints both where not. */
#define assert_contains(text, part) check_contains((text), (part), __FILE__, __LINE__)

static inline void check_contains(const char *text, const char *part, const char *file, int line)
{
	if (!strstr(text, part)) {
		print_error("\"%s\" does not hold \"%s\"\n", text, part);
		_fail(file, line);
	}
}

/*
 * Runs the function in a child process and returns what waitpid says of it: for code that ends the process, or that
 * changes what the other tests rely on. A cmocka check that fails in there does not count: return or _exit a number.
 */
static inline int status_in_child(int (*function)(void *), void *argument)
{
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL); /* cmocka has handlers of its own */
		signal(SIGSEGV, SIG_DFL);
		_exit(function(argument));
	}
	int status = -1;
	if (child > 0)
		waitpid(child, &status, 0);
	return status;
}

#define assert_aborts(function, argument) \
	do { \
		int check_status = status_in_child((function), (argument)); \
		assert_true(WIFSIGNALED(check_status)); \
		assert_int_equal(WTERMSIG(check_status), SIGABRT); \
	} while (0)

/* A new empty folder; folder holds at least 64 bytes. */
static inline void make_temporary_folder(char *folder)
{
	strncpy(folder, "/tmp/pocketci-test-XXXXXX", 63);
	folder[63] = '\0';
	assert_non_null(mkdtemp(folder));
}

#endif
