/*
 * base/log.h: what a line looks like, that no text can forge one, and the journal's form. Standard error is a datagram
 * socket here: each write arrives as one packet, so that "one write a line" is seen.
 */
#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

static int saved_stderr = -1;
static int packets = -1; /* where what is written to standard error can be read */
static char line[8192];  /* the last packet */

static int capture(void **state)
{
	int pair[2];
	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(pair[1], STDERR_FILENO);
	close(pair[1]);
	packets = pair[0];
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_WARNING);
	log_set_context(NULL);
	log_set_format(LOG_FORMAT_TEXT);
	return 0;
}

static int release(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(packets);
	return 0;
}

/* Reads the next packet; false where nothing was written. */
static bool next_packet(void)
{
	ssize_t len = recv(packets, line, sizeof(line) - 1, MSG_DONTWAIT);
	if (len < 0)
		return false;
	line[len] = '\0';
	assert_int_equal(strlen(line), len); /* no NUL byte in a log */
	return true;
}

/* The line without its time; checks that it has one and that it is one line. */
static const char *next_line(void)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
	assert_true(next_packet());
	size_t len = strlen(line);
	assert_int_equal(line[len - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd')
			assert_true(isdigit((unsigned char)line[i]));
		else
			assert_int_equal(line[i], form[i]);
	}
	return line + strlen(form);
}

static void test_levels(void **state)
{
	(void)state;
	log_error("one %d", 1);
	log_warning("two");
	log_info("three");
	log_debug("four");
	assert_string_equal(next_line(), "error one 1\n");
	assert_string_equal(next_line(), "warning two\n");
	assert_false(next_packet());

	log_set_level(LOG_LEVEL_DEBUG);
	log_info("three");
	log_debug("four");
	assert_string_equal(next_line(), "info three\n");
	assert_string_equal(next_line(), "debug four\n");

	log_set_level(LOG_LEVEL_ERROR);
	assert_true(log_enabled(LOG_LEVEL_ERROR));
	assert_false(log_enabled(LOG_LEVEL_WARNING));
	log_warning("two");
	assert_false(next_packet());
}

static void test_time_is_now(void **state)
{
	char before[CLOCK_TEXT_SIZE], after[CLOCK_TEXT_SIZE];
	(void)state;
	clock_text(clock_wall(), before);
	log_error("x");
	clock_text(clock_wall(), after);
	next_line();
	line[strlen(before)] = '\0';
	assert_true(strcmp(before, line) <= 0);
	assert_true(strcmp(line, after) <= 0);
}

static void test_context(void **state)
{
	char longer[200];
	(void)state;
	log_set_context("1a2b3c");
	log_error("x");
	assert_string_equal(next_line(), "error [1a2b3c] x\n");
	assert_string_equal(log_get_field(LOG_FIELD_REQUEST), "1a2b3c");
	log_set_context("");
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	log_set_context("a");
	log_set_context(NULL);
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	assert_string_equal(log_get_field(LOG_FIELD_REQUEST), "");

	memset(longer, 'c', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	log_set_context(longer);
	log_error("x");
	longer[63] = '\0';
	const char *rest = next_line();
	assert_memory_equal(rest, "error [", 7);
	assert_memory_equal(rest + 7, longer, 63);
	assert_string_equal(rest + 7 + 63, "] x\n");
}

static void test_nothing_forges_a_line(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"a\n2026-11-23T04:45:13.123Z error forged", "error a\\x0a2026-11-23T04:45:13.123Z error forged\n"},
		{"a\r\nb", "error a\\x0d\\x0ab\n"},
		{"\x1B]0;title\a\x1B[2J", "error \\x1b]0;title\\x07\\x1b[2J\n"},
		{"tab\there\x7F", "error tab\\x09here\\x7f\n"},
		{"\xC2\x9B"
		 "31m", "error \\xc2\\x9b31m\n"}, /* the one-character form of ESC [ */
		{"\xC2\xA0", "error \xC2\xA0\n"},
		{"\xE2\x80\xA8line", "error \\xe2\\x80\\xa8line\n"}, /* LINE SEPARATOR */
		{"\xE2\x80\xAEtfel", "error \\xe2\\x80\\xaetfel\n"}, /* RIGHT-TO-LEFT OVERRIDE */
		{"\xE2\x81\xA6x", "error \\xe2\\x81\\xa6x\n"},       /* LEFT-TO-RIGHT ISOLATE */
		{"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", "error gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80\n"},
		{"\xFF\xFE", "error \\xff\\xfe\n"},
		{"\xC0\x8A", "error \\xc0\\x8a\n"}, /* an overlong newline */
		{"cut \xE2\x82", "error cut \\xe2\\x82\n"},
		{"\xE2\n\x82", "error \\xe2\\x0a\\x82\n"},
		{"\xED\xA0\x80", "error \\xed\\xa0\\x80\n"},
		{"100%s \\x41", "error 100%s \\x41\n"},
		{"", "error \n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		log_error("%s", cases[i].text);
		assert_string_equal(next_line(), cases[i].line);
		assert_false(next_packet());
	}
}

