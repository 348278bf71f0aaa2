/*
 * A template from its text to its output: parsed whole, then run; the first failure ends it.
 */
#include "hook/template.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "config/problem.h"
#include "hook/template_evaluate.h"
#include "hook/template_syntax.h"

/* A loop would repeat them. */
#define WARNINGS_MAX 10

/* Lines and columns from 1; a column is a character. */
static struct position position_of(const struct template_source *source, size_t at)
{
	struct str before = str_head(source->text, at);
	struct position position = {source->file, 1, 1};

	for (size_t i = 0; i < before.len; i++) {
		if (before.data[i] == '\n') {
			position.line++;
			position.column = 1;
		} else if (((unsigned char)before.data[i] & 0xc0) != 0x80) {
			position.column++;
		}
	}
	return position;
}

bool template_fail(struct template_source *source, size_t at, const char *format, ...)
{
	va_list args;

	if (source->failed)
		return false;
	source->failed = true;
	va_start(args, format);
	const char *text = arena_vprintf(source->arena, format, args);
	va_end(args);
	problem_add(source->problems, position_of(source, at), "template: %s", text);
	return false;
}

void template_warn(struct template_source *source, size_t at, const char *format, ...)
{
	va_list args;

	if (source->warnings++ >= WARNINGS_MAX)
		return;
	va_start(args, format);
	const char *text = arena_vprintf(source->arena, format, args);
	va_end(args);
	problem_warn(source->problems, position_of(source, at), "template: %s", text);
}

/* The index of the first byte that is not UTF-8, or the length. */
static size_t find_invalid(struct str text)
{
	size_t at = 0;
	uint32_t character;

	while (at < text.len) {
		size_t len = utf8_next(str_from_index(text, at), &character);
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

bool template_run(struct arena *arena, struct str text, const char *file, struct template_output *output,
                  struct problems *problems)
{
	struct template_source source = {.arena = arena, .text = text, .file = file, .problems = problems};
	size_t invalid = find_invalid(text);

	if (invalid < text.len)
		return template_fail(&source, invalid, "this byte is not UTF-8");
	const struct template_definition *definitions = template_parse(&source);
	return definitions != NULL && template_evaluate(&source, definitions, output);
}

void template_output_release(struct template_output *output)
{
	buf_release(&output->text);
	output->pulled = NULL;
	output->pulled_count = output->pulled_capacity = 0;
	output->files = NULL;
	output->file_count = output->file_capacity = 0;
}

/* --- Problems of what reads the output --------------------------------------------------------------------------- */

/* A piece of a secret this long is hidden; a shorter secret as a whole. What is shorter than 4 bytes is none. */
#define PIECE_MAX 6
#define PIECE_MIN 4

/* Marks the bytes of text that are part of a piece of the secret. */
static void mark_pieces(struct str text, struct str secret, bool *marks)
{
	size_t piece = secret.len < PIECE_MAX ? secret.len : PIECE_MAX;

	if (piece < PIECE_MIN)
		return;
	for (size_t at = 0; at + piece <= text.len; at++)
		if (memmem(secret.data, secret.len, text.data + at, piece) != NULL)
			memset(marks + at, true, piece * sizeof(*marks));
}

static const char *hide(struct arena *arena, const struct template_output *output, const char *message)
{
	struct str text = str_from(message);
	bool *marks = arena_array(arena, text.len + 1, sizeof(*marks));
	char *out = arena_alloc(arena, text.len * 3 + 1); /* "…" has three bytes */
	size_t len = 0;

	for (size_t i = 0; i < output->pulled_count; i++)
		mark_pieces(text, output->pulled[i], marks);
	for (size_t i = 0; i < text.len; i++) {
		if (!marks[i]) {
			out[len++] = text.data[i];
		} else if (i == 0 || !marks[i - 1]) {
			memcpy(out + len, "…", 3);
			len += 3;
		}
	}
	out[len] = '\0';
	return out;
}

void template_place_problems(const struct template_output *output, const char *read_as, const char *file,
                             struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		struct problem *problem = &problems->items[i];
		if (problem->position.file != read_as)
			continue;
		const char *text = hide(problems->arena, output, problem->text);
		if (problem->hook != NULL)
			problem->hook = hide(problems->arena, output, problem->hook);
		if (problem->position.line > 0)
			text = arena_printf(problems->arena, "line %u, column %u after the template: %s",
			                    problem->position.line, problem->position.column, text);
		problem->text = text;
		problem->position = (struct position){file, 0, 0};
	}
}
