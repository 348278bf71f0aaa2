/*
 * What a template computes with, and the functions that it may call. There is no data, so lists, maps and structures
 * do not exist. Internal to template*.c.
 */
#ifndef POCKETCI_HOOK_TEMPLATE_VALUE_H
#define POCKETCI_HOOK_TEMPLATE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;
struct regex;
struct template_output;
struct template_source;

/* No text that a template makes may be longer, nor all of its output. */
#define TEMPLATE_TEXT_MAX ((size_t)16 * 1024 * 1024)

enum template_kind {
	TEMPLATE_NIL,
	TEMPLATE_BOOL,
	TEMPLATE_INTEGER,
	TEMPLATE_BYTE, /* of a text, by `index`: a number, of another type */
	TEMPLATE_FLOAT,
	TEMPLATE_TEXT,
};

struct template_value {
	enum template_kind kind;
	bool truth;
	int64_t number; /* integer, byte */
	double real;
	struct str text;
};

struct template_call;

struct template_function {
	const char *name;
	size_t minimum, maximum; /* of arguments; maximum 0: any number */
	bool text_first;         /* the first argument must be a text */
	bool (*call)(struct template_call *call, struct template_value *result);
};

struct template_call {
	struct template_source *source;
	struct template_output *output; /* for what getenv and the like give */
	const struct regex **printable; /* compiled when first needed */
	const struct template_function *function;
	const struct template_value *arguments;
	size_t count;
	size_t at;
};

/* The function of this name, or NULL. `and` and `or` are there, but the evaluator runs them itself. */
const struct template_function *template_find_function(struct str name);

/* Whether the function takes this many arguments; a failure at this index of the text where not. */
bool template_check_count(struct template_source *source, size_t at, const struct template_function *function,
                          size_t count);

bool template_true(const struct template_value *value);

/* "nothing", "a boolean", "a whole number", "a byte", "a fraction", "a text": for messages. */
const char *template_kind_name(enum template_kind kind);

struct template_value template_text(struct str text);
struct template_value template_boolean(bool truth);
struct template_value template_integer(int64_t number);

/* Fails with "NAME: …" at the call. Returns false. */
bool template_call_fail(struct template_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As fmt.Print writes it; nil is `nothing`. */
void template_write_value(struct buf *out, const struct template_value *value, const char *nothing);

/* The shortest text that reads as the same number, as Go's %v. */
void template_write_float(struct buf *out, double real);

/* All arguments as fmt.Sprint has them: a space between two that are no texts. */
void template_write_arguments(struct buf *out, const struct template_call *call, const char *nothing);

/* Go's unicode.IsPrint. */
bool template_is_printable(struct template_call *call, struct str character);

/* Appends the text as a constant of Go between these quotes: " or '. */
void template_write_quoted(struct template_call *call, struct buf *out, struct str text, char quote);

void template_write_character(struct buf *out, uint32_t character);

/* Moves the buffer's content into the arena as the result, or fails where it is too long; the buffer is released. */
bool template_take_text(struct template_call *call, struct buf *buf, struct template_value *result);

/* --- Functions of the table that have files of their own -------------------------------------------------------- */

bool template_call_print(struct template_call *call, struct template_value *result);
bool template_call_println(struct template_call *call, struct template_value *result);
bool template_call_printf(struct template_call *call, struct template_value *result);
bool template_call_html(struct template_call *call, struct template_value *result);
bool template_call_js(struct template_call *call, struct template_value *result);
bool template_call_urlquery(struct template_call *call, struct template_value *result);
bool template_call_equal(struct template_call *call, struct template_value *result);
bool template_call_not_equal(struct template_call *call, struct template_value *result);
bool template_call_less(struct template_call *call, struct template_value *result);
bool template_call_less_or_equal(struct template_call *call, struct template_value *result);
bool template_call_greater(struct template_call *call, struct template_value *result);
bool template_call_greater_or_equal(struct template_call *call, struct template_value *result);
bool template_call_getenv(struct template_call *call, struct template_value *result);
bool template_call_cat(struct template_call *call, struct template_value *result);
bool template_call_credential(struct template_call *call, struct template_value *result);

#endif
