/*
 * HMAC signatures. What was sent is decoded from hexadecimal and compared as a digest in constant time; text that
 * is no digest of the right size is just a wrong signature. Nothing here keeps or prints a secret or a signature.
 */
#include "hook/signature.h"

#include "hook/form.h"
#include "payload/request.h"

static const struct str prefixes[] = {
	[CRYPTO_SHA1] = {"sha1=", 5},
	[CRYPTO_SHA256] = {"sha256=", 7},
	[CRYPTO_SHA512] = {"sha512=", 7},
};

/* Lower case only, as the reference, which compares the text. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False where text is not the hexadecimal form of size bytes. */
static bool decode_hex(struct str text, uint8_t *out, size_t size)
{
	if (text.len != size * 2)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

static bool is_digest(struct str text, const uint8_t *digest, size_t size)
{
	uint8_t given[CRYPTO_DIGEST_MAX];
	return decode_hex(text, given, size) &&
	       crypto_equal((struct str){(const char *)given, size}, (struct str){(const char *)digest, size});
}

bool signature_matches(enum crypto_hash hash, struct str secret, struct str given, struct str body)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	struct str part, prefix = prefixes[hash];
	size_t size = crypto_hmac(hash, secret, body, digest);

	if (str_find(given, ',') == given.len)
		return is_digest(str_from_index(given, str_starts(given, prefix) ? prefix.len : 0), digest, size);
	while (str_split_next(&given, ',', &part)) {
		if (str_starts(part, prefix) && is_digest(str_from_index(part, prefix.len), digest, size))
			return true;
	}
	return false;
}

bool signature_matches_request(enum crypto_hash hash, struct str secret, struct str given, struct request *request)
{
	struct str payload;
	return signature_matches(hash, secret, given, request->body) ||
	       (form_payload(request, &payload) && signature_matches(hash, secret, given, payload));
}
