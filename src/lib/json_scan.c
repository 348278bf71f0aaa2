/*
 * The lexical pass. This is the hot path of every push that fires: text is copied in runs as long as nothing has to be
 * rewritten. Always: copied <= position <= text.len, and *out holds no NUL byte.
 */
#include "lib/json_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "lib/json.h"

/* What a map or list costs of limits->values: json-c takes some 800 bytes for an empty one, 100 for a short string. */
#define CONTAINER_COST 8

/* U+FFFD, which stands in for each byte that is part of no character. */
static const struct str replacement = {"\xef\xbf\xbd", 3};

static bool refuse(struct json_scan *scan, enum error_kind kind, size_t position, const char *problem)
{
	scan->kind = kind;
	scan->problem_position = position;
	scan->problem = problem;
	return false;
}

static bool refuse_token(struct json_scan *scan, const char *problem)
{
	return refuse(scan, ERROR_INVALID, scan->token, problem);
}

/* The byte at index, or 0 past the end; a NUL byte in the text is valid nowhere. */
static char byte_at(const struct json_scan *scan, size_t index)
{
	return index < scan->text.len ? scan->text.data[index] : '\0';
}

/* Copies what was only looked at so far, up to index `end`. */
static void copy_until(struct json_scan *scan, size_t end)
{
	buf_append(scan->out, scan->text.data + scan->copied, end - scan->copied);
	scan->copied = end;
}

