/*
 * Reading a value with parameters, front to back. White space is ASCII's here; Go takes Unicode's as well.
 */
#include "payload/media_type.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hex.h"
#include "payload/value.h"

/* RFC 2045 section 5.1: what ends a token; in a quoted string only these are escaped, for Internet Explorer sends C:\path. */
static bool is_special(char byte)
{
	return byte != '\0' && strchr("()<>@,;:\\\"/[]?=", byte) != NULL;
}

static bool is_token_byte(char byte)
{
	return byte > 0x20 && byte < 0x7f && !is_special(byte);
}

static struct str skip_space(struct str text)
{
	size_t start = 0;

	while (start < text.len && str_find(STR(" \t\n\v\f\r"), text.data[start]) < 6)
		start++;
	return str_from_index(text, start);
}

/* Takes the token at the front of *rest, which may be empty. */
static struct str take_token(struct str *rest)
{
	struct str token;
	size_t len = 0;

	while (len < rest->len && is_token_byte(rest->data[len]))
		len++;
	token = str_head(*rest, len);
	*rest = str_from_index(*rest, len);
	return token;
}

/* Takes the one byte at the front of *rest and the space on both sides of it. */
static bool take_mark(struct str *rest, char mark)
{
	struct str text = skip_space(*rest);

	if (text.len == 0 || text.data[0] != mark)
		return false;
	*rest = skip_space(str_from_index(text, 1));
	return true;
}

/* The index of the quote that ends the quoted string at the front of text; 0 where its line ends before. */
static size_t quoted_end(struct str text)
{
	for (size_t i = 1; i < text.len && text.data[i] != '\r' && text.data[i] != '\n'; i++) {
		if (text.data[i] == '"')
			return i;
		if (text.data[i] == '\\' && i + 1 < text.len && is_special(text.data[i + 1]))
			i++;
	}
	return 0;
}

static bool take_quoted(struct arena *arena, struct str *rest, struct str *out)
{
	size_t end = quoted_end(*rest), len = 0;
	char *text;

	if (end == 0)
		return false;
	text = arena_alloc(arena, end);
	for (size_t i = 1; i < end; i++) {
		if (rest->data[i] == '\\' && is_special(rest->data[i + 1]))
			i++;
		text[len++] = rest->data[i];
	}
	*out = (struct str){text, len};
	*rest = str_from_index(*rest, end + 1);
	return true;
}

static bool take_value(struct arena *arena, struct str *rest, struct str *out)
{
	if (rest->len > 0 && rest->data[0] == '"')
		return take_quoted(arena, rest, out);
	*out = take_token(rest);
	return out->len > 0;
}

/* Takes `; name=value` into the map. */
static bool take_parameter(struct arena *arena, struct str *rest, struct value *map, struct error *error)
{
	struct str name, text;

	if (!take_mark(rest, ';'))
		return error_set(error, ERROR_INVALID, "a parameter must follow a ';'");
	name = str_lower(arena, take_token(rest));
	if (name.len == 0 || !take_mark(rest, '=') || !take_value(arena, rest, &text))
		return error_set(error, ERROR_INVALID, "a parameter is not of the form name=value");
	if (value_map_get(map, name) != NULL)
		return error_set(error, ERROR_INVALID, "the parameter %.*s is there twice", STR_ARGS(name));
	value_map_set(arena, map, name, value_string(arena, text));
	return true;
}

/* "form-data", "multipart/form-data": one token, or two with a slash. */
static bool is_type(struct str type)
{
	struct str rest = type;

	if (take_token(&rest).len == 0)
		return false;
	if (rest.len == 0)
		return true;
	if (rest.data[0] != '/')
		return false;
	rest = str_from_index(rest, 1);
	return take_token(&rest).len > 0 && rest.len == 0;
}

bool media_type_parse(struct arena *arena, struct str text, struct media_type *out, struct error *error)
{
	size_t semicolon = str_find(text, ';');
	struct str rest = str_from_index(text, semicolon);

	out->type = str_lower(arena, str_trim(str_head(text, semicolon)));
	out->parameters = value_map(arena);
	if (!is_type(out->type))
		return error_set(error, ERROR_INVALID, "no type is named");
	while (str_trim(rest).len > 0 && !str_equal_c(str_trim(rest), ";")) {
		if (!take_parameter(arena, &rest, out->parameters, error))
			return false;
	}
	return true;
}

/* --- RFC 2231 ------------------------------------------------------------------------------------------------------- */

/* Appends the text with its percent escapes undone; nothing where one is none. */
static bool append_unescaped(struct buf *out, struct str text)
{
	size_t start = out->len;

	for (size_t i = 0; i < text.len; i++) {
		int byte = (unsigned char)text.data[i];

		if (byte == '%') {
			byte = hex_byte(str_from_index(text, i + 1));
			i += 2;
		}
		if (byte < 0) {
			out->len = start;
			return false;
		}
		buf_append_byte(out, (char)(unsigned char)byte);
	}
	return true;
}

/* Appends what `utf-8'en'a%20b` stands for; nothing where it is in another character set, or not of this form. */
static bool append_extended(struct buf *out, struct str text)
{
	struct str charset = str_head(text, str_find(text, '\'')), rest = str_from_index(text, charset.len + 1);
	size_t language = str_find(rest, '\'');

	if (language == rest.len ||
	    (!str_equal_nocase(charset, STR("utf-8")) && !str_equal_nocase(charset, STR("us-ascii"))))
		return false;
	return append_unescaped(out, str_from_index(rest, language + 1));
}

/* The parameter NAME followed by a suffix, or NULL. */
static const struct value *find_piece(struct arena *arena, const struct media_type *type, struct str name,
                                      const char *suffix)
{
	return value_map_get(type->parameters, str_join(arena, name, str_from(suffix)));
}

/* Puts name*0, name*1*, … together. False where there is no first one. */
static bool join_pieces(struct arena *arena, const struct media_type *type, struct str name, struct buf *out)
{
	for (size_t number = 0;; number++) {
		const char *suffix = arena_printf(arena, "*%zu", number);
		const struct value *piece = find_piece(arena, type, name, suffix);

		if (piece != NULL) {
			buf_append_str(out, piece->as.text);
			continue;
		}
		piece = find_piece(arena, type, name, arena_printf(arena, "%s*", suffix));
		if (piece == NULL)
			return number > 0;
		if (number == 0)
			append_extended(out, piece->as.text);
		else
			append_unescaped(out, piece->as.text);
	}
}

bool media_type_find(struct arena *arena, const struct media_type *type, struct str name, struct str *out)
{
	const struct value *plain = value_map_get(type->parameters, name);
	const struct value *extended = find_piece(arena, type, name, "*");
	struct buf text = BUF_INIT;
	bool made =
		extended != NULL ? append_extended(&text, extended->as.text) : join_pieces(arena, type, name, &text);

	*out = made ? str_copy(arena, buf_str(&text)) : STR("");
	if (!made && plain != NULL)
		*out = plain->as.text;
	buf_release(&text);
	return made || plain != NULL;
}
