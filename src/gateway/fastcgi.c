/*
 * FastCGI requests by libfcgi. Every connection that is accepted here is closed once: by libfcgi where reading the
 * parameters fails (without its wait of 2 s for the peer), else by fastcgi_finish. While a connection is read a timer
 * runs whose handler shuts it down for reading: then libfcgi's read(2) ends, wherever it is, and a response can still be
 * written. SO_RCVTIMEO would not do: it begins anew with every byte.
 */
#include "gateway/fastcgi.h"

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "gateway/exchange.h"

/* How long a peer whose body was not read to its end may go on sending, so that it sees the response and no reset. */
#define LINGER_MS 1000

struct transport {
	FCGX_Request request;
	int connection;
	int64_t deadline; /* for reading */
	bool timed;       /* the timer was started and not stopped */
	bool read_whole;  /* the body was read to its end */
};

/* For the handler alone: the connection that is being read, or -1; and whether its time was over. */
static volatile sig_atomic_t being_read = -1;
static volatile sig_atomic_t expired;

static void handle_alarm(int signal)
{
	(void)signal;
	int before = errno;
	expired = 1;
	if (being_read >= 0)
		shutdown((int)being_read, SHUT_RD);
	errno = before;
}

static void set_timer(int64_t milliseconds)
{
	struct itimerval timer = {.it_value = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * Between two reads the timer runs on, and its handler finds nothing to do: two system calls a request in place of six.
 * The order counts: a time that is over before being_read is set is seen here, one after that by the handler.
 */
static void begin_reading(struct transport *transport)
{
	if (transport->deadline == CLOCK_NEVER)
		return;
	being_read = transport->connection;
	if (!transport->timed) {
		int64_t left = transport->deadline - clock_now();
		transport->timed = true;
		set_timer(left > 1 ? left : 1); /* 0 would stop it */
	} else if (expired) {
		shutdown(transport->connection, SHUT_RD);
	}
}

static void pause_reading(void)
{
	being_read = -1;
}

/* A signal would break a write that waits, and other people's system calls. */
static void stop_timer(struct transport *transport)
{
	being_read = -1;
	if (!transport->timed)
		return;
	set_timer(0);
	transport->timed = false;
}

bool fastcgi_start(struct error *error)
{
	int status = FCGX_Init();
	if (status != 0)
		return error_set(error, ERROR_SYSTEM, "libfcgi cannot be initialized (%d)", status);

	struct sigaction action = {.sa_flags = SA_RESTART};
	action.sa_handler = SIG_DFL;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = handle_alarm;
	sigaction(SIGALRM, &action, NULL);
	return true;
}

static ssize_t read_body(struct exchange *exchange, void *buffer, size_t size)
{
	struct transport *transport = exchange->transport;
	if (transport->read_whole)
		return 0;

	begin_reading(transport);
	int count = FCGX_GetStr(buffer, size > INT_MAX ? INT_MAX : (int)size, transport->request.in);
	pause_reading();
	if (count > 0)
		return count;
	stop_timer(transport);
	if (FCGX_GetError(transport->request.in) != 0)
		return -1;
	transport->read_whole = size > 0;
	return 0;
}

static bool write_response(struct exchange *exchange, const void *data, size_t len)
{
	struct transport *transport = exchange->transport;
	const char *bytes = data;

	stop_timer(transport);
	while (len > 0 && !exchange->gone) {
		int piece = len > INT_MAX ? INT_MAX : (int)len;
		exchange->gone = FCGX_PutStr(bytes, piece, transport->request.out) != piece ||
		                 FCGX_GetError(transport->request.out) != 0;
		bytes += piece;
		len -= (size_t)piece;
	}
	return !exchange->gone;
}

static bool flush_response(struct exchange *exchange)
{
	struct transport *transport = exchange->transport;

	stop_timer(transport);
	if (!exchange->gone)
		exchange->gone = FCGX_FFlush(transport->request.out) != 0;
	return !exchange->gone;
}

/*
 * Errors of one connection that broke before it was accepted (accept(2) hands them out), of nobody being there, and of a
 * listener that was shut down while we drain (EINVAL).
 */
static bool accept_may_go_on(int number)
{
	static const int passing[] = {EAGAIN,   EINTR,     ECONNABORTED, EPROTO, ENOPROTOOPT, EOPNOTSUPP,
	                              ENETDOWN, EHOSTDOWN, EHOSTUNREACH, ENONET, ENETUNREACH, EINVAL};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (passing[i] == number)
			return true;
	}
	return false;
}

/* -1 without an error: nobody is there. */
static int accept_connection(int listener, int64_t request_timeout, struct error *error)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	int connection = accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC);
	if (connection < 0) {
		if (!accept_may_go_on(errno))
			error_set_system(error, errno, "cannot accept a connection");
		return -1;
	}

	if (request_timeout >= 0) {
		struct timeval limit = {.tv_sec = request_timeout / 1000, .tv_usec = request_timeout % 1000 * 1000};
		setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	}
	if (address.ss_family != AF_UNIX)
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return connection;
}

