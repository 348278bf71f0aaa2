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

/* --- repositories ------------------------------------------------------------------------------------------------- */

/* A secret, which may stand in this file itself only where nobody else can read it. */
static bool read_secret(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	const struct config_source *source = reader->context;
	struct secret secret = {SECRET_NONE, STR("")};

	if (!secret_read_key(reader, key, node, &secret))
		return false;
	if (secret.kind == SECRET_TEXT && source->others_can_read)
		return keys_problem(
			reader, node->position,
			"%s: the secret stands in this file, which others can read: chmod 600 %s, or keep the "
			"secret in a file of its own and write {file: PATH}",
			key->name, source->path);
	*(struct secret *)field = secret;
	return true;
}

#define REPOSITORY_FIELD(name) .offset = offsetof(struct repository, name)

static const struct key repository_keys[] = {
	{.name = "match",
         .type = KEY_TEXT,
         .required = true,
         REPOSITORY_FIELD(match),
         .check = repository_pattern_check,
         .summary = "which repositories: HOST/PATH with * and **, such as github.com/acme/*"},
	{.name = "token",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(token),
         .read = read_secret,
         .summary = "the password for https: {env: NAME}, {file: PATH} or {credential: NAME}"},
	{.name = "username",
         .type = KEY_TEXT,
         REPOSITORY_FIELD(username),
         .summary = "the user for https (default x-access-token)"},
	{.name = "ssh-key",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(ssh_key),
         .read = read_secret,
         .summary = "the private key for ssh, kept like token"},
	{.name = "secret",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(secret),
         .read = read_secret,
         .summary = "the secret of the webhook, kept like token"},
};

/* Messages name the entry, by its pattern where it has one. */
static const char *name_entry(struct arena *arena, const struct yaml_node *map)
{
	const struct yaml_node *match = yaml_get(map, "match");

	if (!match || match->kind != YAML_SCALAR)
		return "repositories";
	return arena_printf(arena, "repository \"%.*s\"", STR_ARGS(str_head(match->text, 100)));
}

/* Keys that are read already and used by nothing yet: nobody may rely on them. */
static void warn_of_no_effect(struct key_reader *reader, const struct yaml_node *map, const char *name, const char *instead)
{
	const struct yaml_node *value = yaml_get(map, name);
	if (value)
		problem_warn(reader->problems, value->position, "%s: has no effect yet: a hook %s", name, instead);
}

static bool read_repository(struct key_reader *reader, const struct yaml_node *map, struct repository *repository)
{
	const char *outer = reader->thing;

	*repository = (struct repository){.match = STR(""), .username = STR("")};
	reader->thing = name_entry(reader->arena, map);
	bool good = keys_read(reader, map, repository_keys, COUNT(repository_keys), repository);
	warn_of_no_effect(reader, map, "secret", "checks signatures by its trigger-rule");
	warn_of_no_effect(reader, map, "ssh-key", "is fetched over https");
	reader->thing = outer;
	return good;
}

bool config_read_repositories(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                              void *field)
{
	struct repositories list = {NULL, 0};
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of {match: PATTERN, …}");
	list.items = arena_array(reader->arena, node->count, sizeof(struct repository));
	for (size_t i = 0; i < node->count; i++)
		good = read_repository(reader, node->items[i], &list.items[list.count++]) && good;
	if (good)
		*(struct repositories *)field = list;
	return good;
}

/* --- secrets ------------------------------------------------------------------------------------------------------ */

bool config_read_secrets(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct named_secrets list = {NULL, 0};
	bool good = true;

	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "a map of names such as {token: {file: PATH}}");
	list.items = arena_array(reader->arena, node->count, sizeof(struct named_secret));
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_entry *entry = &node->entries[i];
		struct named_secret *named = &list.items[list.count++];
		struct key row = {.name = arena_printf(reader->arena, "secrets: %.*s",
		                                       STR_ARGS(str_head(entry->key->text, 64)))};
		named->name = entry->key->text;
		if (named->name.len == 0)
			good = keys_problem(reader, entry->key->position, "%s: a name is empty", key->name);
		good = read_secret(reader, &row, entry->value, &named->secret) && good;
	}
	*(struct named_secrets *)field = list; /* in a check their names count, whatever is wrong with them */
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