/* A request id comes from the client. */
static void test_context_forges_nothing(void **state)
{
	(void)state;
	log_set_context("id\n\x1B[1m\xFF");
	log_error("x");
	assert_string_equal(next_line(), "error [id\\x0a\\x1b[1m\\xff] x\n");
}

static void test_long_lines_are_cut_whole(void **state)
{
	static const char *const fillings[] = {"a", "\n", "\xFF", "\xC3\xA4", "\xF0\x9F\x98\x80", "\xC2\x85", "\xFFz"};
	char text[20000];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fillings); i++) {
		for (size_t shift = 0; shift < 9; shift++) {
			size_t size = strlen(fillings[i]);
			memset(text, 'x', shift);
			for (size_t at = shift; at + size < sizeof(text); at += size)
				memcpy(text + at, fillings[i], size + 1);
			log_error("%s", text);
			next_line();
			assert_false(next_packet());
			assert_in_range(strlen(line), PIPE_BUF - 50, PIPE_BUF);
			assert_true(utf8_valid(str_from(line)));
			assert_null(strstr(line, "zz")); /* nothing goes on behind what did not fit */
			const char *escape = strrchr(line, '\\');
			if (escape)
				assert_in_range(strlen(escape), strlen("\\xNN\n"), strlen("\\xNNz\n"));
		}
	}
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

/* The next line behind its time. */
static const char *next_object(void)
{
	static const char form[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddZ\",";
	assert_true(next_packet());
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd' && line[i] != 'd')
			assert_true(isdigit((unsigned char)line[i]));
		else if (form[i] != 'd')
			assert_int_equal(line[i], form[i]);
	}
	return line + strlen(form);
}

static void test_json_fields(void **state)
{
	char longer[600];
	(void)state;
	log_set_format(LOG_FORMAT_JSON);
	log_error("x %d", 1);
	assert_string_equal(next_object(), "\"level\":\"error\",\"message\":\"x 1\"}\n");
	log_set_context("1a2b");
	log_set_field(LOG_FIELD_RUN, "01r");
	log_set_field(LOG_FIELD_HOOK, "a/b \"c\"\n");
	log_warning("hook \"a\": y");
	assert_string_equal(next_object(), "\"level\":\"warning\",\"request\":\"1a2b\",\"hook\":\"a/b \\\"c\\\"\\u000a\","
	                                   "\"run\":\"01r\",\"message\":\"hook \\\"a\\\": y\"}\n");
	log_set_context("2");
	log_error("z"); /* another unit of work knows nothing of the hook and run before */
	assert_string_equal(next_object(), "\"level\":\"error\",\"request\":\"2\",\"message\":\"z\"}\n");

	memset(longer, '\x01', sizeof(longer)); /* all of them as long as can be: a message has its place all the same */
	longer[sizeof(longer) - 1] = '\0';
	log_set_context(longer);
	log_set_field(LOG_FIELD_HOOK, longer);
	log_set_field(LOG_FIELD_RUN, longer);
	log_error("the message");
	assert_contains(next_object(), "\\u0001\",\"message\":\"the message\"}\n");
}

