/*
 * RE2's syntax as Go reads it → the same expression in PCRE2's terms. Internal to regex*.c.
 *
 * PCRE2 never sees the text that somebody wrote: every character, class and group is written anew, so that nothing of
 * its own syntax can slip through.
 */
#ifndef POCKETCI_HOOK_REGEX_SYNTAX_H
#define POCKETCI_HOOK_REGEX_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct error;

enum regex_flags {
	REGEX_FOLD = 1,      /* i: without regard to case */
	REGEX_MULTILINE = 2, /* m: ^ and $ at each line */
	REGEX_DOTALL = 4,    /* s: . takes a newline too */
};

struct regex_parser {
	struct str pattern; /* UTF-8 */
	size_t at;          /* the next byte to read */
	unsigned flags;     /* enum regex_flags, as they hold at `at` */
	struct buf *out;
	bool folding; /* whether PCRE2 folds case at the end of out */
	struct error *error;
};

/* Go allows 1,000; more than these are no expression that somebody wrote. */
#define REGEX_DEPTH_MAX 250

/* A group that is open. */
struct regex_level {
	size_t at;        /* where it was opened */
	unsigned flags;   /* of the group around it, which count again after it */
	bool folding;     /* the same for the output */
	unsigned repeats; /* the greatest product of nested counts in it so far */
};

struct regex_translation {
	struct regex_parser parser;
	struct regex_level levels[REGEX_DEPTH_MAX + 1]; /* [0] is the whole expression */
	size_t depth;
	bool repeatable;  /* something that a repetition can follow is before `at` */
	bool repeated;    /* and has been repeated already */
	unsigned repeats; /* the product of counts in it */
};

/* Appends the translation to *out. ERROR_INVALID with the character where the expression is wrong. */
bool regex_translate(struct str pattern, struct buf *out, struct error *error);

/* Whether PCRE2 knows a script of this name (Greek, Old_Italic). */
bool regex_script_exists(struct str name);

/* --- Between the files ------------------------------------------------------------------------------------------ */

/* "at character N: …" where N counts from 1; returns false. */
bool regex_fail(const struct regex_parser *parser, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What was read can be repeated now; it holds counts with this product. */
void regex_finish_atom(struct regex_translation *t, unsigned repeats);

/* At a '(': opens a group, or sets flags. */
bool regex_open_group(struct regex_translation *t);

/* Behind a ')'. */
bool regex_close_group(struct regex_translation *t);

/* What is left to read. */
struct str regex_rest(const struct regex_parser *parser);

/* The next character, not at the end. */
uint32_t regex_next(struct regex_parser *parser);

/* Reads an escape that stands for one character; `at` is on the backslash. */
bool regex_read_escape(struct regex_parser *parser, uint32_t *character);

/* Reads a class in brackets; `at` is on the '['. */
bool regex_read_class(struct regex_parser *parser);

/* Reads \d, \pL and the like outside of brackets where one is next: *taken says whether. */
bool regex_read_named_class(struct regex_parser *parser, bool *taken);

/* Appends the character in a form that PCRE2 takes as itself, inside and outside of brackets. */
void regex_write_character(struct buf *out, uint32_t character);

/* Makes PCRE2 fold, or not fold, as the flags say, from here on. */
void regex_write_folding(struct regex_parser *parser);

#endif
