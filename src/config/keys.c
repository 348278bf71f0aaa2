/*
 * The table reader: which row a key belongs to, what is missing, what is unknown. Values are read in key_value.c.
 */
#include "config/keys.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

#define TABLE_MAX 100

const struct key *keys_find(const struct key *table, size_t count, struct str name)
{
	/* Names are lower-case letters: most rows are out by their first. */
	char first = name.len > 0 ? (char)(name.data[0] | 0x20) : '\0';

	for (size_t i = 0; i < count; i++) {
		if (table[i].name[0] == first && str_equal_nocase(str_from(table[i].name), name))
			return &table[i];
	}
	return NULL;
}

/* The row whose name is nearest, or NULL where none is near enough to be meant. */
static const struct key *nearest(const struct key *table, size_t count, struct str name)
{
	const struct key *best = NULL;
	unsigned least = name.len <= 4 ? 2 : name.len <= 10 ? 3 : 4; /* what is too far */

	for (size_t i = 0; i < count; i++) {
		unsigned distance = str_distance(str_from(table[i].name), name);
		if (distance < least) {
			least = distance;
			best = &table[i];
		}
	}
	return best;
}

/* Notes the key that no row has, meant to be this one or NULL. Returns whether it may pass. */
static bool note_unknown(struct key_reader *reader, const struct yaml_node *key, const struct key *meant)
{
	const char *text = arena_printf(reader->arena, "unknown key \"%.*s\"%s%s%s", STR_ARGS(str_head(key->text, 64)),
	                                meant ? ": did you mean \"" : "", meant ? meant->name : "", meant ? "\"?" : "");

	if (reader->strict)
		return keys_problem(reader, key->position, "%s", text);
	keys_warn(reader, key->position, "%s%s", text, meant ? "" : " is ignored");
	return true;
}

/* A key whose row is known. */
static bool read_known(struct key_reader *reader, const struct key *key, const struct yaml_entry *entry, void *fields)
{
	const struct yaml_node *value = entry->value;

	if (reader->repository && key->repository == KEY_SERVER_ONLY)
		return keys_problem(reader, entry->key->position, "%s may not be used in a repository's file",
		                    key->name);
	if (value->kind != YAML_SCALAR || value->scalar != YAML_NULL)
		return keys_read_value(reader, key, value, fields);
	if (key->required)
		return keys_problem(reader, entry->key->position, "%s has no value", key->name);
	if (key->type != KEY_TEXT)
		keys_warn(reader, entry->key->position, "%s has no value and is taken as if it were not there",
		          key->name);
	return true;
}

/* What is known of a row's key while its map is read. */
struct seen {
	const struct yaml_node *first; /* the key that it was read from */
	bool misspelt;                 /* an error said that another was probably meant to be it */
};

/* One entry; seen holds what is known of each row. */
static bool read_entry(struct key_reader *reader, const struct yaml_entry *entry, const struct key *table, size_t count,
                       struct seen *seen, void *fields)
{
	const struct key *key = keys_find(table, count, entry->key->text);

	if (!key) {
		const struct key *meant = nearest(table, count, entry->key->text);
		if (meant)
			seen[meant - table].misspelt = reader->strict;
		return note_unknown(reader, entry->key, meant);
	}

	const struct yaml_node **before = &seen[key - table].first;
	if (*before)
		return keys_problem(reader, entry->key->position, "%s comes twice: first at %s:%u:%u", key->name,
		                    (*before)->position.file, (*before)->position.line, (*before)->position.column);
	*before = entry->key;
	return read_known(reader, key, entry, fields);
}

/* Whether the row is one of those of which exactly one must be there; the first of them stands for all. */
static bool is_choice(const struct key *key, const char *first)
{
	return key->instead && strcmp(key->instead, first) == 0;
}

