/*
 * What was sent is read leniently into the digests that it may hold; then the table of mistakes is tried on them, the
 * likely ones first, one mistake at a time. Digests are compared in constant time, as where it counts.
 */
#include "hook/signature_hint.h"

#include "config/keys.h"

#include "base/arena.h"
#include "base/buf.h"
#include "hook/signature_body.h"
#include "hook/signature_given.h"
#include "payload/request.h"

/* Bytes that are hashed for one hint. */
#define WORK_MAX ((size_t)32 * 1024 * 1024)

static const char *const algorithms[] = {
	[CRYPTO_SHA1] = "HMAC-SHA1",
	[CRYPTO_SHA256] = "HMAC-SHA256",
	[CRYPTO_SHA512] = "HMAC-SHA512",
};

static const enum crypto_hash hashes[] = {CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct search {
	struct arena *arena;
	enum crypto_hash hash;
	struct str secret;
	struct request *request;
	struct signature_given given;
	size_t work;
};

/* The way in which the digest is given, where one of those given is the HMAC; else NULL. */
static const struct signature_digest *fits(struct search *search, enum crypto_hash hash, struct str secret,
                                           struct str body)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	if (!signature_given_has_size(&search->given, crypto_digest_size(hash)) || body.len > WORK_MAX - search->work)
		return NULL;
	search->work += body.len;
	size_t size = crypto_hmac(hash, secret, body, digest);
	return signature_given_find(&search->given, digest, size);
}

/* --- The digest as it is written ---------------------------------------------------------------------------------- */

static const char *const prefixes[] = {
	[CRYPTO_SHA1] = "sha1",
	[CRYPTO_SHA256] = "sha256",
	[CRYPTO_SHA512] = "sha512",
};

static struct str try_ways(struct search *search)
{
	static const char *const ways[] = {
		[SIGNATURE_UPPER] = "in upper-case hexadecimal: lower case is wanted",
		[SIGNATURE_BASE64] = "in base64: hexadecimal is wanted",
	};
	const struct signature_digest *digest = fits(search, search->hash, search->secret, search->request->body);

	if (!digest)
		return STR("");
	if (digest->way == SIGNATURE_LOWER)
		return str_printf(
			search->arena,
			"the digest is right, but something else than %s= stands before it, or something around it",
			prefixes[search->hash]);
	return str_printf(search->arena, "the digest is right, but it comes %s", ways[digest->way]);
}

static struct str try_hashes(struct search *search)
{
	for (size_t i = 0; i < COUNT(hashes); i++) {
		if (hashes[i] != search->hash && fits(search, hashes[i], search->secret, search->request->body))
			return str_printf(search->arena, "it would be right for %s: the match says %s",
			                  algorithms[hashes[i]], algorithms[search->hash]);
	}
	return STR("");
}

/* --- The secret --------------------------------------------------------------------------------------------------- */

static struct str append_newline(struct arena *arena, struct str secret)
{
	return str_join(arena, secret, STR("\n"));
}

static struct str append_crlf(struct arena *arena, struct str secret)
{
	return str_join(arena, secret, STR("\r\n"));
}

static struct str trim(struct arena *arena, struct str secret)
{
	(void)arena;
	return str_trim(secret);
}

static struct str unquote(struct arena *arena, struct str secret)
{
	(void)arena;
	if (secret.len < 2 || secret.data[0] != secret.data[secret.len - 1] ||
	    !str_contains(STR("\"'"), str_head(secret, 1)))
		return secret;
	return str_head(str_from_index(secret, 1), secret.len - 2);
}

static struct str quote_twice(struct arena *arena, struct str secret)
{
	return str_printf(arena, "\"%.*s\"", STR_ARGS(secret));
}

static struct str quote_once(struct arena *arena, struct str secret)
{
	return str_printf(arena, "'%.*s'", STR_ARGS(secret));
}

