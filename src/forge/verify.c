/*
 * Checking what forges sign or send along. Digests and tokens are compared in constant time. A header that comes twice
 * is wrong whatever stands in it: which of both was checked must never be a question.
 */
#include "forge/verify.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "forge/forge.h"
#include "forge/standard_webhooks.h"
#include "lib/crypto.h"
#include "payload/form_payload.h"
#include "payload/request.h"

#define PUBLIC_KEY "ed25519:"

/* sr.ht's own key: https://man.sr.ht/api-conventions.md, "Webhooks". */
#define SOURCEHUT_KEY "uX7KWyyDNMaBma4aVbJ/cbUQpdjqczuCyK/HxzV/u+4="

/* The header, or NULL where it is absent or empty. */
static const struct str *find_header(const struct request *request, const char *name)
{
	const struct str *header = request_find_header(request, str_from(name));

	return header != NULL && header->len > 0 ? header : NULL;
}

static enum forge_verdict give(enum forge_verdict verdict, struct error *error, const char *what, const char *header)
{
	error_set(error, ERROR_INVALID, "%s %s", what, header);
	return verdict;
}

static enum forge_verdict wrong(const struct request *request, struct error *error, const char *header)
{
	error_set(error, ERROR_INVALID, "the signature in header %s is wrong%s", header,
	          request->body.len == 0 ? "; the body is empty" : "");
	return FORGE_WRONG;
}

static bool is_hmac(struct str secret, struct str hex, struct str text)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(CRYPTO_SHA256, secret, text, digest);

	return crypto_equal_hex(hex, digest, size);
}

/* One header with an HMAC-SHA256 in hexadecimal, over the body or the JSON that a form holds. */
enum forge_verdict verify_hmac(const struct forge_signature *signature, struct request *request, struct str secret,
                               int64_t now, struct error *error)
{
	const struct str *header = find_header(request, signature->headers[0]);
	struct str hex, payload;

	(void)now;
	if (header == NULL)
		return give(FORGE_ABSENT, error, "there is no header", signature->headers[0]);
	if (!str_starts(*header, str_from(signature->prefix)))
		return wrong(request, error, signature->headers[0]);
	hex = str_from_index(*header, strlen(signature->prefix));
	if (is_hmac(secret, hex, request->body) ||
	    (signature->over_json && form_payload(request, &payload) && is_hmac(secret, hex, payload)))
		return FORGE_RIGHT;
	return wrong(request, error, signature->headers[0]);
}

/* SHA-1 alone is not taken: GitHub has sent both since 2020, so whoever leaves one out is somebody in between. */
enum forge_verdict verify_github(const struct forge_signature *signature, struct request *request, struct str secret,
                                 int64_t now, struct error *error)
{
	enum forge_verdict verdict = verify_hmac(signature, request, secret, now, error);

	if (verdict == FORGE_ABSENT && find_header(request, signature->headers[1]) != NULL)
		error_set(
			error, ERROR_INVALID,
			"there is only the SHA-1 signature in %s, which is not enough here: for a server that sends no "
			"%s write a match of type payload-hmac-sha1",
			signature->headers[1], signature->headers[0]);
	return verdict;
}

static enum forge_verdict verify_signing_key(struct request *request, struct str secret, int64_t now,
                                             struct error *error)
{
	struct buf key = BUF_INIT;
	enum standard_webhooks result = STANDARD_WEBHOOKS_WRONG;

