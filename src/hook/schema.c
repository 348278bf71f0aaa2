/*
 * Tables → schema. A map with a name is a definition, written once and pointed to, so that rules may hold rules.
 * Nothing here names a key: what a table lacks is added to the table.
 */
#include "hook/schema.h"

#include <assert.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/number.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/shape.h"
#include "hook/word.h"
#include "lib/json_out.h"

#define MAPS_MAX 32

struct schema {
	struct arena arena;
	struct json_out out;
	const struct key_map *maps[MAPS_MAX]; /* those pointed to, in the order in which they were met */
	size_t map_count;
};

static void write_keys(struct schema *schema, const struct key *keys, size_t count);
static void write_shape(struct schema *schema, const struct key_shape *shape);

static void begin_named(struct json_out *out, const char *key)
{
	json_out_key(out, key);
	json_out_map_begin(out);
}

static void begin_named_list(struct json_out *out, const char *key)
{
	json_out_key(out, key);
	json_out_flat(out);
	json_out_list_begin(out);
}

static void write_texts(struct json_out *out, const char *key, const char *const *texts)
{
	begin_named_list(out, key);
	for (; *texts; texts++)
		json_out_text(out, str_from(*texts));
	json_out_list_end(out);
}

/* YAML makes a number or true of a plain scalar; where a text is expected it counts as it is written. */
static void write_text(struct json_out *out)
{
	write_texts(out, "type", (const char *const[]){"string", "number", "boolean", NULL});
}

static void write_text_list(struct json_out *out)
{
	json_out_key_text(out, "type", "array");
	json_out_key(out, "items");
	json_out_flat(out);
	json_out_map_begin(out);
	write_text(out);
	json_out_map_end(out);
}

static void write_pattern(struct schema *schema, const char *pattern)
{
	json_out_key_text(&schema->out, "pattern", arena_printf(&schema->arena, "^%s$", pattern));
}

/* The words that are to be written now, or the old spellings; whether there are any. */
static bool has_words(const struct word_table *table, bool old)
{
	for (size_t i = 0; i < table->count; i++) {
		if ((table->words[i].instead != NULL) == old)
			return true;
	}
	return false;
}

static void write_words(struct json_out *out, const struct word_table *table, bool old)
{
	begin_named_list(out, "enum");
	for (size_t i = 0; i < table->count; i++) {
		if ((table->words[i].instead != NULL) == old)
			json_out_text(out, str_from(table->words[i].name));
	}
	json_out_list_end(out);
	if (old) {
		json_out_key(out, "deprecated");
		json_out_bool(out, true);
	}
}

static void note_map(struct schema *schema, const struct key_map *map)
{
	for (size_t i = 0; i < schema->map_count; i++) {
		if (schema->maps[i] == map)
			return;
	}
	assert(schema->map_count < MAPS_MAX);
	schema->maps[schema->map_count++] = map;
}

static void write_reference(struct schema *schema, const struct key_map *map)
{
	note_map(schema, map);
	json_out_key_text(&schema->out, "$ref", arena_printf(&schema->arena, "#/$defs/%s", map->name));
}

static void write_map(struct schema *schema, const struct key_shape *shape)
{
	struct json_out *out = &schema->out;

	if (!shape->list) {
		write_reference(schema, shape->map);
		return;
	}
	json_out_key_text(out, "type", "array");
	json_out_key(out, "items");
	json_out_flat(out);
	json_out_map_begin(out);
	write_reference(schema, shape->map);
	json_out_map_end(out);
}

/* A list of what the shape takes but for this. */
static void write_many(struct schema *schema, const struct key_shape *shape)
{
	struct json_out *out = &schema->out;
	struct key_shape one = *shape;

	one.many = false;
	json_out_key_text(out, "type", "array");
	json_out_key(out, "minItems");
	json_out_number(out, 1);
	json_out_key(out, "items");
	json_out_map_begin(out);
	write_shape(schema, &one);
	json_out_map_end(out);
}

/* The ways in which a value may be written; each is a part of key_shape. */
enum way { WAY_BOOLEAN, WAY_TEXT, WAY_TEXTS, WAY_WORDS, WAY_OLD_WORDS, WAY_MAP, WAY_MANY, WAY_COUNT };

