/*
 * A request as it arrived, whichever way (FastCGI, CGI, a file): what hooks ask of it. Filled by who received it,
 * asked by forge/ and hook/. Nothing is parsed before somebody asks: a wrong signature is refused over the raw body
 * alone.
 */
#ifndef POCKETCI_PAYLOAD_REQUEST_H
#define POCKETCI_PAYLOAD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "payload/payload.h"

struct arena;
struct event_list;
struct value;

struct request_header {
	struct str name; /* Go's canonical form: X-Hub-Signature */
	struct str value;
};

struct request {
	struct arena *arena; /* of the request; everything below lives there */
	struct str id;       /* for the log */
	struct str method;
	struct str path;           /* decoded, begins with '/' */
	struct str query;          /* raw, without '?' */
	struct str remote_address; /* "192.0.2.1:4711", "[2001:db8::1]:4711" as the reference writes it */
	struct request_header *headers;
	size_t header_count, header_capacity;
	struct str body;
	struct str content_type;      /* the header's, or what the hook says in its place */
	const struct str *json_parts; /* as struct payload_input has them; set before the payload is asked for */
	size_t json_part_count;

	/* Made when first asked for, by the functions below. */
	bool payload_parsed;
	struct value *payload;          /* NULL: none, or it did not parse */
	struct error payload_error;     /* why it did not parse; kind ERROR_NONE where it did */
	struct payload_uploads uploads; /* files of a multipart body; there once the payload was asked for */
	struct value *header_values, *query_values;
	struct event_list *events; /* of a forge: forge/event.h makes and reads it */
};

/*
 * Adds a header under the canonical form of name (name may come as HTTP_X_HUB_SIGNATURE spells it, see
 * request_header_name).
 */
void request_add_header(struct request *request, struct str name, struct str value);

/*
 * "HTTP_X_HUB_SIGNATURE" or "x-hub-signature" → "X-Hub-Signature": Go's textproto.CanonicalMIMEHeaderKey; a name with
 * a byte that no header name has stays as it is. The CGI form loses what was '_' (nginx drops such headers, Apache
 * too). CONTENT_TYPE and CONTENT_LENGTH, which CGI hands over without HTTP_, are taken likewise.
 */
struct str request_header_name(struct arena *arena, struct str name);

/* Whether it can be a header's name, or a method: RFC 9110 section 5.6.2. */
bool request_is_token(struct str text);

/*
 * Address and port as Go's net.JoinHostPort writes them, "192.0.2.1:4711" or "[2001:db8::1]:4711"; an empty port is 0.
 * What is no address ("unix:" behind a Unix socket) stays as it is.
 */
struct str request_join_address(struct arena *arena, struct str address, struct str port);

/* The first header of this canonical name, or NULL. */
const struct str *request_find_header(const struct request *request, struct str canonical);

/* How many headers have this canonical name. */
size_t request_count_header(const struct request *request, struct str canonical);

/*
 * The trees that values are looked up in. Headers and query are maps, never NULL; the payload may be NULL. Host and
 * Transfer-Encoding are not among the header values, as the reference has it (Go keeps them elsewhere);
 * request_find_header finds them. Of a query the pairs that can be read are there; beside a multipart body a query that
 * cannot be read leaves no payload, as Go reads both as one form.
 */
struct value *request_payload(struct request *request);

/*
 * The payload, or of one in JSON that nobody asked for yet a tree of these parts alone (paths as json_pick has them;
 * NULL: the payload). Where the parts cannot be had by themselves, it is the payload, or NULL as there.
 */
const struct value *request_payload_parts(struct request *request, const char *const *paths);

struct value *request_header_values(struct request *request);
struct value *request_query_values(struct request *request);

#endif
