/*
 * Addresses are bytes in network order. A single address is a range of all its bits: the reference takes /32 for
 * IPv6 too, which lets in 2^96 neighbours.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

#define TEXT_MAX 64

static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

static bool parse_bare(struct str text, struct address *address)
{
	char name[TEXT_MAX];
	if (text.len >= sizeof(name) || str_has_nul(text))
		return false;
	memcpy(name, text.data, text.len);
	name[text.len] = '\0';

	*address = (struct address){.size = 4};
	if (inet_pton(AF_INET, name, address->bytes) == 1)
		return true;
	address->size = 16;
	return inet_pton(AF_INET6, name, address->bytes) == 1;
}

static bool is_mapped(const struct address *address)
{
	return address->size == 16 && memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

static void unmap(struct address *address)
{
	memmove(address->bytes, address->bytes + sizeof(mapped), 4);
	address->size = 4;
}

/* Nothing, or a colon and a number. */
static bool is_port(struct str text)
{
	uint64_t port;

	return text.len == 0 ||
	       (text.data[0] == ':' && number_parse_unsigned(str_from_index(text, 1), 0, UINT16_MAX, &port));
}

/* "[ADDRESS]:port", or "address:port": one colon alone is a port's; several are IPv6's own. */
static bool parse_with_port(struct str text, struct address *address)
{
	size_t end = str_starts(text, STR("[")) ? str_find(text, ']') : str_find(text, ':');

	if (str_starts(text, STR("[")))
		return end < text.len && is_port(str_from_index(text, end + 1)) &&
		       parse_bare(str_head(str_from_index(text, 1), end - 1), address);
	if (end != str_find_last(text, ':'))
		return parse_bare(text, address);
	return is_port(str_from_index(text, end)) && parse_bare(str_head(text, end), address);
}

bool address_parse(struct str text, struct address *address, struct error *error)
{
	if (!parse_with_port(str_trim(text), address))
		return error_set(error, ERROR_INVALID, "the request comes from no IP address: \"%.*s\"",
		                 STR_ARGS(str_head(text, TEXT_MAX)));
	if (is_mapped(address))
		unmap(address);
	return true;
}

bool address_range_parse(struct str text, struct address_range *range, struct error *error)
{
	size_t slash = str_find(text, '/');
	uint64_t bits;

	if (!parse_bare(str_head(text, slash), &range->first))
		return error_set(error, ERROR_INVALID, "\"%.*s\" is no IP address or range such as 192.0.2.0/24",
		                 STR_ARGS(str_head(text, TEXT_MAX)));
	bits = range->first.size * 8;
	if (slash < text.len && !number_parse_unsigned(str_from_index(text, slash + 1), 0, bits, &bits))
		return error_set(error, ERROR_INVALID, "\"%.*s\": what follows the / is a number from 0 to %u",
		                 STR_ARGS(str_head(text, TEXT_MAX)), range->first.size * 8);
	if (is_mapped(&range->first) && bits >= 96) {
		unmap(&range->first);
		bits -= 96;
	}
	range->bits = (unsigned)bits;
	return true;
}

bool address_in_range(const struct address *address, const struct address_range *range)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;

	if (address->size != range->first.size || memcmp(address->bytes, range->first.bytes, whole) != 0)
		return false;
	return rest == 0 || (address->bytes[whole] ^ range->first.bytes[whole]) >> (8 - rest) == 0;
}
