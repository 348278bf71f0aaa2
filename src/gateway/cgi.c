/*
 * A request as CGI. Nothing of it comes from the argument list: a query string without "=" becomes that (RFC 3875 §4.4).
 */
#include "gateway/cgi.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "gateway/exchange.h"
#include "gateway/listen.h"

/* What is queued before it goes out on its own. */
#define QUEUE_SIZE 8192

#define TO_THE_END (-1)

struct transport {
	struct buf queued;
	int64_t left; /* of the body; TO_THE_END where the server did not say */
	int64_t deadline;
};

bool cgi_is_wanted(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL && !listen_is_listening(STDIN_FILENO);
}

static ssize_t read_body(struct exchange *exchange, void *buffer, size_t size)
{
	struct transport *transport = exchange->transport;
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t count;

	if (transport->left != TO_THE_END && (uint64_t)transport->left < size)
		size = (size_t)transport->left;
	if (size == 0)
		return 0;
	do {
		int ready = poll(&input, 1, clock_poll_timeout(transport->deadline, clock_now()));
		if (ready == 0)
			return -1;
		count = ready < 0 ? -1 : read(STDIN_FILENO, buffer, size);
	} while (count < 0 && errno == EINTR);

	if (count == 0)
		transport->left = 0;
	else if (count > 0 && transport->left != TO_THE_END)
		transport->left -= count;
	return count;
}

static bool write_out(struct exchange *exchange, const void *data, size_t len)
{
	struct error error = ERROR_INIT; /* a server that left is told by `gone` */
	if (!exchange->gone && len > 0)
		exchange->gone = !file_write_all(STDOUT_FILENO, data, len, "the response", &error);
	return !exchange->gone;
}

static bool flush_response(struct exchange *exchange)
{
	struct buf *queued = &((struct transport *)exchange->transport)->queued;
	bool written = write_out(exchange, queued->data, queued->len);
	buf_clear(queued);
	return written;
}

static bool write_response(struct exchange *exchange, const void *data, size_t len)
{
	struct buf *queued = &((struct transport *)exchange->transport)->queued;

	if (queued->len + len > QUEUE_SIZE)
		flush_response(exchange);
	if (len > QUEUE_SIZE)
		return write_out(exchange, data, len);
	if (!exchange->gone)
		buf_append(queued, data, len);
	return !exchange->gone;
}

static int64_t content_length(const struct exchange *exchange)
{
	const char *text = exchange_parameter(exchange, "CONTENT_LENGTH");
	uint64_t length;
	if (text != NULL && number_parse_unsigned(str_from(text), 0, INT64_MAX, &length))
		return (int64_t)length;
	return TO_THE_END;
}

/* The list as it is now, its texts borrowed. */
static char *const *copy_environment(struct arena *arena)
{
	size_t count = 0;
	while (environ[count] != NULL)
		count++;
	char **copy = arena_array(arena, count + 1, sizeof(*copy));
	memcpy(copy, environ, count * sizeof(*copy));
	return copy;
}

/* Headers become HTTP_…: `Proxy` becomes HTTP_PROXY, which HTTP clients obey (CVE-2016-5385 and its kin). */
static void remove_headers_from_environment(struct arena *arena, char *const *parameters)
{
	for (; *parameters != NULL; parameters++) {
		size_t len = strcspn(*parameters, "=");
		if (strncmp(*parameters, "HTTP_", 5) == 0)
			unsetenv(arena_copy(arena, *parameters, len));
	}
}

struct exchange *cgi_open(struct arena *arena, int64_t request_timeout)
{
	struct exchange *exchange = arena_alloc(arena, sizeof(*exchange));
	struct transport *transport = arena_alloc(arena, sizeof(*transport));

	exchange->arena = arena;
	exchange->parameters = copy_environment(arena);
	exchange->cgi = true;
	exchange->client = -1;
	exchange->cancel = -1;
	exchange->read = read_body;
	exchange->write = write_response;
	exchange->flush = flush_response;
	exchange->transport = transport;
	transport->queued = (struct buf)BUF_INIT;
	transport->left = content_length(exchange);
	transport->deadline = clock_deadline(clock_now(), request_timeout);
	remove_headers_from_environment(arena, exchange->parameters);
	return exchange;
}

void cgi_finish(struct exchange *exchange)
{
	struct transport *transport = exchange->transport;

	flush_response(exchange);
	buf_release(&transport->queued);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		close(STDOUT_FILENO);
	file_close(&null);
}
