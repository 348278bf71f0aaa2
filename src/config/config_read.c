/*
 * The keys of pocketci.yaml that are more than one value, and the checks of single values.
 */
#include "config/config_read.h"

#include <string.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/number.h"
#include "config/config.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define CHILDREN_MAX 10000

/* --- children ----------------------------------------------------------------------------------------------------- */

static bool parse_children(struct str text, int64_t *minimum, int64_t *maximum)
{
	size_t comma = str_find(text, ',');
	struct str second = comma < text.len ? str_from_index(text, comma + 1) : text;
	uint64_t least, most;

	if (!number_parse_unsigned(str_trim(str_head(text, comma)), 1, CHILDREN_MAX, &least) ||
	    !number_parse_unsigned(str_trim(second), least, CHILDREN_MAX, &most))
		return false;
	*minimum = (int64_t)least;
	*maximum = (int64_t)most;
	return true;
}

bool config_read_children(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct config *config = field;
	struct str text = node->text;

	if (node->kind == YAML_LIST && node->count == 2)
		text = str_printf(reader->arena, "%s,%s", node->items[0]->text.data, node->items[1]->text.data);
	if (parse_children(text, &config->children_min, &config->children_max))
		return true;
	return keys_problem(reader, node->position,
	                    "%s: expected MIN,MAX such as 4,32, or one number for both, from 1 to %d", key->name,
	                    CHILDREN_MAX);
}

/* --- header ------------------------------------------------------------------------------------------------------- */

/* RFC 9110 §5.6.2 */
static bool check_header_name(struct str name, struct error *error)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == '\0' || !strchr(token, name.data[i]))
			return error_set(error, ERROR_INVALID, "a character that cannot stand in a header's name");
	}
	return name.len > 0 || error_set(error, ERROR_INVALID, "the header's name is empty");
}

/* RFC 9110 §5.5: a line break would begin another header. */
static bool check_header_value(struct str value, struct error *error)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.data[i];
		if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
			return error_set(error, ERROR_INVALID, "a control character cannot stand in a header");
	}
	return true;
}

static const struct key header_keys[] = {
	{.name = "name",
         .type = KEY_TEXT,
         .required = true,
         .offset = offsetof(struct config_header, name),
         .check = check_header_name,
         .summary = "the header's name"},
	{.name = "value",
         .type = KEY_TEXT,
         .offset = offsetof(struct config_header, value),
         .check = check_header_value,
         .summary = "the header's value"},
};

/* NAME=VALUE */
static bool split_header(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                         struct config_header *header)
{
	struct error error = ERROR_INIT;
	size_t equals = str_find(node->text, '=');

	if (equals == node->text.len)
		return keys_problem(reader, node->position, "%s: expected NAME=VALUE", key->name);
	header->name = str_copy(reader->arena, str_head(node->text, equals));
	header->value = str_from_index(node->text, equals + 1);
	if (!check_header_name(header->name, &error) || !check_header_value(header->value, &error))
		return keys_problem(reader, node->position, "%s: %s", key->name, error.message);
	return true;
}

static bool add_header(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                       struct config *config)
{
	struct config_header header = {STR(""), STR("")};
	bool good = node->kind == YAML_SCALAR ? split_header(reader, key, node, &header)
	                                      : keys_read(reader, node, header_keys, COUNT(header_keys), &header);

	if (!good)
		return false;
	struct config_header *headers = arena_array(reader->arena, config->header_count + 1, sizeof(header));
	for (size_t i = 0; i < config->header_count; i++)
		headers[i] = config->headers[i];
	headers[config->header_count++] = header;
	config->headers = headers;
	return true;
}

bool config_read_headers(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	bool good = true;

	if (node->kind != YAML_LIST)
		return add_header(reader, key, node, field);
	for (size_t i = 0; i < node->count; i++)
		good = add_header(reader, key, node->items[i], field) && good;
	return good;
}

/* --- Checks ------------------------------------------------------------------------------------------------------- */

bool config_check_base_url(struct str url, struct error *error)
{
	bool scheme = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));

	if (!scheme || str_ends(url, STR("://")))
		return error_set(error, ERROR_INVALID, "expected a URL such as https://ci.example.com");
	for (size_t i = 0; i < url.len; i++) {
		if (url.data[i] <= ' ' || url.data[i] == 0x7f || strchr("\"<>\\^`{|}?#", url.data[i]))
			return error_set(error, ERROR_INVALID, "a character that cannot stand in this URL");
	}
	return true;
}

bool config_check_url_prefix(struct str prefix, struct error *error)
{
	for (size_t i = 0; i < prefix.len; i++) {
		if (prefix.data[i] <= ' ' || prefix.data[i] == 0x7f || strchr("\"<>\\^`{|}?#%", prefix.data[i]))
			return error_set(error, ERROR_INVALID, "a character that cannot stand in a URL's path");
	}
	return true;
}

bool config_check_address_range(struct str range, struct error *error)
{
	struct address_range parsed;
	if (address_range_parse(range, &parsed, error))
		return true;
	return error_set(error, ERROR_INVALID, "expected an address or a range such as 10.0.0.0/8 or fd00::/8");
}

/* --- When all is read --------------------------------------------------------------------------------------------- */

static struct str without_slashes(struct arena *arena, struct str text, bool at_begin)
{
	while (text.len > 0 && text.data[text.len - 1] == '/')
		text = str_head(text, text.len - 1);
	while (at_begin && text.len > 0 && text.data[0] == '/')
		text = str_from_index(text, 1);
	return str_copy(arena, text);
}

void config_settle(struct arena *arena, struct config *config)
{
	config->url_prefix = without_slashes(arena, config->url_prefix, true);
	config->base_url = without_slashes(arena, config->base_url, false);
	for (size_t i = 0; i < config->http_methods.count; i++)
		config->http_methods.items[i] = str_upper(arena, config->http_methods.items[i]);
	if (config->debug || config->logfile.len > 0) /* as the reference */
		config->verbose = true;
}
