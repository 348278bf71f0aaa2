/*
 * Run ids: 26 digits of five bits hold 130 bits, of which the first two are always zero, so the first digit is 0 to 7.
 */
#include "run/id.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "lib/crypto.h"

/* Crockford's digits: no i, l, o, u, which people mistake for others. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum { TIME_DIGITS = 10, RANDOM_BYTES = 10, RANDOM_DIGITS = 16 };

void run_id_make(char id[static RUN_ID_SIZE])
{
	uint64_t time = (uint64_t)clock_wall();
	for (int i = TIME_DIGITS - 1; i >= 0; i--) {
		id[i] = digits[time & 31];
		time >>= 5;
	}

	uint8_t random[RANDOM_BYTES];
	crypto_random(random, sizeof(random));
	unsigned held = 0, bits = 0;
	size_t next = 0;
	for (size_t i = 0; i < RANDOM_DIGITS; i++) {
		if (bits < 5) {
			held = held << 8 | random[next++];
			bits += 8;
		}
		bits -= 5;
		id[TIME_DIGITS + i] = digits[held >> bits & 31];
	}
	id[RUN_ID_SIZE - 1] = '\0';
}

bool run_id_is_valid(struct str id)
{
	if (id.len != RUN_ID_SIZE - 1 || id.data[0] > '7')
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (id.data[i] == '\0' || !strchr(digits, id.data[i]))
			return false;
	}
	return true;
}
