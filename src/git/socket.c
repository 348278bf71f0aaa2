/*
 * One connection is one git_stream with a descriptor. Errors are left where libgit2 leaves its own, with its class for
 * the network.
 */
#include "git/socket.h"

#include <errno.h>
#include <git2.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

struct connection {
	git_stream stream; /* first, so that a pointer to one is a pointer to the other */
	struct arena arena;
	const char *host, *port;
	int descriptor;
};

static int set_error(const char *doing, const char *host, const char *reason)
{
	char text[512];
	snprintf(text, sizeof(text), "%s %s: %s", doing, host, reason);
	git_error_set_str(GIT_ERROR_NET, text);
	return -1;
}

static struct connection *connection_of(git_stream *stream)
{
	return (struct connection *)stream;
}

/* A connect(2) that a signal interrupts goes on without us, and tells by SO_ERROR how it ended. */
static bool wait_connected(int descriptor)
{
	struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
	int number = 0, count;
	socklen_t size = sizeof(number);
	do
		count = poll(&wait, 1, -1);
	while (count < 0 && errno == EINTR);
	if (count < 0 || getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) < 0)
		return false;
	errno = number;
	return number == 0;
}

static int open_one(const struct addrinfo *address)
{
	int descriptor = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
	if (descriptor < 0 || connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ||
	    (errno == EINTR && wait_connected(descriptor)))
		return descriptor;
	int number = errno;
	close(descriptor);
	errno = number;
	return -1;
}

static int connection_connect(git_stream *stream)
{
	struct connection *connection = connection_of(stream);
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *addresses = NULL;
	int code = getaddrinfo(connection->host, connection->port, &hints, &addresses);
	if (code != 0)
		return set_error("failed to resolve address for", connection->host, gai_strerror(code));
	for (const struct addrinfo *address = addresses; address && connection->descriptor < 0;
	     address = address->ai_next)
		connection->descriptor = open_one(address);
	int number = errno;
	freeaddrinfo(addresses);
	if (connection->descriptor < 0)
		return set_error("failed to connect to", connection->host, strerror(number));

	int on = 1; /* without either it works too */
	setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(connection->descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	return 0;
}

static ssize_t connection_read(git_stream *stream, void *data, size_t len)
{
	struct connection *connection = connection_of(stream);
	ssize_t got;
	do
		got = recv(connection->descriptor, data, len, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? set_error("cannot receive from", connection->host, strerror(errno)) : got;
}

static ssize_t connection_write(git_stream *stream, const char *data, size_t len, int flags)
{
	struct connection *connection = connection_of(stream);
	ssize_t sent;
	do
		sent = send(connection->descriptor, data, len, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? set_error("cannot send to", connection->host, strerror(errno)) : sent;
}

static int connection_close(git_stream *stream)
{
	file_close(&connection_of(stream)->descriptor);
	return 0;
}

static void connection_free(git_stream *stream)
{
	struct connection *connection = connection_of(stream);
	struct arena arena = connection->arena; /* it holds the connection itself */
	file_close(&connection->descriptor);
	arena_release(&arena);
}

static int connection_new(git_stream **out, const char *host, const char *port)
{
	struct arena arena = ARENA_INIT;
	struct connection *connection = arena_alloc(&arena, sizeof(*connection));
	connection->stream = (git_stream){
		.version = GIT_STREAM_VERSION,
		.connect = connection_connect,
		.read = connection_read,
		.write = connection_write,
		.close = connection_close,
		.free = connection_free,
	};
	connection->host = arena_strdup(&arena, host);
	connection->port = arena_strdup(&arena, port);
	connection->descriptor = -1;
	connection->arena = arena;
	*out = &connection->stream;
	return 0;
}

int socket_register(void)
{
	git_stream_registration registration = {.version = GIT_STREAM_VERSION, .init = connection_new};
	return git_stream_register(GIT_STREAM_STANDARD, &registration);
}
