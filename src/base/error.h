/*
 * What went wrong: a kind, which decides HTTP status, exit code and whether trying again can help, and one sentence
 * that names the thing (file:line:column, hook id, URL) and the cause.
 *
 * A function that can fail returns false or NULL and fills the struct error it was given; a function that succeeds
 * leaves it alone. It is logged once, at the top of the unit of work.
 */
#ifndef POCKETCI_BASE_ERROR_H
#define POCKETCI_BASE_ERROR_H

#include <stdbool.h>

enum error_kind {
	ERROR_NONE,
	ERROR_INVALID,     /* the input is wrong: 400, exit 2 */
	ERROR_NOT_ALLOWED, /* understood and refused: 403 */
	ERROR_NOT_FOUND,   /* 404 */
	ERROR_TOO_LARGE,   /* past a limit: 413 */
	ERROR_UNUSABLE,    /* well formed, but what it names does not exist (a commit): 422 */
	ERROR_SYSTEM,      /* a system call failed: 500 */
	ERROR_COMMAND,     /* the command could not be started: 500 */
	ERROR_UPSTREAM,    /* another server answered with an error or not at all: 502, may be tried again (exit 75) */
	ERROR_BUSY,        /* no room now: 503, may be tried again */
	ERROR_TIMEOUT,     /* a deadline passed: 504, may be tried again */
	ERROR_STORAGE,     /* disk full or not writable: 507, may be tried again */
	ERROR_KIND_COUNT
};

struct error {
	enum error_kind kind;
	char message[480]; /* one line, cut where it does not fit; control characters in it have become spaces */
};

#define ERROR_INIT {ERROR_NONE, ""}

/* Fills it and returns false, so that a function can end with `return error_set(…)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same, with ": " and the text of errno value `number` behind. ENOSPC, EDQUOT and EROFS make it ERROR_STORAGE,
 * everything else ERROR_SYSTEM. A text that is too long is cut, never the cause.
 */
bool error_set_system(struct error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts the text and ": " in front of the message, the kind stays. Returns false. */
bool error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What the kind means to each interface. */
int error_http_status(enum error_kind kind);
int error_exit_code(enum error_kind kind);
bool error_may_retry(enum error_kind kind);
const char *error_kind_name(enum error_kind kind);

/* The kind with this name (as error_kind_name gives it), or ERROR_SYSTEM for an unknown one: read from a pipe. */
enum error_kind error_kind_from_name(const char *name);

#endif
