/*
 * Merge keys work in the order of the file, as in yaml.v2, not as YAML's draft of them says: each sets the keys of
 * the map that it names, whoever set them before, and a key behind it sets its own again. Values are shared with the
 * merged map, never copied.
 */
#include "config/yaml_map.h"

#include "base/arena.h"
#include "config/names.h"

/* The map that is made while the merge keys of `from` are carried out. */
struct merge {
	struct arena *arena;
	struct names *names; /* key → index in entries */
	struct problems *problems;
	struct yaml_node *from;
	struct yaml_entry *entries;
	size_t count, capacity;
};

static bool is_merge(const struct yaml_node *key)
{
	return !key->quoted && str_equal(key->text, STR("<<"));
}

static bool no_key_twice(struct arena *arena, const struct yaml_node *map, struct names *names, size_t *merges,
                         struct problems *problems)
{
	*merges = 0;
	names_clear(names);
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->entries[i].key;
		size_t first;
		if (is_merge(key)) {
			++*merges;
		} else if (names_get(names, key->text, &first)) {
			struct position before = map->entries[first].key->position;
			problem_add(problems, key->position,
			            "the key \"%.64s\" comes twice in this map: first at %s:%u:%u", key->text.data,
			            before.file, before.line, before.column);
			return false;
		} else {
			names_set(arena, names, key->text, i);
		}
	}
	return true;
}

/* Sets a key; returns what it was set to before, or NULL. */
static const struct yaml_node *merge_set(struct merge *merge, struct yaml_entry entry)
{
	size_t at;

	if (names_get(merge->names, entry.key->text, &at)) {
		const struct yaml_node *before = merge->entries[at].key;
		merge->entries[at] = entry;
		return before;
	}
	merge->entries =
		arena_grow(merge->arena, merge->entries, merge->count, &merge->capacity, sizeof(struct yaml_entry));
	names_set(merge->arena, merge->names, entry.key->text, merge->count);
	merge->entries[merge->count++] = entry;
	return NULL;
}

static bool is_own_key(const struct yaml_node *map, const struct yaml_node *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].key == key)
			return true;
	}
	return false;
}

static bool merge_map(struct merge *merge, const struct yaml_node *key, const struct yaml_node *map)
{
	if (map->kind != YAML_MAP) {
		problem_add(merge->problems, key->position, "<< takes a map or a list of maps, and this is %s",
		            yaml_kind_name(map));
		return false;
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *before = merge_set(merge, map->entries[i]);
		if (before && is_own_key(merge->from, before))
			problem_warn(merge->problems, before->position,
			             "\"%.64s\" is replaced by the << behind it: put << first in its map",
			             before->text.data);
	}
	return true;
}

/* In a list of maps the first wins, so they are set from the last on. */
static bool merge_value(struct merge *merge, const struct yaml_node *key, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST)
		return merge_map(merge, key, value);
	for (size_t i = value->count; i > 0; i--) {
		if (!merge_map(merge, key, value->items[i - 1]))
			return false;
	}
	return true;
}

static bool merge_all(struct merge *merge)
{
	names_clear(merge->names);
	for (size_t i = 0; i < merge->from->count; i++) {
		struct yaml_entry entry = merge->from->entries[i];
		if (!is_merge(entry.key))
			merge_set(merge, entry);
		else if (!merge_value(merge, entry.key, entry.value))
			return false;
	}
	return true;
}

bool yaml_map_finish(struct arena *arena, struct yaml_node *map, struct names *names, struct problems *problems)
{
	struct merge merge = {.arena = arena, .names = names, .problems = problems, .from = map};
	size_t merges;

	if (!no_key_twice(arena, map, names, &merges, problems))
		return false;
	if (merges == 0)
		return true;
	if (!merge_all(&merge))
		return false;
	map->entries = merge.entries;
	map->count = merge.count;
	return true;
}