static bool takes(const struct key_shape *shape, enum way way)
{
	const bool taken[WAY_COUNT] = {
		[WAY_BOOLEAN] = shape->boolean,
		[WAY_TEXT] = shape->text || shape->texts,
		[WAY_TEXTS] = shape->texts,
		[WAY_WORDS] = shape->words && has_words(shape->words, false),
		[WAY_OLD_WORDS] = shape->words && has_words(shape->words, true),
		[WAY_MAP] = shape->map != NULL,
		[WAY_MANY] = shape->many,
	};
	return taken[way];
}

static void write_way(struct schema *schema, const struct key_shape *shape, enum way way)
{
	struct json_out *out = &schema->out;

	switch (way) {
	case WAY_BOOLEAN:
		json_out_key_text(out, "type", "boolean");
		break;
	case WAY_TEXT:
		write_text(out);
		break;
	case WAY_TEXTS:
		write_text_list(out);
		break;
	case WAY_WORDS:
	case WAY_OLD_WORDS:
		write_words(out, shape->words, way == WAY_OLD_WORDS);
		break;
	case WAY_MAP:
		write_map(schema, shape);
		break;
	case WAY_MANY:
		write_many(schema, shape);
		break;
	case WAY_COUNT:
		break;
	}
}

static void write_shape(struct schema *schema, const struct key_shape *shape)
{
	struct json_out *out = &schema->out;
	unsigned count = 0;
	enum way only = WAY_COUNT;

	for (enum way way = 0; way < WAY_COUNT; way++) {
		if (takes(shape, way)) {
			count++;
			only = way;
		}
	}
	if (count == 1) {
		write_way(schema, shape, only);
		return;
	}
	json_out_key(out, "anyOf");
	json_out_list_begin(out);
	for (enum way way = 0; way < WAY_COUNT; way++) {
		if (!takes(shape, way))
			continue;
		json_out_flat(out);
		json_out_map_begin(out);
		write_way(schema, shape, way);
		json_out_map_end(out);
	}
	json_out_list_end(out);
}

static void write_bounds(struct json_out *out, const struct key *key)
{
	if (key->minimum == 0 && key->maximum == 0)
		return;
	json_out_key(out, "minimum");
	json_out_number(out, key->minimum);
	if (key->maximum == INT64_MAX)
		return;
	json_out_key(out, "maximum");
	json_out_number(out, key->maximum);
}

/* What the key's value must be, into the map that is open. */
static void write_type(struct schema *schema, const struct key *key)
{
	struct json_out *out = &schema->out;

	switch (key->type) {
	case KEY_TEXT:
		if (key->words) {
			write_texts(out, "enum", key->words);
			break;
		}
		write_text(out);
		if (key->required) { /* a text that must be there may not be empty either */
			json_out_key(out, "minLength");
			json_out_number(out, 1);
		}
		break;
	case KEY_BOOL:
		json_out_key_text(out, "type", "boolean");
		break;
	case KEY_NUMBER:
		json_out_key_text(out, "type", "integer");
		write_bounds(out, key);
		break;
	case KEY_SIZE:
		write_texts(out, "type", (const char *const[]){"string", "integer", NULL});
		write_pattern(schema, number_size_pattern(&schema->arena));
		break;
	case KEY_DURATION:
		json_out_key_text(out, "type", "string");
		write_pattern(schema, arena_printf(&schema->arena, "([Nn][Oo][Nn][Ee]|%s)",
		                                   number_duration_pattern(&schema->arena)));
		break;
	case KEY_MODE:
		write_texts(out, "type", (const char *const[]){"string", "integer", NULL});
		break;
	case KEY_TEXT_LIST:
		write_shape(schema, &(const struct key_shape){.texts = true});
		break;
	case KEY_MAP:
		write_keys(schema, key->keys, key->key_count);
		break;
	case KEY_CUSTOM:
		write_shape(schema, key->shape);
		break;
	case KEY_IGNORED:
		break;
	case KEY_REFUSED:
		json_out_key(out, "const");
		json_out_bool(out, false);
		break;
	}
}

static void write_property(struct schema *schema, const struct key *key)
{
	struct json_out *out = &schema->out;

	begin_named(out, key->name);
	json_out_key_text(out, "description", key->summary);
	write_type(schema, key);
	json_out_map_end(out);
}

