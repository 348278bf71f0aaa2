/*
 * The body of a request and its head, however the transport cuts them. The input chooses pieces, the cap, Content-Length and
 * how the stream ends; a line each are parameters of the web server; the rest is the body. What arrives is exactly what was
 * sent, or one error, and never more than the cap.
 */
#include "fuzz.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "gateway/exchange.h"
#include "gateway/receive.h"
#include "payload/request.h"

#define PARAMETERS_MAX 12

struct stream {
	struct exchange exchange; /* first: read finds the rest by it */
	struct str input;
	size_t read;
	struct str pieces; /* the sizes of the reads, over and over */
	size_t next;
	bool breaks; /* the end of input is a connection that broke */
};

static struct arena arena;

static ssize_t read_piece(struct exchange *exchange, void *buffer, size_t size)
{
	struct stream *stream = (struct stream *)exchange;
	struct str rest = str_from_index(stream->input, stream->read);
	size_t most = 1;

	if (stream->pieces.len > 0)
		most += (unsigned char)stream->pieces.data[stream->next++ % stream->pieces.len];
	rest = str_head(rest, most < size ? most : size);
	PROMISE(size > 0);
	memcpy(buffer, rest.data, rest.len);
	stream->read += rest.len;
	return rest.len == 0 && stream->breaks ? -1 : (ssize_t)rest.len;
}

/* --- The head --- */

static bool is_address_with_port(struct str text)
{
	return str_find_last(text, ':') < text.len;
}

static void check_head(const struct exchange *exchange)
{
	static struct str trusted[] = {{"192.0.2.0/24", 12}, {"2001:db8::/32", 13}};
	struct config config;
	struct request request;
	struct error error = ERROR_INIT;

	config_init(&config);
	config.trusted_proxies = (struct text_list){trusted, 2};
	config.request_id_from_header = true;
	config.request_id_limit = 20;
	bool good = receive_head(exchange, &config, &request, &error);
	PROMISE(good == (error.kind == ERROR_NONE) && good == (request.method.len > 0));
	PROMISE(str_starts(request.path, STR("/")) && request.id.len > 0 && request.id.len <= 20);
	for (size_t i = 0; i < request.id.len; i++)
		PROMISE(request.id.data[i] > ' ' && request.id.data[i] < 0x7f && !strchr("[]", request.id.data[i]));
	for (size_t i = 0; i < request.header_count; i++) {
		struct str name = request.headers[i].name;
		PROMISE(!str_equal_c(name, "Host") && !str_equal_c(name, "Proxy"));
		PROMISE(str_equal(request_header_name(&arena, name), name) || str_starts(name, STR("HTTP_")));
		PROMISE(request_find_header(&request, name) != NULL);
	}
	PROMISE(request_count_header(&request, STR("Content-Type")) <= 1);
	PROMISE(request_count_header(&request, STR("Content-Length")) <= 1);
	PROMISE(request.remote_address.len == 0 || is_address_with_port(request.remote_address) ||
	        str_equal_c(request.remote_address, exchange_parameter(exchange, "REMOTE_ADDR")));
}

/* --- The body --- */

static const char *const lengths[] = {"-1", "+5", "0x10", " 5", "5 ", "99999999999999999999", "9223372036854775808",
                                      "1e1"};

/* CONTENT_LENGTH, and what it says: -1 where there is none, -2 where it is no number. */
static char *announce(unsigned choice, size_t len, int64_t *announced)
{
	size_t count = sizeof(lengths) / sizeof(lengths[0]);
	int64_t said = (int64_t)len;

	*announced = choice % 4 == 0 ? -1 : -2;
	if (choice % 4 == 0)
		return arena_strdup(&arena, choice & 4 ? "CONTENT_LENGTH=" : "NOTHING=");
	if (choice % 4 == 1)
		return arena_printf(&arena, "CONTENT_LENGTH=%s", lengths[choice / 4 % count]);
	if (choice % 4 == 2)
		said += choice / 4 % 8 - 4;
	*announced = said < 0 ? -2 : said;
	return arena_printf(&arena, "CONTENT_LENGTH=%s%lld", choice & 64 ? "00" : "", (long long)said);
}

static enum error_kind expected_of(const struct stream *stream, int64_t announced, int64_t cap)
{
	if (announced == -2)
		return ERROR_INVALID;
	if (announced > cap || (int64_t)stream->input.len > cap)
		return ERROR_TOO_LARGE;
	if (stream->breaks)
		return ERROR_TIMEOUT;
	return announced >= 0 && announced != (int64_t)stream->input.len ? ERROR_INVALID : ERROR_NONE;
}

static void check_body(struct stream *stream, int64_t announced, int64_t cap)
{
	struct buf body = BUF_INIT;
	struct error error = ERROR_INIT;
	bool good = receive_body(&stream->exchange, cap, &body, &error);

	PROMISE(good == (error.kind == ERROR_NONE));
	PROMISE(error.kind == expected_of(stream, announced, cap));
	PROMISE(!good || (str_equal(buf_str(&body), stream->input) && body.data[body.len] == '\0'));
	PROMISE(announced < -1 || announced <= cap || stream->read == 0);
	/* Past the cap at most what one more read gave. */
	PROMISE((int64_t)body.len <= cap + 256 && str_starts(stream->input, buf_str(&body)));

	size_t before = stream->read;
	receive_drain(&stream->exchange, cap);
	PROMISE((int64_t)(stream->read - before) <= cap + 256);
	PROMISE(stream->read == stream->input.len || (int64_t)(stream->read - before) >= cap);
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size);
	unsigned ending = fuzz_byte(&rest), length = fuzz_byte(&rest), over = fuzz_byte(&rest);
	char *parameters[PARAMETERS_MAX + 2] = {NULL};
	struct stream stream = {.pieces = fuzz_piece(&rest, 8), .breaks = ending % 4 == 0};
	size_t count = 1, lines = fuzz_byte(&rest) % PARAMETERS_MAX;
	int64_t announced;

	while (count <= lines)
		parameters[count++] = str_to_c(&arena, fuzz_line(&rest));
	stream.input = rest;
	stream.exchange = (struct exchange){.arena = &arena, .parameters = parameters, .cgi = ending & 128};
	stream.exchange.read = read_piece;
	parameters[0] = announce(length, rest.len, &announced);
	/* A CONTENT_LENGTH among the lines would come second; the first one counts. */
	if (announced == -1 && exchange_parameter(&stream.exchange, "CONTENT_LENGTH") != NULL)
		parameters[0] = arena_strdup(&arena, "CONTENT_LENGTH=");
	check_head(&stream.exchange);
	check_body(&stream, announced,
	           (int64_t)rest.len + (int64_t)over % 16 - 8 < 0 ? 0 : (int64_t)rest.len + (int64_t)over % 16 - 8);
	arena_reset(&arena);
	return 0;
}
