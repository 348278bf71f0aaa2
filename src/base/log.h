/*
 * Lines for the operator, on standard error or a log file: one write(2) a line, so that processes that share the file
 * do not mix within a line. Control characters and bytes that are not UTF-8 are written as \xNN, so that no request can forge a line or
 * drive a terminal.
 *
 *     2026-11-23T04:45:13.123Z error [1a2b3c] hook "deploy": no such command: /bin/nope
 *
 * With LOG_FORMAT_JSON a line is an object whose members have these names and this order; request, hook and run are left
 * out where there is none:
 *
 *     {"time":"2026-11-23T04:45:13.123Z","level":"error","request":"1a2b3c","hook":"deploy","run":"…","message":"…"}
 *
 * There control characters are \u00NN and each byte that is not UTF-8 is U+FFFD; what would make the line too long is cut
 * off the message.
 *
 * The time and level are left out where standard error is the journal (JOURNAL_STREAM), which has both: there the line
 * begins with "<3>" as sd-daemon(3) says; in front of an object, which stays whole.
 */
#ifndef POCKETCI_BASE_LOG_H
#define POCKETCI_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped; LOG_LEVEL_WARNING until set. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* LOG_FORMAT_TEXT until set. */
void log_set_format(enum log_format format);
enum log_format log_get_format(void);

/*
 * Opens path (created 0640, appended) and makes it standard error of this process and its children, so that one
 * redirection serves them all. Called again with the same path after a rotation.
 */
bool log_open(const char *path, struct error *error);

/*
 * What the lines from now on belong to. Each is copied, at most 63 bytes of an id and 255 of a hook's; NULL or "" for
 * none. A text line carries the request's id in brackets, or the run's where there is no request; what it says of a
 * hook is in its message.
 */
enum log_field { LOG_FIELD_REQUEST, LOG_FIELD_HOOK, LOG_FIELD_RUN, LOG_FIELD_COUNT };
void log_set_field(enum log_field field, const char *text);

/* As it was set last, "" for none; valid until it is set again. */
const char *log_get_field(enum log_field field);

/* The begin of a unit of work, or with NULL its end: sets the request's id and forgets hook and run. */
void log_set_context(const char *request);

/*
* From now on lines are given to `take` instead of being written, whole and without time, level or context; NULL: they
 * are written. For a command that shows them as part of its own output.
 */
void log_set_sink(void (*take)(void *context, enum log_level level, const char *text), void *context);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
