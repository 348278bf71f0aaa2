/*
 * Signatures in a header. The first line is what was sent, the second the Content-Type or Date, the rest the body; the
 * secret is fixed. What is taken holds the one right digest in its text; the right one is taken in each spelling that
 * there is, and with one bit changed in none.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "hook/form.h"
#include "hook/signature.h"
#include "payload/request.h"

#define SECRET STR("itsasecret")

static const enum crypto_hash hashes[] = {CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512};
static const struct str prefixes[] = {{"sha1=", 5}, {"sha256=", 7}, {"sha512=", 7}};

static struct arena arena;

static struct str digest_of(enum crypto_hash hash, struct str body)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(hash, SECRET, body, digest);

	return crypto_hex(&arena, digest, size);
}

/* What was sent, as it is. */
static void check_given(struct request *request, struct str given)
{
	struct str payload = STR("");

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		bool good = signature_matches_request(hashes[i], SECRET, given, request);
		bool form = form_payload(request, &payload);
		PROMISE(!good || str_contains(given, digest_of(hashes[i], request->body)) ||
		        (form && str_contains(given, digest_of(hashes[i], payload))));
	}
}

static void check_changed(enum crypto_hash hash, struct str good, struct str body, size_t bit)
{
	struct buf changed = BUF_INIT;

	buf_append_str(&changed, good);
	changed.data[bit / 8 % good.len] ^= (char)(1 << bit % 8);
	PROMISE(!signature_matches(hash, SECRET, buf_str(&changed), body));
	changed.len = bit % good.len;
	PROMISE(!signature_matches(hash, SECRET, buf_str(&changed), body));
	buf_release(&changed);
}

/* around is any text that holds no signature and, without its commas, is one entry of a list. */
static void check_spellings(size_t choice, struct str body, struct str around)
{
	enum crypto_hash hash = hashes[choice % 3];
	struct str digest = digest_of(hash, body), prefix = prefixes[choice % 3];
	struct str prefixed = str_join(&arena, prefix, digest);
	struct str before = str_printf(&arena, "%.*s,%s", STR_ARGS(around), prefixed.data);
	struct str behind = str_printf(&arena, "%s,%.*s", prefixed.data, STR_ARGS(around));
	struct str unprefixed = str_printf(&arena, "%s,x", digest.data);

	PROMISE(signature_matches(hash, SECRET, digest, body));
	PROMISE(signature_matches(hash, SECRET, prefixed, body));
	PROMISE(signature_matches(hash, SECRET, behind, body));
	PROMISE(str_has_nul(around) || signature_matches(hash, SECRET, before, body));
	PROMISE(!signature_matches(hash, SECRET, unprefixed, body));
	PROMISE(!signature_matches(hash, STR("itsasecre"), prefixed, body));
	PROMISE(!signature_matches(hashes[(choice + 1) % 3], SECRET, prefixed, body));
	check_changed(hash, choice & 4 ? digest : prefixed, body, choice / 8 + around.len * 8);
}

/* Scalr's: over body and date; a digest that is right says nothing of a date that is not. */
static void check_scalr(struct request *request, struct str given, struct str date)
{
	struct str signed_text = str_join(&arena, request->body, date);

	request_add_header(request, STR("X-Signature"), given);
	PROMISE(signature_check_scalr(SECRET, request, 0) == SCALR_ABSENT);
	request_add_header(request, STR("Date"), date);
	enum scalr_result result = signature_check_scalr(SECRET, request, 0);
	PROMISE(result != SCALR_ABSENT);
	PROMISE(result == SCALR_WRONG || str_contains(given, digest_of(CRYPTO_SHA1, signed_text)));

	struct request right = {.arena = &arena, .body = request->body};
	request_add_header(&right, STR("X-Signature"), digest_of(CRYPTO_SHA1, signed_text));
	request_add_header(&right, STR("Date"), date);
	result = signature_check_scalr(SECRET, &right, INT64_C(1504869872000)); /* Fri 08 Sep 2017 11:24:32 UTC */
	PROMISE(result != SCALR_ABSENT && result != SCALR_WRONG);
	PROMISE(result != SCALR_GOOD || str_contains(date, STR("2017")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request = {.arena = &arena, .query = STR("")};
	struct str rest = fuzz_text(data, size), given = fuzz_line(&rest);
	size_t choice = 0;

	request.content_type = fuzz_line(&rest);
	request.body = rest;
	for (size_t i = 0; i < rest.len; i++)
		choice = choice * 31 + (unsigned char)rest.data[i];
	check_given(&request, given);
	check_spellings(choice, rest, given);
	check_scalr(&request, given, request.content_type);
	arena_reset(&arena);
	return 0;
}
