/*
 * A template's text → tokens. Outside of {{ }} everything is one text up to the next {{; comments are passed over
 * here, and the white space that {{- and -}} take away is gone before anybody sees it.
 */
#include "hook/template_syntax.h"

#include <string.h>

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_word(char byte)
{
	return byte == '_' || is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static struct str rest_of(const struct template_lexer *lexer)
{
	return str_from_index(lexer->source->text, lexer->at);
}

static bool begins(const struct template_lexer *lexer, struct str part)
{
	return str_starts(rest_of(lexer), part);
}

/* The byte at this distance; NUL behind the end, which stands for itself nowhere in a template. */
static char peek(const struct template_lexer *lexer, size_t distance)
{
	struct str rest = rest_of(lexer);
	return distance < rest.len ? rest.data[distance] : '\0';
}

static bool skip_spaces(struct template_lexer *lexer)
{
	size_t before = lexer->at;
	while (is_space(peek(lexer, 0)))
		lexer->at++;
	return lexer->at > before;
}

static void broken(struct template_lexer *lexer, struct template_token *token, size_t at, const char *message)
{
	template_fail(lexer->source, at, "%s", message);
	token->kind = TOKEN_BROKEN;
}

/* Ends the token where the lexer stands now. */
static void finish(const struct template_lexer *lexer, struct template_token *token, enum template_token_kind kind)
{
	token->kind = kind;
	token->text = str_head(str_from_index(lexer->source->text, token->at), lexer->at - token->at);
}

/* --- Outside ---------------------------------------------------------------------------------------------------- */

static struct str trim_end(struct str text)
{
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Takes }} or -}}, the second behind white space only. */
static bool take_right(struct template_lexer *lexer, bool spaced)
{
	if (begins(lexer, STR("}}"))) {
		lexer->at += 2;
		lexer->trim = false;
		return true;
	}
	if (!spaced || !begins(lexer, STR("-}}")))
		return false;
	lexer->at += 3;
	lexer->trim = true;
	return true;
}

/* At the slash of a comment: the text goes on behind it. */
static bool skip_comment(struct template_lexer *lexer, struct template_token *token)
{
	size_t begin = lexer->at;
	struct str rest = rest_of(lexer);
	const char *end = memmem(rest.data + 2, rest.len - 2, "*/", 2);

	if (end == NULL) {
		broken(lexer, token, begin, "this comment has no end: expected */}}");
		return false;
	}
	lexer->at += (size_t)(end - rest.data) + 2;
	if (take_right(lexer, false))
		return true;
	if (is_space(peek(lexer, 0)) && peek(lexer, 1) == '-') {
		lexer->at++;
		if (take_right(lexer, true))
			return true;
	}
	broken(lexer, token, lexer->at, "a comment stands alone: expected }} or -}} behind */");
	return false;
}

/* {{, with its trim mark; what it begins is in the token. */
static void read_left(struct template_lexer *lexer, struct template_token *token)
{
	lexer->at += 2;
	finish(lexer, token, TOKEN_LEFT);
	if (peek(lexer, 0) == '-' && is_space(peek(lexer, 1)))
		lexer->at += 2;
	if (!begins(lexer, STR("/*"))) {
		lexer->inside = true;
		return;
	}
	if (skip_comment(lexer, token))
		*token = (struct template_token){.kind = TOKEN_TEXT, .at = token->at, .text = STR("")};
}

static void read_outside(struct template_lexer *lexer, struct template_token *token)
{
	if (lexer->trim)
		skip_spaces(lexer);
	lexer->trim = false;
	token->at = lexer->at;
	struct str rest = rest_of(lexer);
	if (rest.len == 0) {
		token->kind = TOKEN_END;
		return;
	}
	const char *left = memmem(rest.data, rest.len, "{{", 2);
	if (left == rest.data) {
		read_left(lexer, token);
		return;
	}
	lexer->at += left == NULL ? rest.len : (size_t)(left - rest.data);
	finish(lexer, token, TOKEN_TEXT);
	if (left != NULL && peek(lexer, 2) == '-' && is_space(peek(lexer, 3)))
		token->text = trim_end(token->text);
}

/* --- Inside ----------------------------------------------------------------------------------------------------- */

/* Whether a word can end here. */
static bool ends_word(const struct template_lexer *lexer)
{
	char byte = peek(lexer, 0);
	return rest_of(lexer).len == 0 || (byte != '\0' && strchr(" \t\r\n.,|:()}", byte) != NULL);
}

static void read_word(struct template_lexer *lexer, struct template_token *token, enum template_token_kind kind)
{
	while (is_word(peek(lexer, 0)))
		lexer->at++;
	if (!ends_word(lexer)) {
		broken(lexer, token, lexer->at,
		       (unsigned char)peek(lexer, 0) >= 0x80
		               ? "names are made of ASCII letters, digits and _"
		               : "this character cannot stand here: expected a space before it");
		return;
	}
	finish(lexer, token, kind);
}

/* .Name, or the dot alone. */
static void read_field(struct template_lexer *lexer, struct template_token *token)
{
	lexer->at++;
	if (ends_word(lexer)) {
		finish(lexer, token, TOKEN_DOT);
		return;
	}
	read_word(lexer, token, TOKEN_FIELD);
	if (token->kind == TOKEN_FIELD)
		token->text = str_from_index(token->text, 1);
}

