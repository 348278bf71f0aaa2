/*
 * The outer level of an expression: literals, anchors, repetitions. What matters is only whether a text matches, so
 * greediness is dropped.
 */
#include "hook/regex_syntax.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/number.h"
#include "base/utf8.h"

/* Go's limit for one count, and for the product of nested ones. */
#define REPEAT_MAX 1000

bool regex_fail(const struct regex_parser *parser, size_t at, const char *format, ...)
{
	size_t character = 1;
	for (size_t i = 0; i < at; character++) {
		uint32_t ignored;
		i += utf8_next(str_from_index(parser->pattern, i), &ignored);
	}
	va_list args;
	char text[300];
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(parser->error, ERROR_INVALID, "at character %zu: %s", character, text);
}

struct str regex_rest(const struct regex_parser *parser)
{
	return str_from_index(parser->pattern, parser->at);
}

uint32_t regex_next(struct regex_parser *parser)
{
	uint32_t character = 0;
	parser->at += utf8_next(regex_rest(parser), &character);
	return character;
}

void regex_write_character(struct buf *out, uint32_t character)
{
	bool plain = (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
	             (character >= 'a' && character <= 'z');
	if (plain)
		buf_append_byte(out, (char)character);
	else
		buf_printf(out, "\\x{%X}", (unsigned)character);
}

void regex_write_folding(struct regex_parser *parser)
{
	bool fold = (parser->flags & REGEX_FOLD) != 0;
	if (fold != parser->folding)
		buf_append_c(parser->out, fold ? "(?i)" : "(?-i)");
	parser->folding = fold;
}

void regex_finish_atom(struct regex_translation *t, unsigned repeats)
{
	t->repeatable = true;
	t->repeated = false;
	t->repeats = repeats;
}

static void write_literal(struct regex_translation *t, uint32_t character)
{
	regex_write_folding(&t->parser);
	if (character >= 0xD800 && character <= 0xDFFF)
		buf_append_c(t->parser.out, "(?:(?!))"); /* half a surrogate pair is in no UTF-8 */
	else
		regex_write_character(t->parser.out, character);
	regex_finish_atom(t, 1);
}

/* In a group of its own, since PCRE2 does not repeat every assertion and RE2 does. */
static void write_assertion(struct regex_translation *t, const char *assertion)
{
	buf_printf(t->parser.out, "(?:%s)", assertion);
	regex_finish_atom(t, 1);
}

/* --- Repetitions ------------------------------------------------------------------------------------------------ */

/* Decimal digits without a leading zero; past REPEAT_MAX the number is REPEAT_MAX + 1. */
static bool read_count(struct str *rest, unsigned *count)
{
	size_t len = 0;
	uint64_t number = REPEAT_MAX + 1;
	while (len < rest->len && rest->data[len] >= '0' && rest->data[len] <= '9')
		len++;
	if (len == 0 || (len > 1 && rest->data[0] == '0'))
		return false;
	number_parse_unsigned(str_head(*rest, len), 0, REPEAT_MAX, &number);
	*count = (unsigned)number;
	*rest = str_from_index(*rest, len);
	return true;
}

/* {2}, {2,} or {2,5}; false where the brace is only a brace. */
static bool read_counts(struct str *rest, unsigned *minimum, unsigned *maximum, bool *open)
{
	struct str s = str_from_index(*rest, 1);
	*open = false;
	if (!read_count(&s, minimum))
		return false;
	*maximum = *minimum;
	if (str_starts(s, STR(","))) {
		s = str_from_index(s, 1);
		if (str_starts(s, STR("}")))
			*open = true;
		else if (!read_count(&s, maximum))
			return false;
	}
	if (!str_starts(s, STR("}")))
		return false;
	*rest = str_from_index(s, 1);
	return true;
}

/*
 * The repetition whose text in PCRE2's terms is `text`, read from `begin` on; count is how many copies it asks for.
 */
static bool write_repetition(struct regex_translation *t, size_t begin, const char *text, unsigned count)
{
	struct regex_level *level = &t->levels[t->depth];

	if (!t->repeatable)
		return regex_fail(&t->parser, begin, "there is nothing to repeat before this");
	if (t->repeated)
		return regex_fail(&t->parser, begin,
		                  "a repetition of a repetition (a++ and a*+ are possessive, which RE2 does not have)");
	if (str_starts(regex_rest(&t->parser), STR("?")))
		t->parser.at++;
	if (count > 1)
		t->repeats *= count;
	if (t->repeats > REPEAT_MAX)
		return regex_fail(&t->parser, begin, "more than %d repetitions, nested ones multiplied", REPEAT_MAX);
	if (level->repeats < t->repeats)
		level->repeats = t->repeats;
	buf_append_c(t->parser.out, text);
	t->repeated = true;
	return true;
}

static bool read_braces(struct regex_translation *t)
{
	char text[40];
	size_t begin = t->parser.at;
	unsigned minimum, maximum;
	bool open;
	struct str rest = regex_rest(&t->parser);

	if (!read_counts(&rest, &minimum, &maximum, &open)) {
		write_literal(t, regex_next(&t->parser));
		return true;
	}
	t->parser.at = t->parser.pattern.len - rest.len;
	if (minimum > REPEAT_MAX || maximum > REPEAT_MAX)
		return regex_fail(&t->parser, begin, "more than %d repetitions", REPEAT_MAX);
	if (minimum > maximum)
		return regex_fail(&t->parser, begin, "the least count is above the greatest");
	if (open)
		snprintf(text, sizeof(text), "{%u,}", minimum);
	else
		snprintf(text, sizeof(text), "{%u,%u}", minimum, maximum);
	return write_repetition(t, begin, text, maximum);
}

/* --- Everything else -------------------------------------------------------------------------------------------- */

/* \Q…\E: to the end where there is no \E. */
static void read_quoted(struct regex_translation *t)
{
	t->parser.at += 2;
	while (t->parser.at < t->parser.pattern.len) {
		if (str_starts(regex_rest(&t->parser), STR("\\E"))) {
			t->parser.at += 2;
			return;
		}
		write_literal(t, regex_next(&t->parser));
	}
}

static bool read_backslash(struct regex_translation *t)
{
	struct str rest = regex_rest(&t->parser);
	const char *assertion = NULL;
	uint32_t character;
	bool taken;

	switch (rest.len > 1 ? rest.data[1] : '\0') {
	case 'A':
		assertion = "\\A";
		break;
	case 'z':
		assertion = "\\z";
		break;
	case 'b':
		assertion = "\\b";
		break;
	case 'B':
		assertion = "\\B";
		break;
	case 'Q':
		read_quoted(t);
		return true;
	default:
		break;
	}
	if (assertion) {
		t->parser.at += 2;
		write_assertion(t, assertion);
		return true;
	}
	if (!regex_read_named_class(&t->parser, &taken))
		return false;
	if (taken) {
		regex_finish_atom(t, 1);
		return true;
	}
	if (!regex_read_escape(&t->parser, &character))
		return false;
	write_literal(t, character);
	return true;
}

static void write_dot(struct regex_translation *t)
{
	buf_append_c(t->parser.out, t->parser.flags & REGEX_DOTALL ? "(?s:.)" : ".");
	regex_finish_atom(t, 1);
}

static bool read_bracket(struct regex_translation *t)
{
	if (!regex_read_class(&t->parser))
		return false;
	regex_finish_atom(t, 1);
	return true;
}

/* One token; a character that means itself by default. */
static bool read_token(struct regex_translation *t)
{
	struct regex_parser *parser = &t->parser;
	size_t begin = parser->at;
	bool lines = (parser->flags & REGEX_MULTILINE) != 0;

	switch (parser->pattern.data[begin]) {
	case '(':
		return regex_open_group(t);
	case '[':
		return read_bracket(t);
	case '\\':
		return read_backslash(t);
	case '{':
		return read_braces(t);
	default:
		break;
	}
	uint32_t character = regex_next(parser);
	switch (character) {
	case ')':
		return regex_close_group(t);
	case '|':
		buf_append_byte(parser->out, '|');
		t->repeatable = t->repeated = false;
		return true;
	case '^':
		/* Before a last newline's nothing too, where PCRE2's own (?m)^ does not hold. */
		write_assertion(t, lines ? "(?<![^\\n])" : "\\A");
		return true;
	case '$':
		write_assertion(t, lines ? "(?![^\\n])" : "\\z");
		return true;
	case '.':
		write_dot(t);
		return true;
	case '*':
		return write_repetition(t, begin, "*", 1);
	case '+':
		return write_repetition(t, begin, "+", 1);
	case '?':
		return write_repetition(t, begin, "?", 1);
	default:
		write_literal(t, character);
		return true;
	}
}

bool regex_translate(struct str pattern, struct buf *out, struct error *error)
{
	if (!utf8_valid(pattern))
		return error_set(error, ERROR_INVALID, "the expression is not UTF-8");

	struct regex_translation t = {.parser = {.pattern = pattern, .out = out, .error = error}};
	t.levels[0].repeats = 1;
	while (t.parser.at < pattern.len) {
		if (!read_token(&t))
			return false;
	}
	if (t.depth > 0)
		return regex_fail(&t.parser, t.levels[t.depth].at, "there is no ) for this (");
	return true;
}
