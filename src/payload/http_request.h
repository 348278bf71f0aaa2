/*
 * A request that was saved as a file: HTTP/1 as it goes over the wire (RFC 9112), with LF for CR LF too, since people
 * write such files in editors. What comes of it is what the gateway makes of the same request.
 */
#ifndef POCKETCI_PAYLOAD_HTTP_REQUEST_H
#define POCKETCI_PAYLOAD_HTTP_REQUEST_H

#include <stdbool.h>

#include "base/str.h"

struct error;
struct request;

/* Whether the text begins with a method and a space, as a request does and no body in JSON, XML or a form. */
bool http_request_is(struct str text);

/*
 * Fills the method, path, query, headers, content type and body of *request, which has its arena and nothing else; texts
 * are borrowed or made in the arena. Without Content-Length the body is all the rest; with one, only line ends may
 * follow it; a chunked one is decoded.
 *
 * ERROR_INVALID as "NAME:line:column: …", columns in bytes, where it is no such request. Never quotes a value. A header
 * that web servers drop (its name has a '_') is left out with a warning in the log.
 */
bool http_request_read(struct request *request, struct str text, const char *name, struct error *error);

#endif
