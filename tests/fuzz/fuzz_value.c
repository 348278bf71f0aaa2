/*
 * Finding a parameter by its dotted name. The input is a name and a tree, byte by byte; the name is looked for a second time
 * by the reference's own steps (hook.GetParameter of webhook 2.8.0), and each value by the path that leads to it.
 */
#include "fuzz.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "payload/value.h"

#define DEPTH_MAX 8
#define VALUES_MAX 80

static struct arena arena;

/* --- A tree out of bytes --- */

static const char *const words[] = {"", "a", "b", ".", "a.b", "0", "1", "00", "01", "2", "+1", "a.0", "0.a", "b.a.1"};

/* A word, or a text of its own. */
static struct str take_name(struct str *rest)
{
	unsigned byte = fuzz_byte(rest);
	size_t count = sizeof(words) / sizeof(words[0]);

	return byte < 128 ? str_from(words[byte % count]) : fuzz_piece(rest, 8);
}

static struct value *take_scalar(unsigned byte, struct str *rest)
{
	switch (byte % 4) {
	case 0:
		return value_null(&arena);
	case 1:
		return value_bool(&arena, byte & 4);
	case 2:
		return value_number(&arena, STR("1.50"));
	default:
		return value_string(&arena, fuzz_piece(rest, 3));
	}
}

static struct value *take_value(struct str *rest, size_t depth, size_t *left)
{
	unsigned byte = fuzz_byte(rest), count = depth < DEPTH_MAX ? byte / 3 % 50 : 0;
	struct value *value = byte % 3 == 0 ? value_map(&arena) : value_list(&arena);

	if (byte % 3 == 2)
		return take_scalar(byte / 3, rest);
	for (unsigned i = 0; i < count && rest->len > 0 && *left > 0; i++) {
		--*left;
		if (value->kind == VALUE_MAP)
			value_map_set(&arena, value, take_name(rest), take_value(rest, depth + 1, left));
		else
			value_list_append(&arena, value, take_value(rest, depth + 1, left));
	}
	return value;
}

/* --- The reference's steps --- */

static const struct value *entry_of(const struct value *map, struct str key)
{
	for (size_t i = 0; i < map->as.map.count; i++) {
		if (str_equal(map->as.map.entries[i].key, key))
			return map->as.map.entries[i].value;
	}
	return NULL;
}

/* strconv.ParseUint(text, 10, 64), and an index that is there. */
static const struct value *item_of(const struct value *list, struct str text)
{
	uint64_t index = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || index > (UINT64_MAX - 9) / 10)
			return NULL;
		index = index * 10 + (uint64_t)(text.data[i] - '0');
	}
	return text.len > 0 && index < list->as.list.count ? list->as.list.items[index] : NULL;
}

static const struct value *find_slowly(const struct value *root, struct str name)
{
	size_t dot = str_find(name, '.');
	struct str first = str_head(name, dot), behind = str_from_index(name, dot + 1);

	if (root->kind == VALUE_LIST) {
		const struct value *item = item_of(root, first);
		return item != NULL && dot < name.len ? find_slowly(item, behind) : item;
	}
	if (root->kind != VALUE_MAP)
		return NULL;
	if (entry_of(root, name) != NULL)
		return entry_of(root, name);
	const struct value *entry = entry_of(root, first);
	return entry != NULL && dot < name.len ? find_slowly(entry, behind) : entry;
}

/* --- Every path --- */

static void check_paths(const struct value *root, const struct value *value, struct buf *path);

static void check_path(const struct value *root, const struct value *value, struct buf *path)
{
	PROMISE(value_find(root, buf_str(path)) == find_slowly(root, buf_str(path)));
	buf_append_byte(path, '.');
	check_paths(root, value, path);
}

static void check_paths(const struct value *root, const struct value *value, struct buf *path)
{
	size_t before = path->len;

	for (size_t i = 0; value->kind == VALUE_MAP && i < value->as.map.count; i++) {
		const struct value_entry *entry = &value->as.map.entries[i];
		PROMISE(value_map_get(value, entry->key) == entry->value);
		buf_append_str(path, entry->key);
		check_path(root, entry->value, path);
		path->len = before;
	}
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->as.list.count; i++) {
		buf_printf(path, "%zu", i);
		check_path(root, value->as.list.items[i], path);
		path->len = before;
	}
}

/* The text of each value is a string itself, or its JSON. */
static void check_text(const struct value *value)
{
	struct buf json = BUF_INIT;
	struct str text = value_text(&arena, value);

	value_write_json(&json, value);
	if (value->kind == VALUE_STRING)
		PROMISE(str_equal(text, value->as.text));
	else if (value->kind == VALUE_NULL)
		PROMISE(str_equal_c(text, "<nil>"));
	else
		PROMISE(str_equal(text, buf_str(&json)));
	buf_release(&json);
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->as.map.count; i++)
		check_text(value->as.map.entries[i].value);
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->as.list.count; i++)
		check_text(value->as.list.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf name = BUF_INIT, path = BUF_INIT;
	struct str rest = fuzz_text(data, size);
	size_t left = VALUES_MAX, parts = fuzz_byte(&rest) % 5;

	for (size_t i = 0; i < parts; i++) {
		if (i > 0)
			buf_append_byte(&name, '.');
		buf_append_str(&name, take_name(&rest));
	}
	const struct value *root = take_value(&rest, 0, &left);
	PROMISE(value_find(root, buf_str(&name)) == find_slowly(root, buf_str(&name)));
	PROMISE(value_find(NULL, buf_str(&name)) == NULL);
	check_paths(root, root, &path);
	check_text(root);
	buf_release(&name);
	buf_release(&path);
	arena_reset(&arena);
	return 0;
}
