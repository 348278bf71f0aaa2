/*
 * {type: …, parameter: …, …} → struct match. A type takes the keys that its row names: one that is missing is an
 * error, one that has no effect a warning. Secrets are not quoted.
 */
#include "hook/match.h"

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/match_text.h"
#include "hook/regex.h"
#include "hook/shape.h"
#include "hook/source.h"
#include "hook/word.h"

static const struct word words[] = {
	{.name = "value", .value = MATCH_VALUE},
	{.name = "regex", .value = MATCH_REGEX},
	{.name = "payload-hmac-sha1", .value = MATCH_HMAC_SHA1},
	{.name = "payload-hmac-sha256", .value = MATCH_HMAC_SHA256},
	{.name = "payload-hmac-sha512", .value = MATCH_HMAC_SHA512},
	{.name = "payload-hash-sha1", .value = MATCH_HMAC_SHA1, .instead = "payload-hmac-sha1"},
	{.name = "payload-hash-sha256", .value = MATCH_HMAC_SHA256, .instead = "payload-hmac-sha256"},
	{.name = "payload-hash-sha512", .value = MATCH_HMAC_SHA512, .instead = "payload-hmac-sha512"},
	{.name = "ip-whitelist", .value = MATCH_IP_WHITELIST},
	{.name = "scalr-signature", .value = MATCH_SCALR_SIGNATURE},
	{.name = "forge-signature", .value = MATCH_FORGE_SIGNATURE},
	{.name = "standard-webhooks", .value = MATCH_STANDARD_WEBHOOKS},
	{.name = "exists", .value = MATCH_EXISTS},
	{.name = "less", .value = MATCH_LESS},
	{.name = "greater", .value = MATCH_GREATER},
};

static const struct word_table word_table = {"type", words, sizeof(words) / sizeof(words[0])};

const char *match_type_name(enum match_type type)
{
	size_t i = 0;
	while (words[i].value != (int)type || words[i].instead)
		i++;
	return words[i].name;
}

struct fields {
	int type;
	struct source parameter;
	const struct yaml_node *value, *secret; /* what they may be depends on the type; NULL: not given */
	struct str regex, ip_range;
};

static bool read_type(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	return word_read(reader, &word_table, node, field);
}

static bool read_parameter(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	return source_read(reader, node, field);
}

static bool read_later(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)reader;
	(void)key;
	*(const struct yaml_node **)field = node;
	return true;
}

static const struct key keys[] = {
	{
		.name = "type",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.required = true,
		.offset = offsetof(struct fields, type),
		.read = read_type,
		.shape = &(const struct key_shape){.words = &word_table},
		.summary = "how the parameter is checked",
	},
	{
		.name = "parameter",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, parameter),
		.read = read_parameter,
		.shape = &(const struct key_shape){.map = &source_map},
		.summary = "the value to check",
	},
	{
		.name = "value",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, value),
		.read = read_later,
		.shape = &(const struct key_shape){.text = true, .map = &kept_text_map},
		.summary = "what it must be equal to, less or greater than",
	},
	{
		.name = "regex",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, regex),
		.summary = "the expression (RE2) that must match a part of it",
	},
	{
		.name = "secret",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, secret),
		.read = read_later,
		.shape = &(const struct key_shape){.text = true, .map = &kept_text_map, .many = true},
		.summary = "the key of the signature, or a list of keys of which any one may be right",
	},
	{
		.name = "ip-range",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, ip_range),
		.summary = "addresses and ranges, separated by white space",
	},
};

static const struct {
	unsigned use;
	const char *key;
} used_keys[] = {
	{MATCH_USES_PARAMETER, "parameter"}, {MATCH_USES_VALUE, "value"},     {MATCH_USES_REGEX, "regex"},
	{MATCH_USES_SECRET, "secret"},       {MATCH_USES_RANGES, "ip-range"},
};

/* What each type needs, for the schema. */
static bool condition(size_t index, struct key_condition *condition)
{
	size_t needed = 0;

	if (index >= word_table.count)
		return false;
	*condition = (struct key_condition){.key = "type", .word = words[index].name};
	for (size_t i = 0; i < sizeof(used_keys) / sizeof(used_keys[0]); i++) {
		if (match_kinds[words[index].value].uses & used_keys[i].use)
			condition->needed[needed++] = used_keys[i].key;
	}
	return true;
}

const struct key_map match_map = {
	.name = "match",
	.summary = "a check of one value",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
	.condition = condition,
};

static bool check_key(struct key_reader *reader, const struct yaml_node *node, const char *key, bool used)
{
	const struct yaml_node *value = yaml_given(node, key);
	struct str type = yaml_get(node, "type")->text;

	if (used && !value)
		return keys_problem(reader, node->position, "%s is missing: a match of type %.*s needs it", key,
		                    STR_ARGS(type));
	if (!used && value)
		keys_warn(reader, value->position, "%s has no effect in a match of type %.*s", key, STR_ARGS(type));
	return true;
}

/* Whether the key has a text that can be looked into; where it has not, that was said already. */
static bool has_text(const struct yaml_node *node, const char *key)
{
	const struct yaml_node *value = yaml_given(node, key);
	return value && value->kind == YAML_SCALAR;
}

