/*
 * gateway/fastcgi.h: every way that a connection can go, with clients that keep theirs open, break off or dawdle; and that
 * each connection is closed once. close(2) is wrapped to see that, libfcgi's calls included.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "gateway/exchange.h"
#include "gateway/fastcgi.h"

/* Far below libfcgi's own wait of 2 s for the peer, far above what anything here takes. */
#define SOON 1000

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, GET_VALUES = 9 };

static int bad_closes;

int close(int descriptor)
{
	int result = (int)syscall(SYS_close, descriptor);
	bad_closes += result != 0 && errno == EBADF;
	return result;
}

static char folder[64];
static int listener = -1;
static struct arena arena = ARENA_INIT;

/* --- A client --- */

static int connect_client(void)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	int client = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
	return client;
}

static void add_record(struct buf *out, int type, int id, const void *data, size_t len)
{
	unsigned char header[8] = {1, (unsigned char)type, (unsigned char)(id >> 8), (unsigned char)id,
	                           (unsigned char)(len >> 8), (unsigned char)len, 0, 0};
	buf_append(out, header, sizeof(header));
	buf_append(out, data, len);
}

static void add_begin(struct buf *out, int role, int flags)
{
	unsigned char body[8] = {0, (unsigned char)role, (unsigned char)flags, 0, 0, 0, 0, 0};
	add_record(out, BEGIN, 1, body, sizeof(body));
}

static void add_params(struct buf *out)
{
	static const char params[] = "\x0e\x04REQUEST_METHODPOST\x04\x00NONE";
	add_record(out, PARAMS, 1, params, sizeof(params) - 1);
	add_record(out, PARAMS, 1, "", 0);
}

static void add_body(struct buf *out, const char *body)
{
	if (body[0] != '\0')
		add_record(out, STDIN, 1, body, strlen(body));
	add_record(out, STDIN, 1, "", 0);
}

static void add_request(struct buf *out, const char *body)
{
	add_begin(out, 1, 0);
	add_params(out);
	add_body(out, body);
}

static void send_all(int client, struct buf *data)
{
	struct error error = ERROR_INIT;
	assert_true(file_write_all(client, data->data, data->len, "client", &error));
	buf_release(data);
}

static int send_request(const char *body)
{
	struct buf out = BUF_INIT;
	int client = connect_client();
	add_request(&out, body);
	send_all(client, &out);
	return client;
}

/* All that comes until the server closes; what it sent as output is in *output, the types of its records in types. */
static void receive(int client, struct buf *output, char *types, size_t size)
{
	struct error error = ERROR_INIT;
	struct buf in = BUF_INIT;
	size_t at = 0, count = 0;
	assert_true(file_read_descriptor(client, "server", 1 << 26, &in, &error));
	while (in.len - at >= 8) {
		const unsigned char *header = (const unsigned char *)in.data + at;
		size_t len = (size_t)header[4] << 8 | header[5];
		assert_true(in.len - at >= 8 + len + header[6]);
		if (header[1] == STDOUT)
			buf_append(output, in.data + at + 8, len);
		if (count + 1 < size)
			types[count++] = (char)('0' + header[1]);
		at += 8 + len + header[6];
	}
	types[count] = '\0';
	assert_int_equal(at, in.len);
	buf_release(&in);
	close(client);
}

static void assert_reply(int client, const char *expected, const char *expected_types)
{
	struct buf output = BUF_INIT;
	char types[64];
	receive(client, &output, types, sizeof(types));
	assert_str(buf_str(&output), expected);
	assert_string_equal(types, expected_types);
	buf_release(&output);
}

/* --- Around each test --- */

static size_t count_descriptors(void)
{
	size_t count = 0;
	DIR *here = opendir("/proc/self/fd");
	while (readdir(here) != NULL)
		count++;
	closedir(here);
	return count;
}

static size_t descriptors_before;

