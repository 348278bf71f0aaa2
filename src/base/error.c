/*
 * One table says what each kind of error means to HTTP, to a shell and to somebody who could try again. A message is
 * one line whatever went into it: control characters become spaces.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

/* sysexits.h calls 75 a temporary failure: cron, mail servers and scripts take it as "try again later". */
enum { EXIT_OTHER = 1, EXIT_INVALID = 2, EXIT_TRY_AGAIN = 75 };

static const struct kind {
	const char *name;
	int http_status;
	int exit_code;
	bool may_retry;
} kinds[ERROR_KIND_COUNT] = {
	[ERROR_NONE] = {"none", 200, 0, false},
	[ERROR_INVALID] = {"invalid", 400, EXIT_INVALID, false},
	[ERROR_NOT_ALLOWED] = {"not-allowed", 403, EXIT_OTHER, false},
	[ERROR_NOT_FOUND] = {"not-found", 404, EXIT_OTHER, false},
	[ERROR_TOO_LARGE] = {"too-large", 413, EXIT_OTHER, false},
	[ERROR_UNUSABLE] = {"unusable", 422, EXIT_OTHER, false},
	[ERROR_SYSTEM] = {"system", 500, EXIT_OTHER, false},
	[ERROR_COMMAND] = {"command", 500, EXIT_OTHER, false},
	[ERROR_UPSTREAM] = {"upstream", 502, EXIT_TRY_AGAIN, true},
	[ERROR_BUSY] = {"busy", 503, EXIT_TRY_AGAIN, true},
	[ERROR_TIMEOUT] = {"timeout", 504, EXIT_TRY_AGAIN, true},
	[ERROR_STORAGE] = {"storage", 507, EXIT_TRY_AGAIN, true},
};

static const struct kind *kind_of(enum error_kind kind)
{
	return &kinds[(unsigned)kind < ERROR_KIND_COUNT ? kind : ERROR_SYSTEM];
}

/* The arguments may lie in error->message itself, so the text is made beside it and copied last. */
static void set_message(struct error *error, const char *text)
{
	struct str whole = str_from(text);
	while (str_ends(whole, STR("\n")))
		whole = str_head(whole, whole.len - 1);
	struct str fitting = utf8_head(whole, sizeof(error->message) - 1);
	for (size_t i = 0; i < fitting.len; i++) {
		unsigned char byte = (unsigned char)fitting.data[i];
		error->message[i] = byte < 0x20 || byte == 0x7F ? ' ' : (char)byte;
	}
	error->message[fitting.len] = '\0';
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	char text[sizeof(error->message) + 4];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error->kind = kind;
	set_message(error, text);
	return false;
}

static enum error_kind kind_of_number(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EROFS ? ERROR_STORAGE : ERROR_SYSTEM;
}

bool error_set_system(struct error *error, int number, const char *format, ...)
{
	char text[sizeof(error->message) + 4];
	char reason[128];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	/* A long name must not push the cause out of the message. */
	const char *cause = strerror_r(number, reason, sizeof(reason));
	struct str what = utf8_head(str_from(text), sizeof(error->message) - 1 - strlen(": ") - strlen(cause));
	return error_set(error, kind_of_number(number), "%.*s: %s", STR_ARGS(what), cause);
}

bool error_prefix(struct error *error, const char *format, ...)
{
	char text[sizeof(error->message) + 4];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(error, error->kind, "%s: %s", text, error->message);
}

int error_http_status(enum error_kind kind)
{
	return kind_of(kind)->http_status;
}

int error_exit_code(enum error_kind kind)
{
	return kind_of(kind)->exit_code;
}

bool error_may_retry(enum error_kind kind)
{
	return kind_of(kind)->may_retry;
}

const char *error_kind_name(enum error_kind kind)
{
	return kind_of(kind)->name;
}

enum error_kind error_kind_from_name(const char *name)
{
	for (unsigned kind = 0; kind < ERROR_KIND_COUNT; kind++) {
		if (strcmp(kinds[kind].name, name) == 0)
			return (enum error_kind)kind;
	}
	return ERROR_SYSTEM;
}
