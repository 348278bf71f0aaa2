/*
 * Values as text, as Go's fmt has them: print, println, and what printf shares with them.
 */
#include "hook/template_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "hook/regex.h"
#include "hook/template_syntax.h"

void template_write_character(struct buf *out, uint32_t character)
{
	if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
		character = 0xfffd;
	if (character < 0x80) {
		buf_append_byte(out, (char)character);
		return;
	}
	int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
	static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
	buf_append_byte(out, (char)(heads[more] | character >> (6 * more)));
	while (more-- > 0)
		buf_append_byte(out, (char)(0x80 | (character >> (6 * more) & 0x3f)));
}

/* From this exponent on Go writes one where the number of digits is its own choice. */
#define EXPONENT_MIN 6

void template_write_float(struct buf *out, double real)
{
	char digits[40];
	int precision = 0;

	do
		snprintf(digits, sizeof(digits), "%.*e", precision, real);
	while (strtod(digits, NULL) != real && ++precision < 17);
	long exponent = strtol(strchr(digits, 'e') + 1, NULL, 10);
	if (exponent < -4 || exponent >= EXPONENT_MIN)
		buf_append_c(out, digits);
	else
		buf_printf(out, "%.*f", precision > exponent ? precision - (int)exponent : 0, real);
}

void template_write_value(struct buf *out, const struct template_value *value, const char *nothing)
{
	switch (value->kind) {
	case TEMPLATE_BOOL:
		buf_append_c(out, value->truth ? "true" : "false");
		break;
	case TEMPLATE_INTEGER:
	case TEMPLATE_BYTE:
		buf_printf(out, "%" PRId64, value->number);
		break;
	case TEMPLATE_FLOAT:
		template_write_float(out, value->real);
		break;
	case TEMPLATE_TEXT:
		buf_append_str(out, value->text);
		break;
	case TEMPLATE_NIL:
	default:
		buf_append_c(out, nothing);
		break;
	}
}

/* --- print, println --------------------------------------------------------------------------------------------- */

/* In the escapes nothing is the text "<no value>"; for print it is no text. */
static bool is_text(const struct template_value *value, const char *nothing)
{
	return value->kind == TEMPLATE_TEXT || (value->kind == TEMPLATE_NIL && nothing[1] == 'n' && nothing[2] == 'o');
}

void template_write_arguments(struct buf *out, const struct template_call *call, const char *nothing)
{
	for (size_t i = 0; i < call->count && out->len <= TEMPLATE_TEXT_MAX; i++) {
		const struct template_value *value = &call->arguments[i];
		if (i > 0 && !is_text(value, nothing) && !is_text(value - 1, nothing))
			buf_append_byte(out, ' ');
		template_write_value(out, value, nothing);
	}
}

bool template_call_print(struct template_call *call, struct template_value *result)
{
	struct buf out = BUF_INIT;

	template_write_arguments(&out, call, "<nil>");
	return template_take_text(call, &out, result);
}

bool template_call_println(struct template_call *call, struct template_value *result)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < call->count && out.len <= TEMPLATE_TEXT_MAX; i++) {
		if (i > 0)
			buf_append_byte(&out, ' ');
		template_write_value(&out, &call->arguments[i], "<nil>");
	}
	buf_append_byte(&out, '\n');
	return template_take_text(call, &out, result);
}

/* --- Quoting ---------------------------------------------------------------------------------------------------- */

/* Letters, marks, numbers, punctuation, symbols; and of spaces that of ASCII alone. */
bool template_is_printable(struct template_call *call, struct str character)
{
	struct error error = ERROR_INIT;
	bool found = false;

	if (character.len == 1)
		return character.data[0] >= ' ' && character.data[0] <= '~';
	if (*call->printable == NULL)
		*call->printable = regex_compile(call->source->arena, STR("^[\\pL\\pM\\pN\\pP\\pS]"), &error);
	return *call->printable != NULL && regex_search(*call->printable, character, &found, &error) && found;
}

static void write_escape(struct buf *out, unsigned char byte)
{
	static const char letters[] = "abtnvfr";

	if (byte >= '\a' && byte <= '\r')
		buf_printf(out, "\\%c", letters[byte - '\a']);
	else
		buf_printf(out, "\\x%02x", byte);
}

void template_write_quoted(struct template_call *call, struct buf *out, struct str text, char quote)
{
	buf_append_byte(out, quote);
	for (size_t at = 0; at < text.len;) {
		uint32_t character = 0;
		size_t len = utf8_next(str_from_index(text, at), &character);
		struct str bytes = {text.data + at, len > 0 ? len : 1};
		if (len == 1 && (bytes.data[0] == quote || bytes.data[0] == '\\'))
			buf_printf(out, "\\%c", bytes.data[0]);
		else if (len > 0 && template_is_printable(call, bytes))
			buf_append_str(out, bytes);
		else if (len <= 1)
			write_escape(out, (unsigned char)bytes.data[0]);
		else
			buf_printf(out, character < 0x10000 ? "\\u%04x" : "\\U%08x", character);
		at += bytes.len;
	}
	buf_append_byte(out, quote);
}
