/*
 * A template as it is written: tokens, and the tree that the parser makes of them. Internal to template*.c.
 */
#ifndef POCKETCI_HOOK_TEMPLATE_SYNTAX_H
#define POCKETCI_HOOK_TEMPLATE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "hook/template_value.h"

struct arena;
struct problems;
struct template_function;

/* Levels of blocks, parentheses and calls, in the text and when it runs: each is a few frames of our own stack. */
#define TEMPLATE_DEPTH_MAX 300

/* The text, and where a failure is noted. */
struct template_source {
	struct arena *arena;
	struct str text;
	const char *file;
	struct problems *problems;
	bool failed;
	unsigned warnings;
};

/* Notes the first failure, at this index of the text. Returns false. Warnings are no more than a few. */
bool template_fail(struct template_source *source, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void template_warn(struct template_source *source, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- Tokens --------------------------------------------------------------------------------------------------- */

enum template_token_kind {
	TOKEN_END,       /* of the file */
	TOKEN_BROKEN,    /* the failure has been noted */
	TOKEN_TEXT,      /* outside of {{ }}, trimmed as its neighbours say; may be empty */
	TOKEN_LEFT,      /* {{ */
	TOKEN_RIGHT,     /* }} */
	TOKEN_WORD,      /* a function, a keyword, true, false, nil */
	TOKEN_FIELD,     /* .Name; text is without the dot */
	TOKEN_DOT,       /* . alone */
	TOKEN_VARIABLE,  /* $name, or $ */
	TOKEN_NUMBER,    /* as written */
	TOKEN_CHARACTER, /* with its quotes */
	TOKEN_QUOTED,    /* "…", with its quotes */
	TOKEN_RAW,       /* `…`, with its quotes */
	TOKEN_DECLARE,   /* := */
	TOKEN_ASSIGN,    /* = */
	TOKEN_PIPE,      /* | */
	TOKEN_OPEN,      /* ( */
	TOKEN_CLOSE,     /* ) */
	TOKEN_OTHER,     /* another printable character: a comma, or an error */
};

struct template_token {
	enum template_token_kind kind;
	size_t at; /* index in the text */
	struct str text;
	bool spaced; /* white space is before it */
};

struct template_lexer {
	struct template_source *source;
	size_t at;
	bool inside; /* between {{ and }} */
	bool trim;   /* the last }} took the white space behind it away */
};

void template_next_token(struct template_lexer *lexer, struct template_token *token);

/* The value of a constant, or a failure at the token. */
bool template_read_number(struct template_source *source, const struct template_token *token,
                          struct template_value *value);
bool template_read_character(struct template_source *source, const struct template_token *token,
                             struct template_value *value);
bool template_read_text(struct template_source *source, const struct template_token *token, struct str *text);

/* --- The tree ------------------------------------------------------------------------------------------------- */

enum template_operand_kind {
	OPERAND_CONSTANT,
	OPERAND_NIL,
	OPERAND_DOT,
	OPERAND_VARIABLE,
	OPERAND_FUNCTION,
	OPERAND_PIPELINE, /* in parentheses */
};

struct template_operand {
	enum template_operand_kind kind;
	size_t at;
	struct str field; /* the first of the .Fields behind it; empty: none. No value here has fields */
	struct template_value value;
	struct str name; /* of a variable, with its $ */
	const struct template_function *function;
	const struct template_pipeline *pipeline;
	struct template_operand *next;
};

struct template_command {
	size_t at;
	struct template_operand *operands; /* at least one */
	struct template_command *next;
};

struct template_pipeline {
	size_t at;
	struct str variables[2]; /* that take its value; two in a range only */
	size_t variable_count;
	bool assigns; /* =, not := */
	struct template_command *commands;
};

enum template_statement_kind {
	STATEMENT_TEXT,
	STATEMENT_PIPELINE,
	STATEMENT_IF,
	STATEMENT_WITH,
	STATEMENT_RANGE,
	STATEMENT_TEMPLATE,
	STATEMENT_BREAK,
	STATEMENT_CONTINUE,
};

struct template_list {
	struct template_statement *first;
};

struct template_statement {
	enum template_statement_kind kind;
	size_t at;
	struct str text; /* or the name of a template */
	const struct template_pipeline *pipeline;
	struct template_list body, otherwise;
	struct template_statement *next;
};

/* A {{define}}, a {{block}}, or the file itself under the name "hooks" as in the reference. */
struct template_definition {
	struct str name;
	struct template_list body;
	struct template_definition *next;
};

/* --- The parser ----------------------------------------------------------------------------------------------- */

struct template_parser {
	struct template_source *source;
	struct template_lexer lexer;
	struct template_token token; /* the next one */
	struct str *variables;       /* those that are visible, by name */
	size_t variable_count, variable_capacity;
	unsigned depth;  /* of blocks and parentheses */
	unsigned ranges; /* that are open, for break and continue */
	struct template_definition *definitions;
};

/* Reads the whole text; NULL where it is wrong. */
struct template_definition *template_parse(struct template_source *source);

const struct template_definition *template_find(const struct template_definition *definitions, struct str name);

/* Reads a pipeline up to and with the token `end` (TOKEN_RIGHT, TOKEN_CLOSE). context is its place, for messages. */
struct template_pipeline *template_parse_pipeline(struct template_parser *parser, const char *context,
                                                  enum template_token_kind end);

void template_advance(struct template_parser *parser);
void template_declare(struct template_parser *parser, struct str name);

/* Fails with 'unexpected "x" in CONTEXT' at the next token. Returns false. */
bool template_unexpected(struct template_parser *parser, const char *context);

/* Goes a level deeper, or fails; the caller takes it back. */
bool template_enter(struct template_parser *parser);

#endif