/* Puts other bytes in place of the text from the position to `end`. */
static void replace_until(struct json_scan *scan, size_t end, struct str bytes)
{
	copy_until(scan, scan->position);
	buf_append_str(scan->out, bytes);
	scan->position = end;
	scan->copied = end;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool refuse_limit(struct json_scan *scan, const char *before, size_t limit, const char *behind)
{
	snprintf(scan->problem_text, sizeof(scan->problem_text), "%s %zu %s", before, limit, behind);
	return refuse(scan, ERROR_TOO_LARGE, scan->token, scan->problem_text);
}

static bool spend(struct json_scan *scan, size_t cost)
{
	scan->cost += cost;
	return scan->cost <= scan->limits->values || refuse_limit(scan, "more than", scan->limits->values, "values");
}

/* --- Strings --- */

/* The code unit of the \uXXXX at index, or -1. */
static int32_t unit_at(const struct json_scan *scan, size_t index)
{
	int32_t unit = 0;

	if (byte_at(scan, index) != '\\' || byte_at(scan, index + 1) != 'u')
		return -1;
	for (size_t i = index + 2; i < index + 6; i++) {
		char digit = byte_at(scan, i);

		if (is_digit(digit))
			unit = unit * 16 + (digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			unit = unit * 16 + ((digit | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return unit;
}

static bool is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* An escape of six characters. A surrogate that is not half of a pair becomes U+FFFD. */
static bool scan_unit(struct json_scan *scan)
{
	static const char nul[] = {JSON_SCAN_NUL};
	size_t end = scan->position + 6;
	int32_t unit = unit_at(scan, scan->position);

	if (unit < 0)
		return refuse(scan, ERROR_INVALID, scan->position, "\\u wants four hexadecimal digits");
	if (unit == 0) {
		scan->has_nul = true;
		replace_until(scan, end, (struct str){nul, sizeof(nul)});
	} else if (is_high_surrogate(unit) && is_low_surrogate(unit_at(scan, end))) {
		scan->position = end + 6;
	} else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
		replace_until(scan, end, replacement);
	} else {
		scan->position = end;
	}
	return true;
}

static bool scan_escape(struct json_scan *scan)
{
	char letter = byte_at(scan, scan->position + 1);

	if (letter == 'u')
		return scan_unit(scan);
	if (letter == '\0' || strchr("\"\\/bfnrt", letter) == NULL)
		return refuse(scan, ERROR_INVALID, scan->position, "no such escape in a string");
	scan->position += 2;
	return true;
}

static void scan_character(struct json_scan *scan)
{
	uint32_t character;
	size_t len = utf8_next(str_from_index(scan->text, scan->position), &character);

	if (len > 0)
		scan->position += len;
	else
		replace_until(scan, scan->position + 1, replacement);
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether a byte of the word is less than the limit, which is at most 0x80. */
static bool has_less(uint64_t word, unsigned char limit)
{
	return ((word - EACH_BYTE(limit)) & ~word & EACH_BYTE(0x80)) != 0;
}

/* is_plain for eight bytes at once: a zero byte is less than 1, and so is what equals a byte after XOR with it. */
static bool all_plain(uint64_t word)
{
	return (word & EACH_BYTE(0x80)) == 0 && !has_less(word, 0x20) && !has_less(word ^ EACH_BYTE('"'), 1) &&
	       !has_less(word ^ EACH_BYTE('\\'), 1);
}

/* Passes over bytes that stand in a string as they are: most of a payload. */
static void skip_plain(struct json_scan *scan)
{
	const char *bytes = scan->text.data;
	size_t position = scan->position, len = scan->text.len;
	uint64_t word;

	for (; len - position >= sizeof(word); position += sizeof(word)) {
		memcpy(&word, bytes + position, sizeof(word));
		if (!all_plain(word))
			break;
	}
	while (position < len && is_plain((unsigned char)bytes[position]))
		position++;
	scan->position = position;
}

static bool scan_string(struct json_scan *scan)
{
	scan->position++;
	for (;;) {
		unsigned char byte;

		skip_plain(scan);
		if (scan->position == scan->text.len)
			return refuse_token(scan, "a string without its closing quote");
		byte = (unsigned char)scan->text.data[scan->position];
		if (byte == '"')
			break;
		if (byte < 0x20)
			return refuse(scan, ERROR_INVALID, scan->position, "a control character in a string");
		if (byte >= 0x80)
			scan_character(scan);
		else if (!scan_escape(scan))
			return false;
	}
	scan->position++;
	scan->after_string = true;
	return spend(scan, 1);
}

/* --- Numbers and words --- */

/* Passes over digits; whether there was one. */
static bool skip_digits(struct json_scan *scan)
{
	size_t start = scan->position;

	while (is_digit(byte_at(scan, scan->position)))
		scan->position++;
	return scan->position > start;
}

/* RFC 8259 section 6: [ minus ] int [ frac ] [ exp ]. */
static bool skip_number(struct json_scan *scan)
{
	if (byte_at(scan, scan->position) == '-')
		scan->position++;
	if (byte_at(scan, scan->position) == '0')
		scan->position++;
	else if (!skip_digits(scan))
		return false;
	if (byte_at(scan, scan->position) == '.') {
		scan->position++;
		if (!skip_digits(scan))
			return false;
	}
	if ((byte_at(scan, scan->position) | 0x20) == 'e') {
		scan->position++;
		if (byte_at(scan, scan->position) == '+' || byte_at(scan, scan->position) == '-')
			scan->position++;
		if (!skip_digits(scan))
			return false;
	}
	return true;
}

/* Whether a number or word ends here, and no other runs on from it. */
static bool at_boundary(const struct json_scan *scan)
{
	char byte = byte_at(scan, scan->position);

	return !is_digit(byte) && !is_letter(byte) && byte != '.' && byte != '+' && byte != '-';
}

static bool scan_number(struct json_scan *scan)
{
	static const char mark[] = {'"', JSON_SCAN_NUMBER};

	replace_until(scan, scan->position, (struct str){mark, sizeof(mark)});
	if (!skip_number(scan) || !at_boundary(scan))
		return refuse_token(scan, "no JSON number");
	replace_until(scan, scan->position, STR("\""));
	return spend(scan, 1);
}

static bool scan_word(struct json_scan *scan)
{
	static const struct str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
	struct str rest = str_from_index(scan->text, scan->position);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_starts(rest, words[i])) {
			scan->position += words[i].len;
			break;
		}
	}
	if (scan->position == scan->token || !at_boundary(scan))
		return refuse_token(scan, "no JSON value: words are true, false and null");
	return spend(scan, 1);
}

/* --- Structure --- */

static bool scan_open(struct json_scan *scan)
{
	scan->position++;
	if (++scan->depth > scan->limits->depth)
		return refuse_limit(scan, "nested deeper than", scan->limits->depth, "levels");
	return spend(scan, CONTAINER_COST);
}

static bool scan_close(struct json_scan *scan)
{
	scan->position++;
	if (scan->depth == 0)
		return refuse_token(scan, "closes what was not opened");
	scan->depth--;
	return true;
}

static bool skip_space(struct json_scan *scan)
{
	const char *bytes = scan->text.data;
	size_t position = scan->position, len = scan->text.len;

	while (position < len && (bytes[position] == ' ' || bytes[position] == '\n' || bytes[position] == '\t' ||
	                          bytes[position] == '\r'))
		position++;
	scan->position = position;
	return position < len;
}

void json_scan_init(struct json_scan *scan, struct str text, const struct json_limits *limits, struct buf *out)
{
	*scan = (struct json_scan){.text = text, .limits = limits, .out = out, .cost = limits->spent};
}

bool json_scan_token(struct json_scan *scan)
{
	bool after_string = scan->after_string;
	char byte;

	if (!skip_space(scan))
		return false;
	scan->token = scan->position;
	scan->after_string = false;
	byte = scan->text.data[scan->position];
	switch (byte) {
	case '"':
		return scan_string(scan);
	case '{':
	case '[':
		return scan_open(scan);
	case '}':
	case ']':
		return scan_close(scan);
	case ':':
		/* A number before it would reach json-c as a string, which may be a name. */
		if (!after_string)
			return refuse_token(scan, "':' behind something that is no string");
		scan->position++;
		return true;
	case ',':
		scan->position++;
		return true;
	default:
		break;
	}
	if (is_digit(byte) || byte == '-')
		return scan_number(scan);
	if (is_letter(byte))
		return scan_word(scan);
	return refuse_token(scan, "no JSON value begins with this byte");
}

bool json_scan_value(struct json_scan *scan)
{
	buf_reserve(scan->out, scan->text.len + scan->text.len / 16 + 16);
	do {
		if (!json_scan_token(scan)) {
			if (scan->problem == NULL)
				refuse(scan, ERROR_INVALID, scan->text.len, "the text ends before its value does");
			return false;
		}
	} while (scan->depth > 0);
	copy_until(scan, scan->position);
	if (!scan->limits->trailing && skip_space(scan))
		return refuse(scan, ERROR_INVALID, scan->position, "text after the value");
	return true;
}