	if (!standard_webhooks_key(secret, &key)) {
		buf_release(&key);
		error_set(error, ERROR_INVALID, "what follows whsec_ in the secret is no base64");
		return FORGE_WRONG;
	}
	result = standard_webhooks_check(request, buf_str(&key), now);
	buf_release(&key);
	switch (result) {
	case STANDARD_WEBHOOKS_GOOD:
		return FORGE_RIGHT;
	case STANDARD_WEBHOOKS_WRONG:
		return wrong(request, error, "webhook-signature");
	case STANDARD_WEBHOOKS_TWICE:
		return give(FORGE_WRONG, error,
		            "more than once comes one of the headers webhook-id, webhook-timestamp,",
		            "webhook-signature");
	case STANDARD_WEBHOOKS_OUTDATED:
		error_set(error, ERROR_INVALID,
		          "header webhook-timestamp is more than five minutes away from the time here");
		return FORGE_WRONG;
	case STANDARD_WEBHOOKS_BAD_ID:
		return give(FORGE_WRONG, error, "a full stop, which none may have, is in header", "webhook-id");
	case STANDARD_WEBHOOKS_BAD_TIME:
		return give(FORGE_WRONG, error, "no number of seconds is in header", "webhook-timestamp");
	case STANDARD_WEBHOOKS_ABSENT:
		break;
	}
	return give(FORGE_ABSENT, error, "there is no header", "webhook-signature");
}

/* The plain secret, or a signing key. */
enum forge_verdict verify_gitlab(const struct forge_signature *signature, struct request *request, struct str secret,
                                 int64_t now, struct error *error)
{
	const struct str *token = find_header(request, signature->headers[0]);

	if (str_starts(secret, STR("whsec_")))
		return verify_signing_key(request, secret, now, error);
	if (token == NULL)
		return give(FORGE_ABSENT, error, "there is no header", signature->headers[0]);
	if (crypto_equal(*token, secret))
		return FORGE_RIGHT;
	return give(FORGE_WRONG, error, "the token is wrong in header", signature->headers[0]);
}

/* Exactly `size` bytes out of base64. */
static bool decode(struct str text, uint8_t *out, size_t size)
{
	struct buf bytes = BUF_INIT;
	bool good = crypto_base64_decode(text, &bytes) && bytes.len == size;

	if (good)
		memcpy(out, bytes.data, size);
	buf_release(&bytes);
	return good;
}

static bool decode_key(struct str secret, uint8_t key[static CRYPTO_ED25519_KEY])
{
	struct str text = str_from_index(secret, strlen(PUBLIC_KEY));

	return decode(str_equal_c(text, "sr.ht") ? STR(SOURCEHUT_KEY) : text, key, CRYPTO_ED25519_KEY);
}

/* Ed25519 over the body and the nonce behind it. */
enum forge_verdict verify_ed25519(const struct forge_signature *signature, struct request *request, struct str secret,
                                  int64_t now, struct error *error)
{
	const struct str *given = find_header(request, signature->headers[0]);
	const struct str *nonce = find_header(request, signature->headers[1]);
	uint8_t key[CRYPTO_ED25519_KEY], bytes[CRYPTO_ED25519_SIGNATURE];
	struct buf text = BUF_INIT;
	bool good;

	(void)now;
	if (!str_starts(secret, STR(PUBLIC_KEY)) || !decode_key(secret, key)) {
		error_set(error, ERROR_INVALID, "no secret is a public key (ed25519:…) to check header %s with",
		          signature->headers[0]);
		return FORGE_ABSENT;
	}
	if (given == NULL || nonce == NULL)
		return give(FORGE_ABSENT, error, "there is no header", signature->headers[given != NULL]);
	buf_append_str(&text, request->body);
	buf_append_str(&text, *nonce);
	good = decode(*given, bytes, sizeof(bytes)) && crypto_ed25519_verify(key, bytes, buf_str(&text));
	buf_release(&text);
	return good ? FORGE_RIGHT : wrong(request, error, signature->headers[0]);
}

/* RFC 7617: "Basic" in any case, base64 of USER:PASSWORD. */
enum forge_verdict verify_basic(const struct forge_signature *signature, struct request *request, struct str secret,
                                int64_t now, struct error *error)
{
	const struct str *header = find_header(request, signature->headers[0]);
	struct buf given = BUF_INIT;
	bool good;

	(void)now;
	if (header == NULL || !str_equal_nocase(str_head(*header, 6), STR("Basic ")))
		return give(FORGE_ABSENT, error, "there are no credentials of the kind Basic in header",
		            signature->headers[0]);
	good = crypto_base64_decode(str_trim(str_from_index(*header, 6)), &given) &&
	       crypto_equal(buf_str(&given), secret);
	buf_release(&given);
	return good ? FORGE_RIGHT
	            : give(FORGE_WRONG, error, "user or password is wrong in header", signature->headers[0]);
}

