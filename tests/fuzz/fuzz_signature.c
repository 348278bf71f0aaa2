/*
 * Signatures in a header. The first line is what was sent, the second the Content-Type, the rest the body; the secret is
 * fixed. What is taken holds the one right digest in its text. For Standard Webhooks the second line is id and time.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "config/keys.h"
#include "forge/standard_webhooks.h"
#include "hook/signature.h"
#include "hook/signature_hint.h"
#include "payload/form_payload.h"
#include "payload/request.h"

#define SECRET STR("itsasecret")

static struct str take_line(struct str *rest)
{
	size_t end = str_find(*rest, '\n');
	struct str line = str_head(*rest, end);

	*rest = str_from_index(*rest, end < rest->len ? end + 1 : end);
	return line;
}

static bool holds_digest(struct arena *arena, enum crypto_hash hash, struct str given, struct str body)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(hash, SECRET, body, digest);

	return str_contains(given, crypto_hex(arena, digest, size));
}

/* What is good names the digest of just these parts, and is good no longer once one of them is changed. */
static void check_standard(struct arena *arena, struct str given, struct str id_and_time, struct str body)
{
	struct request request = {.arena = arena, .query = STR(""), .body = body};
	struct str id, time;
	int64_t now = 0;

	if (!str_split_next(&id_and_time, ' ', &id))
		id = STR("");
	time = id_and_time;
	for (size_t i = 0; i < time.len && i < 12 && time.data[i] >= '0' && time.data[i] <= '9'; i++)
		now = now * 10 + time.data[i] - '0';
	request_add_header(&request, STR("Webhook-Id"), id);
	request_add_header(&request, STR("Webhook-Timestamp"), time);
	request_add_header(&request, STR("Webhook-Signature"), given);
	enum standard_webhooks result = standard_webhooks_check(&request, SECRET, now * 1000);
	PROMISE(result != STANDARD_WEBHOOKS_ABSENT && (result != STANDARD_WEBHOOKS_OUTDATED || time.len > 12));
	PROMISE(standard_webhooks_check(&request, STR("another"), now * 1000) != STANDARD_WEBHOOKS_GOOD);
	if (result != STANDARD_WEBHOOKS_GOOD || time.len > 12)
		return;
	PROMISE(str_find(id, '.') == id.len && str_contains(given, STR("v1,")));
	PROMISE(standard_webhooks_check(&request, SECRET, (now + 301) * 1000) == STANDARD_WEBHOOKS_OUTDATED);
	request.body = str_join(arena, body, STR(" "));
	PROMISE(standard_webhooks_check(&request, SECRET, now * 1000) == STANDARD_WEBHOOKS_WRONG);
}

static void check_standard_key(struct str secret)
{
	struct buf key = BUF_INIT;

	PROMISE(!standard_webhooks_key(secret, &key) || (key.len > 0 && key.len < secret.len));
	buf_release(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum crypto_hash hashes[] = {CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512};
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR("")};
	struct str rest = fuzz_text(data, size), given = take_line(&rest), payload = STR("");

	request.content_type = take_line(&rest);
	request.body = rest;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		bool good = signature_matches_request(hashes[i], SECRET, given, &request);
		bool form = form_payload(&request, &payload);
		PROMISE(!good || holds_digest(&arena, hashes[i], given, request.body) ||
		        (form && holds_digest(&arena, hashes[i], given, payload)));
		struct str secret = SECRET;
		const struct text_list secrets = {&secret, 1};
		struct str hint = signature_hint(hashes[i], &secrets, given, &request);
		PROMISE(hint.len > 0 && printable_is(hint) && !str_contains(hint, SECRET));
		PROMISE(!holds_digest(&arena, hashes[i], hint, request.body));
	}
	request_add_header(&request, STR("X-Signature"), given);
	request_add_header(&request, STR("Date"), request.content_type);
	PROMISE(signature_check_scalr(SECRET, &request, 0) != SCALR_ABSENT);
	check_standard(&arena, given, request.content_type, request.body);
	check_standard_key(given);
	check_standard_key(request.content_type);
	arena_release(&arena);
	return 0;
}