static void take_run(struct template_lexer *lexer, const char *set)
{
	while (peek(lexer, 0) != '\0' && strchr(set, peek(lexer, 0)) != NULL)
		lexer->at++;
}

static bool take_one(struct template_lexer *lexer, const char *set)
{
	if (peek(lexer, 0) == '\0' || strchr(set, peek(lexer, 0)) == NULL)
		return false;
	lexer->at++;
	return true;
}

/* What looks like a number; template_read_number says whether it is one. */
static void read_number(struct template_lexer *lexer, struct template_token *token)
{
	const char *digits = "0123456789_";
	const char *exponent = "eE";

	take_one(lexer, "+-");
	if (take_one(lexer, "0")) {
		if (take_one(lexer, "xX"))
			digits = "0123456789abcdefABCDEF_", exponent = "pP";
		else if (take_one(lexer, "oO"))
			digits = "01234567_", exponent = "";
		else if (take_one(lexer, "bB"))
			digits = "01_", exponent = "";
	}
	take_run(lexer, digits);
	if (take_one(lexer, "."))
		take_run(lexer, digits);
	if (take_one(lexer, exponent)) {
		take_one(lexer, "+-");
		take_run(lexer, "0123456789_");
	}
	char next = peek(lexer, 0);
	if (next == 'i')
		broken(lexer, token, token->at, "complex numbers are not supported");
	else if (is_word(next) || next == '+' || next == '-' || (unsigned char)next >= 0x80)
		broken(lexer, token, token->at, "this is no number");
	else
		finish(lexer, token, TOKEN_NUMBER);
}

/* From the quote to its like, over backslashes. */
static void read_quoted(struct template_lexer *lexer, struct template_token *token, enum template_token_kind kind)
{
	char quote = peek(lexer, 0);

	for (lexer->at++; rest_of(lexer).len > 0; lexer->at++) {
		char byte = peek(lexer, 0);
		if (byte == quote) {
			lexer->at++;
			finish(lexer, token, kind);
			return;
		}
		if (byte == '\\' && peek(lexer, 1) != '\n')
			lexer->at++;
		else if (byte == '\n')
			break;
	}
	broken(lexer, token, token->at, "this quote is not closed in its line");
}

static void read_raw(struct template_lexer *lexer, struct template_token *token)
{
	size_t len = str_find(str_from_index(rest_of(lexer), 1), '`') + 2;

	if (len > rest_of(lexer).len) {
		broken(lexer, token, token->at, "this ` is not closed");
		return;
	}
	lexer->at += len;
	finish(lexer, token, TOKEN_RAW);
}

static void read_declare(struct template_lexer *lexer, struct template_token *token)
{
	if (peek(lexer, 1) != '=') {
		broken(lexer, token, token->at, "expected := here");
		return;
	}
	lexer->at += 2;
	finish(lexer, token, TOKEN_DECLARE);
}

static void read_one(struct template_lexer *lexer, struct template_token *token, char byte)
{
	static const char marks[] = "=|()";
	static const enum template_token_kind kinds[] = {TOKEN_ASSIGN, TOKEN_PIPE, TOKEN_OPEN, TOKEN_CLOSE};
	const char *mark = byte == '\0' ? NULL : strchr(marks, byte);

	if (mark == NULL && (byte < ' ' || byte > '~')) {
		broken(lexer, token, token->at, "this character cannot stand between {{ and }}");
		return;
	}
	lexer->at++;
	finish(lexer, token, mark != NULL ? kinds[mark - marks] : TOKEN_OTHER);
}

static void read_inside(struct template_lexer *lexer, struct template_token *token)
{
	token->spaced = skip_spaces(lexer);
	token->at = lexer->at;
	char byte = peek(lexer, 0);

	if (take_right(lexer, token->spaced)) {
		lexer->inside = false;
		finish(lexer, token, TOKEN_RIGHT);
	} else if (rest_of(lexer).len == 0) {
		broken(lexer, token, token->at, "the file ends between {{ and }}");
	} else if (byte == ':') {
		read_declare(lexer, token);
	} else if (byte == '"' || byte == '\'') {
		read_quoted(lexer, token, byte == '"' ? TOKEN_QUOTED : TOKEN_CHARACTER);
	} else if (byte == '`') {
		read_raw(lexer, token);
	} else if (byte == '$') {
		lexer->at++;
		read_word(lexer, token, TOKEN_VARIABLE);
	} else if (byte == '.' && !is_digit(peek(lexer, 1))) {
		read_field(lexer, token);
	} else if (byte == '.' || byte == '+' || byte == '-' || is_digit(byte)) {
		read_number(lexer, token);
	} else if (is_word(byte) || (unsigned char)byte >= 0x80) {
		read_word(lexer, token, TOKEN_WORD);
	} else {
		read_one(lexer, token, byte);
	}
}

void template_next_token(struct template_lexer *lexer, struct template_token *token)
{
	*token = (struct template_token){.kind = TOKEN_END, .at = lexer->at, .text = STR("")};
	if (lexer->source->failed)
		token->kind = TOKEN_BROKEN;
	else if (lexer->inside)
		read_inside(lexer, token);
	else
		read_outside(lexer, token);
}
