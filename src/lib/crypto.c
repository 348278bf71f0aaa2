/*
 * Digests and HMAC from libcrypto. What it fetched for an algorithm is kept for the life of the process: its one-shot
 * HMAC() fetches anew each time, which costs 1.7 µs, a fifth of the HMAC of a 7 KB push.
 */
#include "lib/crypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct algorithm {
	const char *name; /* as libcrypto calls it */
	size_t size;
	EVP_MD *digest;    /* NULL until first asked for */
	EVP_MAC_CTX *hmac; /* likewise; takes a new key each time */
};

static struct algorithm algorithms[] = {
	[CRYPTO_SHA1] = {.name = "SHA1", .size = 20},
	[CRYPTO_SHA256] = {.name = "SHA256", .size = 32},
	[CRYPTO_SHA512] = {.name = "SHA512", .size = 64},
};

/* Nothing here depends on input: a failure is a lack of memory or a broken library, and no answer would be safe. */
static void require(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "libcrypto cannot do %s\n", what);
	abort();
}

static void start_library(void)
{
	require(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1, "its initialisation");
}

static const EVP_MD *find_digest(struct algorithm *algorithm)
{
	if (algorithm->digest == NULL) {
		start_library();
		algorithm->digest = EVP_MD_fetch(NULL, algorithm->name, NULL);
		require(algorithm->digest != NULL, algorithm->name);
	}
	return algorithm->digest;
}

/* libcrypto takes the name of a digest through a pointer that is not const, and does not write to it. */
static EVP_MAC_CTX *make_hmac(const char *digest)
{
	char name[16];
	EVP_MAC *mac;
	EVP_MAC_CTX *context;
	OSSL_PARAM parameters[2];

	start_library();
	snprintf(name, sizeof(name), "%s", digest);
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	require(mac != NULL, "HMAC");
	context = EVP_MAC_CTX_new(mac);
	require(context != NULL, "HMAC");
	EVP_MAC_free(mac);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	parameters[1] = OSSL_PARAM_construct_end();
	require(EVP_MAC_CTX_set_params(context, parameters) == 1, "HMAC with this digest");
	return context;
}

size_t crypto_digest_size(enum crypto_hash hash)
{
	return algorithms[hash].size;
}

size_t crypto_hmac(enum crypto_hash hash, struct str key, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX])
{
	struct algorithm *algorithm = &algorithms[hash];
	size_t size = 0;

	if (algorithm->hmac == NULL)
		algorithm->hmac = make_hmac(algorithm->name);
	require(EVP_MAC_init(algorithm->hmac, (const unsigned char *)key.data, key.len, NULL) == 1 &&
	                EVP_MAC_update(algorithm->hmac, (const unsigned char *)data.data, data.len) == 1 &&
	                EVP_MAC_final(algorithm->hmac, digest, &size, CRYPTO_DIGEST_MAX) == 1,
	        "HMAC");
	return size;
}

size_t crypto_digest(enum crypto_hash hash, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX])
{
	struct algorithm *algorithm = &algorithms[hash];
	unsigned size = 0;

	require(EVP_Digest(data.data, data.len, digest, &size, find_digest(algorithm), NULL) == 1, algorithm->name);
	return size;
}

bool crypto_equal(struct str a, struct str b)
{
	return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

/* A key or signature that is no point or number of the curve is a wrong signature, like any other. */
bool crypto_ed25519_verify(const uint8_t key[static CRYPTO_ED25519_KEY],
                           const uint8_t signature[static CRYPTO_ED25519_SIGNATURE], struct str data)
{
	EVP_PKEY *public_key;
	EVP_MD_CTX *context;
	bool good;

	start_library();
	public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, CRYPTO_ED25519_KEY);
	context = EVP_MD_CTX_new();
	require(public_key != NULL && context != NULL, "Ed25519");
	good = EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
	       EVP_DigestVerify(context, signature, CRYPTO_ED25519_SIGNATURE, (const unsigned char *)data.data,
	                        data.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public_key);
	return good;
}

void crypto_random(void *out, size_t len)
{
	unsigned char *next = out;

	while (len > 0) {
		ssize_t got = getrandom(next, len, 0);

		if (got < 0) {
			require(errno == EINTR, "random bytes: getrandom(2) failed");
			continue;
		}
		next += got;
		len -= (size_t)got;
	}
}
