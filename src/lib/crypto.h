/*
 * What pocketci needs of libcrypto, and the encodings that go with it. The only caller of libcrypto.
 */
#ifndef POCKETCI_LIB_CRYPTO_H
#define POCKETCI_LIB_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;

enum crypto_hash { CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512 };

#define CRYPTO_DIGEST_MAX 64

/* 20, 32 or 64. */
size_t crypto_digest_size(enum crypto_hash hash);

/*
 * HMAC (RFC 2104) of data into digest; returns the digest's size. An empty key is allowed here and refused by those
 * who check signatures.
 */
size_t crypto_hmac(enum crypto_hash hash, struct str key, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX]);

/* The digest of data; returns its size. */
size_t crypto_digest(enum crypto_hash hash, struct str data, uint8_t digest[static CRYPTO_DIGEST_MAX]);

/* Whether two texts are equal, in a time that depends on their lengths only. */
bool crypto_equal(struct str a, struct str b);

/*
 * Whether hex is a digest (at most CRYPTO_DIGEST_MAX bytes) in hexadecimal, lower case only, as webhook 2.8.0 has it. In
 * constant time over the digest; text that is no digest of this length is just not equal.
 */
bool crypto_equal_hex(struct str hex, const uint8_t *digest, size_t len);

#define CRYPTO_ED25519_KEY 32
#define CRYPTO_ED25519_SIGNATURE 64

/*
 * Whether the signature of data (Ed25519, RFC 8032 section 5.1) was made with the private half of this public key. False,
 * and a line in the log, where libcrypto cannot be loaded.
 */
bool crypto_ed25519_verify(const uint8_t key[static CRYPTO_ED25519_KEY],
                           const uint8_t signature[static CRYPTO_ED25519_SIGNATURE], struct str data);

/* Random bytes from the kernel; never fails (getrandom blocks only before the pool is ready). */
void crypto_random(void *out, size_t len);

/* Lower-case hexadecimal, NUL-terminated, in the arena. */
struct str crypto_hex(struct arena *arena, const uint8_t *data, size_t len);

/*
 * Base64 as Go's base64.StdEncoding decodes it (RFC 4648 §4: padding wanted, CR and LF passed over). Appends to *out.
 * False at the first wrong byte: *out then holds what came before it, as the reference keeps it.
 */
bool crypto_base64_decode(struct str text, struct buf *out);

#endif
