/*
 * One pass over the bytes: where a word ends is told by the kinds of two neighbours.
 */
#include "run/dagger_name.h"

#include "base/arena.h"
#include "base/buf.h"

static bool is_upper(char byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_separator(char byte)
{
	return byte == '_' || byte == '-' || byte == '.' || byte == ' ';
}

static char to_lower(char byte)
{
	return is_upper(byte) ? (char)(byte - 'A' + 'a') : byte;
}

static char to_upper(char byte)
{
	return is_lower(byte) ? (char)(byte - 'a' + 'A') : byte;
}

/* Whether a word ends between the bytes at index and index + 1. */
static bool ends_behind(struct str name, size_t index)
{
	char byte = name.data[index], next = name.data[index + 1];
	if (is_lower(byte))
		return is_upper(next) || is_digit(next);
	if (is_digit(byte))
		return is_upper(next) || is_lower(next);
	return is_upper(byte) && is_digit(next);
}

/* Whether the capital at index is the first of a word behind others: the D of JSONData. */
static bool begins_word(struct str name, size_t index)
{
	return index > 0 && index + 1 < name.len && is_upper(name.data[index - 1]) && is_upper(name.data[index]) &&
	       is_lower(name.data[index + 1]);
}

struct str dagger_name_option(struct arena *arena, struct str name)
{
	char *option = arena_alloc(arena, 2 * name.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (begins_word(name, i))
			option[len++] = '-';
		option[len++] = is_separator(name.data[i]) ? '-' : to_lower(name.data[i]);
		if (i + 1 < name.len && ends_behind(name, i))
			option[len++] = '-';
	}
	return (struct str){option, len};
}

struct str dagger_name_camel(struct arena *arena, struct str name)
{
	char *camel = arena_alloc(arena, name.len + 1);
	size_t len = 0;
	bool capital = true;

	for (size_t i = 0; i < name.len; i++) {
		char byte = name.data[i];
		bool letter = is_upper(byte) || is_lower(byte);
		if (letter || is_digit(byte))
			camel[len++] = capital ? to_upper(byte) : byte;
		capital = is_digit(byte) || is_separator(byte);
	}
	return (struct str){camel, len};
}

struct str dagger_name_variable(struct arena *arena, struct str option)
{
	char *name = str_to_c(arena, str_upper(arena, option));
	for (char *byte = name; *byte; byte++)
		*byte = *byte == '-' ? '_' : *byte;
	return str_join(arena, STR(DAGGER_SECRET_PREFIX), str_from(name));
}

struct str dagger_name_of_variable(struct arena *arena, struct str variable)
{
	char *name = str_to_c(arena, str_lower(arena, str_from_index(variable, STR(DAGGER_SECRET_PREFIX).len)));
	for (char *byte = name; *byte; byte++)
		*byte = *byte == '_' ? '-' : *byte;
	return str_from(name);
}

bool dagger_name_is_valid(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.data[i];
		bool letter = is_upper(byte) || is_lower(byte);
		if (!letter && (i == 0 || (!is_digit(byte) && byte != '-' && byte != '_')))
			return false;
	}
	return name.len > 0 && name.len <= 200;
}

/* As Go's encoding/csv reads it. */
void dagger_name_append_item(struct buf *out, struct str text, bool first)
{
	bool quoted = text.len == 0 || text.data[0] == ' ' || text.data[0] == '\t';

	if (!first)
		buf_append_byte(out, ',');
	for (size_t i = 0; i < text.len && !quoted; i++)
		quoted = text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' || text.data[i] == '\r';
	if (!quoted) {
		buf_append_str(out, text);
		return;
	}
	buf_append_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			buf_append_byte(out, '"');
		buf_append_byte(out, text.data[i]);
	}
	buf_append_byte(out, '"');
}
