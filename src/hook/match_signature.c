/*
 * Matches that check a signature. Of several secrets any one may be right, so that one can be replaced by another while
 * both are in use.
 */
#include "hook/match.h"

#include "base/clock.h"
#include "base/error.h"
#include "forge/standard_webhooks.h"
#include "forge/verify.h"
#include "hook/hook.h"
#include "hook/signature.h"
#include "hook/source.h"
#include "payload/request.h"

static const char *empty_body(const struct request *request)
{
	return request->body.len == 0 ? "; the body is empty" : "";
}

enum crypto_hash match_hash(enum match_type type)
{
	if (type == MATCH_HMAC_SHA1)
		return CRYPTO_SHA1;
	return type == MATCH_HMAC_SHA256 ? CRYPTO_SHA256 : CRYPTO_SHA512;
}

struct rule_outcome match_hmac(const struct match *match, struct request *request, struct str parameter)
{
	for (size_t i = 0; i < match->secrets.count; i++) {
		if (signature_matches_request(match_hash(match->type), match->secrets.items[i], parameter, request))
			return match_outcome(true);
	}
	struct str what = source_describe(&match->parameter, request);
	return match_fail(RULE_SIGNATURE, "the signature in %.*s is wrong%s", STR_ARGS(what), empty_body(request));
}

struct rule_outcome match_scalr(const struct match *match, struct request *request, struct str parameter)
{
	enum scalr_result result = SCALR_WRONG;
	int64_t now = clock_wall();

	(void)parameter;
	if (request_count_header(request, STR("X-Signature")) > 1 || request_count_header(request, STR("Date")) > 1)
		return match_fail(RULE_SIGNATURE, "header X-Signature or Date comes more than once");
	for (size_t i = 0; i < match->secrets.count && result == SCALR_WRONG; i++)
		result = signature_check_scalr(match->secrets.items[i], request, now);
	switch (result) {
	case SCALR_GOOD:
		return match_outcome(true);
	case SCALR_WRONG:
		return match_fail(RULE_SIGNATURE, "the signature in header X-Signature is wrong%s",
		                  empty_body(request));
	case SCALR_OUTDATED:
		return match_fail(RULE_SIGNATURE, "header Date is more than five minutes away from the time here");
	case SCALR_BAD_DATE:
		return match_fail(RULE_FAILED, "header Date is no date such as Fri 08 Sep 2017 11:24:32 UTC");
	case SCALR_ABSENT:
		break;
	}
	return match_outcome(false);
}

struct rule_outcome match_standard_webhooks(const struct match *match, struct request *request, struct str parameter)
{
	enum standard_webhooks result = STANDARD_WEBHOOKS_WRONG;
	int64_t now = clock_wall();

	(void)parameter;
	for (size_t i = 0; i < match->secrets.count && result == STANDARD_WEBHOOKS_WRONG; i++)
		result = standard_webhooks_check(request, match->secrets.items[i], now);
	switch (result) {
	case STANDARD_WEBHOOKS_GOOD:
		return match_outcome(true);
	case STANDARD_WEBHOOKS_WRONG:
		return match_fail(RULE_SIGNATURE, "the signature in header Webhook-Signature is wrong%s",
		                  empty_body(request));
	case STANDARD_WEBHOOKS_OUTDATED:
		return match_fail(RULE_SIGNATURE,
		                  "header Webhook-Timestamp is more than five minutes away from the time here");
	case STANDARD_WEBHOOKS_TWICE:
		return match_fail(RULE_SIGNATURE,
		                  "header Webhook-Id, Webhook-Timestamp or Webhook-Signature comes more than once");
	case STANDARD_WEBHOOKS_BAD_ID:
		return match_fail(RULE_SIGNATURE, "header Webhook-Id has a full stop in it, which none may have");
	case STANDARD_WEBHOOKS_BAD_TIME:
		return match_fail(RULE_SIGNATURE, "header Webhook-Timestamp is no number of seconds");
	case STANDARD_WEBHOOKS_ABSENT:
		break;
	}
	return match_outcome(false);
}

struct rule_outcome match_forge(const struct match *match, struct request *request, struct str parameter)
{
	struct error error = ERROR_INIT;

	(void)parameter;
	switch (forge_verify(request, match->secrets.items, match->secrets.count, clock_wall(), &error)) {
	case FORGE_RIGHT:
		return match_outcome(true);
	case FORGE_WRONG:
		return match_fail(RULE_SIGNATURE, "%s", error.message);
	case FORGE_ABSENT:
	case FORGE_UNKNOWN:
		break;
	}
	return match_fail(RULE_MISSING, "%s", error.message);
}
