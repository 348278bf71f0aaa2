/*
 * Shapes → what a value may be, by the words of JSON Schema.
 */
#include "hook/schema_shape.h"

#include <assert.h>

#include "base/arena.h"
#include "hook/shape.h"
#include "hook/word.h"

void schema_map_begin(struct json_out *out, const char *key)
{
	json_out_key(out, key);
	json_out_map_begin(out);
}

void schema_list_begin(struct json_out *out, const char *key)
{
	json_out_key(out, key);
	json_out_flat(out);
	json_out_list_begin(out);
}

void schema_write_texts(struct json_out *out, const char *key, const char *const *texts)
{
	schema_list_begin(out, key);
	for (; *texts; texts++)
		json_out_text(out, str_from(*texts));
	json_out_list_end(out);
}

void schema_write_text(struct json_out *out)
{
	schema_write_texts(out, "type", (const char *const[]){"string", "number", "boolean", NULL});
}

static void write_text_list(struct json_out *out)
{
	json_out_key_text(out, "type", "array");
	json_out_key(out, "items");
	json_out_flat(out);
	json_out_map_begin(out);
	schema_write_text(out);
	json_out_map_end(out);
}

void schema_write_pattern(struct schema *schema, const char *pattern)
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
	schema_list_begin(out, "enum");
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
	assert(schema->map_count < SCHEMA_MAPS_MAX);
	schema->maps[schema->map_count++] = map;
}

void schema_write_reference(struct schema *schema, const struct key_map *map)
{
	note_map(schema, map);
	json_out_key_text(&schema->out, "$ref", arena_printf(&schema->arena, "#/$defs/%s", map->name));
}

static void write_map(struct schema *schema, const struct key_shape *shape)
{
	struct json_out *out = &schema->out;

	if (!shape->list) {
		schema_write_reference(schema, shape->map);
		return;
	}
	json_out_key_text(out, "type", "array");
	json_out_key(out, "items");
	json_out_flat(out);
	json_out_map_begin(out);
	schema_write_reference(schema, shape->map);
	json_out_map_end(out);
}

void schema_write_range(struct json_out *out, int64_t minimum, int64_t maximum)
{
	json_out_key(out, "minimum");
	json_out_number(out, minimum);
	if (maximum == INT64_MAX)
		return;
	json_out_key(out, "maximum");
	json_out_number(out, maximum);
}

static void write_numbers(struct schema *schema, const struct key_numbers *numbers)
{
	struct json_out *out = &schema->out;

	json_out_key_text(out, "type", "object");
	json_out_key(out, "additionalProperties");
	json_out_bool(out, false);
	schema_map_begin(out, "patternProperties");
	schema_map_begin(out, arena_printf(&schema->arena, "^%s$", numbers->names));
	json_out_key_text(out, "type", "integer");
	schema_write_range(out, numbers->minimum, numbers->maximum);
	json_out_map_end(out);
	json_out_map_end(out);
}

static void write_names(struct schema *schema, const struct key_names *names)
{
	struct json_out *out = &schema->out;

	json_out_key_text(out, "type", "object");
	json_out_key(out, "additionalProperties");
	json_out_bool(out, false);
	schema_map_begin(out, "patternProperties");
	schema_map_begin(out, arena_printf(&schema->arena, "^%s$", names->names));
	schema_write_shape(schema, names->values);
	json_out_map_end(out);
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
	schema_write_shape(schema, &one);
	json_out_map_end(out);
}

/* The ways in which a value may be written; each is a part of key_shape. */
enum way {
	WAY_BOOLEAN,
	WAY_TEXT,
	WAY_TEXTS,
	WAY_WORDS,
	WAY_OLD_WORDS,
	WAY_MAP,
	WAY_NUMBERS,
	WAY_NAMES,
	WAY_MANY,
	WAY_COUNT
};

static bool takes(const struct key_shape *shape, enum way way)
{
	const bool taken[WAY_COUNT] = {
		[WAY_BOOLEAN] = shape->boolean,
		[WAY_TEXT] = shape->text || shape->texts,
		[WAY_TEXTS] = shape->texts,
		[WAY_WORDS] = shape->words && has_words(shape->words, false),
		[WAY_OLD_WORDS] = shape->words && has_words(shape->words, true),
		[WAY_MAP] = shape->map != NULL,
		[WAY_NUMBERS] = shape->numbers != NULL,
		[WAY_NAMES] = shape->names != NULL,
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
		schema_write_text(out);
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
	case WAY_NUMBERS:
		write_numbers(schema, shape->numbers);
		break;
	case WAY_NAMES:
		write_names(schema, shape->names);
		break;
	case WAY_MANY:
		write_many(schema, shape);
		break;
	case WAY_COUNT:
		break;
	}
}

void schema_write_shape(struct schema *schema, const struct key_shape *shape)
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