static int open_listener(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct error error = ERROR_INIT;
	(void)state;
	make_temporary_folder(folder);
	bad_closes = 0;
	descriptors_before = count_descriptors();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 16) != 0 ||
	       !fastcgi_start(&error);
}

static int close_listener(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	close(listener);
	arena_release(&arena);
	bool clean = bad_closes == 0 && count_descriptors() == descriptors_before;
	if (!clean)
		print_error("%d bad closes, %zu descriptors before, %zu after\n", bad_closes, descriptors_before,
		            count_descriptors());
	return !file_remove_tree(folder, &error) || !clean;
}

static void listen_on_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	close(listener);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 16), 0);
}

static struct exchange *accept_exchange(int64_t timeout)
{
	struct error error = ERROR_INIT;
	struct exchange *exchange = fastcgi_accept(listener, &arena, timeout, &error);
	if (exchange == NULL)
		print_error("%s\n", error.message);
	assert_non_null(exchange);
	return exchange;
}

static void assert_body(struct exchange *exchange, const char *expected)
{
	struct buf body = BUF_INIT;
	char piece[5];
	ssize_t count;
	while ((count = exchange->read(exchange, piece, sizeof(piece))) > 0)
		buf_append(&body, piece, (size_t)count);
	assert_int_equal(count, 0);
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), 0);
	assert_str(buf_str(&body), expected);
	buf_release(&body);
}

static void serve_one(const char *body, const char *response)
{
	struct exchange *exchange = accept_exchange(SOON);
	assert_body(exchange, body);
	assert_true(exchange->write(exchange, response, strlen(response)));
	fastcgi_finish(exchange);
	arena_reset(&arena);
}

/* --- Requests as they should be --- */

static void *handler_of(int signal_number)
{
	struct sigaction action;
	assert_int_equal(sigaction(signal_number, NULL, &action), 0);
	return (void *)(uintptr_t)action.sa_handler;
}

/* libfcgi's handlers would end its accept for ever after a signal, and swallow the signal. */
static void test_signals_are_ours(void **state)
{
	(void)state;
	assert_ptr_equal(handler_of(SIGTERM), (void *)(uintptr_t)SIG_DFL);
	assert_ptr_equal(handler_of(SIGUSR1), (void *)(uintptr_t)SIG_DFL);
	assert_ptr_equal(handler_of(SIGPIPE), (void *)(uintptr_t)SIG_IGN);
}

static void test_request(void **state)
{
	(void)state;
	int client = send_request("the body");
	struct exchange *exchange = accept_exchange(SOON);
	assert_false(exchange->cgi);
	assert_false(exchange->gone);
	assert_int_equal(exchange->cancel, -1);
	assert_true(fcntl(exchange->client, F_GETFD) & FD_CLOEXEC);
	assert_string_equal(exchange_parameter(exchange, "REQUEST_METHOD"), "POST");
	assert_string_equal(exchange_parameter(exchange, "NONE"), "");
	assert_null(exchange_parameter(exchange, "HTTP_PROXY"));
	assert_body(exchange, "the body");
	assert_true(exchange->write(exchange, "Status: 200 OK\r\n\r\n", 18));
	assert_true(exchange->write(exchange, "hello", 5));
	fastcgi_finish(exchange);
	assert_reply(client, "Status: 200 OK\r\n\r\nhello", "663");
}

static void test_flush(void **state)
{
	struct pollfd entry = {.events = POLLIN};
	(void)state;
	entry.fd = send_request("");
	struct exchange *exchange = accept_exchange(SOON);
	assert_true(exchange->flush(exchange)); /* nothing there */
	assert_true(exchange->write(exchange, "a", 1));
	assert_int_equal(poll(&entry, 1, 0), 0);
	assert_true(exchange->flush(exchange));
	assert_int_equal(poll(&entry, 1, 0), 1);
	assert_body(exchange, "");
	fastcgi_finish(exchange);
	assert_reply(entry.fd, "a", "663");
}

