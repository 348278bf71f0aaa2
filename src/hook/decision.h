/*
 * Whether a request makes a hook fire, and what is answered where it does not. The responder and `pocketci explain` ask
 * the same functions, in the same order: the method, the size of the body, the rule, the event; which of two faults is
 * answered is the reference's.
 */
#ifndef POCKETCI_HOOK_DECISION_H
#define POCKETCI_HOOK_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "hook/rule.h"

struct config;
struct hook;
struct request;
struct trace;

enum decision_kind {
	DECISION_FIRES,
	DECISION_METHOD,        /* the method is not allowed */
	DECISION_FORM,          /* a multipart body that cannot be read; request->payload_error says why */
	DECISION_RULE_FAILED,   /* a wrong signature, or a rule that cannot be evaluated; outcome.detail says why */
	DECISION_NOT_SATISFIED, /* the rule does not hold */
	DECISION_EVENT,         /* the hook is for some events alone, and this one cannot be read; reply says why */
	DECISION_UNWANTED,      /* it is for others; reply says why */
	DECISION_PING,          /* a forge asks whether anybody is there; reply says what the hook is for */
};

struct decision {
	enum decision_kind kind;
	int64_t status;              /* of the reply, where it does not fire */
	struct str reply;            /* its body */
	struct rule_outcome outcome; /* of decision_by_rule */
};

/*
 * The id of the hook that a path asks for: what stands behind "/PREFIX/", or behind "/" where the prefix is empty. False
 * where the path is no hook's. Slashes around the prefix do not count.
 */
bool decision_hook_id(struct str path, struct str prefix, struct str *id);

/* By the request's method: the hook's http-methods, else those of the configuration, else any. */
struct decision decision_by_method(const struct hook *hook, const struct config *config, const struct request *request);

/*
 * By the request, whose body is there now: its type as the hook says, parse-parameters-as-json, the rule. What is parsed
 * stays in the request. trace may be NULL.
 */
struct decision decision_by_rule(const struct hook *hook, struct request *request, struct trace *trace);

/*
 * By the forge's event, once the rule holds, so that only who may start the hook learns what it is for. Of a delivery
 * that tells of several refs the first that the hook wants, and that the rule holds for, becomes the request's current
 * event. What nobody wants is answered with 200: forges switch off what fails. The reply lacks the newline that ends
 * our own sentences.
 */
struct decision decision_by_event(const struct hook *hook, struct request *request);

#endif
