/*
 * Digests and HMAC. libcrypto's digests are called directly: by way of its EVP functions, the first use loads providers,
 * which is 5 million instructions and 600 KB for each start of a CGI program. OpenSSL 3 calls this "deprecated", since it
 * bypasses providers (such as FIPS), but it is the same code (with the processor's SHA instructions) behind both.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "lib/crypto.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BLOCK_MAX SHA512_CBLOCK

struct algorithm {
	size_t size, block;
	/* The digest of two texts, one after the other. */
	bool (*digest)(struct str first, struct str second, uint8_t *digest);
};

static bool digest_sha1(struct str first, struct str second, uint8_t *digest)
{
	SHA_CTX context;

	bool done = SHA1_Init(&context) == 1 && SHA1_Update(&context, first.data, first.len) == 1 &&
	            SHA1_Update(&context, second.data, second.len) == 1 && SHA1_Final(digest, &context) == 1;
	OPENSSL_cleanse(&context, sizeof(context));
	return done;
}

static bool digest_sha256(struct str first, struct str second, uint8_t *digest)
{
	SHA256_CTX context;

	bool done = SHA256_Init(&context) == 1 && SHA256_Update(&context, first.data, first.len) == 1 &&
	            SHA256_Update(&context, second.data, second.len) == 1 && SHA256_Final(digest, &context) == 1;
	OPENSSL_cleanse(&context, sizeof(context));
	return done;
}

static bool digest_sha512(struct str first, struct str second, uint8_t *digest)
{
	SHA512_CTX context;

	bool done = SHA512_Init(&context) == 1 && SHA512_Update(&context, first.data, first.len) == 1 &&
	            SHA512_Update(&context, second.data, second.len) == 1 && SHA512_Final(digest, &context) == 1;
	OPENSSL_cleanse(&context, sizeof(context));
	return done;
}

static const struct algorithm algorithms[] = {
	[CRYPTO_SHA1] = {SHA_DIGEST_LENGTH, SHA_CBLOCK, digest_sha1},
	[CRYPTO_SHA256] = {SHA256_DIGEST_LENGTH, SHA256_CBLOCK, digest_sha256},
	[CRYPTO_SHA512] = {SHA512_DIGEST_LENGTH, SHA512_CBLOCK, digest_sha512},
};

/* Nothing here depends on input: a failure is a broken library, and no answer would be safe. */
static void require(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "libcrypto cannot do %s\n", what);
	abort();
}

size_t crypto_digest_size(enum crypto_hash hash)
{
	return algorithms[hash].size;
}

size_t crypto_digest(enum crypto_hash hash, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX])
{
	require(algorithms[hash].digest(STR(""), data, digest), "a digest");
	return algorithms[hash].size;
}

/* The key of one block, each byte xor the pad. */
static struct str pad_key(const uint8_t *key, size_t block, uint8_t pad, uint8_t *padded)
{
	for (size_t i = 0; i < block; i++)
		padded[i] = key[i] ^ pad;
	return (struct str){(const char *)padded, block};
}

/* RFC 2104 §2: H(key ^ opad, H(key ^ ipad, data)); a key that is longer than a block is its digest. */
size_t crypto_hmac(enum crypto_hash hash, struct str key, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX])
{
	const struct algorithm *algorithm = &algorithms[hash];
	uint8_t block[BLOCK_MAX] = {0}, padded[BLOCK_MAX], inner[CRYPTO_DIGEST_MAX];
	bool done = true;

	if (key.len > algorithm->block)
		done = algorithm->digest(key, STR(""), block);
	else if (key.len > 0)
		memcpy(block, key.data, key.len);
	done = done && algorithm->digest(pad_key(block, algorithm->block, 0x36, padded), data, inner) &&
	       algorithm->digest(pad_key(block, algorithm->block, 0x5c, padded),
	                         (struct str){(const char *)inner, algorithm->size}, digest);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(padded, sizeof(padded));
	OPENSSL_cleanse(inner, sizeof(inner));
	require(done, "HMAC");
	return algorithm->size;
}

bool crypto_equal(struct str a, struct str b)
{
	return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
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
