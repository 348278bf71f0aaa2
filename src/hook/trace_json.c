/* A trace as JSON. Deliveries keep it: names are added here, and none is changed. */
#include "hook/trace.h"

#include "base/utf8.h"
#include "hook/hook.h"
#include "hook/match.h"
#include "lib/json_out.h"

/* Bytes of a value that are kept; its length is told. */
#define VALUE_MAX 1000

static void write_value(struct json_out *out, const char *key, const struct trace_value *value)
{
	json_out_key(out, key);
	json_out_map_begin(out);
	json_out_key(out, "present");
	json_out_bool(out, value->present);
	if (value->present) {
		json_out_key(out, "length");
		json_out_number(out, (int64_t)value->length);
		json_out_key(out, value->hidden ? "hidden" : "text");
		if (value->hidden)
			json_out_bool(out, true);
		else
			json_out_text(out, utf8_head(value->text, VALUE_MAX));
	}
	json_out_map_end(out);
}

static void write_signature(struct json_out *out, const struct trace_signature *signature)
{
	json_out_key(out, "signature");
	json_out_map_begin(out);
	if (signature->algorithm)
		json_out_key_text(out, "algorithm", signature->algorithm);
	json_out_key(out, "right");
	json_out_bool(out, signature->right);
	json_out_key(out, "bytes");
	json_out_number(out, (int64_t)signature->bytes);
	if (signature->hint.len > 0) {
		json_out_key(out, "hint");
		json_out_text(out, signature->hint);
	}
	json_out_map_end(out);
}

static void write_match(struct json_out *out, const struct trace_node *node)
{
	json_out_key_text(out, "type", match_type_name(node->rule->match.type));
	if (node->parameter.len > 0) {
		json_out_key(out, "parameter");
		json_out_text(out, node->parameter);
	}
	if (node->state == TRACE_NOT_EVALUATED)
		return;
	if (node->parameter.len > 0)
		write_value(out, "found", &node->found);
	if (node->wanted.present)
		write_value(out, "wanted", &node->wanted);
	if (match_kinds[node->rule->match.type].uses & MATCH_USES_SECRET)
		write_signature(out, &node->signature);
}

static void write_place(struct json_out *out, const struct position *position)
{
	if (position->file)
		json_out_key_text(out, "file", position->file);
	json_out_key(out, "line");
	json_out_number(out, position->line);
	json_out_key(out, "column");
	json_out_number(out, position->column);
}

static void write_node(struct json_out *out, const struct trace_node *node)
{
	static const char *const errors[] = {
		[RULE_NO_ERROR] = NULL,
		[RULE_MISSING] = "missing",
		[RULE_SIGNATURE] = "signature",
		[RULE_FAILED] = "failed",
	};

	json_out_map_begin(out);
	json_out_key_text(out, "kind", trace_kind_name(node));
	write_place(out, &node->rule->position);
	json_out_key_text(out, "outcome", trace_state_name(node->state));
	if (errors[node->error]) {
		json_out_key_text(out, "error", errors[node->error]);
		json_out_key(out, "cause");
		json_out_text(out, node->cause);
	}
	if (node->rule->kind == RULE_MATCH)
		write_match(out, node);
	if (node->count > 0) {
		json_out_key(out, "rules");
		json_out_list_begin(out);
		for (size_t i = 0; i < node->count; i++)
			write_node(out, &node->children[i]);
		json_out_list_end(out);
	}
	json_out_map_end(out);
}

void trace_write_json(struct json_out *out, const struct trace *trace)
{
	if (trace->root)
		write_node(out, trace->root);
	else
		json_out_null(out);
}
