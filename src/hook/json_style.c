/*
 * Where the styles of JavaScript, Python, PHP and Go agree nothing is asked: a control character is \n, \t … or \u00XX
 * in lower case, an empty map or list is {} or [].
 */
#include "hook/json_style.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "payload/value.h"

struct writer {
	struct buf *out;
	const struct json_style *style;
	struct arena scratch;
	unsigned depth;
};

static void write_value(struct writer *writer, const struct value *value);

/* As one or, past U+FFFF, two units of UTF-16. */
static void write_escape(struct buf *out, uint32_t character)
{
	if (character < 0x10000) {
		buf_printf(out, "\\u%04x", (unsigned)character);
		return;
	}
	character -= 0x10000;
	buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (character >> 10)),
	           (unsigned)(0xDC00 + (character & 0x3FF)));
}

static bool is_escaped(const struct json_style *style, uint32_t character)
{
	if (character < 0x20)
		return true;
	if ((style->ascii || style->slashes) && character >= 0x7F)
		return character > 0x7F;
	return style->html &&
	       (character == '<' || character == '>' || character == '&' || character == 0x2028 || character == 0x2029);
}

static void write_character(struct writer *writer, struct str bytes, uint32_t character)
{
	static const char short_names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the character and what stands for it */

	for (size_t i = 0; i + 1 < sizeof(short_names); i += 2) {
		if (character == (unsigned char)short_names[i]) {
			buf_append_byte(writer->out, '\\');
			buf_append_byte(writer->out, short_names[i + 1]);
			return;
		}
	}
	if (writer->style->slashes && character == '/')
		buf_append_c(writer->out, "\\/");
	else if (is_escaped(writer->style, character))
		write_escape(writer->out, character);
	else
		buf_append_str(writer->out, bytes);
}

/* Strings of a tree that was JSON are UTF-8. */
static void write_string(struct writer *writer, struct str text)
{
	buf_append_byte(writer->out, '"');
	while (text.len > 0) {
		uint32_t character = 0;
		size_t len = utf8_next(text, &character);
		if (len == 0)
			len = 1;
		write_character(writer, str_head(text, len), character);
		text = str_from_index(text, len);
	}
	buf_append_byte(writer->out, '"');
}

/* What stands before an entry, or (last) before the bracket that closes. */
static void write_break(struct writer *writer, bool first, bool last)
{
	const struct json_style *style = writer->style;

	if (!first && !last)
		buf_append_byte(writer->out, ',');
	if (style->indent > 0) {
		buf_append_byte(writer->out, '\n');
		buf_printf(writer->out, "%*s", (int)(style->indent * writer->depth), "");
	} else if (style->spaced && !first && !last) {
		buf_append_byte(writer->out, ' ');
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct value_entry *left = a, *right = b;
	return str_compare(left->key, right->key);
}

static const struct value_entry *order(struct writer *writer, const struct value_map *map)
{
	if (!writer->style->sorted || map->count == 0)
		return map->entries;
	struct value_entry *sorted = arena_array(&writer->scratch, map->count, sizeof(*sorted));
	memcpy(sorted, map->entries, map->count * sizeof(*sorted));
	qsort(sorted, map->count, sizeof(*sorted), compare_entries);
	return sorted;
}

static bool is_full(const struct writer *writer)
{
	return writer->out->len > JSON_STYLE_MAX;
}

static void write_map(struct writer *writer, const struct value_map *map)
{
	const struct value_entry *entries = order(writer, map);

	buf_append_byte(writer->out, '{');
	writer->depth++;
	for (size_t i = 0; i < map->count && !is_full(writer); i++) {
		write_break(writer, i == 0, false);
		write_string(writer, entries[i].key);
		buf_append_c(writer->out, writer->style->indent > 0 || writer->style->spaced ? ": " : ":");
		write_value(writer, entries[i].value);
	}
	writer->depth--;
	if (map->count > 0)
		write_break(writer, false, true);
	buf_append_byte(writer->out, '}');
}

static void write_list(struct writer *writer, const struct value_list *list)
{
	buf_append_byte(writer->out, '[');
	writer->depth++;
	for (size_t i = 0; i < list->count && !is_full(writer); i++) {
		write_break(writer, i == 0, false);
		write_value(writer, list->items[i]);
	}
	writer->depth--;
	if (list->count > 0)
		write_break(writer, false, true);
	buf_append_byte(writer->out, ']');
}

static void write_value(struct writer *writer, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		buf_append_c(writer->out, "null");
		break;
	case VALUE_BOOL:
		buf_append_c(writer->out, value->as.boolean ? "true" : "false");
		break;
	case VALUE_NUMBER:
		buf_append_str(writer->out, value->as.text);
		break;
	case VALUE_STRING:
		write_string(writer, value->as.text);
		break;
	case VALUE_LIST:
		write_list(writer, &value->as.list);
		break;
	case VALUE_MAP:
		write_map(writer, &value->as.map);
		break;
	}
}

bool json_style_write(struct buf *out, const struct value *value, const struct json_style *style)
{
	struct writer writer = {.out = out, .style = style, .scratch = ARENA_INIT};
	write_value(&writer, value);
	arena_release(&writer.scratch);
	return out->len <= JSON_STYLE_MAX;
}