static void test_nobody_there(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	for (int tcp = 0; tcp <= 1; tcp++) {
		if (tcp)
			listen_on_tcp();
		assert_null(fastcgi_accept(listener, &arena, SOON, &error));
		assert_int_equal(error.kind, ERROR_NONE);
		shutdown(listener, SHUT_RDWR); /* what a drain does */
		assert_null(fastcgi_accept(listener, &arena, SOON, &error));
		assert_int_equal(error.kind, ERROR_NONE);
	}
	assert_null(fastcgi_accept(-1, &arena, SOON, &error));
	assert_int_equal(error.kind, ERROR_SYSTEM);
}

/* FCGI_KEEP_CONN is not obeyed: kept connections would pin a child each. */
static void test_keep_connection_is_not_kept(void **state)
{
	struct buf out = BUF_INIT;
	int client = connect_client();
	(void)state;
	add_begin(&out, 1, 1);
	add_params(&out);
	add_body(&out, "");
	send_all(client, &out);
	serve_one("", "x");
	assert_reply(client, "x", "663");
}

static void test_management_records(void **state)
{
	struct buf out = BUF_INIT;
	int client = connect_client();
	(void)state;
	add_record(&out, GET_VALUES, 0, "\x0e\x00" "FCGI_MAX_CONNS\x0f\x00" "FCGI_MPXS_CONNS", 33);
	add_request(&out, "body");
	send_all(client, &out);
	serve_one("body", "x");
	assert_reply(client, "x", ":663"); /* 10: the values */
}

/* A thousand of every kind: no descriptor and no memory is left. */
static void test_no_leak(void **state)
{
	struct error error = ERROR_INIT;
	struct buf half = BUF_INIT;
	size_t before = 0;
	(void)state;
	add_begin(&half, 1, 0);
	for (int i = 0; i < 1000; i++) {
		if (i == 10)
			before = mallinfo2().uordblks;
		int client = send_request("body");
		serve_one("body", "x");
		close(client);
		client = connect_client();
		assert_int_equal(write(client, half.data, half.len), half.len);
		close(client);
		assert_null(fastcgi_accept(listener, &arena, SOON, &error));
		arena_reset(&arena);
	}
	assert_true(mallinfo2().uordblks <= before + 1024);
	buf_release(&half);
}

/* --- Requests as they should not be --- */

static void test_broken(void **state)
{
#define BYTES(text) text, sizeof(text) - 1
	static const struct {
		const char *bytes;
		size_t len;
		bool stays; /* the client keeps its end open, and all the same nobody waits for it */
	} cases[] = {
		{BYTES(""), false},
		{BYTES("G"), false},
		{BYTES("GET / HTTP/1.0\r\n\r\n"), true},
		{BYTES("\1\1\0\1\0\10\0"), false},                                /* half a header */
		{BYTES("\2\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0"), true},            /* version 2 */
		{BYTES("\1\4\0\1\0\0\0\0"), false},                               /* parameters of no request */
		{BYTES("\1\1\0\0\0\10\0\0" "\0\1\0\0\0\0\0\0"), true},            /* a request with the id 0 */
		{BYTES("\1\1\0\1\0\7\0\0" "\0\1\0\0\0\0\0"), true},               /* too short a beginning */
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0"), false},
		{BYTES("\1\1\0\1\0\10\0\0" "\0\7\0\0\0\0\0\0"), true},            /* no such role */
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0"), false},           /* no parameters */
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0" "\1\2\0\1\0\0\0\0"), true}, /* aborted */
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0" "\1\4\0\1\0\2\0\0" "\5\5" "\1\4\0\1\0\0\0\0"), true},
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0" "\1\4\0\1\0\4\0\0" "\xff\xff\xff\xff" "\1\4\0\1\0\0\0\0"),
	         true}, /* a name of 2 GiB */
		{BYTES("\1\1\0\1\0\10\0\0" "\0\1\0\0\0\0\0\0" "\1\4\0\1\0\3\0\0" "\x80\0\0" "\1\4\0\1\0\0\0\0"), true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		int client = connect_client();
		assert_int_equal(write(client, cases[i].bytes, cases[i].len), cases[i].len);
		if (!cases[i].stays)
			shutdown(client, SHUT_WR);
		int64_t begun = clock_now();
		assert_null(fastcgi_accept(listener, &arena, 10 * SOON, &error));
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_contains(error.message, "ended or broke before its request was whole");
		assert_true(clock_now() - begun < SOON);
		close(client);
		/* And the next one is served. */
		client = send_request("");
		serve_one("", "x");
		assert_reply(client, "x", "663");
	}
}

