/*
 * What is wrong in a file that people write: all of it at once, each with its place.
 */
#ifndef POCKETCI_CONFIG_PROBLEM_H
#define POCKETCI_CONFIG_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct error;

struct position {
	const char *file;
	unsigned line, column; /* from 1; 0: the file as a whole */
};

struct problem {
	struct position position;
	bool warning;
	const char *hook; /* the id of the hook that it is in; NULL: in none */
	const char *text; /* what, and what to do; no final full stop or newline */
};

struct problems {
	struct arena *arena;
	struct problem *items;
	size_t count, capacity;
	size_t errors;    /* those that are no warnings */
	const char *hook; /* what is noted from now on is in this hook: its id, which outlives the problems, or NULL */
};

/* Both keep at most 1,000 problems. */
void problem_add(struct problems *problems, struct position position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void problem_warn(struct problems *problems, struct position position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "file:line:column: text" in the arena. */
char *problem_text(struct arena *arena, const struct problem *problem);

/*
 * text as it may stand on a terminal: control characters and what is not UTF-8 as \xNN; text itself where it has
 * none. For names of files: the text of a problem is printable already.
 */
const char *problem_printable(struct arena *arena, const char *text);

/*
 * Logs every warning; fills error (ERROR_INVALID) with the first error and "(and N more)". Returns whether there was
 * no error.
 */
bool problems_report(const struct problems *problems, struct error *error);

#endif
