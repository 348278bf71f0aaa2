/*
 * A request and what is made of it when somebody asks. Header names are canonical from the moment they are added, so
 * finding one is a comparison of bytes.
 */
#include "payload/request.h"

#include <arpa/inet.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lib/json.h"
#include "lib/json_pick.h"
#include "payload/payload.h"
#include "payload/value.h"

bool request_is_token(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.data[i];
		bool alphanumeric = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');

		if (!alphanumeric && !str_contains(STR("!#$%&'*+-.^_`|~"), (struct str){&byte, 1}))
			return false;
	}
	return name.len > 0;
}

/* The name without its HTTP_ and with '-' for '_', where it is a CGI variable; else as it is. */
static struct str undo_cgi(struct arena *arena, struct str name)
{
	bool prefixed = str_starts(name, STR("HTTP_"));
	char *plain;

	if (!prefixed && !str_equal_c(name, "CONTENT_TYPE") && !str_equal_c(name, "CONTENT_LENGTH"))
		return name;
	name = str_from_index(name, prefixed ? 5 : 0);
	plain = str_to_c(arena, name);
	for (size_t i = 0; i < name.len; i++) {
		if (plain[i] == '_')
			plain[i] = '-';
	}
	return (struct str){plain, name.len};
}

struct str request_header_name(struct arena *arena, struct str name)
{
	struct str plain = undo_cgi(arena, name);
	bool upper = true;
	char *canonical;

	if (!request_is_token(plain))
		return str_copy(arena, name);
	canonical = str_to_c(arena, plain);
	for (size_t i = 0; i < plain.len; i++) {
		char byte = canonical[i];

		if (upper && byte >= 'a' && byte <= 'z')
			canonical[i] = (char)(byte - 'a' + 'A');
		else if (!upper && byte >= 'A' && byte <= 'Z')
			canonical[i] = (char)(byte - 'A' + 'a');
		upper = byte == '-';
	}
	return (struct str){canonical, plain.len};
}

struct str request_join_address(struct arena *arena, struct str address, struct str port)
{
	const char *text = str_to_c(arena, address);
	unsigned char parsed[sizeof(struct in6_addr)];

	if (port.len == 0)
		port = STR("0");
	if (inet_pton(AF_INET, text, parsed) == 1)
		return str_printf(arena, "%s:%.*s", text, STR_ARGS(port));
	if (inet_pton(AF_INET6, text, parsed) == 1)
		return str_printf(arena, "[%s]:%.*s", text, STR_ARGS(port));
	return address;
}

void request_add_header(struct request *request, struct str name, struct str value)
{
	struct request_header *headers = arena_grow(request->arena, request->headers, request->header_count,
	                                            &request->header_capacity, sizeof(*headers));

	headers[request->header_count].name = request_header_name(request->arena, name);
	headers[request->header_count].value = str_copy(request->arena, value);
	request->headers = headers;
	request->header_count++;
}

const struct str *request_find_header(const struct request *request, struct str canonical)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (str_equal(request->headers[i].name, canonical))
			return &request->headers[i].value;
	}
	return NULL;
}

size_t request_count_header(const struct request *request, struct str canonical)
{
	size_t count = 0;

	for (size_t i = 0; i < request->header_count; i++)
		count += str_equal(request->headers[i].name, canonical);
	return count;
}

static bool query_is_good(struct request *request)
{
	struct value *ignored;

	return payload_parse_form(request->arena, request->query, &ignored, &request->payload_error) ||
	       error_prefix(&request->payload_error, "query");
}

struct value *request_payload(struct request *request)
{
	const struct str *header = request_find_header(request, STR("Content-Type"));
	const struct payload_input input = {.content_type = request->content_type,
	                                    .header_type = header != NULL ? *header : STR(""),
	                                    .body = request->body,
	                                    .json_parts = request->json_parts,
	                                    .json_part_count = request->json_part_count,
	                                    .uploads = &request->uploads};

	if (request->payload_parsed)
		return request->payload;
	request->payload_parsed = true;
	if (payload_type_of(input.content_type) != PAYLOAD_MULTIPART || query_is_good(request))
		payload_parse(request->arena, &input, &request->payload, &request->payload_error);
	return request->payload;
}

const struct value *request_payload_parts(struct request *request, const char *const *paths)
{
	const struct json_limits limits = {.depth = PAYLOAD_DEPTH, .values = PAYLOAD_VALUES, .trailing = true};
	struct buf picked = BUF_INIT;
	struct error ignored = ERROR_INIT;
	struct value *parts = NULL;

	if (paths != NULL && !request->payload_parsed && payload_type_of(request->content_type) == PAYLOAD_JSON &&
	    json_pick(request->body, &limits, paths, &picked))
		payload_parse_json_map(request->arena, buf_str(&picked), &parts, &ignored);
	buf_release(&picked);
	return parts != NULL ? parts : request_payload(request);
}

struct value *request_header_values(struct request *request)
{
	struct arena *arena = request->arena;

	if (request->header_values != NULL)
		return request->header_values;
	request->header_values = value_map(arena);
	for (size_t i = 0; i < request->header_count; i++) {
		const struct request_header *header = &request->headers[i];

		if (str_equal_c(header->name, "Host") || str_equal_c(header->name, "Transfer-Encoding"))
			continue;
		if (value_map_get(request->header_values, header->name) == NULL)
			value_map_set(arena, request->header_values, header->name, value_string(arena, header->value));
	}
	return request->header_values;
}

struct value *request_query_values(struct request *request)
{
	struct error ignored = ERROR_INIT;

	if (request->query_values == NULL)
		payload_parse_form(request->arena, request->query, &request->query_values, &ignored);
	return request->query_values;
}