static void test_other_roles(void **state)
{
	(void)state;
	for (int role = 2; role <= 3; role++) {
		struct error error = ERROR_INIT;
		struct buf out = BUF_INIT;
		int client = connect_client();
		char part[32];
		add_begin(&out, role, 0);
		add_params(&out);
		add_body(&out, "");
		send_all(client, &out);
		assert_null(fastcgi_accept(listener, &arena, SOON, &error));
		assert_int_equal(error.kind, ERROR_INVALID);
		snprintf(part, sizeof(part), "role %d", role);
		assert_contains(error.message, part);
		close(client);
	}
}

/* --- Clients that dawdle --- */

/* A process that sends the bytes one by one with a pause between, and keeps the connection to its end. */
static pid_t start_dripping(int client, const struct buf *data)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < 100000; i++) {
		if (write(client, data->data + (i < data->len ? i : data->len - 1), 1) != 1)
			break;
		poll(NULL, 0, 10);
	}
	_exit(0);
}

static void stop_dripping(pid_t pid, int client)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(client);
}

static void assert_timeout(int64_t timeout)
{
	struct error error = ERROR_INIT;
	int64_t begun = clock_now();
	assert_null(fastcgi_accept(listener, &arena, timeout, &error));
	assert_int_equal(error.kind, ERROR_TIMEOUT);
	assert_contains(error.message, "no whole request within");
	assert_true(clock_now() - begun >= timeout - 5);
	assert_true(clock_now() - begun < timeout + SOON);
}

static void test_silent(void **state)
{
	(void)state;
	int client = connect_client();
	assert_timeout(50);
	close(client);
	client = connect_client();
	assert_int_equal(write(client, "\1", 1), 1);
	assert_timeout(50);
	close(client);
}

/* libfcgi reads on behind the question before it answers: who waits for the answer waits in vain, but not for ever. */
static void test_question_alone(void **state)
{
	struct buf out = BUF_INIT;
	int client = connect_client();
	(void)state;
	add_record(&out, GET_VALUES, 0, "\x0e\x00" "FCGI_MAX_CONNS", 16);
	send_all(client, &out);
	assert_timeout(50);
	close(client);
}

/* The deadline is one for the whole, not one for each byte. */
static void test_dripping_parameters(void **state)
{
	(void)state;
	for (int tcp = 0; tcp <= 1; tcp++) {
		struct buf out = BUF_INIT;
		if (tcp)
			listen_on_tcp();
		int client = connect_client();
		add_begin(&out, 1, 0);
		for (int i = 0; i < 1000; i++)
			add_record(&out, PARAMS, 1, "\1\1nv", 4);
		pid_t dripping = start_dripping(client, &out);
		assert_timeout(300);
		stop_dripping(dripping, client);
		buf_release(&out);
	}
}

