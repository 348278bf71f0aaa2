/*
 * Everything here comes from the client, by way of the web server. Values are decoded already; nothing but hook ids is
 * ever looked up by them. Of a header that servers hand over twice (CONTENT_TYPE, HTTP_CONTENT_TYPE) one is taken.
 */
#include "gateway/receive.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "config/config.h"
#include "gateway/amount.h"
#include "gateway/exchange.h"
#include "gateway/forwarded.h"
#include "lib/crypto.h"
#include "payload/request.h"

enum { READ_SIZE = 16 * 1024, OWN_ID_BYTES = 4 };

static struct str parameter(const struct exchange *exchange, const char *name)
{
	return str_from(exchange_parameter(exchange, name));
}

/* --- Headers ------------------------------------------------------------------------------------------------------ */

/*
 * Headers that hooks never see: Go's server keeps Host, Transfer-Encoding and Trailer to itself, so the reference's
 * hooks do not see them either; HTTP_PROXY would name the proxy of whatever a command calls (CVE-2016-5385).
 * Content-Type and Content-Length come from the variables that RFC 3875 has for them.
 */
static const struct str hidden[] = {{"HTTP_HOST", 9},     {"HTTP_PROXY", 10},        {"HTTP_TRANSFER_ENCODING", 22},
                                    {"HTTP_TRAILER", 12}, {"HTTP_CONTENT_TYPE", 17}, {"HTTP_CONTENT_LENGTH", 19}};

/* Whether both become the same header: in any case, and with '-' for '_'. nginx and Apache write capitals. */
static bool names_header(struct str name, struct str variable)
{
	if (name.len != variable.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.data[i] == '-' ? '_' : name.data[i];
		if (byte >= 'a' && byte <= 'z')
			byte = (char)(byte - 'a' + 'A');
		if (byte != variable.data[i])
			return false;
	}
	return true;
}

static bool is_hidden(struct str name)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (names_header(name, hidden[i]))
			return true;
	}
	return false;
}

static void add_content_header(const struct exchange *exchange, struct request *request, const char *variable)
{
	struct str value = parameter(exchange, variable);
	if (value.len == 0)
		value = parameter(exchange, arena_printf(exchange->arena, "HTTP_%s", variable));
	if (value.len > 0)
		request_add_header(request, str_from(variable), value);
}

static void add_headers(const struct exchange *exchange, struct request *request)
{
	add_content_header(exchange, request, "CONTENT_TYPE");
	add_content_header(exchange, request, "CONTENT_LENGTH");
	for (char *const *entry = exchange->parameters; *entry; entry++) {
		struct str whole = str_from(*entry);
		struct str name = str_head(whole, str_find(whole, '='));
		if (str_starts(name, STR("HTTP_")) && !is_hidden(name))
			request_add_header(request, name, str_from_index(whole, name.len + 1));
	}
}

/* --- The rest of the head ----------------------------------------------------------------------------------------- */

/*
 * Under a prefix of the server's configuration PATH_INFO is what stands behind it. Without one nginx and
 * mod_proxy_fcgi say the whole path in SCRIPT_NAME; a CGI program's SCRIPT_NAME is its own address.
 */
static struct str path_of(const struct exchange *exchange)
{
	struct str path = parameter(exchange, "PATH_INFO");
	if (path.len == 0 && !exchange->cgi)
		path = parameter(exchange, "SCRIPT_NAME");
	return str_starts(path, STR("/")) ? path : str_join(exchange->arena, STR("/"), path);
}

/* All of it in order: some servers hand a header that came twice over as two variables, some joined. */
static struct str forwarded_for(const struct exchange *exchange)
{
	struct str prefix = STR("HTTP_X_FORWARDED_FOR="), all = STR("");
	for (char *const *entry = exchange->parameters; *entry; entry++) {
		struct str one = str_from(*entry);
		if (str_starts(one, prefix))
			all = str_printf(exchange->arena, "%s,%s", all.data, one.data + prefix.len);
	}
	return all;
}


static struct str remote_address_of(const struct exchange *exchange, const struct config *config)
{
	struct str given = parameter(exchange, "REMOTE_ADDR");
	struct str address = given;
	if (config->trusted_proxies.count > 0) /* else nobody's word counts, and no request pays for it */
		address = str_copy(exchange->arena,
		                   forwarded_client(given, forwarded_for(exchange), &config->trusted_proxies));
	struct str port = str_equal(address, given) ? parameter(exchange, "REMOTE_PORT") : STR("");
	return request_join_address(exchange->arena, address, port);
}

