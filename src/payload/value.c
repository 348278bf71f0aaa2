/*
 * Making and finding values. A list or map never shares its array with another one.
 */
#include "payload/value.h"

#include "base/arena.h"
#include "base/number.h"
#include "payload/value_index.h"

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",       [VALUE_BOOL] = "true or false", [VALUE_NUMBER] = "a number",
		[VALUE_STRING] = "a string", [VALUE_LIST] = "a list",        [VALUE_MAP] = "a map",
	};

	return names[kind];
}

static struct value *make(struct arena *arena, enum value_kind kind)
{
	struct value *value = arena_alloc(arena, sizeof(*value));

	value->kind = kind;
	return value;
}

struct value *value_null(struct arena *arena)
{
	return make(arena, VALUE_NULL);
}

struct value *value_bool(struct arena *arena, bool boolean)
{
	struct value *value = make(arena, VALUE_BOOL);

	value->as.boolean = boolean;
	return value;
}

struct value *value_number(struct arena *arena, struct str text)
{
	struct value *value = make(arena, VALUE_NUMBER);

	value->as.text = str_copy(arena, text);
	return value;
}

struct value *value_string(struct arena *arena, struct str text)
{
	struct value *value = make(arena, VALUE_STRING);

	value->as.text = str_copy(arena, text);
	return value;
}

struct value *value_list(struct arena *arena)
{
	return make(arena, VALUE_LIST);
}

struct value *value_map(struct arena *arena)
{
	return make(arena, VALUE_MAP);
}

void value_list_append(struct arena *arena, struct value *list, struct value *item)
{
	struct value_list *items = &list->as.list;

	items->items = arena_grow(arena, items->items, items->count, &items->capacity, sizeof(*items->items));
	items->items[items->count++] = item;
}

/* The position of the entry with this key, or map->count. */
static size_t find_entry(const struct value_map *map, struct str key)
{
	size_t position = 0;

	if (map->index != NULL)
		return value_index_find(map, key);
	while (position < map->count && !str_equal(map->entries[position].key, key))
		position++;
	return position;
}

void value_map_add(struct arena *arena, struct value *map, struct str key, struct value *item)
{
	struct value_map *entries = &map->as.map;

	entries->entries =
		arena_grow(arena, entries->entries, entries->count, &entries->capacity, sizeof(*entries->entries));
	entries->entries[entries->count++] = (struct value_entry){str_copy(arena, key), item};
	if (entries->index != NULL)
		value_index_update(arena, entries);
}

void value_map_set(struct arena *arena, struct value *map, struct str key, struct value *item)
{
	struct value_map *entries = &map->as.map;
	size_t position;

	if (entries->count >= VALUE_INDEX_FROM)
		value_index_update(arena, entries);
	position = find_entry(entries, key);
	if (position < entries->count)
		entries->entries[position].value = item;
	else
		value_map_add(arena, map, key, item);
}

struct value *value_map_get(const struct value *map, struct str key)
{
	size_t position;

	if (map == NULL || map->kind != VALUE_MAP)
		return NULL;
	position = find_entry(&map->as.map, key);
	return position < map->as.map.count ? map->as.map.entries[position].value : NULL;
}

static const struct value *find_item(const struct value *list, struct str part)
{
	uint64_t index;

	if (!number_parse_unsigned(part, 0, UINT64_MAX, &index) || index >= list->as.list.count)
		return NULL;
	return list->as.list.items[index];
}

const struct value *value_find(const struct value *root, struct str name)
{
	while (root != NULL) {
		const struct value *whole = value_map_get(root, name);
		size_t dot = str_find(name, '.');
		struct str part = str_head(name, dot);

		if (whole != NULL)
			return whole;
		if (root->kind == VALUE_MAP)
			root = value_map_get(root, part);
		else
			root = root->kind == VALUE_LIST ? find_item(root, part) : NULL;
		if (dot == name.len)
			return root;
		name = str_from_index(name, dot + 1);
	}
	return NULL;
}
