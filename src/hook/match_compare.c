/*
 * Matches that look at a parameter's text, at its being there, or at where the request comes from.
 */
#include "hook/match.h"

#include "base/address.h"
#include "hook/hook.h"
#include "hook/regex.h"
#include "hook/source.h"
#include "lib/crypto.h"
#include "payload/request.h"

struct rule_outcome match_value(const struct match *match, struct request *request, struct str parameter)
{
	(void)request;
	return match_outcome(crypto_equal(parameter, match->value));
}

struct rule_outcome match_regex(const struct match *match, struct request *request, struct str parameter)
{
	struct error error = ERROR_INIT;
	bool found;

	if (regex_search(match->regex, parameter, &found, &error))
		return match_outcome(found);
	struct str what = source_describe(&match->parameter, request);
	return match_fail(RULE_FAILED, "regex over %.*s: %s", STR_ARGS(what), error.message);
}

struct rule_outcome match_ip_whitelist(const struct match *match, struct request *request, struct str parameter)
{
	struct address address;
	struct error error = ERROR_INIT;

	(void)parameter;
	if (!address_parse(request->remote_address, &address, &error))
		return match_fail(RULE_FAILED, "%s", error.message);
	for (size_t i = 0; i < match->range_count; i++) {
		if (address_in_range(&address, &match->ranges[i]))
			return match_outcome(true);
	}
	return match_outcome(false);
}

/* It was found, or nobody had asked. */
struct rule_outcome match_exists(const struct match *match, struct request *request, struct str parameter)
{
	(void)match;
	(void)request;
	(void)parameter;
	return match_outcome(true);
}

/* What is no number is neither less nor greater, and a `not` over "does not hold" would let it through: an error. */
static bool compare(const struct match *match, struct request *request, struct str parameter, int *order,
                    struct rule_outcome *failure)
{
	struct decimal number;

	if (decimal_parse(parameter, &number)) {
		*order = decimal_compare(&number, &match->number);
		return true;
	}
	struct str what = source_describe(&match->parameter, request);
	*failure = match_fail(RULE_FAILED, "%.*s is no number", STR_ARGS(what));
	return false;
}

struct rule_outcome match_less(const struct match *match, struct request *request, struct str parameter)
{
	struct rule_outcome failure;
	int order;

	return compare(match, request, parameter, &order, &failure) ? match_outcome(order < 0) : failure;
}

struct rule_outcome match_greater(const struct match *match, struct request *request, struct str parameter)
{
	struct rule_outcome failure;
	int order;

	return compare(match, request, parameter, &order, &failure) ? match_outcome(order > 0) : failure;
}
