/*
 * A trace for terminals: in front of each line what came of the node, then the node in the shape of the file, and behind
 * it where it stands there.
 */
#include "hook/trace.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "hook/hook.h"

#define INDENT_MAX 32

static const struct {
	const char *word, *colour;
} states[] = {
	[TRACE_NOT_EVALUATED] = {"-", "\033[2m"},
	[TRACE_HELD] = {"yes", "\033[32m"},
	[TRACE_DID_NOT_HOLD] = {"no", "\033[31m"},
	[TRACE_FAILED] = {"failed", "\033[1;31m"},
};

struct writer {
	struct buf *out;
	struct arena *arena;
	bool colour;
};

static void set_colour(struct writer *writer, const char *colour)
{
	if (writer->colour)
		buf_append_c(writer->out, colour);
}

static void begin_line(struct writer *writer, const char *word, const char *colour, unsigned depth)
{
	unsigned indent = depth < INDENT_MAX ? depth * 2 : INDENT_MAX * 2;

	buf_append_c(writer->out, "  ");
	set_colour(writer, colour);
	buf_printf(writer->out, "%-6s", word);
	set_colour(writer, "\033[0m");
	buf_printf(writer->out, "  %*s", (int)indent, "");
}

static void write_place(struct writer *writer, const struct trace_node *node)
{
	const struct position *position = &node->rule->position;

	if (position->line == 0)
		return;
	set_colour(writer, "\033[2m");
	buf_printf(writer->out, "  (%s:%u:%u)", problem_printable(writer->arena, position->file), position->line,
	           position->column);
	set_colour(writer, "\033[0m");
}

static void write_node(struct writer *writer, const struct trace_node *node, unsigned depth)
{
	struct buf *out = writer->out;
	struct buf sentence = BUF_INIT;

	begin_line(writer, states[node->state].word, states[node->state].colour, depth);
	buf_append_str(out, trace_name(writer->arena, node));
	if (node->parameter.len > 0 && node->cause.len == 0) {
		buf_append_c(out, ", ");
		printable_append(out, node->parameter);
	}
	if (node->state == TRACE_NOT_EVALUATED)
		buf_append_c(&sentence, depth == 0 ? "not evaluated" : "not evaluated: what stands before it decided");
	else
		trace_write_sentence(&sentence, node, true);
	if (sentence.len > 0)
		buf_printf(out, ": %s", sentence.data);
	write_place(writer, node);
	buf_append_byte(out, '\n');
	if (node->signature.hint.len > 0) {
		begin_line(writer, "", "", depth + 1);
		set_colour(writer, "\033[1m");
		buf_append_str(out, node->signature.hint);
		set_colour(writer, "\033[0m");
		buf_append_byte(out, '\n');
	}
	buf_release(&sentence);
	for (size_t i = 0; i < node->count; i++)
		write_node(writer, &node->children[i], depth + 1);
}

void trace_write_text(struct buf *out, const struct trace *trace, bool colour)
{
	struct arena arena = ARENA_INIT;
	struct writer writer = {.out = out, .arena = &arena, .colour = colour};

	if (trace->root)
		write_node(&writer, trace->root, 0);
	arena_release(&arena);
}
