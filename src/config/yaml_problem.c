/*
 * libyaml's messages are a parser's; those that people meet most get a sentence that says what to write.
 */
#include "config/yaml_problem.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

struct advice {
	const char *problem; /* libyaml's words */
	const char *text;
};

static const struct advice advices[] = {
	{"found a tab character that violates indentation", "indent with spaces, not with tabs"},
	{"found a tab character where an indentation space is expected", "indent with spaces, not with tabs"},
	{"mapping values are not allowed in this context",
         "a \":\" cannot stand here: put the text in quotes, or check how far the line is indented"},
	{"did not find expected key", "expected a key: check how far the line is indented, and that quotes are closed"},
	{"did not find expected '-' indicator",
         "expected \"- \", the next entry of the list: check how far the line is indented"},
	{"did not find expected ',' or ']'", "expected \",\" or \"]\": the list in brackets is not closed"},
	{"did not find expected ',' or '}'", "expected \",\" or \"}\": the map in braces is not closed"},
	{"could not find expected ':'", "expected \": \" behind a key: the line is neither a key nor a part of a text"},
	{"found unexpected end of stream", "the file ends within a quoted text: the closing quote is missing"},
	{"found invalid Unicode character escape code",
         "a \\u escape here is no character (half of a surrogate pair?)"},
	{"found unknown escape character",
         "unknown escape after \"\\\": write \\\\ for a backslash, or use single quotes"},
	{"found undefined tag handle", "undefined tag: put a text that begins with \"!\" in quotes"},
	{"control characters are not allowed", "a control character: write it as an escape in a \"text\""},
};

static const char *advice_for(const char *problem)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (strcmp(problem, advices[i].problem) == 0)
			return advices[i].text;
	}
	return problem;
}

static size_t first_no_utf8(struct str text)
{
	size_t at = 0, len;
	uint32_t character;

	while ((len = utf8_next(str_from_index(text, at), &character)) > 0)
		at += len;
	return at;
}

/* The place of a byte: errors of encoding come with nothing else. */
static struct position position_of_byte(const char *file, struct str text, size_t offset)
{
	struct position position = {file, 1, 1};

	if (str_starts(text, STR("\xef\xbb\xbf")) && offset >= 3) {
		text = str_from_index(text, 3);
		offset -= 3;
	}
	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.data[i] == '\n') {
			position.line++;
			position.column = 1;
		} else if ((text.data[i] & 0xc0) != 0x80) {
			position.column++;
		}
	}
	return position;
}

/* The byte at a line and column; NUL where there is none. */
static char byte_at(struct str text, yaml_mark_t mark)
{
	struct str line;

	for (size_t number = 0; str_split_next(&text, '\n', &line); number++) {
		if (number == mark.line)
			return mark.column < line.len ? line.data[mark.column] : '\0';
	}
	return '\0';
}

/* "found character that cannot start any token" is said of tabs and of characters that YAML keeps for itself. */
static bool note_character(struct problems *problems, struct position position, const yaml_parser_t *parser,
                           struct str text)
{
	char byte = byte_at(text, parser->problem_mark);

	if (strcmp(parser->problem, "found character that cannot start any token") != 0)
		return false;
	if (byte == '\t')
		problem_add(problems, position, "indent with spaces, not with tabs");
	else if (byte == '@' || byte == '`' || byte == '%')
		problem_add(problems, position, "put a text that begins with \"%c\" in quotes", byte);
	else
		return false;
	return true;
}

void yaml_problem_syntax(struct problems *problems, const char *file, const yaml_parser_t *parser, struct str text)
{
	const char *problem = parser->problem ? parser->problem : "not well formed";
	struct position position = {file, (unsigned)parser->problem_mark.line + 1,
	                            (unsigned)parser->problem_mark.column + 1};

	if (parser->error == YAML_READER_ERROR) {
		bool control = strcmp(problem, "control characters are not allowed") == 0;
		position = position_of_byte(file, text, control ? parser->problem_offset : first_no_utf8(text));
		problem_add(problems, position, "%s",
		            control ? advice_for(problem) : "not UTF-8: save the file as UTF-8");
		return;
	}
	if (parser->problem && note_character(problems, position, parser, text))
		return;
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		problem_add(problems, position, "%s (%s that begins at line %zu)", advice_for(problem), parser->context,
		            parser->context_mark.line + 1);
	else
		problem_add(problems, position, "%s", advice_for(problem));
}
