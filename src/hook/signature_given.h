/*
 * The digests that the text of a signature may hold, read leniently: behind a prefix or not, in a list or not, in
 * hexadecimal of either case or in base64. For signature_hint.c alone: what is taken as a signature is signature.h's.
 */
#ifndef POCKETCI_HOOK_SIGNATURE_GIVEN_H
#define POCKETCI_HOOK_SIGNATURE_GIVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "lib/crypto.h"

/* How it is written. */
enum signature_way { SIGNATURE_LOWER, SIGNATURE_UPPER, SIGNATURE_BASE64 };

struct signature_digest {
	uint8_t bytes[CRYPTO_DIGEST_MAX];
	size_t size; /* that of one of the algorithms */
	enum signature_way way;
};

#define SIGNATURE_GIVEN_MAX 16

struct signature_given {
	struct signature_digest digests[SIGNATURE_GIVEN_MAX];
	size_t count;
};

/* What is past SIGNATURE_GIVEN_MAX is not looked at. */
void signature_given_read(struct signature_given *given, struct str text);

bool signature_given_has_size(const struct signature_given *given, size_t size);

/* The one that is this digest, or NULL. */
const struct signature_digest *signature_given_find(const struct signature_given *given, const uint8_t *digest,
                                                    size_t size);

#endif
