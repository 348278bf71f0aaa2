/*
 * gateway/cgi.h: a request out of environment and descriptor 0, a response to descriptor 1. Each case runs in a process of
 * its own, since it changes all three.
 */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "gateway/cgi.h"
#include "gateway/exchange.h"

/* A check in a child process: its line is the exit status. */
#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

static void run_in_child(int (*function)(void *), void *argument)
{
	assert_int_equal(status_in_child(function, argument), 0);
}

/* A pipe in the place of the descriptor; returns our end. */
static int replace_by_pipe(int descriptor)
{
	int ends[2], ours = descriptor == STDIN_FILENO ? 1 : 0;
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	CHECK(dup2(ends[1 - ours], descriptor) == descriptor);
	close(ends[1 - ours]);
	return ends[ours];
}

static struct exchange *open_with(struct arena *arena, const char *content_length, int64_t timeout)
{
	clearenv();
	setenv("REQUEST_METHOD", "POST", 1);
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	if (content_length != NULL)
		setenv("CONTENT_LENGTH", content_length, 1);
	return cgi_open(arena, timeout);
}

/* --- Whether it is CGI --- */

static int is_wanted(void *argument)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener;
	(void)argument;
	unsetenv("GATEWAY_INTERFACE");
	CHECK(!cgi_is_wanted());
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	CHECK(cgi_is_wanted());
	replace_by_pipe(STDIN_FILENO);
	CHECK(cgi_is_wanted());
	close(STDIN_FILENO);
	CHECK(cgi_is_wanted());

	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(dup2(listener, STDIN_FILENO) == STDIN_FILENO);
	CHECK(cgi_is_wanted()); /* a socket that does not listen: some servers hand the body over as one */
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address.sun_family)) == 0);
	CHECK(listen(listener, 1) == 0);
	CHECK(!cgi_is_wanted());
	return 0;
}

static void test_is_wanted(void **state)
{
	(void)state;
	run_in_child(is_wanted, NULL);
}

/* --- Parameters --- */

static int parameters(void *argument)
{
	struct arena arena = ARENA_INIT;
	(void)argument;
	clearenv();
	setenv("REQUEST_METHOD", "GET", 1);
	setenv("HTTP_PROXY", "http://evil.example", 1);
	setenv("HTTP_X_HUB_SIGNATURE", "sha1=1", 1);
	setenv("HTTP_", "", 1);
	setenv("http_proxy", "http://ours.example", 1);
	setenv("EMPTY", "", 1);
	struct exchange *exchange = cgi_open(&arena, 1000);

	CHECK(exchange->cgi && exchange->client == -1 && exchange->cancel == -1 && !exchange->gone);
	CHECK(strcmp(exchange_parameter(exchange, "REQUEST_METHOD"), "GET") == 0);
	CHECK(strcmp(exchange_parameter(exchange, "HTTP_PROXY"), "http://evil.example") == 0);
	CHECK(strcmp(exchange_parameter(exchange, "HTTP_X_HUB_SIGNATURE"), "sha1=1") == 0);
	CHECK(strcmp(exchange_parameter(exchange, "EMPTY"), "") == 0);
	CHECK(exchange_parameter(exchange, "REQUEST") == NULL);
	CHECK(exchange_parameter(exchange, "REQUEST_METHOD=GET") == NULL);
	/* Nobody else finds the headers in this process's environment. */
	CHECK(getenv("HTTP_PROXY") == NULL && getenv("HTTP_X_HUB_SIGNATURE") == NULL && getenv("HTTP_") == NULL);
	CHECK(strcmp(getenv("http_proxy"), "http://ours.example") == 0);
	CHECK(strcmp(getenv("REQUEST_METHOD"), "GET") == 0);
	arena_release(&arena);
	return 0;
}

static void test_parameters(void **state)
{
	(void)state;
	run_in_child(parameters, NULL);
}

/* --- The body --- */

struct body_case {
	const char *content_length;
	const char *sent;
	const char *read;
};

static int read_case(void *argument)
{
	const struct body_case *body = argument;
	struct arena arena = ARENA_INIT;
	struct buf got = BUF_INIT;
	char piece[3];
	ssize_t count;
	int input = replace_by_pipe(STDIN_FILENO);
	CHECK(write(input, body->sent, strlen(body->sent)) == (ssize_t)strlen(body->sent));
	close(input);

	struct exchange *exchange = open_with(&arena, body->content_length, 1000);
	while ((count = exchange->read(exchange, piece, sizeof(piece))) > 0)
		buf_append(&got, piece, (size_t)count);
	CHECK(count == 0);
	CHECK(exchange->read(exchange, piece, sizeof(piece)) == 0);
	CHECK(str_equal_c(buf_str(&got), body->read));
	buf_release(&got);
	arena_release(&arena);
	return 0;
}

