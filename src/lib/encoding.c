/*
 * Bytes as text and back: hexadecimal and base64.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "lib/crypto.h"

struct str crypto_hex(struct arena *arena, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(arena, 2 * len + 1);

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	return (struct str){out, 2 * len};
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool crypto_equal_hex(struct str hex, const uint8_t *digest, size_t len)
{
	uint8_t given[CRYPTO_DIGEST_MAX];

	if (len > sizeof(given) || hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(hex.data[2 * i]), low = hex_value(hex.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		given[i] = (uint8_t)(high * 16 + low);
	}
	return crypto_equal((struct str){(const char *)given, len}, (struct str){(const char *)digest, len});
}

#define TEXT_END (-1)

/* The next character that is no line break, or TEXT_END. */
static int next_digit(struct str *rest)
{
	while (rest->len > 0) {
		unsigned char digit = (unsigned char)rest->data[0];

		*rest = str_from_index(*rest, 1);
		if (digit != '\r' && digit != '\n')
			return digit;
	}
	return TEXT_END;
}

/* The six bits that a base64 digit stands for, or -1. */
static int sextet(int digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	if (digit == '+')
		return 62;
	return digit == '/' ? 63 : -1;
}

/* Writes the whole bytes among the first `digits` sextets of a group of four; bits left over count for nothing. */
static void append_group(struct buf *out, uint32_t bits, size_t digits)
{
	bits <<= 6 * (4 - digits);
	for (size_t i = 0; i + 1 < digits; i++)
		buf_append_byte(out, (char)(unsigned char)(bits >> (16 - 8 * i)));
}

/* A group whose digits ended with '=': that fills it up to four and is the last one. */
static bool finish_group(struct str *rest, struct buf *out, uint32_t bits, size_t digits)
{
	if (digits < 2 || (digits == 2 && next_digit(rest) != '='))
		return false;
	append_group(out, bits, digits);
	return next_digit(rest) == TEXT_END;
}

bool crypto_base64_decode(struct str text, struct buf *out)
{
	uint32_t bits = 0;
	size_t digits = 0;

	for (;;) {
		int digit = next_digit(&text);
		int value = sextet(digit);

		if (digit == TEXT_END)
			return digits == 0;
		if (digit == '=')
			return finish_group(&text, out, bits, digits);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (++digits == 4) {
			append_group(out, bits, digits);
			bits = 0;
			digits = 0;
		}
	}
}