/* A map of these keys, into the map that is open. */
static void write_keys(struct schema *schema, const struct key *keys, size_t count)
{
	struct json_out *out = &schema->out;
	bool any = false;

	json_out_key_text(out, "type", "object");
	json_out_key(out, "additionalProperties");
	json_out_bool(out, false);
	for (size_t i = 0; i < count; i++)
		any = any || keys[i].required;
	if (any) {
		begin_named_list(out, "required");
		for (size_t i = 0; i < count; i++) {
			if (keys[i].required)
				json_out_text(out, str_from(keys[i].name));
		}
		json_out_list_end(out);
	}
	begin_named(out, "properties");
	for (size_t i = 0; i < count; i++)
		write_property(schema, &keys[i]);
	json_out_map_end(out);
}

/* One of these texts, in any case. */
static void write_named_texts(struct schema *schema, const struct key_condition *condition)
{
	struct buf pattern = BUF_INIT;

	for (const char *const *text = condition->texts; *text; text++) {
		buf_append_c(&pattern, text == condition->texts ? "(" : "|");
		for (const char *at = *text; *at; at++) {
			if (*at >= 'a' && *at <= 'z')
				buf_printf(&pattern, "[%c%c]", *at, *at - 'a' + 'A');
			else
				buf_append_byte(&pattern, *at);
		}
	}
	buf_append_byte(&pattern, ')');
	begin_named(&schema->out, "properties");
	begin_named(&schema->out, condition->named);
	write_pattern(schema, pattern.data);
	json_out_map_end(&schema->out);
	json_out_map_end(&schema->out);
	buf_release(&pattern);
}

static void write_condition(struct schema *schema, const struct key_condition *condition)
{
	struct json_out *out = &schema->out;

	json_out_map_begin(out);
	json_out_key(out, "if");
	json_out_flat(out);
	json_out_map_begin(out);
	write_texts(out, "required", (const char *const[]){condition->key, NULL});
	begin_named(out, "properties");
	begin_named(out, condition->key);
	json_out_key_text(out, "const", condition->word);
	json_out_map_end(out);
	json_out_map_end(out);
	json_out_map_end(out);
	json_out_key(out, "then");
	json_out_flat(out);
	json_out_map_begin(out);
	if (condition->needed[0])
		write_texts(out, "required", condition->needed);
	if (condition->apart[0]) {
		begin_named(out, "not");
		write_texts(out, "required", condition->apart);
		json_out_map_end(out);
	}
	if (condition->texts)
		write_named_texts(schema, condition);
	json_out_map_end(out);
	json_out_map_end(out);
}

static void write_definition(struct schema *schema, const struct key_map *map)
{
	struct json_out *out = &schema->out;
	struct key_condition condition;

	begin_named(out, map->name);
	json_out_key_text(out, "description", map->summary);
	write_keys(schema, map->keys, map->count);
	if (map->one) {
		json_out_key(out, "minProperties");
		json_out_number(out, 1);
		json_out_key(out, "maxProperties");
		json_out_number(out, 1);
	}
	if (map->condition) {
		json_out_key(out, "allOf");
		json_out_list_begin(out);
		for (size_t i = 0; map->condition(i, &condition); i++)
			write_condition(schema, &condition);
		json_out_list_end(out);
	}
	json_out_map_end(out);
}

void schema_write(struct buf *text)
{
	struct schema schema = {.arena = ARENA_INIT, .out = {.text = text}};
	struct json_out *out = &schema.out;

	json_out_map_begin(out);
	json_out_key_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_out_key_text(out, "title", "hooks.yaml");
	json_out_key_text(out, "description", "a list of hooks, as pocketci reads it; see hooks.yaml(5)");
	json_out_key_text(out, "type", "array");
	json_out_key(out, "minItems");
	json_out_number(out, 1);
	json_out_key(out, "items");
	json_out_flat(out);
	json_out_map_begin(out);
	write_reference(&schema, &hook_map);
	json_out_map_end(out);
	begin_named(out, "$defs");
	for (size_t i = 0; i < schema.map_count; i++) /* writing one may meet more */
		write_definition(&schema, schema.maps[i]);
	json_out_map_end(out);
	json_out_map_end(out);
	arena_release(&schema.arena);
}
