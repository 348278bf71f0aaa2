/*
 * libyaml's events → nodes, without recursion: a stack of the collections that are open. Limits are counted as events
 * come in, aliases with the size and height of what they name, so that nobody who walks the tree meets more than the
 * limits say. Whatever ends a map lies in yaml_map.c.
 */
#include "config/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/memory.h"
#include "config/mend.h"
#include "config/names.h"
#include "config/yaml_map.h"
#include "config/yaml_problem.h"

#define DIRECTIVES_MAX 64

const struct yaml_limits yaml_limits_server = {.depth = 64, .nodes = 1000000, .bytes = 16 * 1024 * 1024};
const struct yaml_limits yaml_limits_repository = {.depth = 64, .nodes = 10000, .bytes = 256 * 1024};

/* What a node costs, with all that is in it and what aliases bring. */
struct cost {
	size_t nodes;
	size_t height; /* 0 for a scalar */
};

struct anchor {
	struct yaml_node *node;
	struct cost cost;
	bool open; /* its collection has not ended yet */
};

#define NO_ANCHOR SIZE_MAX

/* A collection that is open. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *key; /* of a map: waits for its value */
	size_t capacity;
	struct cost cost;
	size_t anchor;
};

struct builder {
	struct arena *arena;
	const char *file;
	const struct yaml_limits *limits;
	struct problems *problems;
	bool surrogates;

	struct frame *frames;
	size_t depth;
	size_t nodes;
	struct yaml_node *root;

	struct anchor *anchors;
	size_t anchor_count, anchor_capacity;
	struct names anchor_names;
	struct names keys; /* for each map in turn */
};

static struct position position_of(const struct builder *builder, yaml_mark_t mark)
{
	return (struct position){builder->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* Adds up what is read; false and a problem once it is too much. */
static bool count_nodes(struct builder *builder, struct position position, struct cost cost)
{
	const struct yaml_limits *limits = builder->limits;

	if (builder->depth + cost.height > limits->depth) {
		problem_add(builder->problems, position, "nested deeper than %zu levels", limits->depth);
		return false;
	}
	if (cost.nodes > limits->nodes - builder->nodes) {
		problem_add(builder->problems, position, "more than %zu values in this file, aliases counted",
		            limits->nodes);
		return false;
	}
	builder->nodes += cost.nodes;
	return true;
}

static void add_item(struct builder *builder, struct frame *frame, struct yaml_node *node)
{
	struct yaml_node *list = frame->node;

	list->items =
		arena_grow(builder->arena, list->items, list->count, &frame->capacity, sizeof(struct yaml_node *));
	list->items[list->count++] = node;
}

/* A key waits in the frame until its value comes. */
static bool add_to_map(struct builder *builder, struct frame *frame, struct yaml_node *node)
{
	struct yaml_node *map = frame->node;

	if (!frame->key) {
		frame->key = node;
		if (node->kind == YAML_SCALAR)
			return true;
		problem_add(builder->problems, node->position, "a key must be a text, and this is %s",
		            yaml_kind_name(node));
		return false;
	}
	map->entries =
		arena_grow(builder->arena, map->entries, map->count, &frame->capacity, sizeof(struct yaml_entry));
	map->entries[map->count++] = (struct yaml_entry){frame->key, node};
	frame->key = NULL;
	return true;
}

/* Puts a finished node where it belongs. */
static bool place(struct builder *builder, struct yaml_node *node, struct cost cost)
{
	if (builder->depth == 0) {
		builder->root = node;
		return true;
	}

	struct frame *frame = &builder->frames[builder->depth - 1];
	frame->cost.nodes += cost.nodes;
	if (cost.height + 1 > frame->cost.height)
		frame->cost.height = cost.height + 1;
	if (frame->node->kind == YAML_MAP)
		return add_to_map(builder, frame, node);
	add_item(builder, frame, node);
	return true;
}

/* Takes the anchor's name, if there is one; the latest of a name counts. */
static size_t add_anchor(struct builder *builder, const yaml_char_t *name, struct anchor anchor)
{
	if (!name)
		return NO_ANCHOR;
	const char *copy = arena_strdup(builder->arena, (const char *)name);
	builder->anchors = arena_grow(builder->arena, builder->anchors, builder->anchor_count,
	                              &builder->anchor_capacity, sizeof(struct anchor));
	builder->anchors[builder->anchor_count] = anchor;
	names_set(builder->arena, &builder->anchor_names, str_from(copy), builder->anchor_count);
	return builder->anchor_count++;
}

static struct yaml_node *new_node(struct builder *builder, enum yaml_kind kind, yaml_mark_t mark)
{
	struct yaml_node *node = arena_alloc(builder->arena, sizeof(*node));

	node->kind = kind;
	node->position = position_of(builder, mark);
	node->text = STR("");
	return node;
}

/* The class that a tag gives; a tag that YAML does not know leaves a text, as in the reference. */
static bool tag_scalar(struct builder *builder, struct yaml_node *node, const char *tag)
{
	static const struct {
		const char *tag;
		enum yaml_scalar class;
	} tags[] = {
		{YAML_NULL_TAG, YAML_NULL},
		{YAML_BOOL_TAG, YAML_BOOL},
		{YAML_INT_TAG, YAML_INTEGER},
		{YAML_FLOAT_TAG, YAML_FLOAT},
	};
	static const char prefix[] = "tag:yaml.org,2002:";

	node->scalar = YAML_TEXT;
	if (strcmp(tag, "tag:yaml.org,2002:binary") == 0) {
		problem_add(builder->problems, node->position, "!!binary is not supported: write the text itself");
		return false;
	}
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strcmp(tag, tags[i].tag) != 0)
			continue;
		node->scalar = tags[i].class;
		enum yaml_scalar class = yaml_scalar_class(node->text);
		if (class == node->scalar || (node->scalar == YAML_FLOAT && class == YAML_INTEGER))
			return true;
		problem_add(builder->problems, node->position, "the value is not what its tag !!%s says",
		            tag + sizeof(prefix) - 1);
		return false;
	}
	return true;
}