/* Graphic ASCII, and nothing that could end the brackets which the log puts around it. */
static bool is_fit_for_log(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (id.data[i] <= ' ' || id.data[i] >= 0x7F || id.data[i] == '[' || id.data[i] == ']')
			return false;
	}
	return id.len > 0;
}

static struct str id_of(const struct request *request, const struct config *config)
{
	const struct str *given = request_find_header(request, STR("X-Request-Id"));
	if (config->request_id_from_header && given) {
		struct str id = *given;
		if (config->request_id_limit > 0)
			id = str_head(id, (size_t)config->request_id_limit);
		if (is_fit_for_log(id))
			return id;
	}
	uint8_t random[OWN_ID_BYTES];
	crypto_random(random, sizeof(random));
	return crypto_hex(request->arena, random, sizeof(random));
}

bool receive_head(const struct exchange *exchange, const struct config *config, struct request *request,
                  struct error *error)
{
	*request = (struct request){.arena = exchange->arena};
	add_headers(exchange, request);
	request->id = id_of(request, config);
	request->method = parameter(exchange, "REQUEST_METHOD");
	request->path = path_of(exchange);
	request->query = parameter(exchange, "QUERY_STRING");
	request->remote_address = remote_address_of(exchange, config);
	request->body = STR("");
	const struct str *type = request_find_header(request, STR("Content-Type"));
	request->content_type = type ? *type : STR("");
	return request->method.len > 0 ||
	       error_set(error, ERROR_INVALID, "the web server sent no REQUEST_METHOD; nothing was done");
}

/* --- The body ----------------------------------------------------------------------------------------------------- */

static bool too_large(struct arena *arena, int64_t cap, struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE, "the body is larger than the limit of %s; nothing was done",
	                 amount_size(arena, cap));
}

/* *length is -1 where the server gave none: then only the end of the stream says how long the body is. */
static bool announced_length(const struct exchange *exchange, int64_t *length, struct error *error)
{
	struct str text = parameter(exchange, "CONTENT_LENGTH");
	uint64_t number = 0;

	*length = -1;
	if (text.len == 0)
		return true;
	if (!number_parse_unsigned(text, 0, INT64_MAX, &number))
		return error_set(error, ERROR_INVALID, "Content-Length is no number of bytes; nothing was done");
	*length = (int64_t)number;
	return true;
}

/*
 * Reads until the stream ends, not until so many bytes have come: web servers broke replies to bodies that were not
 * read to the end.
 */
static bool read_to_end(struct exchange *exchange, int64_t cap, struct buf *body, struct error *error)
{
	for (;;) {
		buf_reserve(body, READ_SIZE);
		ssize_t got = exchange->read(exchange, body->data + body->len, READ_SIZE);
		if (got < 0)
			return error_set(error, ERROR_TIMEOUT, "the body did not arrive in time; nothing was done");
		if (got == 0)
			return true;
		body->len += (size_t)got;
		body->data[body->len] = '\0';
		if ((int64_t)body->len > cap)
			return too_large(exchange->arena, cap, error);
	}
}

bool receive_body(struct exchange *exchange, int64_t cap, struct buf *body, struct error *error)
{
	int64_t announced;
	if (!announced_length(exchange, &announced, error))
		return false;
	if (announced > cap)
		return too_large(exchange->arena, cap, error);
	if (announced > 0)
		buf_reserve(body, (size_t)announced + READ_SIZE);
	if (!read_to_end(exchange, cap, body, error))
		return false;
	if (announced >= 0 && (int64_t)body->len != announced)
		return error_set(error, ERROR_INVALID,
		                 "the body has %zu bytes where Content-Length says %lld; nothing was done", body->len,
		                 (long long)announced);
	return true;
}

void receive_drain(struct exchange *exchange, int64_t cap)
{
	char dropped[READ_SIZE];
	int64_t left = cap;
	while (left > 0) {
		ssize_t got = exchange->read(exchange, dropped, sizeof(dropped));
		if (got <= 0)
			return;
		left -= got;
	}
}
