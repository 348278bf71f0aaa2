/*
 * A trace in words. What a match says where it holds and where it does not is a row of a table; a value stands in none
 * of the sentences for the log.
 */
#include "hook/trace.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "hook/hook.h"
#include "hook/match.h"

/* Bytes of a value that are shown, and of a line for the log. */
#define VALUE_MAX 200
#define LINE_MAX_BYTES 1000

/* Between what was found and what was wanted, and in a log what stands alone. Types without a row use "held" alone. */
static const struct words {
	const char *holds, *fails, *what;
} words[MATCH_TYPE_COUNT] = {
	[MATCH_VALUE] = {"is", "is not", "the value wanted"},
	[MATCH_REGEX] = {"matches", "does not match", "the regex"},
	[MATCH_EXISTS] = {"is there", "is not there", NULL},
	[MATCH_LESS] = {"is less than", "is not less than", "the value wanted"},
	[MATCH_GREATER] = {"is greater than", "is not greater than", "the value wanted"},
	[MATCH_IP_WHITELIST] = {"is in", "is not in", "ip-range"},
};

const char *trace_kind_name(const struct trace_node *node)
{
	static const char *const names[] = {
		[RULE_AND] = "and",     [RULE_OR] = "or",       [RULE_NOT] = "not",
		[RULE_MATCH] = "match", [RULE_NEVER] = "never",
	};
	return names[node->rule->kind];
}

struct str trace_name(struct arena *arena, const struct trace_node *node)
{
	if (node->rule->kind != RULE_MATCH)
		return str_from(trace_kind_name(node));
	return str_printf(arena, "match %s", match_type_name(node->rule->match.type));
}

const char *trace_state_name(enum trace_state state)
{
	static const char *const names[] = {
		[TRACE_NOT_EVALUATED] = "not-evaluated",
		[TRACE_HELD] = "held",
		[TRACE_DID_NOT_HOLD] = "did-not-hold",
		[TRACE_FAILED] = "failed",
	};
	return names[state];
}

static void write_value(struct buf *out, const struct trace_value *value, const char *name)
{
	if (value->hidden)
		buf_printf(out, "%s, which is not shown (%zu bytes),", name, value->length);
	else
		printable_quote(out, value->text, VALUE_MAX);
}

static void write_signature(struct buf *out, const struct trace_node *node)
{
	const struct trace_signature *signature = &node->signature;

	if (!signature->right && node->cause.len > 0) {
		printable_append(out, node->cause);
		if (signature->algorithm && node->error == RULE_SIGNATURE)
			buf_printf(out, " (%s over %zu bytes)", signature->algorithm, signature->bytes);
	} else if (!node->found.present) {
		buf_append_c(out, "there is no signature");
	} else {
		buf_printf(out, "the signature is %s", signature->right ? "right" : "wrong");
		if (signature->algorithm)
			buf_printf(out, " (%s over %zu bytes)", signature->algorithm, signature->bytes);
	}
}

/* "refs/heads/dev" is not "refs/heads/main" */
static void write_comparison(struct buf *out, const struct trace_node *node, bool values)
{
	bool holds = node->state == TRACE_HELD;
	const struct words *row = &words[node->rule->match.type];
	const char *verb = holds ? row->holds : row->fails;

	if (!verb) {
		buf_append_c(out, holds ? "held" : "did not hold");
		if (values && node->found.present) {
			buf_append_c(out, ", found ");
			write_value(out, &node->found, "the value");
		}
		if (values && node->wanted.present) {
			buf_append_c(out, ", wanted ");
			write_value(out, &node->wanted, "the value wanted");
		}
		if (str_ends(buf_str(out), STR(",")))
			out->data[--out->len] = '\0';
		return;
	}
	if (!row->what) {
		buf_append_c(out, verb);
		return;
	}
	if (!values) {
		buf_printf(out, "%s %s", verb, row->what);
		return;
	}
	write_value(out, &node->found, "the value");
	buf_printf(out, " %s ", verb);
	if (node->wanted.hidden)
		buf_append_c(out, row->what);
	else
		write_value(out, &node->wanted, row->what);
}

void trace_write_sentence(struct buf *out, const struct trace_node *node, bool values)
{
	if (node->rule->kind == RULE_NEVER)
		buf_append_c(out, "an empty rule never holds");
	else if (node->rule->kind != RULE_MATCH)
		return;
	else if (match_kinds[node->rule->match.type].uses & MATCH_USES_SECRET)
		write_signature(out, node);
	else if (node->cause.len > 0)
		printable_append(out, node->cause);
	else
		write_comparison(out, node, values);
}

/* --- The line for the log ----------------------------------------------------------------------------------------- */

static void write_leaf(struct buf *out, const struct trace_node *node)
{
	struct arena arena = ARENA_INIT;
	struct str name = trace_name(&arena, node);

	buf_append_str(out, name);
	if (node->parameter.len > 0 && node->cause.len == 0) {
		buf_append_c(out, ", ");
		printable_append(out, node->parameter);
	}
	buf_append_c(out, ": ");
	trace_write_sentence(out, node, false);
	if (node->signature.hint.len > 0) {
		buf_append_c(out, "; ");
		buf_append_str(out, node->signature.hint);
	}
	if (node->rule->position.line > 0)
		buf_printf(out, " (%s:%u:%u)", node->rule->position.file, node->rule->position.line,
		           node->rule->position.column);
	arena_release(&arena);
}

/* The child that decided alone: the one that stopped an `and` or an `or`, the one below a `not`. NULL: all of them. */
static const struct trace_node *find_decisive(const struct trace_node *node)
{
	bool stops = node->rule->kind == RULE_OR;
	const struct trace_node *last = NULL;

	for (size_t i = 0; i < node->count; i++) {
		const struct trace_node *child = &node->children[i];
		if (child->state == TRACE_NOT_EVALUATED)
			break;
		last = child;
	}
	if (!last || node->count == 1)
		return last;
	if (last->state == TRACE_FAILED && node->state == TRACE_FAILED)
		return last;
	return (last->state == TRACE_HELD) == stops || node->error != RULE_NO_ERROR ? last : NULL;
}

static void write_node(struct buf *out, const struct trace_node *node)
{
	if (node->rule->kind == RULE_MATCH || node->rule->kind == RULE_NEVER) {
		write_leaf(out, node);
		return;
	}
	const struct trace_node *decisive = find_decisive(node);
	buf_append_c(out, trace_kind_name(node));
	if (decisive) {
		buf_append_c(out, " › ");
		write_node(out, decisive);
	} else if (node->count == 0) {
		buf_append_c(out, ": it has no rules");
	} else if (node->rule->kind == RULE_AND) {
		buf_printf(out, ": all %zu of its rules hold", node->count);
	} else {
		buf_printf(out, ": none of its %zu rules holds", node->count);
		for (size_t i = 0; i < node->count && out->len < LINE_MAX_BYTES; i++) {
			buf_append_c(out, "; ");
			write_node(out, &node->children[i]);
		}
	}
}

void trace_write_line(struct buf *out, const struct trace *trace)
{
	if (trace->root)
		write_node(out, trace->root);
}
