/*
 * Signatures in a header. The first line is what was sent, the second the Content-Type, the rest the body; the secret is
 * fixed. What is taken holds the one right digest in its text.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/printable.h"
#include "hook/form.h"
#include "hook/signature.h"
#include "hook/signature_hint.h"
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
		struct str hint = signature_hint(hashes[i], SECRET, given, &request);
		PROMISE(hint.len > 0 && printable_is(hint) && !str_contains(hint, SECRET));
		PROMISE(!holds_digest(&arena, hashes[i], hint, request.body));
	}
	request_add_header(&request, STR("X-Signature"), given);
	request_add_header(&request, STR("Date"), request.content_type);
	PROMISE(signature_check_scalr(SECRET, &request, 0) != SCALR_ABSENT);
	arena_release(&arena);
	return 0;
}