static void test_dripping_body(void **state)
{
	(void)state;
	for (int tcp = 0; tcp <= 1; tcp++) {
		struct buf out = BUF_INIT, head = BUF_INIT;
		char bytes[1000];
		ssize_t count;
		if (tcp)
			listen_on_tcp();
		int client = connect_client();
		add_begin(&head, 1, 0);
		add_params(&head);
		send_all(client, &head);
		add_record(&out, STDIN, 1, memset(bytes, 'b', sizeof(bytes)), sizeof(bytes));
		pid_t dripping = start_dripping(client, &out);
		int64_t begun = clock_now();
		struct exchange *exchange = accept_exchange(300);
		while ((count = exchange->read(exchange, bytes, 2)) > 0)
			;
		assert_int_equal(count, -1);
		assert_true(clock_now() - begun >= 295);
		assert_true(clock_now() - begun < 300 + SOON);
		assert_true(exchange->write(exchange, "too slow", 8));
		begun = clock_now();
		fastcgi_finish(exchange);
		assert_true(clock_now() - begun < 3 * SOON / 2); /* it drips on, and is not listened to for ever */
		kill(dripping, SIGSTOP);
		struct buf output = BUF_INIT;
		char types[8];
		int copy = dup(client);
		stop_dripping(dripping, client);
		receive(copy, &output, types, sizeof(types));
		assert_str(buf_str(&output), "too slow");
		buf_release(&output);
		buf_release(&out);
	}
}

/* Time that passes while nobody reads counts, too. */
static void test_deadline_between_reads(void **state)
{
	struct buf out = BUF_INIT;
	char piece[16];
	int client = connect_client();
	(void)state;
	add_begin(&out, 1, 0);
	add_params(&out);
	add_record(&out, STDIN, 1, "half", 4);
	send_all(client, &out);
	struct exchange *exchange = accept_exchange(50);
	poll(NULL, 0, 100); /* that time passes is the condition itself; the alarm ends it */
	int64_t begun = clock_now();
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), 4);
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), -1);
	assert_true(clock_now() - begun < SOON / 2);
	fastcgi_finish(exchange);
	close(client);
}

/* A client that got its response and does not close holds nobody. */
static void test_client_that_stays(void **state)
{
	(void)state;
	int client = send_request("body");
	int64_t begun = clock_now();
	serve_one("body", "x");
	assert_true(clock_now() - begun < SOON / 2);
	assert_reply(client, "x", "663");

	client = send_request("body");
	begun = clock_now();
	struct exchange *exchange = accept_exchange(SOON);
	fastcgi_finish(exchange); /* its body was not read: it is waited for, but not for long */
	assert_true(clock_now() - begun < 3 * SOON / 2);
	assert_reply(client, "", "63");
}

/* Refused before its body was read, over TCP, where a close with unread bytes would be a reset. */
static void test_early_refusal_arrives(void **state)
{
	struct buf out = BUF_INIT;
	static char bytes[60000];
	int status;
	(void)state;
	listen_on_tcp();
	int client = connect_client();
	add_begin(&out, 1, 0);
	add_params(&out);
	for (int i = 0; i < 20; i++)
		add_record(&out, STDIN, 1, memset(bytes, 'b', sizeof(bytes)), sizeof(bytes));
	pid_t pid = fork();
	if (pid == 0) {
		struct error error = ERROR_INIT;
		bool sent = file_write_all(client, out.data, out.len, "client", &error);
		struct buf output = BUF_INIT;
		char types[8];
		receive(client, &output, types, sizeof(types));
		_exit(!sent || !str_equal_c(buf_str(&output), "413"));
	}
	close(client);
	struct exchange *exchange = accept_exchange(SOON);
	assert_true(exchange->write(exchange, "413", 3));
	fastcgi_finish(exchange);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	buf_release(&out);
}

/* --- Clients that leave --- */

