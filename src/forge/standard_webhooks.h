/*
 * Standard Webhooks (https://www.standardwebhooks.com, version 1.0.0), which GitLab sends too: HMAC-SHA256 in base64 over
 * id, time and body.
 */
#ifndef POCKETCI_FORGE_STANDARD_WEBHOOKS_H
#define POCKETCI_FORGE_STANDARD_WEBHOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct request;

enum standard_webhooks {
	STANDARD_WEBHOOKS_GOOD,
	STANDARD_WEBHOOKS_ABSENT, /* one of the headers webhook-id, webhook-timestamp, webhook-signature is not there */
	STANDARD_WEBHOOKS_TWICE,  /* one of them comes more than once */
	STANDARD_WEBHOOKS_WRONG,  /* none of the signatures with "v1," is right */
	STANDARD_WEBHOOKS_OUTDATED, /* signed more than five minutes from now */
	STANDARD_WEBHOOKS_BAD_ID,   /* it has a full stop in it, which the scheme warns of */
	STANDARD_WEBHOOKS_BAD_TIME, /* it is no number of seconds */
};

/*
 * Appends the key that a secret of the scheme stands for: base64, with whsec_ in front or without. False where it is
 * none, or empty.
 */
bool standard_webhooks_key(struct str secret, struct buf *key);

/*
 * Whether one of the signatures in webhook-signature, with spaces between, is that of the request. The key is what
 * standard_webhooks_key gives; now is milliseconds since 1970 UTC. Compared in constant time.
 */
enum standard_webhooks standard_webhooks_check(const struct request *request, struct str key, int64_t now);

#endif
