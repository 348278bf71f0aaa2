/*
 * Tokens → pipelines: [$x :=] command [| command …], where a command is operands with spaces between them, the first
 * of them a function or the value itself.
 */
#include "hook/template_syntax.h"

#include "base/arena.h"

static bool is_visible(const struct template_parser *parser, struct str name)
{
	for (size_t i = parser->variable_count; i-- > 0;)
		if (str_equal(parser->variables[i], name))
			return true;
	return false;
}

/* true, false, nil, or a function. */
static bool parse_word(struct template_parser *parser, struct template_operand *operand)
{
	struct str word = parser->token.text;
	static const char *const keywords[] = {"if",    "else",   "end",      "range", "with",
	                                       "block", "define", "template", "break", "continue"};

	if (str_equal_c(word, "true") || str_equal_c(word, "false")) {
		operand->value = template_boolean(word.data[0] == 't');
		return true;
	}
	if (str_equal_c(word, "nil")) {
		operand->kind = OPERAND_NIL;
		return true;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (str_equal_c(word, keywords[i]))
			return template_unexpected(parser, "a command");
	operand->kind = OPERAND_FUNCTION;
	operand->function = template_find_function(word);
	if (operand->function == NULL)
		return template_fail(parser->source, operand->at, "there is no function \"%.*s\"",
		                     STR_ARGS(str_head(word, 64)));
	return true;
}

static bool parse_variable(struct template_parser *parser, struct template_operand *operand)
{
	operand->kind = OPERAND_VARIABLE;
	operand->name = parser->token.text;
	if (!is_visible(parser, operand->name))
		return template_fail(parser->source, operand->at, "the variable %.*s is not declared here",
		                     STR_ARGS(str_head(operand->name, 64)));
	return true;
}

static bool parse_parentheses(struct template_parser *parser, struct template_operand *operand)
{
	if (!template_enter(parser))
		return false;
	template_advance(parser);
	operand->kind = OPERAND_PIPELINE;
	operand->pipeline = template_parse_pipeline(parser, "parentheses", TOKEN_CLOSE);
	parser->depth--;
	return operand->pipeline != NULL;
}

/* The operand that begins at the next token, which is then behind it. */
static bool parse_term(struct template_parser *parser, struct template_operand *operand)
{
	const struct template_token *token = &parser->token;
	struct template_source *source = parser->source;
	bool good;

	switch (token->kind) {
	case TOKEN_WORD:
		good = parse_word(parser, operand);
		break;
	case TOKEN_DOT:
		operand->kind = OPERAND_DOT;
		good = true;
		break;
	case TOKEN_FIELD: /* of the dot */
		operand->kind = OPERAND_DOT;
		operand->field = token->text;
		good = true;
		break;
	case TOKEN_VARIABLE:
		good = parse_variable(parser, operand);
		break;
	case TOKEN_NUMBER:
		good = template_read_number(source, token, &operand->value);
		break;
	case TOKEN_CHARACTER:
		good = template_read_character(source, token, &operand->value);
		break;
	case TOKEN_QUOTED:
	case TOKEN_RAW:
		operand->value.kind = TEMPLATE_TEXT;
		good = template_read_text(source, token, &operand->value.text);
		break;
	case TOKEN_OPEN:
		return parse_parentheses(parser, operand);
	case TOKEN_END:
	case TOKEN_BROKEN:
	case TOKEN_TEXT:
	case TOKEN_LEFT:
	case TOKEN_RIGHT:
	case TOKEN_DECLARE:
	case TOKEN_ASSIGN:
	case TOKEN_PIPE:
	case TOKEN_CLOSE:
	case TOKEN_OTHER:
	default:
		return template_unexpected(parser, "a command");
	}
	if (good)
		template_advance(parser);
	return good;
}

/* The .Fields that follow a term without a space. */
static bool parse_fields(struct template_parser *parser, struct template_operand *operand)
{
	bool plain = operand->kind == OPERAND_CONSTANT || operand->kind == OPERAND_NIL ||
	             (operand->kind == OPERAND_DOT && operand->field.len == 0);

	while ((parser->token.kind == TOKEN_FIELD || parser->token.kind == TOKEN_DOT) && !parser->token.spaced) {
		if (plain || parser->token.kind == TOKEN_DOT)
			return template_fail(parser->source, parser->token.at, "unexpected dot behind a value");
		if (operand->field.len == 0)
			operand->field = parser->token.text;
		template_advance(parser);
	}
	return true;
}

static struct template_operand *parse_operand(struct template_parser *parser)
{
	struct template_operand *operand = arena_alloc(parser->source->arena, sizeof(*operand));

	*operand = (struct template_operand){
		.kind = OPERAND_CONSTANT, .at = parser->token.at, .field = STR(""), .name = STR("")};
	return parse_term(parser, operand) && parse_fields(parser, operand) ? operand : NULL;
}

static bool ends_command(const struct template_parser *parser)
{
	enum template_token_kind kind = parser->token.kind;
	return kind == TOKEN_RIGHT || kind == TOKEN_CLOSE || kind == TOKEN_PIPE;
}

/* Operands, and the | behind them where one is there. */
static struct template_command *parse_command(struct template_parser *parser)
{
	struct template_command *command = arena_alloc(parser->source->arena, sizeof(*command));
	struct template_operand **last = &command->operands;

	*command = (struct template_command){.at = parser->token.at};
	do {
		if (command->operands != NULL && !parser->token.spaced) {
			template_unexpected(parser, "a command: expected a space before it");
			return NULL;
		}
		*last = parse_operand(parser);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
	} while (!ends_command(parser));
	if (parser->token.kind == TOKEN_PIPE)
		template_advance(parser);
	return command;
}

/* --- Declarations ----------------------------------------------------------------------------------------------- */

/* Behind "$x" or "$x, $y": takes := or =. */
static void take_assignment(struct template_parser *parser, struct template_pipeline *pipeline)
{
	pipeline->assigns = parser->token.kind == TOKEN_ASSIGN;
	template_advance(parser);
}

static bool at_assignment(const struct template_parser *parser)
{
	return parser->token.kind == TOKEN_DECLARE || parser->token.kind == TOKEN_ASSIGN;
}

static void add_variable(struct template_parser *parser, struct template_pipeline *pipeline, struct str name)
{
	pipeline->variables[pipeline->variable_count++] = name;
	template_declare(parser, name);
}

/* Behind "$x" at a comma. */
static bool parse_second_variable(struct template_parser *parser, struct template_pipeline *pipeline,
                                  const char *context)
{
	if (!str_equal_c(str_from(context), "range"))
		return template_fail(parser->source, parser->token.at, "only a range has two variables");
	template_advance(parser);
	if (parser->token.kind != TOKEN_VARIABLE)
		return template_unexpected(parser, "range: expected a second variable");
	add_variable(parser, pipeline, parser->token.text);
	template_advance(parser);
	if (!at_assignment(parser))
		return template_unexpected(parser, "range: expected := behind its variables");
	take_assignment(parser, pipeline);
	return true;
}

/*
 * At a variable: declarations, or a look ahead that finds none and goes back. The names are visible from here on, as in
 * Go, also for what is assigned to them.
 */
static bool parse_declarations(struct template_parser *parser, struct template_pipeline *pipeline, const char *context)
{
	struct template_token first = parser->token;
	struct template_lexer lexer = parser->lexer;

	template_advance(parser);
	bool comma = parser->token.kind == TOKEN_OTHER && str_equal_c(parser->token.text, ",");
	if (comma || at_assignment(parser)) {
		add_variable(parser, pipeline, first.text);
		if (comma)
			return parse_second_variable(parser, pipeline, context);
		take_assignment(parser, pipeline);
		return true;
	}
	parser->token = first;
	parser->lexer = lexer;
	return true;
}

struct template_pipeline *template_parse_pipeline(struct template_parser *parser, const char *context,
                                                  enum template_token_kind end)
{
	struct template_pipeline *pipeline = arena_alloc(parser->source->arena, sizeof(*pipeline));
	struct template_command **last = &pipeline->commands;

	*pipeline = (struct template_pipeline){.at = parser->token.at};
	if (parser->token.kind == TOKEN_VARIABLE && !parse_declarations(parser, pipeline, context))
		return NULL;
	while (parser->token.kind != end) {
		struct template_command *command = parse_command(parser);
		if (command == NULL)
			return NULL;
		const struct template_operand *operand = command->operands;
		bool plain = operand->kind == OPERAND_CONSTANT || operand->kind == OPERAND_NIL ||
		             operand->kind == OPERAND_DOT;
		if (plain && operand->field.len == 0 && pipeline->commands != NULL) {
			template_fail(parser->source, operand->at, "behind | a function is expected");
			return NULL;
		}
		*last = command;
		last = &command->next;
	}
	if (pipeline->commands == NULL) {
		template_fail(parser->source, parser->token.at, "expected a value in %s", context);
		return NULL;
	}
	template_advance(parser);
	return pipeline;
}
