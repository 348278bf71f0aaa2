/*
 * Why a signature is wrong: whether one of the common mistakes makes it right. For people who look at a delivery that
 * was refused; nothing here decides anything.
 */
#ifndef POCKETCI_HOOK_SIGNATURE_HINT_H
#define POCKETCI_HOOK_SIGNATURE_HINT_H

#include "base/str.h"
#include "lib/crypto.h"

struct request;
struct text_list;

/*
 * A sentence on what was sent in `given` in the place of an HMAC of this hash over the body, with any of the secrets: "it would be right for
 * HMAC-SHA1: the match says HMAC-SHA256". Tried are other algorithms, other ways of writing the digest, what happens to
 * a secret in a file, and what happens to a body on its way. Where none fits it says so. In the request's arena; never
 * with a digest or any part of the secret, and never empty.
 *
 * The work is bounded: some 32 MiB are hashed at most for each secret, and a body over SIGNATURE_HINT_BODY_MAX is not written anew.
 */
struct str signature_hint(enum crypto_hash hash, const struct text_list *secrets, struct str given,
                          struct request *request);

#define SIGNATURE_HINT_BODY_MAX ((size_t)1024 * 1024)

#endif
