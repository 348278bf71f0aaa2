/*
 * CGI (RFC 3875): parameters from the environment, body from descriptor 0, response to descriptor 1.
 */
#ifndef POCKETCI_GATEWAY_CGI_H
#define POCKETCI_GATEWAY_CGI_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct exchange;

/* GATEWAY_INTERFACE is set and descriptor 0 is no listening socket. */
bool cgi_is_wanted(void);

/*
 * The exchange, in the arena. Reads CONTENT_LENGTH bytes, or to the end where the server gave none (a chunked body under
 * mod_cgid). What the request put into this process's own environment (HTTP_…) is removed from it: a header `Proxy`
 * must not become anybody's HTTP_PROXY. request_timeout as for fastcgi_accept.
 */
struct exchange *cgi_open(struct arena *arena, int64_t request_timeout);

/* Flushes and closes descriptor 1, so that the web server sees the end even while this process lives on. */
void cgi_finish(struct exchange *exchange);

#endif
