/*
 * Constants as Go reads them: 1_000, 0x1p4, 'a', "\u00e9". A whole number stays one however it is written, unless
 * it has a point or an exponent.
 */
#include "hook/template_syntax.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

/* --- Numbers ---------------------------------------------------------------------------------------------------- */

static int digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : 99;
}

/* 0x, 0o, 0b, or 0 before other digits; 10 where there is none. *len is how long it is. */
static int base_of(struct str digits, size_t *len)
{
	*len = 0;
	if (digits.len < 2 || digits.data[0] != '0')
		return 10;
	*len = 2;
	switch (digits.data[1] | 0x20) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	default:
		*len = 1;
		return 8;
	}
}

/* Underscores stand between two digits, or between the mark of a base and a digit. */
static bool underscores_good(struct str digits)
{
	size_t prefix;
	bool hexadecimal = base_of(digits, &prefix) == 16;
	bool behind_digit = prefix == 2, behind_underscore = false;

	for (size_t i = prefix == 2 ? 2 : 0; i < digits.len; i++) {
		bool digit = digit_of(digits.data[i]) < (hexadecimal ? 16 : 10);
		bool underscore = digits.data[i] == '_';
		if ((underscore && !behind_digit) || (behind_underscore && !digit))
			return false;
		behind_digit = digit;
		behind_underscore = underscore;
	}
	return !behind_underscore;
}

enum reading { NOT_WHOLE, WHOLE, TOO_LARGE };

static enum reading read_whole(struct str digits, bool negative, int64_t *number)
{
	uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	uint64_t sum = 0;
	size_t i;
	uint64_t base = (uint64_t)base_of(digits, &i);
	bool large = false;

	if (i >= digits.len)
		return NOT_WHOLE;
	for (; i < digits.len; i++) {
		uint64_t digit = (uint64_t)digit_of(digits.data[i]);
		if (digit >= base)
			return NOT_WHOLE;
		large = large || sum > (most - digit) / base;
		sum = large ? 0 : sum * base + digit;
	}
	*number = negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return large ? TOO_LARGE : WHOLE;
}

/* What strtod takes and Go does too: a hexadecimal fraction has an exponent. */
static bool read_real(const char *text, struct str digits, double *real)
{
	size_t prefix;
	char *end;

	if (base_of(digits, &prefix) == 16 && !memchr(digits.data, 'p', digits.len) &&
	    !memchr(digits.data, 'P', digits.len))
		return false;
	*real = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*real);
}

static struct str without_underscores(struct arena *arena, struct str text)
{
	char *copy = arena_copy(arena, text.data, text.len);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '_')
			copy[len++] = text.data[i];
	copy[len] = '\0';
	return (struct str){copy, len};
}

/* Hexadecimal digits hold an e without being a fraction; Go asks this of numbers without a sign only. */
static bool is_written_as_real(struct str text)
{
	size_t prefix;
	bool hexadecimal = base_of(text, &prefix) == 16;

	for (size_t i = 0; i < text.len; i++) {
		char byte = text.data[i];
		if (byte == 'p' || byte == 'P' || (!hexadecimal && byte != '\0' && strchr(".eE", byte) != NULL))
			return true;
	}
	return false;
}

bool template_read_number(struct template_source *source, const struct template_token *token,
                          struct template_value *value)
{
	struct str text = token->text;
	bool sign = text.len > 0 && (text.data[0] == '+' || text.data[0] == '-');
	struct str digits = str_from_index(text, sign ? 1 : 0);
	struct template_value whole = {.kind = TEMPLATE_INTEGER};
	struct template_value real = {.kind = TEMPLATE_FLOAT};