static void test_gone(void **state)
{
	static char bytes[20000];
	(void)state;
	int client = send_request("");
	struct exchange *exchange = accept_exchange(SOON);
	assert_body(exchange, "");
	close(client);
	assert_false(exchange->gone); /* not known yet */
	assert_false(exchange->write(exchange, bytes, sizeof(bytes)));
	assert_true(exchange->gone);
	assert_false(exchange->write(exchange, "a", 1));
	assert_false(exchange->flush(exchange));
	fastcgi_finish(exchange);

	client = send_request("");
	exchange = accept_exchange(SOON);
	close(client);
	assert_true(exchange->write(exchange, "a", 1));
	assert_false(exchange->flush(exchange));
	assert_true(exchange->gone);
	fastcgi_finish(exchange);
}

static void test_leaves_in_its_body(void **state)
{
	struct buf out = BUF_INIT;
	char piece[16];
	int client = connect_client();
	(void)state;
	add_begin(&out, 1, 0);
	add_params(&out);
	add_record(&out, STDIN, 1, "half", 4);
	send_all(client, &out);
	close(client);
	struct exchange *exchange = accept_exchange(SOON);
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), 4);
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), -1);
	assert_int_equal(exchange->read(exchange, piece, sizeof(piece)), -1);
	fastcgi_finish(exchange);
}

/* A web server that reads nothing is given up after the same time. */
static void test_response_that_nobody_reads(void **state)
{
	static char bytes[1 << 20];
	(void)state;
	int client = send_request("");
	struct exchange *exchange = accept_exchange(100);
	assert_body(exchange, "");
	int64_t begun = clock_now();
	assert_false(exchange->write(exchange, bytes, sizeof(bytes)));
	assert_true(exchange->gone);
	fastcgi_finish(exchange);
	assert_true(clock_now() - begun >= 95);
	assert_true(clock_now() - begun < 100 + SOON);
	close(client);
}

/* The deadline is for reading: it leaves a response alone that takes longer. */
static void test_slow_answer(void **state)
{
	(void)state;
	int client = send_request("body");
	struct exchange *exchange = accept_exchange(50);
	assert_body(exchange, "body");
	poll(NULL, 0, 100); /* longer than the deadline: that time passes is the condition itself */
	assert_true(exchange->write(exchange, "x", 1));
	fastcgi_finish(exchange);
	assert_reply(client, "x", "663");
}

/* Its body has not come, and the time for that ends while the response waits for a slow reader. */
static void test_response_at_the_deadline(void **state)
{
	static char bytes[1 << 20];
	struct buf out = BUF_INIT;
	int status, client = connect_client();
	(void)state;
	add_begin(&out, 1, 0);
	add_params(&out);
	send_all(client, &out);
	pid_t pid = fork();
	if (pid == 0) {
		struct buf output = BUF_INIT;
		char types[64];
		poll(NULL, 0, 750);
		receive(client, &output, types, sizeof(types));
		_exit(output.len != sizeof(bytes));
	}
	struct exchange *exchange = accept_exchange(600);
	poll(NULL, 0, 300);
	assert_true(exchange->write(exchange, bytes, sizeof(bytes))); /* from 300 to 750 ms */
	close(client);
	fastcgi_finish(exchange);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
#define LISTENING(function) cmocka_unit_test_setup_teardown(function, open_listener, close_listener)
	const struct CMUnitTest tests[] = {
		LISTENING(test_signals_are_ours),
		LISTENING(test_request),
		LISTENING(test_flush),
		LISTENING(test_nobody_there),
		LISTENING(test_keep_connection_is_not_kept),
		LISTENING(test_management_records),
		LISTENING(test_no_leak),
		LISTENING(test_broken),
		LISTENING(test_other_roles),
		LISTENING(test_silent),
		LISTENING(test_question_alone),
		LISTENING(test_dripping_parameters),
		LISTENING(test_dripping_body),
		LISTENING(test_deadline_between_reads),
		LISTENING(test_client_that_stays),
		LISTENING(test_early_refusal_arrives),
		LISTENING(test_gone),
		LISTENING(test_leaves_in_its_body),
		LISTENING(test_response_that_nobody_reads),
		LISTENING(test_slow_answer),
		LISTENING(test_response_at_the_deadline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
