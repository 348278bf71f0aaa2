/*
 * {source: header, name: X-Token} → struct source. What can never give a value is refused here, so that asking later
 * cannot fail for reasons that are in the file.
 */
#include "hook/source.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/shape.h"
#include "hook/word.h"
#include "lib/crypto.h"
#include "payload/request.h"

static const struct word words[] = {
	{.name = "header", .value = SOURCE_HEADER},
	{.name = "url", .value = SOURCE_QUERY},
	{.name = "query", .value = SOURCE_QUERY},
	{.name = "payload", .value = SOURCE_PAYLOAD},
	{.name = "request", .value = SOURCE_REQUEST},
	{.name = "event", .value = SOURCE_EVENT},
	{.name = "string", .value = SOURCE_STRING},
	{.name = "raw-request-body", .value = SOURCE_RAW_REQUEST_BODY},
	{.name = "entire-payload", .value = SOURCE_ENTIRE_PAYLOAD},
	{.name = "entire-headers", .value = SOURCE_ENTIRE_HEADERS},
	{.name = "entire-query", .value = SOURCE_ENTIRE_QUERY},
	{.name = "secret", .value = SOURCE_SECRET},
};

static const struct word_table word_table = {"source", words, sizeof(words) / sizeof(words[0])};

struct fields {
	int kind;
	const struct yaml_node *name, *value; /* read when the source is known; NULL: not given */
	struct str envname, default_value;
	bool base64decode;
};

static bool read_kind(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	return word_read(reader, &word_table, node, field);
}

static bool read_later(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)reader;
	(void)key;
	*(const struct yaml_node **)field = node;
	return true;
}

static const struct key_shape text_shape = {.text = true, .map = &kept_text_map};

static const struct key keys[] = {
	{
		.name = "source",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.required = true,
		.offset = offsetof(struct fields, kind),
		.read = read_kind,
		.shape = &(const struct key_shape){.words = &word_table},
		.summary = "where the value comes from",
	},
	{
		.name = "name",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, name),
		.read = read_later,
		.shape = &text_shape,
		.summary = "its name there; of a string the text itself",
	},
	{
		.name = "value",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, value),
		.read = read_later,
		.shape = &text_shape,
		.summary = "the text of a string, in place of name",
	},
	{
		.name = "envname",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, envname),
		.summary = "the variable that gets it; HOOK_ and the name where not given",
	},
	{
		.name = "base64decode",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, base64decode),
		.summary = "decode the value before it is written to a file",
	},
	{
		.name = "default",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, default_value),
		.summary = "what it is where the parameter is missing",
	},
};

/* What each source asks of its other keys: take_name and check_name, for the schema. */
static bool private_condition(size_t index, struct key_condition *condition)
{
	if (index >= word_table.count)
		return false;
	const struct source source = {.kind = (enum source_kind)words[index].value};
	*condition = (struct key_condition){.key = "source", .word = words[index].name};
	if (source_has_tree(&source) || source_names(&source) || source.kind == SOURCE_SECRET)
		condition->needed[0] = "name";
	condition->apart[0] = "value";
	if (source.kind == SOURCE_STRING)
		condition->apart[1] = "name";
	condition->named = "name";
	condition->texts = source_names(&source);
	return true;
}

/* The same where a secret may not stand. */
static bool condition(size_t index, struct key_condition *condition)
{
	if (!private_condition(index, condition))
		return false;
	if (words[index].value == SOURCE_SECRET)
		condition->apart[0] = "source";
	return true;
}

const struct key_map source_map = {
	.name = "value",
	.summary = "a value of the request, or a fixed text",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
	.condition = condition,
};

const struct key_map source_private_map = {
	.name = "private-value",
	.summary = "a value of the request, a fixed text, or a secret",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
	.condition = private_condition,
};

/* Of a string it is the text itself, by either key, which may be kept elsewhere. */
static bool take_string(struct key_reader *reader, const struct fields *fields, struct source *source)
{
	const struct key key = {.name = fields->value ? "value" : "name"};
	const struct yaml_node *given = fields->value ? fields->value : fields->name;
	struct kept_text text = {.text = STR("")};

	if (fields->value && fields->name)
		return keys_problem(reader, fields->value->position, "a string has either name or value, not both");
	if (given && !kept_text_read(reader, &key, given, &text))
		return false;
	source->name = text.text;
	source->written_name = text.kept ? STR("") : text.text;
	source->secret = text.kept;
	return true;
}

/* Sets name and written_name. */
static bool take_name(struct key_reader *reader, const struct fields *fields, struct source *source)
{
	const struct key key = {.name = "name", .type = KEY_TEXT};

	if (source->kind == SOURCE_STRING)
		return take_string(reader, fields, source);
	if (fields->value)
		return keys_problem(reader, fields->value->position, "value is for the source string; write name");
	if (fields->name && fields->name->kind == YAML_MAP)
		return keys_problem(reader, fields->name->position,
		                    "name: only the text of a string can be kept elsewhere");
	if (fields->name && !keys_read_value(reader, &key, fields->name, &source->name))
		return false;
	source->written_name = source->name;
	if (source->kind == SOURCE_HEADER)
		source->name = request_header_name(reader->arena, source->name);
	return true;
}

/* "method, remote-addr": all names of a source. */
static const char *list_names(struct arena *arena, const char *const *names)
{
	const char *list = "";
	for (; *names; names++)
		list = arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", *names);
	return list;
}