/* In text the id of a run stands where a request's would. */
static void test_run_in_text(void **state)
{
	(void)state;
	log_set_field(LOG_FIELD_RUN, "01r");
	log_set_field(LOG_FIELD_HOOK, "h");
	log_error("x");
	assert_string_equal(next_line(), "error [01r] x\n");
	log_set_field(LOG_FIELD_REQUEST, "1a");
	log_error("x");
	assert_string_equal(next_line(), "error [1a] x\n");
	log_set_context(NULL);
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
}

static void test_json_escapes(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"\",\"level\":\"info", "\\\",\\\"level\\\":\\\"info"},
		{"a\r\nb\t\x1B\x7F", "a\\u000d\\u000ab\\u0009\\u001b\\u007f"},
		{"C:\\x", "C:\\\\x"},
		{"\xC2\x9B", "\\u009b"},
		{"\xE2\x80\xA8\xE2\x80\xAE", "\\u2028\\u202e"},
		{"\xFF\xFEx", "\xEF\xBF\xBD\xEF\xBF\xBDx"},
		{"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
		{"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"},
		{"", ""},
	};
	char expected[200];
	(void)state;
	log_set_format(LOG_FORMAT_JSON);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		log_error("%s", cases[i].text);
		snprintf(expected, sizeof(expected), "\"level\":\"error\",\"message\":\"%s\"}\n", cases[i].message);
		assert_string_equal(next_object(), expected);
	}
}

static void test_long_json_stays_an_object(void **state)
{
	static const char *const fillings[] = {"a", "\n", "\xFF", "\xC3\xA4", "\xF0\x9F\x98\x80", "\"", "\xFFz"};
	char text[20000];
	(void)state;
	log_set_format(LOG_FORMAT_JSON);
	for (size_t i = 0; i < COUNT_OF(fillings); i++) {
		for (size_t shift = 0; shift < 9; shift++) {
			size_t size = strlen(fillings[i]);
			memset(text, 'x', shift);
			for (size_t at = shift; at + size < sizeof(text); at += size)
				memcpy(text + at, fillings[i], size + 1);
			log_error("%s", text);
			next_object();
			assert_false(next_packet());
			size_t len = strlen(line);
			assert_in_range(len, PIPE_BUF - 50, PIPE_BUF);
			assert_true(utf8_valid(str_from(line)));
			assert_null(strstr(line, "zz"));
			assert_string_equal(line + len - 3, "\"}\n");
			size_t slashes = 0;
			while (line[len - 4 - slashes] == '\\')
				slashes++;
			assert_int_equal(slashes % 2, 0); /* the quote is no part of an escape */
			const char *escape = strrchr(line, '\\');
			if (escape && escape[1] == 'u')
				assert_int_equal(strspn(escape + 2, "0123456789abcdef"), 4);
		}
	}
}

static void set_journal_stream(uintmax_t device, uintmax_t inode, const char *behind)
{
	char text[100];
	snprintf(text, sizeof(text), "%ju:%ju%s", device, inode, behind);
	setenv("JOURNAL_STREAM", text, 1);
}

static void test_journal(void **state)
{
	struct stat here;
	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &here), 0);
	set_journal_stream(here.st_dev, here.st_ino, "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("one");
	assert_true(next_packet());
	assert_string_equal(line, "<3>one\n");
	log_warning("two");
	assert_true(next_packet());
	assert_string_equal(line, "<4>two\n");
	log_set_context("id");
	log_info("three\n<0>forged");
	assert_true(next_packet());
	assert_string_equal(line, "<6>[id] three\\x0a<0>forged\n");
	log_debug("four");
	assert_true(next_packet());
	assert_string_equal(line, "<7>[id] four\n");
	log_set_format(LOG_FORMAT_JSON);
	log_error("five");
	assert_true(next_packet());
	assert_int_equal(strncmp(line, "<3>{\"time\":\"", 12), 0);
	assert_contains(line, "\"request\":\"id\",\"message\":\"five\"}\n");
}

static void test_journal_of_somebody_else(void **state)
{
	struct stat here;
	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &here), 0);
	set_journal_stream(here.st_dev, here.st_ino + 1, "");
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	set_journal_stream(here.st_dev + 1, here.st_ino, "");
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	set_journal_stream(here.st_dev, here.st_ino, " ");
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	set_journal_stream(here.st_dev, here.st_ino, "0");
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
	setenv("JOURNAL_STREAM", "", 1);
	log_error("x");
	assert_string_equal(next_line(), "error x\n");
}

