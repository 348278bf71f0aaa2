/*
 * The response: status and header lines once, then the body. What a hook or a command says cannot break out of its
 * place: names that are no token, values with control characters (CR, LF, NUL …), and the names that web servers act
 * upon (Status, X-Accel-*, X-Sendfile, Transfer-Encoding, Content-Length, Connection …) are refused with a line in the
 * log.
 */
#ifndef POCKETCI_GATEWAY_RESPONSE_H
#define POCKETCI_GATEWAY_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct exchange;

struct response_header {
	struct str name, value;
};

struct response {
	struct exchange *exchange;
	int status;                      /* 200 until set */
	struct response_header *headers; /* in the exchange's arena */
	size_t header_count, header_capacity;
	bool head;    /* the method is HEAD: no body is written */
	bool started; /* status and headers are out */
};

void response_init(struct response *response, struct exchange *exchange, bool head);

/*
 * Sets a header, in place of an earlier one of that name. False where it was refused. Without effect once started. The
 * text is borrowed until then.
 */
bool response_set_header(struct response *response, struct str name, struct str value);

/*
 * A status that HTTP knows by name, else 200, as the reference; one of 100 to 199, which cannot be the last word, is
 * 200 too.
 */
void response_set_status(struct response *response, int64_t status);

/*
 * Sends status and headers: Content-Type text/plain; charset=utf-8 (unless the body is empty) and
 * X-Content-Type-Options: nosniff where nothing else was set. length -1: not known; then the web server is asked not
 * to hold the body back (X-Accel-Buffering: no). A status that has no body (204, 304) gets no length, and what is
 * written as its body is dropped.
 */
void response_start(struct response *response, int64_t length);

/* Bytes of the body; starts it where it was not. */
void response_write(struct response *response, struct str data);

/* Hands what was written to the web server now. */
void response_flush(struct response *response);

/* The whole of a short response; without effect once started. */
void response_send(struct response *response, int64_t status, struct str body);

/* The same for one of our own sentences, which gets a newline behind it. */
void response_explain(struct response *response, int64_t status, const char *sentence);

#endif