/* False: libfcgi has closed the connection. */
static bool read_parameters(struct transport *transport)
{
	FCGX_Request *request = &transport->request;

	FCGX_InitRequest(request, -1, 0); /* a connection that fails ends in accept(-1), not in another connection */
	request->ipcFd = transport->connection;
	request->keepConnection = 1; /* FCGX_Accept_r finishes "the last request" first: that must not close this one */
	FCGX_Detach(request);        /* closing does not wait for the peer */
	expired = 0;
	begin_reading(transport);
	bool accepted = FCGX_Accept_r(request) == 0;
	pause_reading();
	return accepted;
}

/* libfcgi takes a connection that ends between two parameters for the end of the parameters. */
static bool is_whole(const struct transport *transport)
{
	return FCGX_GetError(transport->request.in) == 0;
}

/* Whether it is a request for us; where not, the error says why. */
static bool judge(const struct transport *transport, bool accepted, int64_t request_timeout, struct error *error)
{
	if (expired)
		return error_set(error, ERROR_TIMEOUT, "a connection sent no whole request within %lld ms",
		                 (long long)request_timeout);
	if (!accepted || !is_whole(transport))
		return error_set(error, ERROR_INVALID, "a connection ended or broke before its request was whole");
	if (transport->request.role != FCGI_RESPONDER)
		return error_set(error, ERROR_INVALID,
		                 "a connection asked for the FastCGI role %d; this is a responder",
		                 transport->request.role);
	return true;
}

static bool read_request(struct transport *transport, int64_t request_timeout, struct error *error)
{
	bool accepted = read_parameters(transport);
	if (judge(transport, accepted, request_timeout, error))
		return true;
	stop_timer(transport);
	if (accepted) {
		FCGX_Free(&transport->request, 0);
		close(transport->connection);
	}
	return false;
}

struct exchange *fastcgi_accept(int listener, struct arena *arena, int64_t request_timeout, struct error *error)
{
	int connection = accept_connection(listener, request_timeout, error);
	if (connection < 0)
		return NULL;

	struct transport *transport = arena_alloc(arena, sizeof(*transport));
	transport->connection = connection;
	transport->deadline = clock_deadline(clock_now(), request_timeout);
	if (!read_request(transport, request_timeout, error))
		return NULL;

	struct exchange *exchange = arena_alloc(arena, sizeof(*exchange));
	exchange->arena = arena;
	exchange->parameters = transport->request.envp;
	exchange->client = connection;
	exchange->cancel = -1;
	exchange->read = read_body;
	exchange->write = write_response;
	exchange->flush = flush_response;
	exchange->transport = transport;
	return exchange;
}

/* A close with unread bytes would reset the connection and may take the response away from the peer (TCP). */
static void linger(int connection)
{
	struct pollfd peer = {.fd = connection, .events = POLLIN};
	int64_t deadline = clock_deadline(clock_now(), LINGER_MS);
	char dropped[4096];
	ssize_t count = 1;

	if (shutdown(connection, SHUT_WR) != 0)
		return;
	while (count > 0 && poll(&peer, 1, clock_poll_timeout(deadline, clock_now())) > 0)
		count = recv(connection, dropped, sizeof(dropped), MSG_DONTWAIT);
}

void fastcgi_finish(struct exchange *exchange)
{
	struct transport *transport = exchange->transport;

	stop_timer(transport);
	if (!exchange->gone) {
		FCGX_FClose(transport->request.err);
		exchange->gone = FCGX_FClose(transport->request.out) != 0;
	}
	FCGX_Free(&transport->request, 0);
	if (!transport->read_whole && !exchange->gone)
		linger(transport->connection);
	close(transport->connection);
}
