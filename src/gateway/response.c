/*
 * Status and headers leave in one write, in the form that CGI defines (RFC 3875 §6), which FastCGI shares. No header
 * gets this far that could end the header block early or that a web server acts upon.
 */
#include "gateway/response.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/http_status.h"
#include "base/log.h"
#include "gateway/exchange.h"

/* What a web server or the protocol acts upon; a name that ends in '-' stands for all that begin so. */
static const char *const refused_names[] = {
	"Status",
	"Content-Length",
	"Transfer-Encoding",
	"Connection",
	"Keep-Alive",
	"Proxy-Connection",
	"TE",
	"Trailer",
	"Upgrade",
	"X-Accel-",
	"X-Sendfile",
	"X-Sendfile-",
	"X-Sendfile2",
	"X-LIGHTTPD-",
	"X-Reproxy-URL",
	"X-LiteSpeed-Location",
	"Script-Control",
};

static const struct str text_plain = {"text/plain; charset=utf-8", sizeof("text/plain; charset=utf-8") - 1};

void response_init(struct response *response, struct exchange *exchange, bool head)
{
	*response = (struct response){.exchange = exchange, .status = 200, .head = head};
}

/* A token of RFC 9110 §5.6.2. */
static bool is_token(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.data[i];
		bool alphanumeric =
			(byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
		if (!alphanumeric && (byte == '\0' || !strchr("!#$%&'*+-.^_`|~", byte)))
			return false;
	}
	return name.len > 0;
}

static bool holds_control(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.data[i];
		if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
			return true;
	}
	return false;
}

static bool is_acted_upon(struct str name)
{
	for (size_t i = 0; i < sizeof(refused_names) / sizeof(refused_names[0]); i++) {
		struct str refused = str_from(refused_names[i]);
		struct str compared = str_ends(refused, STR("-")) ? str_head(name, refused.len) : name;
		if (str_equal_nocase(compared, refused))
			return true;
	}
	return false;
}

static const char *why_refused(struct str name, struct str value)
{
	if (!is_token(name))
		return "its name is not one that HTTP allows";
	if (holds_control(value))
		return "its value holds a line break or another control character";
	if (is_acted_upon(name))
		return "web servers act upon it";
	return NULL;
}

static struct response_header *find_header(const struct response *response, struct str name)
{
	for (size_t i = 0; i < response->header_count; i++) {
		if (str_equal_nocase(response->headers[i].name, name))
			return &response->headers[i];
	}
	return NULL;
}

bool response_set_header(struct response *response, struct str name, struct str value)
{
	if (response->started)
		return false;
	const char *why = why_refused(name, value);
	if (why) {
		log_warning("response header \"%.*s\" left out: %s", STR_ARGS(name), why);
		return false;
	}
	struct response_header *header = find_header(response, name);
	if (!header) {
		response->headers = arena_grow(response->exchange->arena, response->headers, response->header_count,
		                               &response->header_capacity, sizeof(*response->headers));
		header = &response->headers[response->header_count++];
	}
	*header = (struct response_header){name, value};
	return true;
}

void response_set_status(struct response *response, int64_t status)
{
	if (response->started)
		return;
	bool known = status >= 200 && http_status_reason(status);
	if (!known)
		log_warning("status %lld is none that HTTP can end with; 200 is sent", (long long)status);
	response->status = known ? (int)status : 200;
}

static bool has_body(const struct response *response)
{
	return response->status != 204 && response->status != 304;
}

static void append_header(struct buf *out, struct str name, struct str value)
{
	buf_append_str(out, name);
	buf_append_c(out, ": ");
	buf_append_str(out, value);
	buf_append_c(out, "\r\n");
}

static void append_default(const struct response *response, struct buf *out, struct str name, struct str value)
{
	if (!find_header(response, name))
		append_header(out, name, value);
}

void response_start(struct response *response, int64_t length)
{
	struct buf out = BUF_INIT;
	buf_printf(&out, "Status: %d %s\r\n", response->status, http_status_reason(response->status));
	for (size_t i = 0; i < response->header_count; i++) {
		/* Of what the client has already a 304 tells nothing anew (RFC 9110 §15.4.5). */
		if (response->status != 304 || !str_equal_nocase(response->headers[i].name, STR("Content-Type")))
			append_header(&out, response->headers[i].name, response->headers[i].value);
	}
	if (has_body(response)) {
		if (length != 0)
			append_default(response, &out, STR("Content-Type"), text_plain);
		append_default(response, &out, STR("X-Content-Type-Options"), STR("nosniff"));
		if (length >= 0)
			buf_printf(&out, "Content-Length: %lld\r\n", (long long)length);
		else
			append_header(&out, STR("X-Accel-Buffering"), STR("no"));
	}
	buf_append_c(&out, "\r\n");
	response->started = true;
	response->exchange->write(response->exchange, out.data, out.len);
	buf_release(&out);
}

void response_write(struct response *response, struct str data)
{
	if (!response->started)
		response_start(response, -1);
	if (data.len > 0 && has_body(response) && !response->head && !response->exchange->gone)
		response->exchange->write(response->exchange, data.data, data.len);
}

void response_flush(struct response *response)
{
	if (!response->exchange->gone)
		response->exchange->flush(response->exchange);
}

void response_send(struct response *response, int64_t status, struct str body)
{
	if (response->started)
		return;
	response_set_status(response, status);
	response_start(response, (int64_t)body.len);
	response_write(response, body);
}

void response_explain(struct response *response, int64_t status, const char *sentence)
{
	response_send(response, status, str_printf(response->exchange->arena, "%s\n", sentence));
}