/* Exactly one of the rows that name this one as their first. A row that is probably meant by another key counts. */
static bool check_choice(struct key_reader *reader, const struct yaml_node *map, const struct key *table, size_t count,
                         const struct seen *seen, const char *first)
{
	const struct key *taken = NULL;
	const char *names = "";
	bool good = true, meant = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_choice(&table[i], first))
			continue;
		meant = meant || seen[i].misspelt;
		if (seen[i].first && taken)
			good = keys_problem(reader, seen[i].first->position,
			                    "%s cannot stand beside %s: write one of the two", table[i].name,
			                    taken->name);
		if (seen[i].first && !taken)
			taken = &table[i];
		if (strcmp(table[i].name, first) != 0)
			names = arena_printf(reader->arena, "%s%s%s", names, names[0] != '\0' ? " or " : "",
			                     table[i].name);
	}
	return taken || meant ? good
	                      : keys_problem(reader, map->position, "%s is missing, or in its place %s", first, names);
}

/* What is required is there, or what stands in its place, and not both. */
static bool check_required(struct key_reader *reader, const struct yaml_node *map, const struct key *table,
                           size_t count, const struct seen *seen)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		if (is_choice(&table[i], table[i].name))
			good = check_choice(reader, map, table, count, seen, table[i].name) && good;
		else if (table[i].required && !table[i].instead && !seen[i].first && !seen[i].misspelt)
			good = keys_problem(reader, map->position, "%s is missing", table[i].name);
	}
	return good;
}

bool keys_read(struct key_reader *reader, const struct yaml_node *map, const struct key *table, size_t count,
               void *fields)
{
	struct seen seen[TABLE_MAX] = {{NULL, false}};
	bool good = true;

	assert(count <= TABLE_MAX);
	if (map->kind != YAML_MAP)
		return keys_problem(reader, map->position, "expected a map of keys such as \"%s: …\", found %s",
		                    table[0].name, yaml_kind_name(map));
	for (size_t i = 0; i < map->count; i++)
		good = read_entry(reader, &map->entries[i], table, count, seen, fields) && good;
	return check_required(reader, map, table, count, seen) && good;
}

/*
 * A flag's text as a scalar: plain where YAML's rules for numbers and booleans are meant, which are Go's flag rules
 * too.
 */
static struct yaml_node flag_node(struct key_reader *reader, const struct key *key, struct str text)
{
	struct yaml_node node = {.kind = YAML_SCALAR, .text = str_copy(reader->arena, text)};

	if (key->type == KEY_BOOL || key->type == KEY_REFUSED) {
		if (str_equal_nocase(text, STR("t")) || str_equal_c(text, "1"))
			node.text = STR("true");
		else if (str_equal_nocase(text, STR("f")) || str_equal_c(text, "0"))
			node.text = STR("false");
	}
	if (key->type == KEY_BOOL || key->type == KEY_REFUSED || key->type == KEY_NUMBER)
		node.scalar = yaml_scalar_class(node.text);
	node.quoted = node.scalar == YAML_TEXT;
	return node;
}

/* What the flag had before and what it has now. */
static struct text_list joined(struct arena *arena, struct text_list before, struct text_list now)
{
	struct text_list list = {arena_array(arena, before.count + now.count, sizeof(struct str)), 0};

	for (size_t i = 0; i < before.count; i++)
		list.items[list.count++] = before.items[i];
	for (size_t i = 0; i < now.count; i++)
		list.items[list.count++] = now.items[i];
	return list;
}

bool keys_read_text(struct key_reader *reader, const struct key *key, struct str text, void *fields)
{
	struct yaml_node node = flag_node(reader, key, text);
	struct key flag = *key;

	flag.name = arena_printf(reader->arena, "-%s", key->flag ? key->flag : key->name);
	if (key->type != KEY_TEXT_LIST || !key->many)
		return keys_read_value(reader, &flag, &node, fields);

	struct text_list *list = (struct text_list *)(void *)((char *)fields + key->offset);
	struct text_list before = *list;
	if (!keys_read_value(reader, &flag, &node, fields))
		return false;
	*list = joined(reader->arena, before, *list);
	return true;
}