/* Whether all that the type needs is there. */
static bool check_keys(struct key_reader *reader, const struct yaml_node *node, enum match_type type)
{
	const struct yaml_node *secret = yaml_given(node, "secret");
	unsigned uses = match_kinds[type].uses;
	bool good = true;

	/* The reference compares with the value that is not there: it lets nothing but an empty parameter through. */
	if (type == MATCH_VALUE && secret && !yaml_given(node, "value"))
		return keys_problem(
			reader, secret->position,
			"a match of type value compares with value, not with secret: write value in its place");
	for (size_t i = 0; i < sizeof(used_keys) / sizeof(used_keys[0]); i++)
		good = check_key(reader, node, used_keys[i].key, (uses & used_keys[i].use) != 0) && good;
	return good;
}

static bool compile_regex(struct key_reader *reader, const struct yaml_node *node, struct str text, struct match *match)
{
	if (!has_text(node, "regex"))
		return true;
	struct error error = ERROR_INIT;
	match->regex = regex_compile(reader->arena, text, &error);
	return match->regex || keys_problem(reader, yaml_get(node, "regex")->position, "regex: %s", error.message);
}

/* Takes the part of *rest before the next white space. */
static bool next_word(struct str *rest, struct str *word)
{
	size_t end = 0;
	*rest = str_trim(*rest);
	while (end < rest->len && str_trim(str_head(str_from_index(*rest, end), 1)).len > 0)
		end++;
	*word = str_head(*rest, end);
	*rest = str_from_index(*rest, end);
	return end > 0;
}

static bool read_ranges(struct key_reader *reader, const struct yaml_node *node, struct str text, struct match *match)
{
	struct error error = ERROR_INIT;
	size_t capacity = 0;
	struct str word;

	if (!has_text(node, "ip-range"))
		return true;
	struct position position = yaml_get(node, "ip-range")->position;
	while (next_word(&text, &word)) {
		match->ranges =
			arena_grow(reader->arena, match->ranges, match->range_count, &capacity, sizeof(*match->ranges));
		if (!address_range_parse(word, &match->ranges[match->range_count], &error))
			return keys_problem(reader, position, "ip-range: %s", error.message);
		match->range_count++;
	}
	return match->range_count > 0 ||
	       keys_problem(reader, position, "ip-range is empty: no address would be let in");
}

/* What is always there would always hold. */
static bool check_existence(struct key_reader *reader, const struct yaml_node *node, const struct match *match)
{
	const struct yaml_node *parameter = yaml_given(node, "parameter");

	if (!match_kinds[match->type].existence || !parameter || match->parameter.position.line == 0)
		return true;
	if (source_can_be_missing(&match->parameter) && !match->parameter.has_default)
		return true;
	return keys_problem(reader, parameter->position,
	                    "this parameter is never missing, so that a match of type exists always holds");
}

/* Whether an error named an unknown key: what seems to be missing may be that one, misspelt. */
static bool has_misspelt_key(const struct key_reader *reader, const struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		if (!keys_find(keys, sizeof(keys) / sizeof(keys[0]), node->entries[i].key->text))
			return reader->strict;
	}
	return false;
}

/* What is wrong with texts is told whatever is wrong with the type. */
static bool read_texts(struct key_reader *reader, const struct fields *fields, struct match *match)
{
	static const struct match_kind unknown = {.uses = MATCH_USES_VALUE | MATCH_USES_SECRET};
	const struct match_kind *kind = fields->type < 0 ? &unknown : &match_kinds[fields->type];
	bool good = true;

	if (fields->value && (kind->uses & MATCH_USES_VALUE))
		good = match_read_value(reader, fields->value, kind, match);
	if (fields->secret && (kind->uses & MATCH_USES_SECRET))
		good = match_read_secrets(reader, fields->secret, kind, match) && good;
	return good;
}

bool match_read(struct key_reader *reader, const struct yaml_node *node, struct match *match)
{
	struct str none = STR("");
	struct fields fields = {.type = -1, .regex = none, .ip_range = none};

	if (node->kind != YAML_MAP)
		return keys_problem(reader, node->position, "match: expected a map such as {type: value, …}, found %s",
		                    yaml_kind_name(node));
	bool good = keys_read(reader, node, keys, sizeof(keys) / sizeof(keys[0]), &fields);
	*match = (struct match){.parameter = fields.parameter, .value = none};
	good = read_texts(reader, &fields, match) && good;
	if (fields.type < 0) /* nobody can tell what it should have */
		return false;
	match->type = (enum match_type)fields.type;
	match->regex_text = fields.regex;
	match->range_text = fields.ip_range;
	unsigned uses = match_kinds[match->type].uses;
	if (!has_misspelt_key(reader, node))
		good = check_keys(reader, node, match->type) && good;
	good = check_existence(reader, node, match) && good;
	if (uses & MATCH_USES_REGEX)
		good = compile_regex(reader, node, fields.regex, match) && good;
	if (uses & MATCH_USES_RANGES)
		good = read_ranges(reader, node, fields.ip_range, match) && good;
	return good;
}
