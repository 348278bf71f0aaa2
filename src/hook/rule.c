/*
 * Evaluating a trigger rule. A rule has two results, whether it holds and an error; every combinator says what it
 * makes of both, and these are the reference's answers to the letter.
 */
#include "hook/rule.h"

#include "hook/hook.h"
#include "hook/match.h"

static struct rule_outcome evaluate(const struct rule *rule, struct request *request, bool soft_signatures);

static struct rule_outcome outcome(bool holds)
{
	return (struct rule_outcome){.holds = holds, .error = RULE_NO_ERROR};
}

/* The first error ends it, and so does the first rule that does not hold. */
static struct rule_outcome evaluate_and(const struct rule *rule, struct request *request, bool soft_signatures)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct rule_outcome child = evaluate(rule->children[i], request, soft_signatures);
		if (child.error != RULE_NO_ERROR) {
			child.holds = false;
			return child;
		}
		if (!child.holds)
			return outcome(false);
	}
	return outcome(true);
}

static bool is_passed_over(enum rule_error error, bool soft_signatures)
{
	return error == RULE_NO_ERROR || error == RULE_MISSING || (error == RULE_SIGNATURE && soft_signatures);
}

/* A missing parameter ends nothing: a `not` over one holds. The error is then forgotten. */
static struct rule_outcome evaluate_or(const struct rule *rule, struct request *request, bool soft_signatures)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct rule_outcome child = evaluate(rule->children[i], request, soft_signatures);
		if (!is_passed_over(child.error, soft_signatures)) {
			child.holds = false;
			return child;
		}
		if (child.holds)
			return outcome(true);
	}
	return outcome(false);
}

static struct rule_outcome evaluate(const struct rule *rule, struct request *request, bool soft_signatures)
{
	struct rule_outcome child;

	switch (rule->kind) {
	case RULE_AND:
		return evaluate_and(rule, request, soft_signatures);
	case RULE_OR:
		return evaluate_or(rule, request, soft_signatures);
	case RULE_NOT:
		child = evaluate(rule->children[0], request, soft_signatures);
		child.holds = !child.holds;
		return child;
	case RULE_MATCH:
		return match_evaluate(&rule->match, request);
	case RULE_NEVER:
		break;
	}
	return outcome(false);
}

struct rule_outcome rule_evaluate(const struct rule *rule, struct request *request, bool soft_signatures)
{
	return rule ? evaluate(rule, request, soft_signatures) : outcome(true);
}
