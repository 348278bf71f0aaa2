/*
 * Tokens → statements: text, {{if}}, {{range}}, {{with}}, {{define}} and so on. A variable is visible from its
 * declaration to the {{end}} of the block that it stands in, and only there.
 */
#include "hook/template_syntax.h"

#include "base/arena.h"

/* The name of the file's own template, as the reference calls it. */
#define MAIN_NAME STR("hooks")

void template_advance(struct template_parser *parser)
{
	template_next_token(&parser->lexer, &parser->token);
}

void template_declare(struct template_parser *parser, struct str name)
{
	parser->variables = arena_grow(parser->source->arena, parser->variables, parser->variable_count,
	                               &parser->variable_capacity, sizeof(*parser->variables));
	parser->variables[parser->variable_count++] = name;
}

/* A text may hold a secret, so it is not quoted. */
bool template_unexpected(struct template_parser *parser, const char *context)
{
	const struct template_token *token = &parser->token;

	if (token->kind == TOKEN_END)
		return template_fail(parser->source, token->at, "the file ends in %s", context);
	if (token->kind == TOKEN_QUOTED || token->kind == TOKEN_RAW)
		return template_fail(parser->source, token->at, "unexpected text in %s", context);
	return template_fail(parser->source, token->at, "unexpected \"%.*s\" in %s",
	                     STR_ARGS(str_head(token->text, 40)), context);
}

bool template_enter(struct template_parser *parser)
{
	if (parser->depth >= TEMPLATE_DEPTH_MAX)
		return template_fail(parser->source, parser->token.at, "more than %d levels of blocks and parentheses",
		                     TEMPLATE_DEPTH_MAX);
	parser->depth++;
	return true;
}

static bool at_word(const struct template_parser *parser, const char *word)
{
	return parser->token.kind == TOKEN_WORD && str_equal_c(parser->token.text, word);
}

static bool expect_right(struct template_parser *parser, const char *context)
{
	if (parser->token.kind != TOKEN_RIGHT)
		return template_unexpected(parser, context);
	template_advance(parser);
	return true;
}

static bool read_name(struct template_parser *parser, const char *context, struct str *name)
{
	template_advance(parser);
	if (parser->token.kind != TOKEN_QUOTED && parser->token.kind != TOKEN_RAW)
		return template_unexpected(parser, context);
	if (!template_read_text(parser->source, &parser->token, name))
		return false;
	template_advance(parser);
	return true;
}

/* --- Definitions ------------------------------------------------------------------------------------------------ */

static bool is_empty(const struct template_list *list)
{
	for (const struct template_statement *at = list->first; at != NULL; at = at->next)
		if (at->kind != STATEMENT_TEXT || str_trim(at->text).len > 0)
			return false;
	return true;
}

const struct template_definition *template_find(const struct template_definition *definitions, struct str name)
{
	for (; definitions != NULL; definitions = definitions->next)
		if (str_equal(definitions->name, name))
			return definitions;
	return NULL;
}

/* One that is empty is replaced by one that is not, and replaces none. */
static bool add_definition(struct template_parser *parser, size_t at, struct str name, struct template_list body)
{
	struct template_definition *earlier = parser->definitions;

	while (earlier != NULL && !str_equal(earlier->name, name))
		earlier = earlier->next;
	if (earlier == NULL) {
		struct template_definition *definition = arena_alloc(parser->source->arena, sizeof(*definition));
		*definition = (struct template_definition){name, body, parser->definitions};
		parser->definitions = definition;
	} else if (is_empty(&earlier->body)) {
		earlier->body = body;
	} else if (!is_empty(&body)) {
		return template_fail(parser->source, at, "the template \"%.*s\" is defined twice",
		                     STR_ARGS(str_head(name, 64)));
	}
	return true;
}

static bool parse_list(struct template_parser *parser, struct template_list *list);

/* Behind {{else}} of a block that has one already, or that is a definition. */
static bool expect_end(struct template_parser *parser, const char *context)
{
	if (!at_word(parser, "end"))
		return template_unexpected(parser, context);
	template_advance(parser);
	return expect_right(parser, "end");
}

/* The body of a definition sees no variable but $, and no range around it. */
static bool parse_body(struct template_parser *parser, size_t at, struct str name)
{
	struct str *variables = parser->variables;
	size_t count = parser->variable_count, capacity = parser->variable_capacity;
	unsigned ranges = parser->ranges;
	struct template_list body = {NULL};

	parser->variables = NULL;
	parser->variable_count = parser->variable_capacity = 0;
	parser->ranges = 0;
	template_declare(parser, STR("$"));
	bool good = parse_list(parser, &body) && expect_end(parser, "a definition: expected {{end}}") &&
	            add_definition(parser, at, name, body);
	parser->variables = variables;
	parser->variable_count = count;
	parser->variable_capacity = capacity;
	parser->ranges = ranges;
	return good;
}

static bool parse_define(struct template_parser *parser)
{
	size_t at = parser->token.at;
	struct str name;

	if (!read_name(parser, "define: expected a name in quotes", &name) || !expect_right(parser, "define"))
		return false;
	return parse_body(parser, at, name);
}

/* --- Statements ------------------------------------------------------------------------------------------------- */

static bool parse_pipeline(struct template_parser *parser, struct template_statement *statement, const char *context)
{
	statement->pipeline = template_parse_pipeline(parser, context, TOKEN_RIGHT);
	return statement->pipeline != NULL;
}

static bool parse_block_of(struct template_parser *parser, struct template_statement *statement, const char *context);

