/*
 * The way of a request over FastCGI, by a real socket. Where the first byte is even, the rest goes over the wire as it is:
 * whatever that is, it ends. Where it is odd, the input chooses parameters, a body, and how both are cut into records:
 * then just these arrive, and the response comes back in records that are well formed.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "gateway/exchange.h"
#include "gateway/fastcgi.h"

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, STDERR = 7, VALUES = 10, UNKNOWN = 11, RESPONDER = 1 };

#define RESPONSE "Status: 200\r\n\r\nbody"
#define PARAMETERS_MAX 4

static struct arena arena;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listener = -1;

/* On an abstract name of the kernel's choice: nothing is left in a folder. */
static void start(void)
{
	struct error error = ERROR_INIT;
	socklen_t size = sizeof(address);

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	PROMISE(bind(listener, (struct sockaddr *)&address, sizeof(address.sun_family)) == 0);
	PROMISE(getsockname(listener, (struct sockaddr *)&address, &size) == 0 && listen(listener, 4) == 0);
	PROMISE(fastcgi_start(&error));
	PROMISE(fastcgi_accept(listener, &arena, -1, &error) == NULL && error.kind == ERROR_NONE); /* nobody is there */
}

/* --- Records ------------------------------------------------------------------------------------------------------ */

static void add_record(struct buf *out, int type, struct str data, size_t padding)
{
	unsigned char header[8] = {
		1, (unsigned char)type, 0, 1, (unsigned char)(data.len >> 8), (unsigned char)data.len};

	header[6] = (unsigned char)padding;
	buf_append(out, header, sizeof(header));
	buf_append_str(out, data);
	for (size_t i = 0; i < padding; i++)
		buf_append_byte(out, 'P');
}

/*
 * Cuts a stream into records: each byte of `cuts`, over and over, says how long the next one is and its padding. The last
 * one has none, nor BEGIN_REQUEST: libfcgi 2.4.2 forgets the padding behind these and takes it for a header, an error. No
 * web server sends it.
 */
static void add_stream(struct buf *out, int type, struct str data, struct str cuts)
{
	for (size_t i = 0; data.len > 0; i++) {
		unsigned cut = cuts.len > 0 ? (unsigned char)cuts.data[i % cuts.len] : 255;
		struct str record = str_head(data, 1 + cut / 4);

		add_record(out, type, record, cut % 4 * 3);
		data = str_from_index(data, record.len);
	}
	add_record(out, type, STR(""), 0);
}

static void add_length(struct buf *out, size_t len, bool is_long)
{
	if (is_long)
		buf_append(out, (char[]){(char)0x80, 0, (char)(len >> 8), (char)len}, 4);
	else
		buf_append_byte(out, (char)len);
}

static struct str take_pair(struct str *rest, struct buf *params)
{
	unsigned lengths = fuzz_byte(rest);
	struct str name = fuzz_piece(rest, 16), value = fuzz_piece(rest, 64);

	add_length(params, name.len, lengths & 1);
	add_length(params, value.len, lengths & 2);
	buf_append_str(params, name);
	buf_append_str(params, value);
	/* Up to a NUL, which no web server lets through: the list is one of C strings. */
	return str_from(str_join(&arena, name, str_join(&arena, STR("="), value)).data);
}

/* --- One connection ----------------------------------------------------------------------------------------------- */

/* timeout: a deadline that never comes, or none. */
static struct exchange *deliver(struct str sent, int64_t timeout, int *client)
{
	struct error error = ERROR_INIT;

	*client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	PROMISE(connect(*client, (struct sockaddr *)&address, sizeof(address.sun_family) + 6) == 0);
	PROMISE(send(*client, sent.data, sent.len, MSG_NOSIGNAL) == (ssize_t)sent.len);
	PROMISE(shutdown(*client, SHUT_WR) == 0);
	struct exchange *exchange = fastcgi_accept(listener, &arena, timeout, &error);
	PROMISE(exchange != NULL || error.kind == ERROR_INVALID);
	return exchange;
}

/* The body, read in pieces. False where the connection broke before its end. */
static bool read_body(struct exchange *exchange, size_t piece, struct buf *body)
{
	char bytes[64];
	ssize_t got;

	while ((got = exchange->read(exchange, bytes, 1 + piece % sizeof(bytes))) > 0)
		buf_append(body, bytes, (size_t)got);
	PROMISE(got < 0 || exchange->read(exchange, bytes, sizeof(bytes)) == 0);
	return got == 0;
}

static void receive_all(int client, struct buf *answer)
{
	ssize_t got = 1;

	while (got > 0) {
		buf_reserve(answer, 4096);
		got = recv(client, answer->data + answer->len, 4096, 0);
		answer->len += got > 0 ? (size_t)got : 0;
	}
}

