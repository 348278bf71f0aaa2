/*
 * The time is signed, and one far from now is refused, so that what was once sent cannot be sent again.
 */
#include "forge/standard_webhooks.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/number.h"
#include "lib/crypto.h"
#include "payload/request.h"

/* How far apart two clocks may be, as the scheme's own libraries have it. */
#define DISTANCE_MAX 300 /* s */

#define SECONDS_MAX INT64_C(1000000000000)

#define COUNT 3 /* headers */

bool standard_webhooks_key(struct str secret, struct buf *key)
{
	size_t prefix = str_starts(secret, STR("whsec_")) ? 6 : 0;

	return crypto_base64_decode(str_from_index(secret, prefix), key) && key->len > 0;
}

/* Whether one of the signatures in the list is this digest. */
static bool lists_digest(struct str list, const uint8_t *digest, size_t size)
{
	struct str expected = {(const char *)digest, size}, part;
	bool found = false;

	while (!found && str_split_next(&list, ' ', &part)) {
		struct buf given = BUF_INIT;
		if (str_starts(part, STR("v1,")) && crypto_base64_decode(str_from_index(part, 3), &given))
			found = crypto_equal(buf_str(&given), expected);
		buf_release(&given);
	}
	return found;
}

static bool is_signed(struct str key, struct str id, struct str time, struct str body, struct str list)
{
	struct arena arena = ARENA_INIT;
	uint8_t digest[CRYPTO_DIGEST_MAX];
	struct str head = str_printf(&arena, "%.*s.%.*s.", STR_ARGS(id), STR_ARGS(time));
	size_t size = crypto_hmac(CRYPTO_SHA256, key, str_join(&arena, head, body), digest);

	arena_release(&arena);
	return lists_digest(list, digest, size);
}

enum standard_webhooks standard_webhooks_check(const struct request *request, struct str key, int64_t now)
{
	static const char *const names[] = {"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"};
	const struct str *values[COUNT];
	int64_t seconds = now / 1000;
	uint64_t sent;

	for (size_t i = 0; i < COUNT; i++) {
		values[i] = request_find_header(request, str_from(names[i]));
		if (!values[i])
			return STANDARD_WEBHOOKS_ABSENT;
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (request_count_header(request, str_from(names[i])) > 1)
			return STANDARD_WEBHOOKS_TWICE;
	}
	const struct str id = *values[0], time = *values[1];
	/* A full stop in it would let the parts be taken apart at another place than where they were joined. */
	if (str_find(id, '.') < id.len)
		return STANDARD_WEBHOOKS_BAD_ID;
	if (!number_parse_unsigned(time, 0, SECONDS_MAX, &sent))
		return STANDARD_WEBHOOKS_BAD_TIME;
	if (!is_signed(key, id, time, request->body, *values[2]))
		return STANDARD_WEBHOOKS_WRONG;
	int64_t distance = seconds - (int64_t)sent;
	bool near = distance <= DISTANCE_MAX && distance >= -DISTANCE_MAX;
	return near ? STANDARD_WEBHOOKS_GOOD : STANDARD_WEBHOOKS_OUTDATED;
}
