/*
 * The Standard Webhooks scheme (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): an
 * HMAC-SHA256 over id, time and body.
 */
#ifndef POCKETCI_FORGE_STANDARD_WEBHOOKS_H
#define POCKETCI_FORGE_STANDARD_WEBHOOKS_H

#include <stdint.h>

#include "base/str.h"

struct request;

enum standard_webhooks {
	STANDARD_WEBHOOKS_GOOD,
	STANDARD_WEBHOOKS_ABSENT, /* one of the headers webhook-id, webhook-timestamp, webhook-signature is not there */
	STANDARD_WEBHOOKS_TWICE,  /* one of them comes more than once */
	STANDARD_WEBHOOKS_WRONG,  /* none of the signatures with "v1," is right */
	STANDARD_WEBHOOKS_OUTDATED, /* signed more than five minutes from now, or the time is no number of seconds */
	STANDARD_WEBHOOKS_NO_KEY,   /* the secret is not base64, or is empty */
};

/*
 * Whether one of the signatures in webhook-signature, with spaces between, is that of the request. The secret is base64
 * of the key, with or without "whsec_" in front. now is milliseconds since 1970 UTC. Compared in constant time.
 */
enum standard_webhooks standard_webhooks_check(const struct request *request, struct str secret, int64_t now);

#endif
