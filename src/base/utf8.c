/*
 * A decoder that takes one character at a time and accepts exactly what RFC 3629 section 4 allows.
 */
#include "base/utf8.h"

/* What the first byte says: the number of bytes, the bits it carries, the least character that needs so many bytes. */
static size_t lead(unsigned char byte, uint32_t *bits, uint32_t *least)
{
	if (byte < 0x80) {
		*bits = byte;
		*least = 0;
		return 1;
	}
	if (byte >= 0xC0 && byte < 0xE0) {
		*bits = byte & 0x1FU;
		*least = 0x80;
		return 2;
	}
	if (byte >= 0xE0 && byte < 0xF0) {
		*bits = byte & 0x0FU;
		*least = 0x800;
		return 3;
	}
	if (byte >= 0xF0 && byte < 0xF8) {
		*bits = byte & 0x07U;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

size_t utf8_next(struct str s, uint32_t *character)
{
	uint32_t value = 0, least = 0;
	size_t len = s.len == 0 ? 0 : lead((unsigned char)s.data[0], &value, &least);
	if (len == 0 || len > s.len)
		return 0;

	for (size_t i = 1; i < len; i++) {
		unsigned char byte = (unsigned char)s.data[i];
		if ((byte & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (byte & 0x3FU);
	}
	if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*character = value;
	return len;
}

bool utf8_valid(struct str s)
{
	uint32_t character;
	while (s.len > 0) {
		size_t len = utf8_next(s, &character);
		if (len == 0)
			return false;
		s = str_from_index(s, len);
	}
	return true;
}

struct str utf8_head(struct str s, size_t max)
{
	if (s.len <= max)
		return s;

	/* Back over at most three bytes to where the character begins that the cut would go through. */
	for (size_t back = 1; back <= 3 && back <= max; back++) {
		uint32_t character;
		size_t len = utf8_next(str_from_index(s, max - back), &character);
		if (len > back)
			return str_head(s, max - back);
		if (len > 0)
			break;
	}
	return str_head(s, max);
}
