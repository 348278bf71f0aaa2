/*
 * Values as text, byte for byte as the reference passes them to a command.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lib/json.h"
#include "payload/value.h"

static void write_value(struct buf *out, struct arena *scratch, const struct value *value);

static int compare_entries(const void *a, const void *b)
{
	const struct value_entry *const *left = a, *const *right = b;

	return str_compare((*left)->key, (*right)->key);
}

static void write_map(struct buf *out, struct arena *scratch, const struct value_map *map)
{
	const struct value_entry **sorted = arena_array(scratch, map->count, sizeof(*sorted));

	for (size_t i = 0; i < map->count; i++)
		sorted[i] = &map->entries[i];
	qsort(sorted, map->count, sizeof(*sorted), compare_entries);
	buf_append_byte(out, '{');
	for (size_t i = 0; i < map->count; i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		json_write_string(out, sorted[i]->key);
		buf_append_byte(out, ':');
		write_value(out, scratch, sorted[i]->value);
	}
	buf_append_byte(out, '}');
}

static void write_list(struct buf *out, struct arena *scratch, const struct value_list *list)
{
	buf_append_byte(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		write_value(out, scratch, list->items[i]);
	}
	buf_append_byte(out, ']');
}

/* As deep as the tree, which was bounded when it was read. */
static void write_value(struct buf *out, struct arena *scratch, const struct value *value)
{
	switch (value == NULL ? VALUE_NULL : value->kind) {
	case VALUE_NULL:
		buf_append_c(out, "null");
		break;
	case VALUE_BOOL:
		buf_append_c(out, value->as.boolean ? "true" : "false");
		break;
	case VALUE_NUMBER:
		buf_append_str(out, value->as.text);
		break;
	case VALUE_STRING:
		json_write_string(out, value->as.text);
		break;
	case VALUE_LIST:
		write_list(out, scratch, &value->as.list);
		break;
	case VALUE_MAP:
		write_map(out, scratch, &value->as.map);
		break;
	}
}

void value_write_json(struct buf *out, const struct value *value)
{
	struct arena scratch = ARENA_INIT;

	write_value(out, &scratch, value);
	arena_release(&scratch);
}

static struct str text_as_json(struct arena *arena, const struct value *value)
{
	struct buf out = BUF_INIT;
	struct str text;

	value_write_json(&out, value);
	text = str_copy(arena, buf_str(&out));
	buf_release(&out);
	return text;
}

struct str value_text(struct arena *arena, const struct value *value)
{
	switch (value == NULL ? VALUE_NULL : value->kind) {
	case VALUE_NULL:
		return STR("<nil>");
	case VALUE_BOOL:
		return value->as.boolean ? STR("true") : STR("false");
	case VALUE_NUMBER:
	case VALUE_STRING:
		return value->as.text;
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return text_as_json(arena, value);
}