/* Whole records of output, at last END_REQUEST; `others` of END_REQUEST refuse what a raw input began beside it. */
static void check_answer(struct str answer, bool others)
{
	struct buf output = BUF_INIT;
	int last = 0;

	while (answer.len > 0) {
		const unsigned char *header = (const unsigned char *)answer.data;
		PROMISE(answer.len >= 8 && header[0] == 1 && (others || last != END));
		size_t len = (size_t)header[4] << 8 | header[5];
		PROMISE(answer.len >= 8 + len + header[6]);
		last = header[1];
		PROMISE(last == STDOUT || last == STDERR || last == END || last == VALUES || last == UNKNOWN);
		if (last == STDOUT)
			buf_append(&output, answer.data + 8, len);
		answer = str_from_index(answer, 8 + len + header[6]);
	}
	PROMISE(last == END && str_equal(buf_str(&output), STR(RESPONSE)));
	buf_release(&output);
}

static void answer_and_close(struct exchange *exchange, int client, bool whole, bool others)
{
	struct buf answer = BUF_INIT;

	bool written = exchange->write(exchange, RESPONSE, sizeof(RESPONSE) - 1);
	PROMISE(!whole || written);
	PROMISE(!whole || exchange->flush(exchange));
	fastcgi_finish(exchange);
	receive_all(client, &answer);
	if (whole)
		check_answer(buf_str(&answer), others);
	buf_release(&answer);
	close(client);
}

/* ------------------------------------------------------------------------------------------------------------------ */

/*
 * libfcgi asks malloc for the length of a parameter that is announced, up to 2 GiB, before its bytes are there. Nothing
 * touches that memory, but here it would cost a millisecond each time: lengths go up to 8 MiB.
 */
static void keep_lengths_low(struct buf *sent)
{
	for (size_t i = 0; i < sent->len; i++) {
		if ((unsigned char)sent->data[i] > 0x80)
			sent->data[i] &= 0x7f;
	}
}

/* Of LeakSanitizer, where it is there. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void check_raw(struct str given)
{
	struct buf body = BUF_INIT, sent = BUF_INIT;
	int client;

	buf_append_str(&sent, given);
	keep_lengths_low(&sent);
	struct exchange *exchange = deliver(buf_str(&sent), -1, &client);

	if (exchange != NULL) {
		PROMISE(exchange->parameters != NULL);
		bool whole = read_body(exchange, sent.len, &body);
		PROMISE(body.len < sent.len);
		answer_and_close(exchange, client, whole, true);
	} else {
		close(client);
	}
	buf_release(&sent);
	buf_release(&body);
}

static void check_request(struct str rest)
{
	struct buf sent = BUF_INIT, params = BUF_INIT, body = BUF_INIT;
	struct str expected[PARAMETERS_MAX], cuts = fuzz_piece(&rest, 16);
	size_t count = 0, wanted = fuzz_byte(&rest) % (PARAMETERS_MAX + 1);
	unsigned flags = fuzz_byte(&rest);
	int client;

	while (count < wanted)
		expected[count++] = take_pair(&rest, &params);
	add_record(&sent, BEGIN, (struct str){(char[]){0, RESPONDER, (char)(flags & 1), 0, 0, 0, 0, 0}, 8}, 0);
	add_stream(&sent, PARAMS, buf_str(&params), cuts);
	add_stream(&sent, STDIN, rest, cuts);
	struct exchange *exchange = deliver(buf_str(&sent), flags & 64 ? 600000 : -1, &client);
	PROMISE(exchange != NULL);
	/* libfcgi puts one of its own in front. */
	PROMISE(str_equal_c(STR("FCGI_ROLE=RESPONDER"), exchange->parameters[0]));
	for (size_t i = 0; i < count; i++)
		PROMISE(exchange->parameters[i + 1] != NULL && str_equal_c(expected[i], exchange->parameters[i + 1]));
	PROMISE(exchange->parameters[count + 1] == NULL);
	if (flags & 32) { /* an early refusal: the body is not read */
		answer_and_close(exchange, client, true, false);
	} else {
		PROMISE(read_body(exchange, flags, &body) && str_equal(buf_str(&body), rest));
		answer_and_close(exchange, client, true, false);
	}
	buf_release(&sent);
	buf_release(&params);
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size);

	if (listener < 0)
		start();
	if (fuzz_byte(&rest) % 2 == 1) {
		check_request(rest);
	} else {
		/* libfcgi 2.4.2 does not free 48 bytes of a management record that is cut off or wrong; web servers send none. */
		if (__lsan_disable)
			__lsan_disable();
		check_raw(rest);
		if (__lsan_enable)
			__lsan_enable();
	}
	arena_reset(&arena);
	return 0;
}
