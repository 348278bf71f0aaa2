/*
 * A reader over one text, line by line and then to its end. Nothing is guessed: what a web server would refuse or two
 * servers would take for different requests is an error with its place.
 */
#include "payload/http_request.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/number.h"
#include "payload/request.h"

#define HEADERS_MAX 1000

struct reader {
	struct request *request;
	struct str text;
	size_t at;         /* of the next byte */
	size_t line_start; /* of the line that is read */
	unsigned line;     /* its number, from 1 */
	const char *name;
	struct error *error;

	bool chunked;
	unsigned length_line; /* of Content-Length; 0: none */
	uint64_t length;
};

/* At a place in the line that is read. Returns false. */
__attribute__((format(printf, 3, 4))) static bool fail(struct reader *reader, size_t at, const char *format, ...)
{
	char text[sizeof(reader->error->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(reader->error, ERROR_INVALID, "%s:%u:%zu: %s", reader->name, reader->line,
	                 at - reader->line_start + 1, text);
}

/* Takes the next line without its end; false at the end of the text. */
static bool next_line(struct reader *reader, struct str *line)
{
	struct str rest = str_from_index(reader->text, reader->at);
	size_t end = str_find(rest, '\n');

	if (rest.len == 0)
		return false;
	reader->line++;
	reader->line_start = reader->at;
	*line = str_head(rest, end);
	reader->at += end < rest.len ? end + 1 : end;
	if (end < rest.len && str_ends(*line, STR("\r")))
		*line = str_head(*line, line->len - 1);
	return true;
}

/* Where a part of the text begins. */
static size_t place_of(const struct reader *reader, struct str part)
{
	return (size_t)(part.data - reader->text.data);
}

/* --- The request line --------------------------------------------------------------------------------------------- */

bool http_request_is(struct str text)
{
	size_t end = 0;

	while (str_starts(text, STR("\r")) || str_starts(text, STR("\n")))
		text = str_from_index(text, 1);
	while (end < text.len && text.data[end] >= 'A' && text.data[end] <= 'Z')
		end++;
	return end > 0 && end < text.len && (text.data[end] == ' ' || text.data[end] == '\t');
}

static bool decode_path(struct reader *reader, struct str path)
{
	struct buf out = BUF_INIT;
	bool good = true;

	for (size_t i = 0; i < path.len && good; i++) {
		int byte = (unsigned char)path.data[i];
		if (byte == '%') {
			byte = hex_byte(str_from_index(path, i + 1));
			good = byte >= 0 || fail(reader, place_of(reader, path) + i,
			                         "two hexadecimal digits must "
			                         "follow a %% in the path");
			i += 2;
		}
		buf_append_byte(&out, (char)(unsigned char)byte);
	}
	reader->request->path = str_copy(reader->request->arena, buf_str(&out));
	buf_release(&out);
	return good;
}

/* "/path?query" or "http://host/path?query". */
static bool read_target(struct reader *reader, struct str target)
{
	struct str path = target;
	struct str scheme = str_lower(reader->request->arena, str_head(target, sizeof("https://") - 1));

	if (str_starts(scheme, STR("http://")) || str_starts(scheme, STR("https://"))) {
		path = str_from_index(target, str_find(target, '/') + 2);
		path = str_from_index(path, str_find(path, '/'));
		if (path.len == 0)
			path = STR("/");
	}
	if (!str_starts(path, STR("/")))
		return fail(reader, place_of(reader, target),
		            "expected a path such as /hooks/deploy behind the method");
	size_t query = str_find(path, '?');
	reader->request->query = str_from_index(path, query < path.len ? query + 1 : query);
	return path.data[0] == '/' && decode_path(reader, str_head(path, query));
}

static bool is_version(struct str text)
{
	return str_equal_c(text, "HTTP/2") || str_equal_c(text, "HTTP/3") ||
	       (text.len == 8 && str_starts(text, STR("HTTP/")) && text.data[5] >= '0' && text.data[5] <= '9' &&
	        text.data[6] == '.' && text.data[7] >= '0' && text.data[7] <= '9');
}

static bool read_request_line(struct reader *reader)
{
	struct str line, target, version;

	do {
		if (!next_line(reader, &line))
			return error_set(reader->error, ERROR_INVALID, "%s:1:1: the file is empty: expected a request",
			                 reader->name);
	} while (line.len == 0);

	struct str method = str_head(line, str_find(line, ' '));
	if (!request_is_token(method))
		return fail(reader, reader->line_start, "expected a request line such as POST /hooks/deploy HTTP/1.1");
	target = str_from_index(line, method.len);
	target = str_from_index(target, target.len > 0 ? 1 : 0);
	version = str_from_index(target, str_find(target, ' '));
	target = str_head(target, target.len - version.len);
	if (version.len == 0 || !is_version(str_from_index(version, 1)))
		return fail(reader, place_of(reader, version) + (version.len > 0),
		            "expected HTTP/1.1 at the end of the request line, behind method, path and one space each");
	reader->request->method = method;
	return read_target(reader, target);
}

/* --- Headers ------------------------------------------------------------------------------------------------------ */

/* What hooks never see, as in gateway/receive.c; Go's server keeps them to itself, Proxy is CVE-2016-5385's. */
static bool is_hidden(struct str name)
{
	static const char *const names[] = {"Host", "Proxy", "Trailer", "Transfer-Encoding"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_equal_nocase(name, str_from(names[i])))
			return true;
	}
	return false;
}

static bool take_length(struct reader *reader, struct str value)
{
	uint64_t length;

	if (!number_parse_unsigned(value, 0, INT64_MAX, &length))
		return fail(reader, place_of(reader, value), "Content-Length is no number of bytes");
	if (reader->length_line > 0 && length != reader->length)
		return fail(reader, place_of(reader, value), "Content-Length comes twice and differs");
	reader->length = length;
	reader->length_line = reader->line;
	return true;
}

static bool take_coding(struct reader *reader, struct str value)
{
	if (!str_equal_nocase(value, STR("chunked")))
		return fail(reader, place_of(reader, value), "of transfer codings only chunked can be read");
	reader->chunked = true;
	return true;
}

static bool add_header(struct reader *reader, struct str name, struct str value)
{
	struct request *request = reader->request;
	bool is_length = str_equal_nocase(name, STR("Content-Length"));

	if (is_length && !take_length(reader, value))
		return false;
	if (str_equal_nocase(name, STR("Transfer-Encoding")) && !take_coding(reader, value))
		return false;
	if (str_find(name, '_') < name.len) {
		log_warning("%s:%u: header %.*s is left out: web servers drop names with a '_'", reader->name,
		            reader->line, STR_ARGS(str_head(name, 100)));
		return true;
	}
	/* Of these CGI has one variable each. */
	bool single = is_length || str_equal_nocase(name, STR("Content-Type"));
	if (is_hidden(name) || (single && request_find_header(request, request_header_name(request->arena, name))))
		return true;
	if (request->header_count == HEADERS_MAX)
		return fail(reader, reader->line_start, "more than %d headers", HEADERS_MAX);
	request_add_header(request, name, value);
	return true;
}

static bool read_header(struct reader *reader, struct str line)
{
	size_t colon = str_find(line, ':');
	struct str name = str_head(line, colon), value = str_trim(str_from_index(line, colon + (colon < line.len)));

	if (line.data[0] == ' ' || line.data[0] == '\t')
		return fail(reader, reader->line_start,
		            "white space at the beginning: write each header in one line (RFC 9112 section 5.2)");
	if (colon == line.len)
		return fail(
			reader, reader->line_start,
			"expected a header such as Content-Type: application/json, or the empty line before the body");
	if (!request_is_token(name))
		return fail(reader, reader->line_start,
		            "the name of a header is letters, digits and - alone, with the "
		            "colon right behind it");
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.data[i];
		if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
			return fail(reader, place_of(reader, value) + i, "a control character in a header");
	}
	return add_header(reader, name, value);
}

