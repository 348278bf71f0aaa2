/*
 * Evaluating one match. What an outcome says in words names parameters and causes, never a value, a secret or a
 * signature.
 */
#include "hook/match.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/address.h"
#include "hook/hook.h"
#include "hook/regex.h"
#include "hook/signature.h"
#include "hook/source.h"
#include "hook/trace.h"
#include "lib/crypto.h"
#include "payload/request.h"

static struct rule_outcome outcome(bool holds)
{
	return (struct rule_outcome){.holds = holds, .error = RULE_NO_ERROR};
}

__attribute__((format(printf, 2, 3))) static struct rule_outcome fail(enum rule_error kind, const char *format, ...)
{
	struct rule_outcome result = {.holds = false, .error = kind, .detail = ERROR_INIT};
	char text[sizeof(result.detail.message)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(&result.detail, ERROR_INVALID, "%s", text);
	return result;
}

static const char *empty_body(const struct request *request)
{
	return request->body.len == 0 ? "; the body is empty" : "";
}

static struct rule_outcome evaluate_value(const struct match *match, struct request *request, struct str parameter)
{
	(void)request;
	return outcome(crypto_equal(parameter, match->value));
}

static struct rule_outcome evaluate_regex(const struct match *match, struct request *request, struct str parameter)
{
	struct error error = ERROR_INIT;
	bool found;

	if (regex_search(match->regex, parameter, &found, &error))
		return outcome(found);
	struct str what = source_describe(&match->parameter, request);
	return fail(RULE_FAILED, "regex over %.*s: %s", STR_ARGS(what), error.message);
}

static enum crypto_hash hash_of(enum match_type type)
{
	if (type == MATCH_HMAC_SHA1)
		return CRYPTO_SHA1;
	return type == MATCH_HMAC_SHA256 ? CRYPTO_SHA256 : CRYPTO_SHA512;
}

static struct rule_outcome evaluate_hmac(const struct match *match, struct request *request, struct str parameter)
{
	if (signature_matches_request(hash_of(match->type), match->secret, parameter, request))
		return outcome(true);
	struct str what = source_describe(&match->parameter, request);
	return fail(RULE_SIGNATURE, "the signature in %.*s is wrong%s", STR_ARGS(what), empty_body(request));
}

static struct rule_outcome evaluate_ip_whitelist(const struct match *match, struct request *request,
                                                 struct str parameter)
{
	struct address address;
	struct error error = ERROR_INIT;

	(void)parameter;
	if (!address_parse(request->remote_address, &address, &error))
		return fail(RULE_FAILED, "%s", error.message);
	for (size_t i = 0; i < match->range_count; i++) {
		if (address_in_range(&address, &match->ranges[i]))
			return outcome(true);
	}
	return outcome(false);
}

static struct rule_outcome evaluate_scalr(const struct match *match, struct request *request, struct str parameter)
{
	(void)parameter;
	if (request_count_header(request, STR("X-Signature")) > 1 || request_count_header(request, STR("Date")) > 1)
		return fail(RULE_SIGNATURE, "header X-Signature or Date comes more than once");
	switch (signature_check_scalr(match->secret, request, clock_wall())) {
	case SCALR_GOOD:
		return outcome(true);
	case SCALR_WRONG:
		return fail(RULE_SIGNATURE, "the signature in header X-Signature is wrong%s", empty_body(request));
	case SCALR_OUTDATED:
		return fail(RULE_SIGNATURE, "header Date is more than five minutes away from the time here");
	case SCALR_BAD_DATE:
		return fail(RULE_FAILED, "header Date is no date such as Fri 08 Sep 2017 11:24:32 UTC");
	case SCALR_ABSENT:
		break;
	}
	return outcome(false);
}

#define HMAC \
	{ \
		.uses = MATCH_USES_PARAMETER | MATCH_USES_SECRET, .signature = true, .evaluate = evaluate_hmac \
	}

const struct match_kind match_kinds[MATCH_TYPE_COUNT] = {
	[MATCH_VALUE] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_VALUE, .evaluate = evaluate_value},
	[MATCH_REGEX] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_REGEX, .evaluate = evaluate_regex},
	[MATCH_HMAC_SHA1] = HMAC,
	[MATCH_HMAC_SHA256] = HMAC,
	[MATCH_HMAC_SHA512] = HMAC,
	[MATCH_IP_WHITELIST] = {.uses = MATCH_USES_RANGES, .evaluate = evaluate_ip_whitelist},
	[MATCH_SCALR_SIGNATURE] = {.uses = MATCH_USES_SECRET, .evaluate = evaluate_scalr},
};

/*
 * nginx hands over a header that comes twice as two, Apache joins them: which one was checked must never be a
 * question.
 */
static bool comes_twice(const struct match *match, const struct request *request)
{
	return match->parameter.kind == SOURCE_HEADER && request_count_header(request, match->parameter.name) > 1;
}

static struct rule_outcome evaluate(const struct match *match, struct request *request)
{
	const struct match_kind *kind = &match_kinds[match->type];
	struct error error = ERROR_INIT;
	struct str parameter = STR("");

	if (kind->uses & MATCH_USES_PARAMETER) {
		enum source_result result = source_get(&match->parameter, request, &parameter, &error);
		if (result != SOURCE_FOUND)
			return fail(result == SOURCE_MISSING ? RULE_MISSING : RULE_FAILED, "%s", error.message);
		if (kind->signature && comes_twice(match, request)) {
			struct str what = source_describe(&match->parameter, request);
			return fail(RULE_SIGNATURE, "%.*s comes more than once", STR_ARGS(what));
		}
	}
	return kind->evaluate(match, request, parameter);
}

struct rule_outcome match_evaluate(const struct match *match, struct request *request, struct trace_node *node)
{
	struct rule_outcome result = evaluate(match, request);
	if (node)
		trace_match(node, request, &result);
	return result;
}

bool match_hmac(enum match_type type, enum crypto_hash *hash)
{
	*hash = hash_of(type);
	return match_kinds[type].evaluate == evaluate_hmac;
}
