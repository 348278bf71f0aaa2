/*
 * Writing JSON strings as Go's encoding/json does, byte for byte: what a hook passes on is compared with the
 * reference's.
 */
#include "base/buf.h"
#include "base/utf8.h"
#include "lib/json.h"

/* Whether the byte stands in a string as it is. */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
}

static void write_ascii(struct buf *out, char byte)
{
	switch (byte) {
	case '"':
	case '\\':
		buf_append_byte(out, '\\');
		buf_append_byte(out, byte);
		break;
	case '\n':
		buf_append_c(out, "\\n");
		break;
	case '\r':
		buf_append_c(out, "\\r");
		break;
	case '\t':
		buf_append_c(out, "\\t");
		break;
	default:
		/* Control characters, and < > & so that the text is harmless inside HTML. */
		buf_printf(out, "\\u%04x", (unsigned)byte);
	}
}

/* Writes the character that text begins with and returns its length. U+2028 and U+2029 end a line in JavaScript. */
static size_t write_character(struct buf *out, struct str text)
{
	uint32_t character = 0;
	size_t length = utf8_next(text, &character);

	if (length == 0) {
		buf_append_c(out, "\\ufffd");
		return 1;
	}
	if (character == 0x2028 || character == 0x2029)
		buf_printf(out, "\\u%04x", (unsigned)character);
	else
		buf_append(out, text.data, length);
	return length;
}

void json_write_string(struct buf *out, struct str text)
{
	size_t position = 0;

	buf_append_byte(out, '"');
	while (position < text.len) {
		size_t start = position;

		while (position < text.len && is_plain((unsigned char)text.data[position]))
			position++;
		buf_append(out, text.data + start, position - start);
		if (position == text.len)
			break;
		if ((unsigned char)text.data[position] < 0x80)
			write_ascii(out, text.data[position++]);
		else
			position += write_character(out, str_from_index(text, position));
	}
	buf_append_byte(out, '"');
}
