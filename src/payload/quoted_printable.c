/*
 * Decoding line by line, as white space at the end of a line is not part of it, and '=' there joins two lines.
 */
#include "payload/quoted_printable.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/hex.h"

/* The line without white space at its end, '\n' included. */
static struct str trim_end(struct str line)
{
	while (line.len > 0 && str_find(STR(" \t\r\n"), line.data[line.len - 1]) < 4)
		line.len--;
	return line;
}

/* Appends what text[i] begins and returns how many bytes that took; 0 where it is refused. */
static size_t decode_byte(struct str text, size_t i, struct buf *out)
{
	unsigned char byte = (unsigned char)text.data[i];
	struct str behind = str_from_index(text, i + 1);
	int escaped = byte == '=' ? hex_byte(behind) : -1;

	if (escaped >= 0) {
		buf_append_byte(out, (char)(unsigned char)escaped);
		return 3;
	}
	/* A '=' before anything but an end of line stands for itself. */
	if (byte == '=' && (behind.len == 0 || behind.data[0] == '\r'))
		return 0;
	if (byte == 0x7f || (byte < ' ' && byte != '\t' && byte != '\r'))
		return 0;
	buf_append_byte(out, (char)byte);
	return 1;
}

static bool decode_line(struct str line, struct buf *out, struct error *error)
{
	struct str text = trim_end(line), end = str_from_index(line, text.len);
	bool joined = str_ends(text, STR("="));
	size_t step;

	if (joined) {
		text.len--;
		/* At the very end it joins nothing, but must not stand alone. */
		if (!str_starts(end, STR("\n")) && !str_starts(end, STR("\r\n")) && (end.len > 0 || text.len == 0))
			return error_set(error, ERROR_INVALID, "quoted-printable: '=' before white space");
	}
	for (size_t i = 0; i < text.len; i += step) {
		step = decode_byte(text, i, out);
		if (step == 0)
			return error_set(error, ERROR_INVALID, "quoted-printable: a byte that must be escaped");
	}
	if (!joined && str_ends(line, STR("\n")))
		buf_append_c(out, str_ends(line, STR("\r\n")) ? "\r\n" : "\n");
	return true;
}

bool quoted_printable_decode(struct str text, struct buf *out, struct error *error)
{
	buf_clear(out);
	while (text.len > 0) {
		struct str line = str_head(text, str_find(text, '\n') + 1);

		if (line.len > QUOTED_PRINTABLE_LINE)
			return error_set(error, ERROR_TOO_LARGE, "quoted-printable: a line of more than %d bytes",
			                 QUOTED_PRINTABLE_LINE);
		if (!decode_line(line, out, error))
			return false;
		text = str_from_index(text, line.len);
	}
	return true;
}
