/*
 * libyaml refuses \ud83d\ude00. While it reads, such a pair stands as two characters of the private use area,
 * \ue03d\ue600: D8..DF becomes E0..E7, and with a capital second digit E8..EF, so that the way back is exact also
 * where the escape was no escape (in a script in a block scalar). A file that has characters of that area itself is
 * left as it is: then libyaml names the place of the first pair.
 */
#include "config/mend.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/hex.h"
#include "base/utf8.h"

#define ESCAPE 6 /* characters in \uXXXX */

/* The value of the \uXXXX that s begins with; -1 where it begins with none. */
static long escape_value(struct str s)
{
	long value = 0;

	if (s.len < ESCAPE || s.data[0] != '\\' || s.data[1] != 'u')
		return -1;
	for (size_t i = 2; i < ESCAPE; i++) {
		int digit = hex_digit(s.data[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_pair(struct str s)
{
	long high = escape_value(s);
	long low = high >= 0xd800 && high < 0xdc00 ? escape_value(str_from_index(s, ESCAPE)) : -1;

	return low >= 0xdc00 && low < 0xe000;
}

/* Whether U+E000 to U+EFFF occur, as bytes (EE xx xx) or as \ueXXX or \U0000eXXX. */
static bool has_private_use(struct str text)
{
	if (memchr(text.data, 0xee, text.len))
		return true;
	for (size_t at = 0; (at += str_find(str_from_index(text, at), '\\')) < text.len; at++) {
		struct str rest = str_from_index(text, at);
		if (str_equal_nocase(str_head(rest, 3), STR("\\ue")) ||
		    str_equal_nocase(str_head(rest, 7), STR("\\u0000e")))
			return true;
	}
	return false;
}

/* D8 to DF of an escape to E0 to EF: eight for the value and eight for a capital digit. */
static void escape_hide(char *escape)
{
	int digit = hex_digit(escape[3]) - 8;
	bool capital = escape[3] >= 'A' && escape[3] <= 'F';

	escape[2] = escape[2] == 'D' ? 'E' : 'e';
	escape[3] = "0123456789abcdef"[digit + (capital ? 8 : 0)];
}

static void escape_show(char *escape)
{
	int digit = hex_digit(escape[3]);

	escape[2] = escape[2] == 'E' ? 'D' : 'd';
	escape[3] = digit < 8 ? "89abcdef"[digit] : "89ABCDEF"[digit - 8];
}

static bool hide_pairs(struct arena *arena, struct str *text)
{
	char *copy = NULL;

	for (size_t at = 0; (at += str_find(str_from_index(*text, at), '\\')) < text->len; at++) {
		if (!is_pair(str_from_index(*text, at)))
			continue;
		if (!copy) {
			if (has_private_use(*text))
				return false;
			copy = arena_copy(arena, text->data, text->len);
		}
		escape_hide(copy + at);
		escape_hide(copy + at + ESCAPE);
		at += 2 * ESCAPE - 1;
	}
	if (copy)
		text->data = copy;
	return copy != NULL;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void tabs_to_spaces(char *data, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (data[i] == '\t')
			data[i] = ' ';
	}
}

/* Between JSON's brackets libyaml takes tabs; before the first and behind the last one it does not. */
static struct str untab_ends(struct arena *arena, struct str text)
{
	size_t first = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
	size_t last = text.len;

	while (first < text.len && is_blank(text.data[first]))
		first++;
	if (first == text.len || (text.data[first] != '[' && text.data[first] != '{'))
		return text;
	while (is_blank(text.data[last - 1]))
		last--;
	if (str_find(str_head(text, first), '\t') == first &&
	    str_find(str_from_index(text, last), '\t') == text.len - last)
		return text;

	char *copy = arena_copy(arena, text.data, text.len);
	tabs_to_spaces(copy, 0, first);
	tabs_to_spaces(copy, last, text.len);
	return (struct str){copy, text.len};
}

struct mended mend_text(struct arena *arena, struct str text)
{
	struct mended mended = {untab_ends(arena, text), false};

	mended.surrogates = hide_pairs(arena, &mended.text);
	return mended;
}

static void mend_literal(char *text, size_t len)
{
	for (size_t i = 0; i + ESCAPE <= len; i++) {
		long value = escape_value((struct str){text + i, len - i});
		if (value >= 0xe000 && value < 0xf000)
			escape_show(text + i);
	}
}

/* Writes a character of four bytes. */
static void write_character(char *out, uint32_t character)
{
	out[0] = (char)(0xf0 | (character >> 18));
	out[1] = (char)(0x80 | ((character >> 12) & 0x3f));
	out[2] = (char)(0x80 | ((character >> 6) & 0x3f));
	out[3] = (char)(0x80 | (character & 0x3f));
}

/* The surrogate that a hidden character stands for, and in *len its bytes; 0 where s begins with another character. */
static uint32_t hidden_surrogate(struct str s, size_t *len)
{
	uint32_t character;

	*len = utf8_next(s, &character);
	return *len == 3 && character >= 0xe000 && character < 0xf000 ? 0xd800 + (character & 0x7ff) : 0;
}

bool mend_scalar(char *text, size_t *len, bool double_quoted)
{
	struct str rest = {text, *len};
	size_t out = 0;

	if (!double_quoted) {
		mend_literal(text, *len);
		return true;
	}
	while (rest.len > 0) {
		size_t bytes, low_bytes;
		uint32_t high = hidden_surrogate(rest, &bytes);
		if (high == 0) {
			bytes = bytes == 0 ? 1 : bytes;
			memmove(text + out, rest.data, bytes);
			out += bytes;
			rest = str_from_index(rest, bytes);
			continue;
		}
		uint32_t low = hidden_surrogate(str_from_index(rest, bytes), &low_bytes);
		if (high >= 0xdc00 || low < 0xdc00)
			return false;
		rest = str_from_index(rest, bytes + low_bytes);
		write_character(text + out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
		out += 4;
	}
	text[out] = '\0';
	*len = out;
	return true;
}
