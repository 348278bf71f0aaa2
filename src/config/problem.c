/*
 * Problems are kept in the order in which they were found, never more than 1,000 of them, so that no file can fill
 * memory with messages; errors that find no room are still counted. Text from a file may stand in a message: control
 * characters in it are written as \xNN.
 */
#include "config/problem.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

#define PROBLEMS_MAX 1000

/* Characters that would forge lines or turn the order of what stands around them on a terminal. */
static bool is_unprintable(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
	       character == 0x2029 || (character >= 0x202a && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

/* The length of the printable text that s begins with; what follows it, if anything, is `*hidden` bytes to escape. */
static size_t printable_head(struct str s, size_t *hidden)
{
	size_t at = 0;

	while (at < s.len) {
		uint32_t character;
		size_t len = utf8_next(str_from_index(s, at), &character);
		if (len == 0 || is_unprintable(character)) {
			*hidden = len == 0 ? 1 : len;
			return at;
		}
		at += len;
	}
	*hidden = 0;
	return at;
}

const char *problem_printable(struct arena *arena, const char *text)
{
	struct str rest = str_from(text);
	size_t hidden;

	if (printable_head(rest, &hidden) == rest.len)
		return text;

	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(arena, rest.len * 4 + 1);
	size_t len = 0;
	while (rest.len > 0) {
		size_t head = printable_head(rest, &hidden);
		memcpy(out + len, rest.data, head);
		len += head;
		for (size_t i = head; i < head + hidden; i++) {
			unsigned byte = (unsigned char)rest.data[i];
			memcpy(out + len, (char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15]}, 4);
			len += 4;
		}
		rest = str_from_index(rest, head + hidden);
	}
	return out;
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
