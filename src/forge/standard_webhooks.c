/*
 * HMAC-SHA256 of "ID.TIMESTAMP.BODY". A time far from now is refused, so that what was once sent cannot be sent again.
 */
#include "forge/standard_webhooks.h"

#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "lib/crypto.h"
#include "payload/request.h"

/* How far apart two clocks may be, in seconds: the tolerance of the scheme's own libraries. */
#define DISTANCE_MAX 300

static bool is_recent(struct str timestamp, int64_t now)
{
	uint64_t seconds;

	if (!number_parse_unsigned(timestamp, 0, INT64_MAX / 2000, &seconds))
		return false;
	return (int64_t)seconds - now / 1000 <= DISTANCE_MAX && now / 1000 - (int64_t)seconds <= DISTANCE_MAX;
}

/* Over all signatures, whichever is right. */
static bool is_signed(struct str signatures, const uint8_t *digest, size_t size)
{
	const struct str expected = {(const char *)digest, size};
	struct str part;
	bool good = false;

	while (str_split_next(&signatures, ' ', &part)) {
		struct buf given = BUF_INIT;

		if (str_starts(part, STR("v1,")) && crypto_base64_decode(str_from_index(part, 3), &given))
			good = crypto_equal(buf_str(&given), expected) || good;
		buf_release(&given);
	}
	return good;
}

static bool check_digest(const struct request *request, struct str id, struct str timestamp, struct str key,
                         struct str signatures)
{
	struct buf text = BUF_INIT;
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size;

	buf_append_str(&text, id);
	buf_append_byte(&text, '.');
	buf_append_str(&text, timestamp);
	buf_append_byte(&text, '.');
	buf_append_str(&text, request->body);
	size = crypto_hmac(CRYPTO_SHA256, key, buf_str(&text), digest);
	buf_release(&text);
	return is_signed(signatures, digest, size);
}

enum standard_webhooks standard_webhooks_check(const struct request *request, struct str secret, int64_t now)
{
	static const char *const names[] = {"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"};
	const struct str *values[3];
	enum standard_webhooks result = STANDARD_WEBHOOKS_NO_KEY;
	struct buf key = BUF_INIT;

	for (size_t i = 0; i < 3; i++) {
		values[i] = request_find_header(request, str_from(names[i]));
		if (values[i] == NULL || values[i]->len == 0)
			return STANDARD_WEBHOOKS_ABSENT;
	}
	for (size_t i = 0; i < 3; i++) {
		if (request_count_header(request, str_from(names[i])) > 1)
			return STANDARD_WEBHOOKS_TWICE;
	}
	if (str_starts(secret, STR("whsec_")))
		secret = str_from_index(secret, strlen("whsec_"));
	if (crypto_base64_decode(secret, &key) && key.len > 0) {
		bool good = check_digest(request, *values[0], *values[1], buf_str(&key), *values[2]);

		result = !good                        ? STANDARD_WEBHOOKS_WRONG
		         : is_recent(*values[1], now) ? STANDARD_WEBHOOKS_GOOD
		                                      : STANDARD_WEBHOOKS_OUTDATED;
	}
	buf_release(&key);
	return result;
}
