/*
 * Filling a trace. What a match found is asked for a second time: a source gives the same value as often as it is asked,
 * and the matches stay free of tracing.
 */
#include "hook/trace.h"

#include "base/arena.h"
#include "hook/hook.h"
#include "hook/match.h"
#include "hook/secrecy.h"
#include "hook/signature_hint.h"
#include "hook/source.h"
#include "payload/request.h"

/* Matches that check a signature. A type without a row is shown by its parameter and its outcome alone. */
static const struct {
	const char *algorithm;
	const char *header; /* where the signature is, if no parameter of the match says so */
} signatures[MATCH_TYPE_COUNT] = {
	[MATCH_HMAC_SHA1] = {.algorithm = "HMAC-SHA1"},
	[MATCH_HMAC_SHA256] = {.algorithm = "HMAC-SHA256"},
	[MATCH_HMAC_SHA512] = {.algorithm = "HMAC-SHA512"},
	[MATCH_STANDARD_WEBHOOKS] = {.algorithm = "HMAC-SHA256 with id and time", .header = "Webhook-Signature"},
	[MATCH_SCALR_SIGNATURE] = {.algorithm = "HMAC-SHA1 with the date", .header = "X-Signature"},
};

/* What it asks the request for. */
static struct str describe(const struct match *match, struct request *request)
{
	const char *header = signatures[match->type].header;
	unsigned uses = match_kinds[match->type].uses;

	if (uses & MATCH_USES_PARAMETER)
		return source_describe(&match->parameter, request);
	if (uses & MATCH_USES_RANGES)
		return STR("the client's address");
	return header ? str_printf(request->arena, "header %s", header) : STR("");
}

static void init_node(struct trace_node *node, const struct rule *rule, const struct trace *trace,
                      struct request *request)
{
	*node = (struct trace_node){
		.rule = rule,
		.trace = trace,
		.children = arena_array(request->arena, rule->count, sizeof(*node->children)),
		.count = rule->count,
		.cause = STR(""),
		.parameter = rule->kind == RULE_MATCH ? describe(&rule->match, request) : STR(""),
		.found.text = STR(""),
		.wanted.text = STR(""),
		.signature.hint = STR(""),
	};
	for (size_t i = 0; i < rule->count; i++)
		init_node(&node->children[i], rule->children[i], trace, request);
}

void trace_init(struct trace *trace, const struct rule *rule, struct request *request)
{
	trace->root = NULL;
	if (!rule)
		return;
	trace->root = arena_alloc(request->arena, sizeof(*trace->root));
	init_node(trace->root, rule, trace, request);
}

void trace_outcome(struct trace_node *node, struct request *request, const struct rule_outcome *outcome)
{
	node->error = outcome->error;
	if (outcome->error != RULE_NO_ERROR)
		node->cause = str_copy(request->arena, str_from(outcome->detail.message));
	if (outcome->holds)
		node->state = TRACE_HELD;
	else
		node->state = outcome->error == RULE_NO_ERROR ? TRACE_DID_NOT_HOLD : TRACE_FAILED;
}

static struct trace_value value_of(struct str text, bool hidden)
{
	return (struct trace_value){
		.present = true,
		.hidden = hidden,
		.length = text.len,
		.text = hidden ? STR("") : text,
	};
}

static void find_parameter(struct trace_node *node, struct request *request)
{
	const struct match *match = &node->rule->match;
	struct error ignored = ERROR_INIT;
	struct str value;

	if (source_get(&match->parameter, request, &value, &ignored) != SOURCE_FOUND)
		return;
	size_t length = value.len;
	bool shown = !secrecy_match(match) && secrecy_show(node->trace->root->rule, &match->parameter, request, &value);
	node->found = value_of(value, !shown);
	node->found.length = length;
}

static void find(struct trace_node *node, struct request *request, const struct rule_outcome *outcome)
{
	const struct match *match = &node->rule->match;
	const char *header = signatures[match->type].header;
	const struct str *value = header ? request_find_header(request, str_from(header)) : NULL;
	unsigned uses = match_kinds[match->type].uses;

	if (!node->trace->values || !node->parameter.len)
		node->found.present = header ? value != NULL : outcome->error != RULE_MISSING;
	else if (uses & MATCH_USES_PARAMETER)
		find_parameter(node, request);
	else if (uses & MATCH_USES_RANGES)
		node->found = value_of(request->remote_address, false);
	else if (value)
		node->found = value_of(*value, true);
}

static void want(struct trace_node *node)
{
	const struct match *match = &node->rule->match;
	unsigned uses = match_kinds[match->type].uses;
	bool hidden = secrecy_match(match) ||
	              ((uses & MATCH_USES_PARAMETER) && secrecy_source(node->trace->root->rule, &match->parameter));

	if (uses & MATCH_USES_VALUE)
		node->wanted = value_of(match->value, hidden);
	else if (uses & MATCH_USES_REGEX)
		node->wanted = value_of(match->regex_text, hidden);
	else if (uses & MATCH_USES_RANGES)
		node->wanted = value_of(match->range_text, false);
}

static void check_signature(struct trace_node *node, struct request *request, const struct rule_outcome *outcome)
{
	const struct match *match = &node->rule->match;
	struct error ignored = ERROR_INIT;
	enum crypto_hash hash;
	struct str given;

	node->signature.algorithm = signatures[match->type].algorithm;
	node->signature.right = outcome->holds;
	node->signature.bytes = request->body.len;
	if (node->trace->hints && outcome->error == RULE_SIGNATURE && match_is_hmac(match->type, &hash) &&
	    !match_comes_twice(match, request) && /* then it was not looked at, whatever it holds */
	    source_get(&match->parameter, request, &given, &ignored) == SOURCE_FOUND)
		node->signature.hint = signature_hint(hash, &match->secrets, given, request);
}

void trace_match(struct trace_node *node, struct request *request, const struct rule_outcome *outcome)
{
	find(node, request, outcome);
	if (node->trace->values)
		want(node);
	if (match_kinds[node->rule->match.type].uses & MATCH_USES_SECRET)
		check_signature(node, request, outcome);
}
