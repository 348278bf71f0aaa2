/*
 * HMAC signatures. What was sent is decoded from hexadecimal and compared as a digest in constant time; text that
 * is no digest of the right size is just a wrong signature. Nothing here keeps or prints a secret or a signature.
 */
#include "hook/signature.h"

#include "payload/form_payload.h"
#include "payload/request.h"

static const struct str prefixes[] = {
	[CRYPTO_SHA1] = {"sha1=", 5},
	[CRYPTO_SHA256] = {"sha256=", 7},
	[CRYPTO_SHA512] = {"sha512=", 7},
};

bool signature_matches(enum crypto_hash hash, struct str secret, struct str given, struct str body)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	struct str part, prefix = prefixes[hash];
	size_t size = crypto_hmac(hash, secret, body, digest);

	if (str_find(given, ',') == given.len)
		return crypto_equal_hex(str_from_index(given, str_starts(given, prefix) ? prefix.len : 0), digest,
		                        size);
	while (str_split_next(&given, ',', &part)) {
		if (str_starts(part, prefix) && crypto_equal_hex(str_from_index(part, prefix.len), digest, size))
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
