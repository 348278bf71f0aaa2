/*
 * Signatures over a request's body, as forges and services send them in a header.
 */
#ifndef POCKETCI_HOOK_SIGNATURE_H
#define POCKETCI_HOOK_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "lib/crypto.h"

struct buf;
struct request;

/*
 * Whether one of the signatures in `given` is the HMAC of body in lower-case hexadecimal. `given` is one signature
 * with or without its prefix ("sha256="), or a comma list, of which those with the prefix count. Compared in
 * constant time as digests. The secret must not be empty (checked when loading).
 */
bool signature_matches(enum crypto_hash hash, struct str secret, struct str given, struct str body);

/*
 * The same for a request: over its raw body and, where the body is a form that holds nothing but the field `payload`,
 * over the text of that field, which is what Gitea and Gogs sign.
 */
bool signature_matches_request(enum crypto_hash hash, struct str secret, struct str given, struct request *request);

/* What Scalr sends: X-Signature over body and Date, and Date not more than five minutes away. */
enum scalr_result { SCALR_GOOD, SCALR_ABSENT, SCALR_WRONG, SCALR_OUTDATED, SCALR_BAD_DATE };

/* now is milliseconds since 1970 UTC. */
enum scalr_result signature_check_scalr(struct str secret, const struct request *request, int64_t now);

#endif