static struct template_statement *new_statement(struct template_parser *parser, enum template_statement_kind kind)
{
	struct template_statement *statement = arena_alloc(parser->source->arena, sizeof(*statement));
	*statement = (struct template_statement){.kind = kind, .at = parser->token.at};
	return statement;
}

/* At the word behind {{else. Only `if` goes on there, and shares its {{end}}. */
static bool parse_else(struct template_parser *parser, struct template_statement *statement)
{
	template_advance(parser);
	if (statement->kind == STATEMENT_IF && at_word(parser, "if")) {
		struct template_statement *other = new_statement(parser, STATEMENT_IF);
		statement->otherwise.first = other;
		return parse_block_of(parser, other, "if");
	}
	return expect_right(parser, "else") && parse_list(parser, &statement->otherwise) &&
	       expect_end(parser, "else: expected {{end}}");
}

/* At the word that begins the block, up to and with its {{end}}. */
static bool parse_block_of(struct template_parser *parser, struct template_statement *statement, const char *context)
{
	size_t variables = parser->variable_count;
	bool range = statement->kind == STATEMENT_RANGE;

	if (!template_enter(parser))
		return false;
	template_advance(parser);
	if (!parse_pipeline(parser, statement, context))
		return false;
	parser->ranges += range;
	bool good = parse_list(parser, &statement->body);
	parser->ranges -= range;
	good = good && (at_word(parser, "else") ? parse_else(parser, statement) : expect_end(parser, context));
	parser->variable_count = variables;
	parser->depth--;
	return good;
}

static bool parse_if(struct template_parser *parser, struct template_statement *statement)
{
	statement->kind = STATEMENT_IF;
	return parse_block_of(parser, statement, "if");
}

static bool parse_with(struct template_parser *parser, struct template_statement *statement)
{
	statement->kind = STATEMENT_WITH;
	return parse_block_of(parser, statement, "with");
}

static bool parse_range(struct template_parser *parser, struct template_statement *statement)
{
	statement->kind = STATEMENT_RANGE;
	return parse_block_of(parser, statement, "range");
}

static bool parse_template(struct template_parser *parser, struct template_statement *statement)
{
	statement->kind = STATEMENT_TEMPLATE;
	if (!read_name(parser, "template: expected a name in quotes", &statement->text))
		return false;
	if (parser->token.kind != TOKEN_RIGHT)
		return parse_pipeline(parser, statement, "template");
	return expect_right(parser, "template");
}

/* {{block}} is {{define}} and {{template}} in one. */
static bool parse_named_block(struct template_parser *parser, struct template_statement *statement)
{
	size_t at = parser->token.at;

	statement->kind = STATEMENT_TEMPLATE;
	if (!template_enter(parser) || !read_name(parser, "block: expected a name in quotes", &statement->text) ||
	    !parse_pipeline(parser, statement, "block") || !parse_body(parser, at, statement->text))
		return false;
	parser->depth--;
	return true;
}

static bool parse_leave(struct template_parser *parser, struct template_statement *statement)
{
	statement->kind = at_word(parser, "break") ? STATEMENT_BREAK : STATEMENT_CONTINUE;
	if (parser->ranges == 0)
		return template_fail(parser->source, parser->token.at, "%.*s stands outside of a range",
		                     STR_ARGS(parser->token.text));
	template_advance(parser);
	return expect_right(parser, "break or continue");
}

static const struct {
	const char *word;
	bool (*parse)(struct template_parser *parser, struct template_statement *statement);
} statements[] = {
	{"if", parse_if},
	{"with", parse_with},
	{"range", parse_range},
	{"template", parse_template},
	{"block", parse_named_block},
	{"break", parse_leave},
	{"continue", parse_leave},
};

/* Behind {{. */
static bool parse_action(struct template_parser *parser, struct template_statement *statement)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (at_word(parser, statements[i].word))
			return statements[i].parse(parser, statement);
	return parse_pipeline(parser, statement, "a command");
}

/* Up to the word of an {{end}} or {{else}}, or the end of the file. */
static bool parse_list(struct template_parser *parser, struct template_list *list)
{
	struct template_statement **last = &list->first;

	for (;;) {
		if (parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_BROKEN)
			return !parser->source->failed;
		struct template_statement *statement = new_statement(parser, STATEMENT_TEXT);
		if (parser->token.kind == TOKEN_TEXT) {
			statement->text = parser->token.text;
			template_advance(parser);
		} else {
			template_advance(parser);
			if (at_word(parser, "end") || at_word(parser, "else") || at_word(parser, "define"))
				return true;
			statement->kind = STATEMENT_PIPELINE;
			statement->at = parser->token.at;
			if (!parse_action(parser, statement))
				return false;
		}
		*last = statement;
		last = &statement->next;
	}
}

/* Definitions stand at the top of the file only. */
static bool parse_file(struct template_parser *parser)
{
	struct template_list body = {NULL};
	struct template_statement **last = &body.first;

	template_advance(parser);
	for (;;) {
		struct template_list part = {NULL};
		if (!parse_list(parser, &part))
			return false;
		for (*last = part.first; *last != NULL; last = &(*last)->next)
			;
		if (parser->token.kind == TOKEN_END)
			return add_definition(parser, 0, MAIN_NAME, body);
		if (!at_word(parser, "define"))
			return template_unexpected(parser, "the file: it closes no block");
		if (!parse_define(parser))
			return false;
	}
}

struct template_definition *template_parse(struct template_source *source)
{
	struct template_parser parser = {.source = source, .lexer = {.source = source}};

	template_declare(&parser, STR("$"));
	return parse_file(&parser) ? parser.definitions : NULL;
}
