/*
 * Trigger rules: reading and evaluating.
 *
 * An evaluation gives, as in the reference, both whether the rule holds and an error. They are independent: `not`
 * negates the one and keeps the other, so `not` over a missing parameter holds and has the error "missing", which
 * the top and `or` pass over and `and` does not.
 */
#ifndef POCKETCI_HOOK_RULE_H
#define POCKETCI_HOOK_RULE_H

#include <stdbool.h>

#include "base/error.h"

struct hook;
struct key_map;
struct key_reader;
struct request;
struct rule;
struct trace;
struct yaml_node;

enum rule_error {
	RULE_NO_ERROR,
	RULE_MISSING,   /* a parameter is not there */
	RULE_SIGNATURE, /* a signature is wrong, or its header comes twice */
	RULE_FAILED,    /* anything else */
};

struct rule_outcome {
	bool holds;
	enum rule_error error;
	struct error detail; /* of an error: one sentence, without any secret, signature or value of a parameter */
};

/*
 * Evaluates; with soft_signatures (trigger-signature-soft-failures) `or` passes over a wrong signature too. A
 * missing rule (NULL) holds. *trace, where not NULL, gets what each part of the rule found and wanted (trace.h), in
 * the request's arena.
 */
struct rule_outcome rule_evaluate(const struct rule *rule, struct request *request, bool soft_signatures,
                                  struct trace *trace);

/* Reads a rule; NULL where an error was noted. */
struct rule *rule_read(struct key_reader *reader, const struct yaml_node *node);

/* The table that it reads by. */
extern const struct key_map rule_map;

#endif
