/*
 * {source: header, name: X-Token} → struct source. What can never give a value is refused here, so that asking later
 * cannot fail for reasons that are in the file.
 */
#include "hook/source.h"

#include "base/arena.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/shape.h"
#include "hook/word.h"
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
};

static const struct word_table word_table = {"source", words, sizeof(words) / sizeof(words[0])};

struct fields {
	int kind;
	struct str name, value, envname;
	bool base64decode;
};

static bool read_kind(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	return word_read(reader, &word_table, node, field);
}

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
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, name),
		.summary = "its name there; of a string the text itself",
	},
	{
		.name = "value",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, value),
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
};

/* What each source asks of its other keys: take_name and check_name, for the schema. */
static bool condition(size_t index, struct key_condition *condition)
{
	if (index >= word_table.count)
		return false;
	const struct source source = {.kind = (enum source_kind)words[index].value};
	*condition = (struct key_condition){.key = "source", .word = words[index].name};
	if (source_has_tree(&source) || source_names(&source))
		condition->needed[0] = "name";
	condition->apart[0] = "value";
	if (source.kind == SOURCE_STRING)
		condition->apart[1] = "name";
	condition->named = "name";
	condition->texts = source_names(&source);
	return true;
}

const struct key_map source_map = {
	.name = "value",
	.summary = "a value of the request, or a fixed text",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
	.condition = condition,
};

/* Sets name and written_name. */
static bool take_name(struct key_reader *reader, const struct yaml_node *node, const struct fields *fields,
                      struct source *source)
{
	const struct yaml_node *value = yaml_get(node, "value");

	source->written_name = fields->name;
	if (source->kind == SOURCE_STRING && value) {
		if (yaml_get(node, "name"))
			return keys_problem(reader, value->position, "a string has either name or value, not both");
		source->written_name = fields->value;
	} else if (value) {
		return keys_problem(reader, value->position, "value is for the source string; write name");
	}
	source->name = source->written_name;
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

	if ((source_has_tree(source) || names) && source->name.len == 0)
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

bool source_read(struct key_reader *reader, const struct yaml_node *node, struct source *source)
{
	struct fields fields = {0, STR(""), STR(""), STR(""), false};

	if (node->kind != YAML_MAP)
		return keys_problem(reader, node->position,
		                    "expected a value such as {source: payload, name: ref}, found %s",
		                    yaml_kind_name(node));
	if (!keys_read(reader, node, keys, sizeof(keys) / sizeof(keys[0]), &fields))
		return false;
	*source = (struct source){
		.kind = (enum source_kind)fields.kind,
		.envname = fields.envname,
		.base64decode = fields.base64decode,
		.position = node->position,
	};
	return take_name(reader, node, &fields, source) && check_name(reader, node, source);
}

bool source_read_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct source_list *list = field;
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of values");
	list->items = arena_array(reader->arena, node->count, sizeof(*list->items));
	list->count = node->count;
	for (size_t i = 0; i < node->count; i++)
		good = source_read(reader, node->items[i], &list->items[i]) && good;
	return good;
}
