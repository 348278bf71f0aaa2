/*
 * Reading and looking up exit codes. The table is small and is searched from its beginning.
 */
#include "hook/exit_code.h"

#include "base/arena.h"
#include "base/http_status.h"
#include "base/number.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/shape.h"

enum { CODE_MAX = 255, STATUS_MIN = 200, STATUS_MAX = 599 };

const struct key_numbers exit_codes_numbers = {
	.names = "([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])",
	.minimum = STATUS_MIN,
	.maximum = STATUS_MAX,
};

static bool read_code(struct key_reader *reader, const struct key *key, const struct yaml_node *node, int64_t *code)
{
	uint64_t number;

	if (str_equal_c(node->text, "0"))
		return keys_problem(reader, node->position,
		                    "%s: 0 is success, and its status is success-http-response-code", key->name);
	if (!number_parse_unsigned(node->text, 1, CODE_MAX, &number) || node->text.data[0] == '0')
		return keys_problem(reader, node->position, "%s: expected an exit status from 1 to %d, found \"%.*s\"",
		                    key->name, CODE_MAX, STR_ARGS(str_head(node->text, 64)));
	*code = (int64_t)number;
	return true;
}

static bool read_status(struct key_reader *reader, const struct key *key, const struct yaml_node *node, int64_t *status)
{
	const struct key number = {.name = key->name, .type = KEY_NUMBER, .minimum = STATUS_MIN, .maximum = STATUS_MAX};

	if (!keys_read_value(reader, &number, node, status))
		return false;
	return http_status_reason(*status) ||
	       keys_problem(reader, node->position, "%s: HTTP knows no status %d", key->name, (int)*status);
}

bool exit_codes_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct hook_exit_codes codes = {NULL, 0};
	bool good = true;

	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "a map from exit statuses to HTTP statuses such as {3: 422}");
	codes.items = arena_array(reader->arena, node->count, sizeof(*codes.items));
	for (size_t i = 0; i < node->count; i++) {
		struct hook_exit_code *item = &codes.items[codes.count++];
		good = read_code(reader, key, node->entries[i].key, &item->code) && good;
		good = read_status(reader, key, node->entries[i].value, &item->status) && good;
	}
	if (good)
		*(struct hook_exit_codes *)field = codes;
	return good;
}

int64_t exit_codes_find(const struct hook_exit_codes *codes, int code)
{
	for (size_t i = 0; i < codes->count; i++) {
		if (codes->items[i].code == code)
			return codes->items[i].status;
	}
	return 0;
}
