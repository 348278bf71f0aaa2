/*
 * Evaluating one match: the table of types, and what they have in common, which is to find the parameter.
 */
#include "hook/match.h"

#include <stdarg.h>
#include <stdio.h>

#include "hook/hook.h"
#include "hook/source.h"
#include "hook/trace.h"
#include "payload/request.h"

struct rule_outcome match_outcome(bool holds)
{
	return (struct rule_outcome){.holds = holds, .error = RULE_NO_ERROR};
}

struct rule_outcome match_fail(enum rule_error kind, const char *format, ...)
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

#define HMAC \
	{ \
		.uses = MATCH_USES_PARAMETER | MATCH_USES_SECRET, .signature = true, .evaluate = match_hmac \
	}

const struct match_kind match_kinds[MATCH_TYPE_COUNT] = {
	[MATCH_VALUE] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_VALUE, .evaluate = match_value},
	[MATCH_REGEX] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_REGEX, .evaluate = match_regex},
	[MATCH_HMAC_SHA1] = HMAC,
	[MATCH_HMAC_SHA256] = HMAC,
	[MATCH_HMAC_SHA512] = HMAC,
	[MATCH_IP_WHITELIST] = {.uses = MATCH_USES_RANGES, .evaluate = match_ip_whitelist},
	[MATCH_SCALR_SIGNATURE] = {.uses = MATCH_USES_SECRET, .evaluate = match_scalr},
	[MATCH_FORGE_SIGNATURE] = {.uses = MATCH_USES_SECRET, .forge = true, .evaluate = match_forge},
	[MATCH_STANDARD_WEBHOOKS] = {.uses = MATCH_USES_SECRET, .base64 = true, .evaluate = match_standard_webhooks},
	[MATCH_EXISTS] = {.uses = MATCH_USES_PARAMETER, .existence = true, .evaluate = match_exists},
	[MATCH_LESS] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_VALUE, .number = true, .evaluate = match_less},
	[MATCH_GREATER] = {.uses = MATCH_USES_PARAMETER | MATCH_USES_VALUE, .number = true, .evaluate = match_greater},
};

/*
 * nginx hands over a header that comes twice as two, Apache joins them: which one was checked must never be a
 * question.
 */
bool match_comes_twice(const struct match *match, const struct request *request)
{
	return match->parameter.kind == SOURCE_HEADER && request_count_header(request, match->parameter.name) > 1;
}

/* Below a null there is nothing; of an event that cannot be read nobody knows, and a `not` must not let it through. */
static bool is_absent(const struct match *match, enum source_result result)
{
	return result == SOURCE_MISSING || (result == SOURCE_FAILED && source_has_tree(&match->parameter));
}

static struct rule_outcome evaluate(const struct match *match, struct request *request)
{
	const struct match_kind *kind = &match_kinds[match->type];
	struct error error = ERROR_INIT;
	struct str parameter = STR("");

	if (kind->uses & MATCH_USES_PARAMETER) {
		enum source_result result = source_get(&match->parameter, request, &parameter, &error);
		if (kind->existence && is_absent(match, result))
			return match_outcome(false);
		if (result != SOURCE_FOUND)
			return match_fail(result == SOURCE_MISSING ? RULE_MISSING : RULE_FAILED, "%s", error.message);
		if (kind->signature && match_comes_twice(match, request)) {
			struct str what = source_describe(&match->parameter, request);
			return match_fail(RULE_SIGNATURE, "%.*s comes more than once", STR_ARGS(what));
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

bool match_is_hmac(enum match_type type, enum crypto_hash *hash)
{
	*hash = match_hash(type);
	return match_kinds[type].evaluate == match_hmac;
}
