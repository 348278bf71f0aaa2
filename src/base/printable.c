/*
 * One table of what is not printable serves the log, messages about files and traces: a text that is harmless in one of
 * them is so in all.
 */
#include "base/printable.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"

static const struct {
	uint32_t first, last;
} harmful[] = {
	{0x00, 0x1F},                       /* C0 */
	{0x7F, 0x9F},                       /* DEL, C1 */
	{0x061C, 0x061C},                   /* marks and overrides of direction (UAX #9) */
	{0x200E, 0x200F}, {0x2028, 0x202E}, /* line and paragraph separators, overrides */
	{0x2066, 0x2069},
};

static bool is_harmful(uint32_t character)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		if (character >= harmful[i].first && character <= harmful[i].last)
			return true;
	}
	return false;
}

size_t printable_head(struct str s, size_t *hidden)
{
	size_t at = 0;

	while (at < s.len) {
		uint32_t character;
		size_t len = utf8_next(str_from_index(s, at), &character);
		if (len == 0 || is_harmful(character)) {
			*hidden = len == 0 ? 1 : len;
			return at;
		}
		at += len;
	}
	*hidden = 0;
	return at;
}

bool printable_is(struct str s)
{
	size_t hidden;
	return printable_head(s, &hidden) == s.len;
}

/* Appends text without harm, with a backslash before each of these bytes. */
static void append(struct buf *out, struct str text, struct str escaped)
{
	for (size_t i = 0; i < text.len; i++) {
		if (str_find(escaped, text.data[i]) < escaped.len)
			buf_append_byte(out, '\\');
		buf_append_byte(out, text.data[i]);
	}
}

static void append_escaped(struct buf *out, struct str s, struct str escaped)
{
	while (s.len > 0) {
		size_t hidden, head = printable_head(s, &hidden);
		append(out, str_head(s, head), escaped);
		for (size_t i = head; i < head + hidden; i++)
			buf_printf(out, "\\x%02x", (unsigned)(unsigned char)s.data[i]);
		s = str_from_index(s, head + hidden);
	}
}

void printable_append(struct buf *out, struct str s)
{
	append_escaped(out, s, STR(""));
}

void printable_quote(struct buf *out, struct str s, size_t max)
{
	struct str head = s.len > max ? utf8_head(s, max) : s;

	buf_append_byte(out, '"');
	append_escaped(out, head, STR("\"\\"));
	buf_append_byte(out, '"');
	if (head.len < s.len)
		buf_printf(out, "… (%zu bytes)", s.len);
}

/* Letters, digits and what no shell takes for its own. */
static bool is_plain(struct str s)
{
	const struct str others = STR("%+,-./:=@_");

	for (size_t i = 0; i < s.len; i++) {
		char byte = s.data[i];
		bool alphanumeric = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
		if (!alphanumeric && str_find(others, byte) == others.len)
			return false;
	}
	return s.len > 0;
}

void printable_shell(struct buf *out, struct str s)
{
	if (is_plain(s)) {
		buf_append_str(out, s);
		return;
	}
	if (!printable_is(s)) {
		buf_append_c(out, "$'");
		append_escaped(out, s, STR("'\\"));
		buf_append_byte(out, '\'');
		return;
	}
	buf_append_byte(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\'')
			buf_append_c(out, "'\\''");
		else
			buf_append_byte(out, s.data[i]);
	}
	buf_append_byte(out, '\'');
}
