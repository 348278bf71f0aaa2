/*
 * Problems are kept in the order in which they were found, never more than 1,000 of them, so that no file can fill
 * memory with messages; errors that find no room are still counted. Text from a file may stand in a message: control
 * characters in it are written as \xNN.
 */
#include "config/problem.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/str.h"
#include "base/utf8.h"

#define PROBLEMS_MAX 1000

const char *problem_printable(struct arena *arena, const char *text)
{
	struct buf out = BUF_INIT;

	if (printable_is(str_from(text)))
		return text;
	printable_append(&out, str_from(text));
	const char *copy = arena_strdup(arena, out.data);
	buf_release(&out);
	return copy;
}

/* The place for one more; an error takes a warning's place where there is no room and no error was kept. */
static struct problem *problem_place(struct problems *problems, bool warning)
{
	if (problems->count < PROBLEMS_MAX) {
		problems->items = arena_grow(problems->arena, problems->items, problems->count, &problems->capacity,
		                             sizeof(*problems->items));
		return &problems->items[problems->count++];
	}
	return !warning && problems->errors == 0 ? &problems->items[problems->count - 1] : NULL;
}

__attribute__((format(printf, 4, 0))) static void problem_keep(struct problems *problems, bool warning,
                                                               struct position position, const char *format,
                                                               va_list args)
{
	struct problem *place = problem_place(problems, warning);

	if (place) {
		const char *text = arena_vprintf(problems->arena, format, args);
		*place = (struct problem){position, warning, problems->hook, problem_printable(problems->arena, text)};
	}
	if (!warning)
		problems->errors++;
}

void problem_add(struct problems *problems, struct position position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem_keep(problems, false, position, format, args);
	va_end(args);
}

void problem_warn(struct problems *problems, struct position position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem_keep(problems, true, position, format, args);
	va_end(args);
}

char *problem_text(struct arena *arena, const struct problem *problem)
{
	const struct position *at = &problem->position;

	if (!at->file)
		return arena_strdup(arena, problem->text);
	if (at->line == 0)
		return arena_printf(arena, "%s: %s", at->file, problem->text);
	return arena_printf(arena, "%s:%u:%u: %s", at->file, at->line, at->column, problem->text);
}

/* The count stands behind the text even where the text has to be cut. */
static bool report_error(const struct problems *problems, const struct problem *first, struct error *error)
{
	struct str text = str_from(problem_text(problems->arena, first));

	if (problems->errors == 1)
		return error_set(error, ERROR_INVALID, "%s", text.data);
	struct str head = utf8_head(text, sizeof(error->message) - 40);
	return error_set(error, ERROR_INVALID, "%.*s (and %zu more)", STR_ARGS(head), problems->errors - 1);
}

bool problems_report(const struct problems *problems, struct error *error)
{
	const struct problem *first = NULL;

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->items[i];
		if (problem->warning)
			log_warning("%s", problem_text(problems->arena, problem));
		else if (!first)
			first = problem;
	}
	return first ? report_error(problems, first, error) : true;
}