static void test_body(void **state)
{
	static struct body_case cases[] = {
		{"7", "a body!", "a body!"},
		{"4", "a body!", "a bo"}, /* what follows is not ours */
		{"0", "a body!", ""},
		{"9", "a body!", "a body!"}, /* whoever asked for it sees that it is short */
		{NULL, "a body!", "a body!"},
		{"", "a body!", "a body!"},
		{"-1", "a body!", "a body!"},
		{"7x", "a body!", "a body!"},
		{NULL, "", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		run_in_child(read_case, &cases[i]);
}

/* A web server that keeps the pipe open does not keep us once Content-Length is there, and no longer than the deadline. */
static int read_from_open_pipe(void *argument)
{
	struct arena arena = ARENA_INIT;
	char piece[16];
	int input = replace_by_pipe(STDIN_FILENO);
	(void)argument;
	CHECK(write(input, "body", 4) == 4);
	struct exchange *exchange = open_with(&arena, "4", -1);
	CHECK(exchange->read(exchange, piece, sizeof(piece)) == 4);
	CHECK(exchange->read(exchange, piece, sizeof(piece)) == 0);

	int64_t begun = clock_now();
	CHECK(write(input, "bo", 2) == 2);
	exchange = open_with(&arena, "4", 50);
	CHECK(exchange->read(exchange, piece, sizeof(piece)) == 2);
	CHECK(exchange->read(exchange, piece, sizeof(piece)) == -1);
	CHECK(clock_now() - begun >= 50);
	CHECK(exchange->write(exchange, "late", 4)); /* can still be told */
	arena_release(&arena);
	return 0;
}

static void test_deadline(void **state)
{
	(void)state;
	run_in_child(read_from_open_pipe, NULL);
}

/* --- The response --- */

static bool is_readable(int descriptor)
{
	struct pollfd entry = {.fd = descriptor, .events = POLLIN};
	return poll(&entry, 1, 0) > 0;
}

static int respond(void *argument)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct buf got = BUF_INIT;
	char large[20000];
	int output = replace_by_pipe(STDOUT_FILENO);
	(void)argument;
	memset(large, 'x', sizeof(large));
	struct exchange *exchange = open_with(&arena, "0", 1000);

	CHECK(exchange->write(exchange, "a", 1));
	CHECK(!is_readable(output)); /* queued */
	CHECK(exchange->flush(exchange));
	CHECK(is_readable(output));
	CHECK(exchange->write(exchange, "b", 1));
	CHECK(exchange->write(exchange, large, sizeof(large))); /* behind what is queued, not before */
	CHECK(exchange->write(exchange, "c", 1));
	cgi_finish(exchange);
	CHECK(write(STDOUT_FILENO, "lost", 4) == 4); /* nobody's any more, and nothing else takes its number */
	CHECK(file_read_descriptor(output, "output", 1 << 20, &got, &error));
	CHECK(got.len == sizeof(large) + 3);
	CHECK(got.data[0] == 'a' && got.data[1] == 'b' && got.data[2] == 'x' && got.data[got.len - 1] == 'c');
	buf_release(&got);
	arena_release(&arena);
	return 0;
}

static void test_response(void **state)
{
	(void)state;
	run_in_child(respond, NULL);
}

static int respond_to_nobody(void *argument)
{
	struct arena arena = ARENA_INIT;
	char large[20000] = "";
	int output = replace_by_pipe(STDOUT_FILENO);
	(void)argument;
	signal(SIGPIPE, SIG_IGN);
	close(output);
	struct exchange *exchange = open_with(&arena, "0", 1000);
	CHECK(exchange->write(exchange, "a", 1) && !exchange->gone);
	CHECK(!exchange->flush(exchange) && exchange->gone);
	CHECK(!exchange->write(exchange, large, sizeof(large)));
	CHECK(!exchange->write(exchange, "a", 1));
	cgi_finish(exchange);
	arena_release(&arena);
	return 0;
}

static void test_server_gone(void **state)
{
	(void)state;
	run_in_child(respond_to_nobody, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_is_wanted), TEST(test_parameters), TEST(test_body),
		TEST(test_deadline),  TEST(test_response),   TEST(test_server_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