static bool read_headers(struct reader *reader)
{
	struct str line;

	while (next_line(reader, &line) && line.len > 0) {
		if (!read_header(reader, line))
			return false;
	}
	return !reader->chunked || reader->length_line == 0 ||
	       fail(reader, reader->line_start, "Content-Length and Transfer-Encoding exclude each other");
}

/* --- The body ----------------------------------------------------------------------------------------------------- */

static bool is_line_ends(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\r' && text.data[i] != '\n')
			return false;
	}
	return true;
}

static bool take_body(struct reader *reader)
{
	struct str rest = str_from_index(reader->text, reader->at);

	if (reader->length_line > 0 &&
	    (rest.len < reader->length || !is_line_ends(str_from_index(rest, (size_t)reader->length)))) {
		reader->line = reader->length_line;
		return fail(
			reader, reader->line_start,
			"Content-Length says %llu where the body has %zu bytes: mend the number, or take the header out",
			(unsigned long long)reader->length, rest.len);
	}
	reader->request->body = reader->length_line > 0 ? str_head(rest, (size_t)reader->length) : rest;
	return true;
}

static bool chunk_size(struct reader *reader, struct str line, size_t *size)
{
	struct str digits = str_trim(str_head(line, str_find(line, ';')));

	*size = 0;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(digits.data[i]);
		if (digit < 0 || i >= 8)
			return fail(reader, place_of(reader, digits) + i,
			            "expected the size of a chunk in hexadecimal");
		*size = *size * 16 + (size_t)digit;
	}
	return digits.len > 0 || fail(reader, reader->line_start, "expected the size of a chunk in hexadecimal");
}

static bool read_chunk(struct reader *reader, size_t size, struct buf *out)
{
	struct str rest = str_from_index(reader->text, reader->at), line;

	if (size > rest.len)
		return fail(reader, reader->line_start, "the chunk has %zu bytes, but only %zu are left", size,
		            rest.len);
	buf_append(out, rest.data, size);
	for (size_t i = 0; i < size; i++)
		reader->line += rest.data[i] == '\n';
	reader->at += size;
	if (!next_line(reader, &line) || line.len > 0)
		return fail(reader, reader->line_start, "expected the end of the line behind a chunk of %zu bytes",
		            size);
	return true;
}

static bool read_chunks(struct reader *reader, struct buf *out)
{
	struct str line;
	size_t size;

	do {
		if (!next_line(reader, &line))
			return fail(reader, reader->line_start,
			            "the chunked body ends before its last chunk, which is 0");
		if (!chunk_size(reader, line, &size) || (size > 0 && !read_chunk(reader, size, out)))
			return false;
	} while (size > 0);
	return true; /* trailers are nobody's */
}

static bool read_body(struct reader *reader)
{
	struct buf out = BUF_INIT;

	if (!reader->chunked)
		return take_body(reader);
	bool good = read_chunks(reader, &out);
	reader->request->body = str_copy(reader->request->arena, buf_str(&out));
	buf_release(&out);
	return good;
}

bool http_request_read(struct request *request, struct str text, const char *name, struct error *error)
{
	struct reader reader = {.request = request, .text = text, .name = name, .error = error};

	if (!read_request_line(&reader) || !read_headers(&reader) || !read_body(&reader))
		return false;
	const struct str *type = request_find_header(request, STR("Content-Type"));
	request->content_type = type ? *type : STR("");
	return true;
}
