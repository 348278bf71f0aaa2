/*
 * Signatures in a header. The first line is what was sent, the second the Content-Type or Date, the rest the body; the
 * secret is fixed. What is taken holds the one right digest in its text; the right one is taken in each spelling that
 * there is, and with one bit changed in none. For Standard Webhooks the second line is id and time.
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
		struct str secret = SECRET;
		const struct text_list secrets = {&secret, 1};
		struct str hint = signature_hint(hashes[i], &secrets, given, request);
		PROMISE(hint.len > 0 && printable_is(hint) && !str_contains(hint, SECRET));
		PROMISE(!str_contains(hint, digest_of(hashes[i], request->body)));
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

/* What is good names the digest of just these parts, and is good no longer once one of them is changed. */
static void check_standard(struct str given, struct str id_and_time, struct str body)
{
	struct request request = {.arena = &arena, .query = STR(""), .body = body};
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
	request.body = str_join(&arena, body, STR(" "));
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
	check_standard(given, request.content_type, request.body);
	check_standard_key(given);
	check_standard_key(request.content_type);
	arena_reset(&arena);
	return 0;
}
