/*
 * The leaves of a trigger rule. A type of match is a row of the table in match.c and a word in match_read.c; what it does
 * stands in match_compare.c and match_signature.c. Internal to rule*.c and match*.c.
 */
#ifndef POCKETCI_HOOK_MATCH_H
#define POCKETCI_HOOK_MATCH_H

#include <stdbool.h>

#include "base/str.h"
#include "hook/hook.h"
#include "hook/rule.h"
#include "lib/crypto.h"

struct key_map;
struct key_reader;
struct match;
struct request;
struct trace_node;
struct yaml_node;

/* The keys that a type asks for; it has all of them and no other. */
enum match_uses {
	MATCH_USES_PARAMETER = 1,
	MATCH_USES_VALUE = 2,
	MATCH_USES_REGEX = 4,
	MATCH_USES_SECRET = 8,
	MATCH_USES_RANGES = 16,
};

struct match_kind {
	unsigned uses;
	bool signature; /* its parameter is a signature: the header must not come twice */
	bool existence; /* it asks whether the parameter is there: a missing one is no error */
	bool number;    /* its value is a number */
	bool base64;    /* its secrets are keys in base64 */
	bool forge;     /* its secrets are those of forges */
	/* parameter is the value that was found, empty where the type uses none. */
	struct rule_outcome (*evaluate)(const struct match *match, struct request *request, struct str parameter);
};

/* By enum match_type. */
extern const struct match_kind match_kinds[];

/* node, where not NULL, gets what a trace shows of it. */
struct rule_outcome match_evaluate(const struct match *match, struct request *request, struct trace_node *node);

/* Whether its parameter is a header that came more than once. */
bool match_comes_twice(const struct match *match, const struct request *request);

/* Whether the type is an HMAC over the body, in lower-case hexadecimal; *hash says which. */
bool match_is_hmac(enum match_type type, enum crypto_hash *hash);

/* The word of the type in a file of hooks. */
const char *match_type_name(enum match_type type);

/* Outcomes. What they say in words names parameters and causes, never a value, a secret or a signature. */
struct rule_outcome match_outcome(bool holds);
struct rule_outcome match_fail(enum rule_error kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The hash of one of the three types of HMAC. */
enum crypto_hash match_hash(enum match_type type);

/* Members of struct match_kind. */
struct rule_outcome match_value(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_regex(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_ip_whitelist(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_exists(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_less(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_greater(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_hmac(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_scalr(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_forge(const struct match *match, struct request *request, struct str parameter);
struct rule_outcome match_standard_webhooks(const struct match *match, struct request *request, struct str parameter);

/* False where an error was noted. */
bool match_read(struct key_reader *reader, const struct yaml_node *node, struct match *match);

/* The table that it reads by. */
extern const struct key_map match_map;

#endif