/* The name that is nearest, where a third of it at most is wrong; else NULL. */
static const char *nearest_name(const char *const *names, struct str name)
{
	const char *nearest = NULL;
	unsigned least = (unsigned)(name.len < 64 ? name.len : 64) / 3 + 1;

	for (; *names; names++) {
		unsigned distance = str_distance(str_head(name, 64), str_from(*names));
		if (distance < least) {
			least = distance;
			nearest = *names;
		}
	}
	return nearest;
}

static bool check_name(struct key_reader *reader, const struct yaml_node *node, const struct source *source)
{
	const struct yaml_node *name = yaml_get(node, "name");
	const char *const *names = source_names(source);
	struct str kind = yaml_get(node, "source")->text;

	if ((source_has_tree(source) || source->kind == SOURCE_SECRET || names) && source->name.len == 0)
		return keys_problem(reader, node->position, "name is missing: which %.*s?", STR_ARGS(kind));
	for (const char *const *known = names; known && *known; known++) {
		if (str_equal_nocase(source->name, str_from(*known)))
			return true;
	}
	if (!names)
		return true;
	const char *nearest = nearest_name(names, source->name);
	struct position position = name ? name->position : node->position;
	if (nearest)
		return keys_problem(reader, position, "name: there is no %.*s \"%.*s\": did you mean \"%s\"?",
		                    STR_ARGS(kind), STR_ARGS(str_head(source->name, 64)), nearest);
	return keys_problem(reader, position, "name: expected one of %s of the source %.*s",
	                    list_names(reader->arena, names), STR_ARGS(kind));
}

static bool is_base64(struct str text)
{
	struct buf data = BUF_INIT;
	bool good = crypto_base64_decode(text, &data);

	buf_release(&data);
	return good;
}

static bool take_default(struct key_reader *reader, const struct yaml_node *node, const struct fields *fields,
                         struct source *source)
{
	const struct yaml_node *value = yaml_given(node, "default");

	if (!value)
		return true;
	if (!source_can_be_missing(source)) {
		keys_warn(reader, value->position, "default has no effect: this source is never missing");
		return true;
	}
	source->has_default = true;
	source->default_value = fields->default_value;
	return !source->base64decode || is_base64(source->default_value) ||
	       keys_problem(reader, value->position,
	                    "default: with base64decode it is decoded like any value, and this is no base64");
}

/* Puts the text of the secret in place of its name. */
static bool take_secret(struct key_reader *reader, const struct yaml_node *node, struct source *source)
{
	struct kept_text text;

	if (!kept_text_of_name(reader, yaml_get(node, "name")->position, source->name, &text))
		return false;
	source->name = text.text;
	source->secret = true;
	return true;
}

bool source_read_private(struct key_reader *reader, const struct yaml_node *node, struct source *source)
{
	struct fields fields = {.envname = STR(""), .default_value = STR("")};

	if (node->kind != YAML_MAP)
		return keys_problem(reader, node->position,
		                    "expected a value such as {source: payload, name: ref}, found %s",
		                    yaml_kind_name(node));
	if (!keys_read(reader, node, keys, sizeof(keys) / sizeof(keys[0]), &fields))
		return false;
	struct source read = {
		.kind = (enum source_kind)fields.kind,
		.name = STR(""),
		.envname = fields.envname,
		.base64decode = fields.base64decode,
		.default_value = STR(""),
		.position = node->position,
	};
	if (!take_name(reader, &fields, &read) || !check_name(reader, node, &read) ||
	    !take_default(reader, node, &fields, &read) ||
	    (read.kind == SOURCE_SECRET && !take_secret(reader, node, &read)))
		return false;
	*source = read;
	return true;
}

/* A secret is refused where it stands, before it is looked for. */
static bool is_secret(const struct yaml_node *node)
{
	const struct yaml_node *source = node->kind == YAML_MAP ? yaml_get(node, "source") : NULL;
	const struct yaml_node *name, *value;

	if (!source || source->kind != YAML_SCALAR)
		return false;
	name = yaml_get(node, "name");
	value = yaml_get(node, "value");
	return str_equal_c(source->text, "secret") ||
	       (str_equal_c(source->text, "string") &&
	        ((name && name->kind == YAML_MAP) || (value && value->kind == YAML_MAP)));
}

bool source_read(struct key_reader *reader, const struct yaml_node *node, struct source *source)
{
	if (!is_secret(node))
		return source_read_private(reader, node, source);
	return keys_problem(reader, node->position,
	                    "a secret cannot stand here, only in pass-environment-to-command, pass-file-to-command and "
	                    "pass-stdin-to-command: arguments, for one, can be seen by every user of the machine");
}

static bool read_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                      struct source_list *list,
                      bool (*read)(struct key_reader *, const struct yaml_node *, struct source *))
{
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of values");
	list->items = arena_array(reader->arena, node->count, sizeof(*list->items));
	list->count = node->count;
	for (size_t i = 0; i < node->count; i++)
		good = read(reader, node->items[i], &list->items[i]) && good;
	return good;
}

/* A value that a variable is named after; a string that is kept elsewhere must not be what names it. */
static bool read_variable(struct key_reader *reader, const struct yaml_node *node, struct source *source)
{
	if (!source_read_private(reader, node, source))
		return false;
	return !source->secret || source->kind != SOURCE_STRING || source->envname.len > 0 ||
	       keys_problem(reader, node->position, "envname is missing: which variable is the secret to be in?");
}

bool source_read_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	return read_list(reader, key, node, field, source_read);
}

bool source_read_private_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                              void *field)
{
	return read_list(reader, key, node, field, read_variable);
}
