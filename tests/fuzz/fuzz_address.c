/*
 * Addresses and ranges. The first line is a range, the second an address with or without a port. Both are read a second
 * time here, by inet_pton and bit by bit.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"

/* Either family as the 128 bits of IPv6, and which it is. */
struct bits {
	bool good, four;
	unsigned char bytes[16];
	unsigned count; /* of a range: that must be equal, of all 128 */
};

static struct bits read_bits(struct str text)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct bits bits = {.count = 128};
	char name[64] = "";

	if (text.len >= sizeof(name) || str_has_nul(text))
		return bits;
	memcpy(name, text.data, text.len);
	if (inet_pton(AF_INET, name, bits.bytes + 12) == 1) {
		memcpy(bits.bytes, mapped, sizeof(mapped));
		bits.good = true;
	} else {
		bits.good = inet_pton(AF_INET6, name, bits.bytes) == 1;
	}
	bits.four = bits.good && memcmp(bits.bytes, mapped, sizeof(mapped)) == 0;
	return bits;
}

static bool read_number(struct str text, unsigned maximum, unsigned *number)
{
	*number = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*number = *number * 10 + (unsigned)(text.data[i] - '0');
		if (*number > maximum)
			return false;
	}
	return text.len > 0;
}

static struct bits read_range(struct str text)
{
	size_t slash = str_find(text, '/');
	struct bits range = read_bits(str_head(text, slash));
	bool written_as_six = str_find(str_head(text, slash), ':') < slash;
	unsigned number, size = written_as_six ? 128 : 32;

	if (slash == text.len || !range.good)
		return range;
	range.good = read_number(str_from_index(text, slash + 1), size, &number);
	range.count = number + (128 - size);
	/* A range of IPv6 that is wider than all of IPv4 holds none of it. */
	range.four = range.four && range.count >= 96;
	return range;
}

static struct bits read_address(struct str text)
{
	struct bits none = {.good = false};
	struct str rest = STR("");
	unsigned port;

	text = str_trim(text);
	if (text.len > 0 && text.data[0] == '[') {
		size_t end = str_find(text, ']');
		if (end == text.len)
			return none;
		rest = str_from_index(text, end + 1);
		text = str_head(str_from_index(text, 1), end - 1);
	} else if (str_find(text, ':') == str_find_last(text, ':')) {
		rest = str_from_index(text, str_find(text, ':'));
		text = str_head(text, str_find(text, ':'));
	}
	if (rest.len > 0 && (rest.data[0] != ':' || !read_number(str_from_index(rest, 1), 65535, &port)))
		return none;
	return read_bits(text);
}

static bool is_inside(const struct bits *address, const struct bits *range)
{
	for (unsigned i = 0; i < range->count; i++) {
		unsigned byte = i / 8, bit = 7 - i % 8;
		if (((address->bytes[byte] ^ range->bytes[byte]) >> bit & 1) != 0)
			return false;
	}
	return address->four == range->four;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size), range_text = fuzz_line(&rest), address_text = fuzz_line(&rest);
	struct bits expected_range = read_range(range_text), expected = read_address(address_text);
	struct error error = ERROR_INIT;
	struct address_range range;
	struct address address;

	bool range_good = address_range_parse(range_text, &range, &error);
	PROMISE(range_good == expected_range.good && range_good == (error.kind == ERROR_NONE));
	error = (struct error)ERROR_INIT;
	bool good = address_parse(address_text, &address, &error);
	PROMISE(good == expected.good && good == (error.kind == ERROR_NONE));
	if (good)
		PROMISE(address.size == (expected.four ? 4U : 16U) &&
		        memcmp(address.bytes, expected.bytes + 16 - address.size, address.size) == 0);
	if (range_good)
		PROMISE(range.bits <= range.first.size * 8);
	if (good && range_good)
		PROMISE(address_in_range(&address, &range) == is_inside(&expected, &expected_range));
	return 0;
}
