/*
 * JSON bodies: the events of a document become a tree. A container waits on a stack until it is complete; the value
 * that comes next belongs to the topmost one, in a map under the last key.
 */
#include "lib/json.h"
#include "base/arena.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

struct builder {
	struct arena *arena;
	struct value *root;
	struct value *open[PAYLOAD_DEPTH];
	size_t depth;
	size_t cost; /* as json_limits counts values */
};

/* What a map or list counts. */
#define CONTAINER_COST 8

static bool take(struct builder *builder, struct value *value)
{
	struct value *parent;

	builder->cost++;
	if (builder->depth == 0) {
		builder->root = value;
		return true;
	}
	parent = builder->open[builder->depth - 1];
	if (parent->kind == VALUE_LIST)
		value_list_append(builder->arena, parent, value);
	else
		parent->as.map.entries[parent->as.map.count - 1].value = value;
	return true;
}

static bool take_container(struct builder *builder, struct value *value)
{
	take(builder, value);
	builder->cost += CONTAINER_COST - 1;
	builder->open[builder->depth++] = value;
	return true;
}

static bool on_map_begin(void *context)
{
	struct builder *builder = context;

	return take_container(builder, value_map(builder->arena));
}

static bool on_list_begin(void *context)
{
	struct builder *builder = context;

	return take_container(builder, value_list(builder->arena));
}

/* Each key is told once, so it is not looked for. */
static bool on_map_key(void *context, struct str key)
{
	struct builder *builder = context;

	builder->cost++;
	value_map_add(builder->arena, builder->open[builder->depth - 1], key, NULL);
	return true;
}

static bool on_end(void *context)
{
	struct builder *builder = context;

	builder->depth--;
	return true;
}

static bool on_string(void *context, struct str text)
{
	struct builder *builder = context;

	return take(builder, value_string(builder->arena, text));
}

static bool on_number(void *context, struct str text)
{
	struct builder *builder = context;

	return take(builder, value_number(builder->arena, text));
}

static bool on_boolean(void *context, bool boolean)
{
	struct builder *builder = context;

	return take(builder, value_bool(builder->arena, boolean));
}

static bool on_null(void *context)
{
	struct builder *builder = context;

	return take(builder, value_null(builder->arena));
}

static const struct json_events building = {
	.map_begin = on_map_begin,
	.map_key = on_map_key,
	.map_end = on_end,
	.list_begin = on_list_begin,
	.list_end = on_end,
	.string = on_string,
	.number = on_number,
	.boolean = on_boolean,
	.null = on_null,
};

/* Subtracts from *values what the tree holds. */
static struct value *read_tree(struct arena *arena, struct str text, size_t *values, struct error *error)
{
	const struct json_limits limits = {
		.depth = PAYLOAD_DEPTH,
		.values = PAYLOAD_VALUES,
		.spent = PAYLOAD_VALUES - *values,
		.trailing = true,
	};
	struct builder builder = {.arena = arena};

	if (!json_read(text, &limits, &building, &builder, error))
		return NULL;
	*values -= builder.cost < *values ? builder.cost : *values;
	return builder.root;
}

bool payload_parse_json(struct arena *arena, struct str body, struct value **out, struct error *error)
{
	size_t values = PAYLOAD_VALUES;
	struct value *tree = read_tree(arena, body, &values, error);

	*out = NULL;
	if (tree == NULL)
		return false;
	if (tree->kind == VALUE_NULL)
		return true;
	if (tree->kind == VALUE_LIST) {
		*out = value_map(arena);
		value_map_add(arena, *out, STR("root"), tree);
		return true;
	}
	if (tree->kind != VALUE_MAP)
		return error_set(error, ERROR_INVALID, "a map or a list was expected, not %s",
		                 value_kind_name(tree->kind));
	*out = tree;
	return true;
}

bool payload_parse_json_part(struct arena *arena, struct str text, size_t *values, struct value **out,
                             struct error *error)
{
	struct value *tree = read_tree(arena, text, values, error);

	*out = NULL;
	if (tree == NULL)
		return false;
	if (tree->kind != VALUE_MAP)
		return error_set(error, ERROR_INVALID, "a map was expected, not %s", value_kind_name(tree->kind));
	*out = tree;
	return true;
}

bool payload_parse_json_map(struct arena *arena, struct str text, struct value **out, struct error *error)
{
	size_t values = PAYLOAD_VALUES;

	return payload_parse_json_part(arena, text, &values, out, error);
}
