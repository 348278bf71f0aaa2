/*
 * Addresses and ranges of them, for ip-whitelist and trusted proxies.
 */
#ifndef POCKETCI_BASE_ADDRESS_H
#define POCKETCI_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct error;

struct address {
	uint8_t bytes[16];
	unsigned size; /* 4 or 16; an IPv4 address written as ::ffff:192.0.2.1 has 4 */
};

struct address_range {
	struct address first;
	unsigned bits; /* that must be equal */
};

/* "192.0.2.1:4711", "[2001:db8::1]:4711", and both without a port. ERROR_INVALID. */
bool address_parse(struct str text, struct address *address, struct error *error);

/* "192.0.2.0/24", "2001:db8::/32"; an address alone is the range of just that address. ERROR_INVALID. */
bool address_range_parse(struct str text, struct address_range *range, struct error *error);

bool address_in_range(const struct address *address, const struct address_range *range);

#endif
