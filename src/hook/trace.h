/*
 * Why a rule held or did not: the tree of a trigger rule with what each part asked for, what was there, and what came of
 * it. Made by rule_evaluate where somebody wants to know; written as a line for the log, as text, and as JSON.
 *
 * A trace holds no secret: of a value that secrecy.h hides it keeps the length alone, of a signature whether it was there
 * and right, and of no digest anything. It borrows from hook and request, and is to be written before they go.
 */
#ifndef POCKETCI_HOOK_TRACE_H
#define POCKETCI_HOOK_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "hook/rule.h"

struct arena;
struct buf;
struct json_out;
struct match;
struct request;
struct rule;
struct trace;

/* What was there, or what was wanted. */
struct trace_value {
	bool present;
	bool hidden; /* text is empty, and only the length is told */
	size_t length;
	struct str text;
};

/* Of a match that checks a signature. */
struct trace_signature {
	const char *algorithm; /* "HMAC-SHA256"; NULL: the match checks none */
	bool right;
	size_t bytes;    /* of the body that it was checked over */
	struct str hint; /* which common mistake fits (signature_hint.h); empty: none is known */
};

enum trace_state {
	TRACE_NOT_EVALUATED, /* an `and` or `or` stopped before it */
	TRACE_HELD,
	TRACE_DID_NOT_HOLD,
	TRACE_FAILED, /* with an error, whose cause is told */
};

struct trace_node {
	const struct rule *rule; /* kind, position, the match */
	const struct trace *trace;
	struct trace_node *children;
	size_t count;
	enum trace_state state;
	enum rule_error error; /* a `not` over an error may hold all the same */
	struct str cause;      /* of the error; where it came from a node below, that has it too */

	/* A match. */
	struct str parameter; /* "payload ref", "the client's address" */
	struct trace_value found, wanted;
	struct trace_signature signature;
};

/* The two wishes are set by who wants the trace. Not to be moved while it is filled. */
struct trace {
	struct trace_node *root; /* NULL: there is no rule */
	bool values;             /* keep what was found and wanted; a line for the log needs none */
	bool hints;              /* look for the mistake behind a wrong signature, which costs far more than the rest */
};

/* The tree of a rule (NULL: none), nothing evaluated yet; in the request's arena. */
void trace_init(struct trace *trace, const struct rule *rule, struct request *request);

/* What came of a node. */
void trace_outcome(struct trace_node *node, struct request *request, const struct rule_outcome *outcome);

/* What a match asked for, found and wanted. */
void trace_match(struct trace_node *node, struct request *request, const struct rule_outcome *outcome);

/* "and", "or", "not", "match", "never". */
const char *trace_kind_name(const struct trace_node *node);

/* "and", "match payload-hmac-sha256": what the node is, in the words of the file. In the arena. */
struct str trace_name(struct arena *arena, const struct trace_node *node);

/* "held", "did-not-hold", "failed", "not-evaluated". */
const char *trace_state_name(enum trace_state state);

/*
 * Appends one sentence on a match or on a rule that never holds, printable, in the words of its type: `"refs/heads/dev" is
 * not "refs/heads/main"`. With values false it names no value of the request or the file, for logs.
 */
void trace_write_sentence(struct buf *out, const struct trace_node *node, bool values);

/*
 * For the log: what decided, without any value: `and › match value, payload ref: is not the value wanted
 * (hooks.yaml:7:9)`. Empty where there is no rule.
 */
void trace_write_line(struct buf *out, const struct trace *trace);

/* For terminals: a line a node, indented; with colour on demand. The first line is the top of the rule. */
void trace_write_text(struct buf *out, const struct trace *trace, bool colour);

/*
 * The tree as one JSON value, null where there is no rule. Names and words in it stay as they are, since it is stored:
 *
 *     {"kind": "and", "file": …, "line": 3, "column": 5, "outcome": "did-not-hold", "rules": [
 *       {"kind": "match", "type": "value", "parameter": "payload ref", "found": {"present": true, "length": 14,
 *        "text": …}, "wanted": {…}, "outcome": …}]}
 *
 * without "found" where the match names no parameter (forge-signature); with "error" ("missing", "signature", "failed")
 * and "cause" where there was one, "signature" {"algorithm", "right", "bytes", "hint"}, and "hidden": true in the place
 * of a text that is a secret.
 */
void trace_write_json(struct json_out *out, const struct trace *trace);

#endif