/* Of several secrets that are not right a wrong one tells more than one that is for another forge. */
static enum forge_verdict check_secrets(const struct forge *forge, struct request *request, const struct str *secrets,
                                        size_t count, int64_t now, struct error *error)
{
	const struct forge_signature *signature = &forge->signature;
	bool has_public = signature->check == verify_ed25519;
	enum forge_verdict verdict = FORGE_ABSENT;
	struct error problem = ERROR_INIT;

	for (size_t i = 0; signature->headers[i] != NULL; i++) {
		if (request_count_header(request, str_from(signature->headers[i])) > 1)
			return give(FORGE_WRONG, error, "more than once comes header", signature->headers[i]);
	}
	error_set(&problem, ERROR_INVALID, "no secret is one for %s", forge->name);
	for (size_t i = 0; i < count; i++) {
		struct error one = ERROR_INIT;
		enum forge_verdict of_one;

		if (secrets[i].len == 0 || str_starts(secrets[i], STR(PUBLIC_KEY)) != has_public)
			continue;
		of_one = signature->check(signature, request, secrets[i], now, &one);
		if (of_one == FORGE_RIGHT)
			return FORGE_RIGHT;
		if (verdict != FORGE_WRONG) {
			verdict = of_one;
			problem = one;
		}
	}
	*error = problem;
	return verdict;
}

/*
 * No header tells the forge. One whose payload tells it is asked for its credentials first, so that nobody without them
 * has us parse anything.
 */
static enum forge_verdict check_untold(const struct forge_table *table, struct request *request,
                                       const struct str *secrets, size_t count, int64_t now, struct error *error)
{
	enum forge_verdict verdict = FORGE_UNKNOWN;
	struct error ignored = ERROR_INIT;
	struct forge_found found;

	for (size_t i = 0; i < table->count && verdict != FORGE_RIGHT; i++) {
		if (table->rows[i]->tell != NULL)
			verdict = check_secrets(table->rows[i], request, secrets, count, now, &ignored);
	}
	if (verdict == FORGE_RIGHT && forge_find(table, request, &found, error) && found.forge != NULL)
		return check_secrets(found.forge, request, secrets, count, now, error);
	error_set(error, ERROR_INVALID, "the request is of no forge that is known here, %s",
	          verdict == FORGE_RIGHT ? "although its user and password are right"
	                                 : "by its headers or by user and password");
	return FORGE_UNKNOWN;
}

enum forge_verdict forge_verify_by(const struct forge_table *table, struct request *request, const struct str *secrets,
                                   size_t count, int64_t now, struct error *error)
{
	struct forge_found found;

	if (!forge_find_by_headers(table, request, &found, error))
		return FORGE_WRONG;
	if (found.forge == NULL)
		return check_untold(table, request, secrets, count, now, error);
	return check_secrets(found.forge, request, secrets, count, now, error);
}

enum forge_verdict forge_verify(struct request *request, const struct str *secrets, size_t count, int64_t now,
                                struct error *error)
{
	return forge_verify_by(&forges, request, secrets, count, now, error);
}

bool forge_secret_is_valid(struct str secret, struct error *error)
{
	uint8_t key[CRYPTO_ED25519_KEY];

	if (secret.len == 0)
		return error_set(error, ERROR_INVALID, "secret is empty: anybody could make the signature");
	if (str_starts(secret, STR(PUBLIC_KEY)) && !decode_key(secret, key))
		return error_set(error, ERROR_INVALID,
		                 "secret: behind ed25519: there is neither sr.ht nor a public key, 32 bytes in base64");
	return true;
}