	if (!underscores_good(digits))
		return template_fail(source, token->at, "this is no number");
	text = without_underscores(source->arena, text);
	digits = str_from_index(text, sign ? 1 : 0);
	enum reading reading = read_whole(digits, sign && text.data[0] == '-', &whole.number);
	if (reading == TOO_LARGE)
		return template_fail(source, token->at, "this number is too large");
	if (reading == WHOLE) {
		real.real = (double)whole.number;
		*value = is_written_as_real(text) ? real : whole;
		return true;
	}
	if (!is_written_as_real(text) || !read_real(text.data, digits, &real.real))
		return template_fail(source, token->at, "this is no number");
	*value = real;
	return true;
}

/* --- Characters and texts --------------------------------------------------------------------------------------- */

static bool read_digits(struct str text, size_t from, size_t count, int base, uint32_t *number)
{
	if (text.len < from + count)
		return false;
	*number = 0;
	for (size_t i = from; i < from + count; i++) {
		int digit = digit_of(text.data[i]);
		if (digit >= base)
			return false;
		*number = *number * (uint32_t)base + (uint32_t)digit;
	}
	return true;
}

struct escape {
	uint32_t number;
	bool byte; /* it is one byte, not a character */
	size_t len;
};

/* At a backslash; false where it is none of Go's escapes. */
static bool read_escape(struct str text, char quote, struct escape *escape)
{
	static const char letters[] = "abfnrtv\\";
	static const char values[] = "\a\b\f\n\r\t\v\\";
	char letter = text.len > 1 ? text.data[1] : '\0';
	const char *simple = letter == '\0' ? NULL : strchr(letters, letter);

	if (simple != NULL || (letter != '\0' && letter == quote)) {
		*escape = (struct escape){(unsigned char)(simple ? values[simple - letters] : quote), true, 2};
		return true;
	}
	escape->byte = letter != 'u' && letter != 'U';
	if (escape->byte && letter != 'x') {
		escape->len = 4;
		return read_digits(text, 1, 3, 8, &escape->number) && escape->number < 256;
	}
	size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
	escape->len = 2 + count;
	return read_digits(text, 2, count, 16, &escape->number) &&
	       (escape->byte || (escape->number <= 0x10ffff && (escape->number < 0xd800 || escape->number > 0xdfff)));
}

bool template_read_character(struct template_source *source, const struct template_token *token,
                             struct template_value *value)
{
	struct str text = str_from_index(str_head(token->text, token->text.len - 1), 1);
	struct escape escape;
	uint32_t character = 0;

	size_t len = utf8_next(text, &character);
	if (len == 1 && text.data[0] == '\\') {
		if (!read_escape(text, '\'', &escape))
			return template_fail(source, token->at, "there is no such escape in this character");
		len = escape.len;
		character = escape.number;
	}
	if (len == 0 || len != text.len)
		return template_fail(source, token->at, "expected one character between these quotes");
	*value = template_integer(character);
	return true;
}

static bool unquote(struct template_source *source, const struct template_token *token, struct str text,
                    struct buf *out)
{
	for (size_t at = 0; at < text.len;) {
		struct escape escape;
		if (text.data[at] != '\\') {
			buf_append_byte(out, text.data[at++]);
			continue;
		}
		if (!read_escape(str_from_index(text, at), '"', &escape))
			return template_fail(source, token->at + 1 + at,
			                     "there is no such escape in a text: a backslash itself is \\\\");
		if (escape.byte)
			buf_append_byte(out, (char)escape.number);
		else
			template_write_character(out, escape.number);
		at += escape.len;
	}
	return true;
}

bool template_read_text(struct template_source *source, const struct template_token *token, struct str *text)
{
	struct str inner = str_from_index(str_head(token->text, token->text.len - 1), 1);
	struct buf out = BUF_INIT;
	bool good = true;

	if (token->kind == TOKEN_QUOTED) {
		good = unquote(source, token, inner, &out);
	} else {
		for (size_t i = 0; i < inner.len; i++)
			if (inner.data[i] != '\r') /* as in Go */
				buf_append_byte(&out, inner.data[i]);
	}
	*text = str_copy(source->arena, buf_str(&out));
	buf_release(&out);
	return good;
}