static void test_errno_stays(void **state)
{
	(void)state;
	errno = ENOENT;
	log_error("x");
	assert_int_equal(errno, ENOENT);
	close(STDERR_FILENO);
	errno = EEXIST;
	log_error("into nothing");
	assert_int_equal(errno, EEXIST);
}

/* The content of the file. */
static const char *content_of(const char *path)
{
	static char content[4096];
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(descriptor >= 0);
	ssize_t len = read(descriptor, content, sizeof(content) - 1);
	close(descriptor);
	assert_true(len >= 0);
	content[len] = '\0';
	return content;
}

static void test_open(void **state)
{
	struct error error = ERROR_INIT;
	char folder[64], path[80], moved[80];
	struct stat made;
	(void)state;
	make_temporary_folder(folder);
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(moved, sizeof(moved), "%s/log.1", folder);
	mode_t mask = umask(0);
	assert_true(log_open(path, &error));
	umask(mask);
	log_error("first");
	assert_int_equal(stat(path, &made), 0);
	assert_int_equal(made.st_mode & 07777, 0640);
	assert_contains(content_of(path), "error first\n");
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFD) & FD_CLOEXEC, 0);
	assert_true((fcntl(STDERR_FILENO, F_GETFL) & O_APPEND) != 0);

	/* A rotation: the file moves away, the same path is opened again. */
	assert_int_equal(rename(path, moved), 0);
	log_error("second");
	assert_contains(content_of(moved), "error second\n");
	assert_true(log_open(path, &error));
	log_error("third");
	assert_null(strstr(content_of(moved), "third"));
	assert_contains(content_of(path), "error third\n");
	assert_true(log_open(path, &error));
	log_error("fourth");
	assert_contains(content_of(path), "error third\n");
	assert_contains(content_of(path), "error fourth\n");

	unlink(path);
	unlink(moved);
	rmdir(folder);
}

static void test_open_fails(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	assert_false(log_open("/nonexistent/log", &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
	assert_contains(error.message, "/nonexistent/log");
	assert_contains(error.message, "No such file");
	log_error("still here");
	assert_string_equal(next_line(), "error still here\n");
}

static void test_open_with_standard_error_closed(void **state)
{
	struct error error = ERROR_INIT;
	char folder[64], path[80];
	(void)state;
	make_temporary_folder(folder);
	snprintf(path, sizeof(path), "%s/log", folder);
	close(STDERR_FILENO);
	assert_true(log_open(path, &error));
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFD), 0);
	log_error("x");
	assert_contains(content_of(path), "error x\n");
	unlink(path);
	rmdir(folder);
}

#define CAPTURED(function) cmocka_unit_test_setup_teardown(function, capture, release)

static void take(void *context, enum log_level level, const char *text)
{
	snprintf(context, 64, "%d %s", (int)level, text);
}

static void test_sink(void **state)
{
	char taken[64] = "";
	(void)state;
	log_set_sink(take, taken);
	log_info("dropped by its level");
	assert_string_equal(taken, "");
	log_warning("no %s", "ref\n");
	assert_string_equal(taken, "1 no ref\n");
	assert_false(next_packet());
	log_set_sink(NULL, NULL);
	log_warning("x");
	assert_true(next_packet());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(test_levels),
		CAPTURED(test_time_is_now),
		CAPTURED(test_context),
		CAPTURED(test_nothing_forges_a_line),
		CAPTURED(test_context_forges_nothing),
		CAPTURED(test_long_lines_are_cut_whole),
		CAPTURED(test_json_fields),
		CAPTURED(test_run_in_text),
		CAPTURED(test_json_escapes),
		CAPTURED(test_long_json_stays_an_object),
		CAPTURED(test_journal),
		CAPTURED(test_journal_of_somebody_else),
		CAPTURED(test_errno_stays),
		CAPTURED(test_sink),
		CAPTURED(test_open),
		CAPTURED(test_open_fails),
		CAPTURED(test_open_with_standard_error_closed),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
