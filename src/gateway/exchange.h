/*
 * One HTTP request in and one response out, over whichever way the web server speaks: FastCGI (fastcgi.h) or CGI
 * (cgi.h). The request side (serve.h) sees only this.
 */
#ifndef POCKETCI_GATEWAY_EXCHANGE_H
#define POCKETCI_GATEWAY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;

struct exchange {
	struct arena *arena;     /* of this request, reset after it */
	char *const *parameters; /* "NAME=value" list of the web server, NULL-terminated (RFC 3875 §4.1) */
	bool cgi;                /* one request, then exit; the web server may kill us when the client leaves */
	int client;              /* the connection, for poll(2): its end means that the client left; -1 as CGI */
	int cancel;              /* readable once this process is to end now: a run that waits is cancelled
	                            (run_listener.cancel); never read from it; -1 as CGI */
	bool gone;               /* a write failed: the client or the web server left; later writes are dropped */

	/*
	 * Up to size bytes of the body: their number, 0 at its end, -1 where the deadline for reading passed or the
	 * connection broke. After -1 a response can still be written where the other side still reads.
	 */
	ssize_t (*read)(struct exchange *exchange, void *buffer, size_t size);
	/* Queues bytes of the response (CGI form: header lines, an empty line, the body). False once it is gone. */
	bool (*write)(struct exchange *exchange, const void *data, size_t len);
	/* Hands what was queued to the web server now. */
	bool (*flush)(struct exchange *exchange);
	void *transport;
};

/* The value of a parameter, or NULL. */
const char *exchange_parameter(const struct exchange *exchange, const char *name);

#endif
