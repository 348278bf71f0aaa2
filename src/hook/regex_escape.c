/*
 * Escapes that stand for one character: \n, \x41, \x{1F600}, \101, \. — and what to say of those that RE2 does not
 * have.
 */
#include "hook/regex_syntax.h"

#include <stddef.h>

/* What other dialects mean by these. */
static const struct {
	char letter;
	const char *name;
} foreign_escapes[] = {
	{'k', "a back-reference"},
	{'g', "a back-reference"},
	{'K', "a reset of the match's start"},
	{'R', "a line break"},
	{'X', "a grapheme"},
	{'h', "horizontal space"},
	{'H', "horizontal space"},
	{'V', "vertical space"},
	{'N', "not a newline"},
	{'Z', "the end but a last newline"},
	{'G', "the start of the search"},
	{'C', "one byte"},
};

static bool fail_escape(const struct regex_parser *parser, size_t at)
{
	struct str rest = str_from_index(parser->pattern, at + 1);
	char letter = rest.len > 0 ? rest.data[0] : '\0';

	if (rest.len == 0)
		return regex_fail(parser, at, "a backslash at the end");
	if (letter >= '1' && letter <= '9')
		return regex_fail(parser, at, "\\%c is a back-reference, which RE2 does not have", letter);
	for (size_t i = 0; i < sizeof(foreign_escapes) / sizeof(foreign_escapes[0]); i++) {
		if (letter == foreign_escapes[i].letter)
			return regex_fail(parser, at, "\\%c is %s, which RE2 does not have", letter,
			                  foreign_escapes[i].name);
	}
	if (letter == 'x')
		return regex_fail(parser, at,
		                  "\\x wants two hexadecimal digits, or a code point up to {10FFFF} in braces");
	return regex_fail(parser, at, "unknown escape");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* What is behind "\x": {…} or two digits. Returns the bytes read, 0 where they are none of these. */
static size_t read_hex(struct str rest, uint32_t *character)
{
	bool braces = str_starts(rest, STR("{"));
	size_t i = braces ? 1 : 0, begin = i;
	size_t end = braces ? str_find(rest, '}') : 2;

	if (end > rest.len || (braces && end == rest.len))
		return 0;
	*character = 0;
	for (; i < end; i++) {
		int digit = hex_value(rest.data[i]);
		if (digit < 0)
			return 0;
		*character = *character * 16 + (uint32_t)digit;
		if (*character > 0x10FFFF)
			return 0;
	}
	if (i == begin)
		return 0;
	return braces ? end + 1 : end;
}

/* Up to three octal digits; one alone only where it is 0, since \1 is a back-reference elsewhere. */
static size_t read_octal(struct str rest, uint32_t *character)
{
	size_t len = 0;
	*character = 0;
	while (len < 3 && len < rest.len && rest.data[len] >= '0' && rest.data[len] <= '7')
		*character = *character * 8 + (uint32_t)(rest.data[len++] - '0');
	return len == 1 && rest.data[0] != '0' ? 0 : len;
}

static uint32_t c_escape(char letter)
{
	switch (letter) {
	case 'a':
		return '\a';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'v':
		return '\v';
	default:
		return 0;
	}
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool regex_read_escape(struct regex_parser *parser, uint32_t *character)
{
	struct str rest = str_from_index(regex_rest(parser), 1);
	size_t len = 0;

	if (rest.len == 0 || (unsigned char)rest.data[0] >= 0x80)
		return fail_escape(parser, parser->at);
	if (rest.data[0] == 'x') {
		len = read_hex(str_from_index(rest, 1), character);
		len += len > 0 ? 1 : 0;
	} else if (rest.data[0] >= '0' && rest.data[0] <= '7') {
		len = read_octal(rest, character);
	} else if (!is_alphanumeric(rest.data[0])) {
		*character = (unsigned char)rest.data[0];
		len = 1;
	} else if (c_escape(rest.data[0]) != 0) {
		*character = c_escape(rest.data[0]);
		len = 1;
	}
	if (len == 0)
		return fail_escape(parser, parser->at);
	parser->at += 1 + len;
	return true;
}
