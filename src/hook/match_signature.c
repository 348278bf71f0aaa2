/*
 * Matches that check a signature. Of several secrets any one may be right, so that one can be replaced by another while
 * both are in use.
 */
#include "hook/match.h"

#include "base/clock.h"
#include "hook/hook.h"
#include "hook/signature.h"
#include "hook/source.h"
#include "payload/request.h"

static const char *empty_body(const struct request *request)
{
	return request->body.len == 0 ? "; the body is empty" : "";
}

static enum crypto_hash hash_of(enum match_type type)
{
	if (type == MATCH_HMAC_SHA1)
		return CRYPTO_SHA1;
	return type == MATCH_HMAC_SHA256 ? CRYPTO_SHA256 : CRYPTO_SHA512;
}

struct rule_outcome match_hmac(const struct match *match, struct request *request, struct str parameter)
{
	for (size_t i = 0; i < match->secrets.count; i++) {
		if (signature_matches_request(hash_of(match->type), match->secrets.items[i], parameter, request))
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
	static const char *const headers[] = {"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"};
	enum standard_result result = STANDARD_WRONG;
	int64_t now = clock_wall();

	(void)parameter;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (request_count_header(request, str_from(headers[i])) > 1)
			return match_fail(RULE_SIGNATURE, "header %s comes more than once", headers[i]);
	}
	for (size_t i = 0; i < match->secrets.count && result == STANDARD_WRONG; i++)
		result = signature_check_standard(match->secrets.items[i], request, now);
	switch (result) {
	case STANDARD_GOOD:
		return match_outcome(true);
	case STANDARD_WRONG:
		return match_fail(RULE_SIGNATURE, "the signature in header Webhook-Signature is wrong%s",
		                  empty_body(request));
	case STANDARD_OUTDATED:
		return match_fail(RULE_SIGNATURE,
		                  "header Webhook-Timestamp is more than five minutes away from the time here");
	case STANDARD_BAD_ID:
		return match_fail(RULE_SIGNATURE, "header Webhook-Id has a full stop in it, which none may have");
	case STANDARD_BAD_TIME:
		return match_fail(RULE_SIGNATURE, "header Webhook-Timestamp is no number of seconds");
	case STANDARD_ABSENT:
		break;
	}
	return match_outcome(false);
}
