/*
 * Tables → schema. A map with a name is a definition, written once and pointed to, so that rules may hold rules.
 * Nothing here names a key: what a table lacks is added to the table.
 */
#include "hook/schema.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/number.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/schema_shape.h"
#include "hook/shape.h"
#include "lib/json_out.h"

static void write_keys(struct schema *schema, const struct key *keys, size_t count);

static void write_bounds(struct json_out *out, const struct key *key)
{
	if (key->minimum != 0 || key->maximum != 0)
		schema_write_range(out, key->minimum, key->maximum);
}

/* What the key's value must be, into the map that is open. */
static void write_type(struct schema *schema, const struct key *key)
{
	struct json_out *out = &schema->out;

	switch (key->type) {
	case KEY_TEXT:
		if (key->words) {
			schema_write_texts(out, "enum", key->words);
			break;
		}
		schema_write_text(out);
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
		schema_write_texts(out, "type", (const char *const[]){"string", "integer", NULL});
		schema_write_pattern(schema, number_size_pattern(&schema->arena));
		break;
	case KEY_DURATION:
		json_out_key_text(out, "type", "string");
		schema_write_pattern(schema, arena_printf(&schema->arena, "([Nn][Oo][Nn][Ee]|%s)",
		                                          number_duration_pattern(&schema->arena)));
		break;
	case KEY_MODE:
		schema_write_texts(out, "type", (const char *const[]){"string", "integer", NULL});
		break;
	case KEY_TEXT_LIST:
		schema_write_shape(schema, &(const struct key_shape){.texts = true});
		break;
	case KEY_MAP:
		write_keys(schema, key->keys, key->key_count);
		break;
	case KEY_CUSTOM:
		schema_write_shape(schema, key->shape);
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

	schema_map_begin(out, key->name);
	json_out_key_text(out, "description", key->summary);
	write_type(schema, key);
	json_out_map_end(out);
}

/* Keys that must be there, and of those that stand in each other's place exactly one. */
static void write_required(struct json_out *out, const struct key *keys, size_t count)
{
	bool alone = false, paired = false;

	for (size_t i = 0; i < count; i++) {
		alone = alone || (keys[i].required && !keys[i].instead);
		paired = paired || keys[i].instead;
	}
	if (alone) {
		schema_list_begin(out, "required");
		for (size_t i = 0; i < count; i++) {
			if (keys[i].required && !keys[i].instead)
				json_out_text(out, str_from(keys[i].name));
		}
		json_out_list_end(out);
	}
	if (!paired)
		return;
	json_out_key(out, "oneOf"); /* no table has two such choices */
	json_out_list_begin(out);
	for (size_t i = 0; i < count; i++) {
		if (!keys[i].instead)
			continue;
		json_out_flat(out);
		json_out_map_begin(out);
		schema_write_texts(out, "required", (const char *const[]){keys[i].name, NULL});
		json_out_map_end(out);
	}
	json_out_list_end(out);
}

/* A map of these keys, into the map that is open. */
static void write_keys(struct schema *schema, const struct key *keys, size_t count)
{
	struct json_out *out = &schema->out;

	json_out_key_text(out, "type", "object");
	json_out_key(out, "additionalProperties");
	json_out_bool(out, false);
	write_required(out, keys, count);
	schema_map_begin(out, "properties");
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
	schema_map_begin(&schema->out, "properties");
	schema_map_begin(&schema->out, condition->named);
	schema_write_pattern(schema, pattern.data);
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
	schema_write_texts(out, "required", (const char *const[]){condition->key, NULL});
	schema_map_begin(out, "properties");
	schema_map_begin(out, condition->key);
	json_out_key_text(out, "const", condition->word);
	json_out_map_end(out);
	json_out_map_end(out);
	json_out_map_end(out);
	json_out_key(out, "then");
	json_out_flat(out);
	json_out_map_begin(out);
	if (condition->needed[0])
		schema_write_texts(out, "required", condition->needed);
	if (condition->apart[0]) {
		schema_map_begin(out, "not");
		schema_write_texts(out, "required", condition->apart);
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

	schema_map_begin(out, map->name);
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
	schema_write_reference(&schema, &hook_map);
	json_out_map_end(out);
	schema_map_begin(out, "$defs");
	for (size_t i = 0; i < schema.map_count; i++) /* writing one may meet more */
		write_definition(&schema, schema.maps[i]);
	json_out_map_end(out);
	json_out_map_end(out);
	arena_release(&schema.arena);
}
