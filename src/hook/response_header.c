/*
 * Response headers, checked when they are read: one with a line break in it would be two (RFC 9110 section 5.5),
 * and a name that is no token none at all.
 */
#include "hook/response_header.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/shape.h"
#include "payload/request.h"

static bool check_name(struct str name, struct error *error)
{
	if (name.len == 0)
		return error_set(error, ERROR_INVALID, "a header's name cannot be empty");
	return request_is_token(name) || error_set(error, ERROR_INVALID, "a byte that no header's name may hold");
}

static bool check_value(struct str value, struct error *error)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.data[i];
		if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
			return error_set(error, ERROR_INVALID, "a line break or control character in a header");
	}
	return true;
}

static const struct key keys[] = {
	{
		.name = "name",
		.type = KEY_TEXT,
		.required = true,
		.offset = offsetof(struct hook_header, name),
		.check = check_name,
		.summary = "the header's name",
	},
	{
		.name = "value",
		.type = KEY_TEXT,
		.offset = offsetof(struct hook_header, value),
		.check = check_value,
		.summary = "its value",
	},
};

const struct key_map response_header_map = {
	.name = "header",
	.summary = "a header of the reply",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

bool response_headers_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *hook)
{
	struct hook *reply = hook;
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of {name, value}");
	reply->response_headers = arena_array(reader->arena, node->count, sizeof(struct hook_header));
	reply->response_header_count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		struct hook_header *header = &reply->response_headers[i];
		*header = (struct hook_header){STR(""), STR("")};
		good = keys_read(reader, node->items[i], keys, sizeof(keys) / sizeof(keys[0]), header) && good;
	}
	return good;
}