static bool take_scalar(struct builder *builder, yaml_event_t *event)
{
	struct yaml_node *node = new_node(builder, YAML_SCALAR, event->start_mark);
	char *text = (char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	bool plain = event->data.scalar.plain_implicit;

	if (builder->surrogates &&
	    !mend_scalar(text, &len, event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)) {
		problem_add(builder->problems, node->position, "a \\u escape in this text is half of a surrogate pair");
		return false;
	}
	node->text = (struct str){arena_copy(builder->arena, text, len), len};
	node->quoted = !plain;
	if (plain)
		node->scalar = yaml_scalar_class(node->text);
	else if (event->data.scalar.tag && !tag_scalar(builder, node, (const char *)event->data.scalar.tag))
		return false;

	struct cost cost = {1, 0};
	add_anchor(builder, event->data.scalar.anchor, (struct anchor){node, cost, false});
	return count_nodes(builder, node->position, cost) && place(builder, node, cost);
}

static bool take_alias(struct builder *builder, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct position position = position_of(builder, event->start_mark);
	size_t at;

	if (!names_get(&builder->anchor_names, str_from(name), &at)) {
		problem_add(builder->problems, position,
		            "*%.64s names no anchor: write &%.64s before the value it means", name, name);
		return false;
	}
	struct anchor anchor = builder->anchors[at];
	if (anchor.open) {
		problem_add(builder->problems, position, "*%.64s stands within what it names", name);
		return false;
	}
	return count_nodes(builder, position, anchor.cost) && place(builder, anchor.node, anchor.cost);
}

static bool open_collection(struct builder *builder, enum yaml_kind kind, const yaml_event_t *event,
                            const yaml_char_t *anchor)
{
	struct yaml_node *node = new_node(builder, kind, event->start_mark);
	struct cost cost = {1, 0};

	if (!count_nodes(builder, node->position, (struct cost){1, 1}))
		return false;
	size_t index = add_anchor(builder, anchor, (struct anchor){node, cost, true});
	builder->frames[builder->depth++] = (struct frame){.node = node, .cost = {1, 1}, .anchor = index};
	return true;
}

static bool close_collection(struct builder *builder)
{
	struct frame *frame = &builder->frames[--builder->depth];

	if (frame->anchor != NO_ANCHOR) {
		builder->anchors[frame->anchor].cost = frame->cost;
		builder->anchors[frame->anchor].open = false;
	}
	if (frame->node->kind == YAML_MAP &&
	    !yaml_map_finish(builder->arena, frame->node, &builder->keys, builder->problems))
		return false;
	return place(builder, frame->node, frame->cost);
}

static bool take_event(struct builder *builder, yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(builder, event);
	case YAML_ALIAS_EVENT:
		return take_alias(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(builder, YAML_LIST, event, event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_collection(builder, YAML_MAP, event, event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(builder);
	case YAML_DOCUMENT_START_EVENT:
		if (!builder->root)
			return true;
		problem_add(builder->problems, position_of(builder, event->start_mark),
		            "a second document begins here: put everything into one");
		return false;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

/* All events to the end of the file; false and a problem at the first that cannot be taken. */
static bool read_events(struct builder *builder, yaml_parser_t *parser, struct str text)
{
	for (bool more = true; more;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			if (parser->error == YAML_MEMORY_ERROR)
				memory_exhausted(0);
			yaml_problem_syntax(builder->problems, builder->file, parser, text);
			return false;
		}
		bool taken = take_event(builder, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (!taken)
			return false;
	}
	return true;
}

/* libyaml compares each %TAG line with all before it: 60,000 of them take 8 s. */
static bool has_many_directives(struct str text)
{
	size_t count = 0;

	while ((text = str_from_index(text, str_find(text, '%'))).len > 0) {
		if (str_starts(text, STR("%TAG")) && ++count > DIRECTIVES_MAX)
			return true;
		text = str_from_index(text, 1);
	}
	return false;
}

static bool may_be_parsed(struct str text, const char *file, const struct yaml_limits *limits,
                          struct problems *problems)
{
	struct position whole = {file, 0, 0};

	if (text.len > limits->bytes)
		problem_add(problems, whole, "the file has %zu bytes, and no more than %zu are read", text.len,
		            limits->bytes);
	else if (str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff")))
		problem_add(problems, whole, "the file is written in UTF-16: save it as UTF-8");
	else if (has_many_directives(text))
		problem_add(problems, whole, "more than %d %%TAG directives", DIRECTIVES_MAX);
	else
		return true;
	return false;
}

struct yaml_node *yaml_parse(struct arena *arena, struct str text, const char *file, const struct yaml_limits *limits,
                             struct problems *problems)
{
	struct builder builder = {.arena = arena, .file = file, .limits = limits, .problems = problems};
	yaml_parser_t parser;

	if (!may_be_parsed(text, file, limits, problems))
		return NULL;
	struct mended mended = mend_text(arena, text);
	builder.surrogates = mended.surrogates;
	builder.frames = arena_array(arena, limits->depth, sizeof(struct frame));

	if (!yaml_parser_initialize(&parser))
		memory_exhausted(0);
	yaml_parser_set_input_string(&parser, (const unsigned char *)mended.text.data, mended.text.len);
	bool whole = read_events(&builder, &parser, mended.text);
	yaml_parser_delete(&parser);

	if (whole && !builder.root) {
		builder.root = new_node(&builder, YAML_SCALAR, (yaml_mark_t){0, 0, 0});
		builder.root->scalar = YAML_NULL;
	}
	return whole ? builder.root : NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct str name = str_from(key);

	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
		if (str_equal_nocase(map->entries[i].key->text, name))
			return map->entries[i].value;
	}
	return NULL;
}

struct yaml_node *yaml_given(const struct yaml_node *map, const char *key)
{
	struct yaml_node *value = yaml_get(map, key);

	return value && value->kind == YAML_SCALAR && value->scalar == YAML_NULL ? NULL : value;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	static const char *const scalars[] = {
		[YAML_TEXT] = "a text",      [YAML_NULL] = "nothing",   [YAML_BOOL] = "true or false",
		[YAML_INTEGER] = "a number", [YAML_FLOAT] = "a number",
	};

	if (node->kind == YAML_LIST)
		return "a list";
	return node->kind == YAML_MAP ? "a map" : scalars[node->scalar];
}
