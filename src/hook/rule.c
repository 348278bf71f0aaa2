/*
 * Evaluating a trigger rule. A rule has two results, whether it holds and an error; every combinator says what it
 * makes of both, and these are the reference's answers to the letter. Where a trace is wanted each node has its place in
 * it; a node that is never reached stays there as not evaluated.
 */
#include "hook/rule.h"

#include "hook/hook.h"
#include "hook/match.h"
#include "hook/trace.h"

struct evaluation {
	struct request *request;
	bool soft_signatures;
};

static struct rule_outcome evaluate(const struct evaluation *evaluation, const struct rule *rule,
                                    struct trace_node *node);

static struct rule_outcome outcome(bool holds)
{
	return (struct rule_outcome){.holds = holds, .error = RULE_NO_ERROR};
}

static struct rule_outcome evaluate_child(const struct evaluation *evaluation, const struct rule *rule, size_t index,
                                          struct trace_node *node)
{
	return evaluate(evaluation, rule->children[index], node ? &node->children[index] : NULL);
}

/* The first error ends it, and so does the first rule that does not hold. */
static struct rule_outcome evaluate_and(const struct evaluation *evaluation, const struct rule *rule,
                                        struct trace_node *node)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct rule_outcome child = evaluate_child(evaluation, rule, i, node);
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
static struct rule_outcome evaluate_or(const struct evaluation *evaluation, const struct rule *rule,
                                       struct trace_node *node)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct rule_outcome child = evaluate_child(evaluation, rule, i, node);
		if (!is_passed_over(child.error, evaluation->soft_signatures)) {
			child.holds = false;
			return child;
		}
		if (child.holds)
			return outcome(true);
	}
	return outcome(false);
}

static struct rule_outcome evaluate_kind(const struct evaluation *evaluation, const struct rule *rule,
                                         struct trace_node *node)
{
	struct rule_outcome child;

	switch (rule->kind) {
	case RULE_AND:
		return evaluate_and(evaluation, rule, node);
	case RULE_OR:
		return evaluate_or(evaluation, rule, node);
	case RULE_NOT:
		child = evaluate_child(evaluation, rule, 0, node);
		child.holds = !child.holds;
		return child;
	case RULE_MATCH:
		return match_evaluate(&rule->match, evaluation->request, node);
	case RULE_NEVER:
		break;
	}
	return outcome(false);
}

static struct rule_outcome evaluate(const struct evaluation *evaluation, const struct rule *rule,
                                    struct trace_node *node)
{
	struct rule_outcome result = evaluate_kind(evaluation, rule, node);
	if (node)
		trace_outcome(node, evaluation->request, &result);
	return result;
}

struct rule_outcome rule_evaluate(const struct rule *rule, struct request *request, bool soft_signatures,
                                  struct trace *trace)
{
	const struct evaluation evaluation = {.request = request, .soft_signatures = soft_signatures};
	if (trace)
		trace_init(trace, rule, request);
	return rule ? evaluate(&evaluation, rule, trace ? trace->root : NULL) : outcome(true);
}