static struct str pad(struct arena *arena, struct str secret)
{
	return str_join(arena, secret, STR(" "));
}

static struct str decode_base64(struct arena *arena, struct str secret)
{
	struct buf out = BUF_INIT;
	struct str text = str_starts(secret, STR("whsec_")) ? str_from_index(secret, 6) : secret;
	bool whole = crypto_base64_decode(text, &out);
	struct str decoded = whole ? str_copy(arena, buf_str(&out)) : secret;
	buf_release(&out);
	return decoded;
}

static struct str nothing(struct arena *arena, struct str secret)
{
	(void)arena;
	(void)secret;
	return STR("");
}

static const struct {
	struct str (*change)(struct arena *arena, struct str secret); /* the secret itself where it has nothing to do */
	const char *hint;
} changes[] = {
	{append_newline,
         "the sender's secret ends in a newline that the match does not have: `echo` adds one, `printf %s` "
         "does not"},
	{append_crlf, "the sender's secret ends in CR LF, which the match does not have"},
	{trim, "the secret of the match has white space at its ends (a newline from a file?), the sender's has none"},
	{unquote, "the secret of the match has quotes around it, the sender's has none"},
	{quote_twice, "the sender's secret has double quotes around it"},
	{quote_once, "the sender's secret has single quotes around it"},
	{pad, "the sender's secret has a space at its end"},
	{decode_base64, "the sender takes the secret for base64 and decodes it"},
	{nothing, "the sender signs with an empty secret"},
};

static struct str try_secrets(struct search *search)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct str secret = changes[i].change(search->arena, search->secret);
		if (!str_equal(secret, search->secret) && fits(search, search->hash, secret, search->request->body))
			return str_printf(search->arena, "it would be right with another secret: %s", changes[i].hint);
	}
	return STR("");
}

/* --- The body ----------------------------------------------------------------------------------------------------- */

static struct str try_bodies(struct search *search)
{
	struct signature_bodies bodies = {.request = search->request, .text = BUF_INIT};
	struct str body, found = STR("");
	const char *hint;

	while (found.len == 0 && signature_bodies_next(&bodies, &body, &hint)) {
		if (fits(search, search->hash, search->secret, body))
			found = str_printf(search->arena, "it would be right over %s", hint);
	}
	buf_release(&bodies.text);
	return found;
}

/* --- None of them ------------------------------------------------------------------------------------------------- */

static struct str tell_none(struct search *search)
{
	const char *wanted = algorithms[search->hash];
	size_t size = crypto_digest_size(search->hash);

	if (signature_given_has_size(&search->given, size))
		return STR(
			"none of the usual mistakes fits: the secret is another one, or the body was changed on its way");
	for (size_t i = 0; i < COUNT(hashes); i++) {
		if (signature_given_has_size(&search->given, crypto_digest_size(hashes[i])))
			return str_printf(search->arena,
			                  "what came is as long as an %s, and wrong for that, too: the match says %s",
			                  algorithms[hashes[i]], wanted);
	}
	return str_printf(search->arena,
	                  "what came is no digest: an %s is %zu hexadecimal digits, with or without %s= "
	                  "before them",
	                  wanted, 2 * size, prefixes[search->hash]);
}

struct str signature_hint(enum crypto_hash hash, const struct text_list *secrets, struct str given,
                          struct request *request)
{
	static struct str (*const attempts[])(struct search * search) = {
		try_ways,
		try_hashes,
		try_secrets,
		try_bodies,
	};
	struct search search = {.arena = request->arena, .hash = hash, .request = request};
	struct str hint = STR("");

	signature_given_read(&search.given, given);
	for (size_t i = 0; hint.len == 0 && i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		for (size_t j = 0; hint.len == 0 && j < secrets->count; j++) {
			search.secret = secrets->items[j];
			hint = attempts[i](&search);
		}
	}
	return hint.len > 0 ? hint : tell_none(&search);
}
