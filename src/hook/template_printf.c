/*
 * printf. Verbs and flags as Go's fmt has them, for what templates compute with. Where Go writes a mark such as
 * %!d(string=a) into the text, this is an error: nobody wants that in a file of hooks.
 */
#include "hook/template_value.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

#define SIZE_WANTED_MAX 1000

struct directive {
	bool minus, plus, space, zero;
	int width, precision; /* -1: none */
	char verb;
};

/* The number at *at, or -1 where none is there; false past the limit. */
static bool read_size(struct str format, size_t *at, int *size)
{
	int number = 0;
	size_t from = *at;

	for (; *at < format.len && format.data[*at] >= '0' && format.data[*at] <= '9'; ++*at) {
		number = number * 10 + (format.data[*at] - '0');
		if (number > SIZE_WANTED_MAX)
			return false;
	}
	*size = *at > from ? number : -1;
	return true;
}

static void read_flags(struct str format, size_t *at, struct directive *directive)
{
	for (; *at < format.len; ++*at) {
		char byte = format.data[*at];
		directive->minus = directive->minus || byte == '-';
		directive->plus = directive->plus || byte == '+';
		directive->space = directive->space || byte == ' ';
		directive->zero = directive->zero || byte == '0';
		if (byte == '\0' || strchr("-+ 0", byte) == NULL)
			return;
	}
}

/* Behind the %. */
static bool read_directive(struct template_call *call, struct str format, size_t *at, struct directive *directive)
{
	*directive = (struct directive){.width = -1, .precision = -1};
	read_flags(format, at, directive);
	bool good = read_size(format, at, &directive->width);
	if (good && *at < format.len && format.data[*at] == '.') {
		++*at;
		good = read_size(format, at, &directive->precision);
		if (directive->precision < 0)
			directive->precision = 0;
	}
	if (!good)
		return template_call_fail(call, "no width or precision may be larger than %d", SIZE_WANTED_MAX);
	if (*at == format.len)
		return template_call_fail(call, "the format ends behind %%");
	directive->verb = format.data[(*at)++];
	return true;
}

/* --- Writing ---------------------------------------------------------------------------------------------------- */

static size_t count_characters(struct str text)
{
	size_t count = 0;
	for (size_t at = 0; at < text.len; count++) {
		uint32_t character;
		size_t len = utf8_next(str_from_index(text, at), &character);
		at += len > 0 ? len : 1;
	}
	return count;
}

static struct str head_characters(struct str text, size_t count)
{
	size_t at = 0;
	for (; count > 0 && at < text.len; count--) {
		uint32_t character;
		size_t len = utf8_next(str_from_index(text, at), &character);
		at += len > 0 ? len : 1;
	}
	return str_head(text, at);
}

static void write_many(struct buf *out, char byte, size_t count)
{
	while (count-- > 0)
		buf_append_byte(out, byte);
}

static void write_padded(struct buf *out, const struct directive *directive, struct str text)
{
	size_t len = count_characters(text);
	size_t width = directive->width > 0 ? (size_t)directive->width : 0;
	size_t missing = width > len ? width - len : 0;

	write_many(out, ' ', directive->minus ? 0 : missing);
	buf_append_str(out, text);
	write_many(out, ' ', directive->minus ? missing : 0);
}

/* Go drops both flags for %v. */
static const char *sign_of(const struct directive *directive, bool negative)
{
	if (negative)
		return "-";
	if (directive->verb == 'v')
		return "";
	return directive->plus ? "+" : directive->space ? " " : "";
}

/* Sign, zeros, digits. Zeros fill the width where nothing else says how many digits there are. */
static void write_integer(struct buf *out, const struct directive *directive, int64_t number, unsigned base)
{
	const char *letters = directive->verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *sign = sign_of(directive, number < 0);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	size_t wanted = directive->precision > 0 ? (size_t)directive->precision : 0;
	char digits[64];
	size_t at = sizeof(digits);
	struct buf text = BUF_INIT;

	for (; rest > 0 || (at == sizeof(digits) && directive->precision != 0); rest /= base)
		digits[--at] = letters[rest % base];
	size_t count = sizeof(digits) - at;
	if (directive->zero && !directive->minus && directive->precision < 0 && directive->width > 0)
		wanted = (size_t)directive->width - (*sign != '\0');
	if (count > 0 || directive->precision != 0)
		buf_append_c(&text, sign);
	write_many(&text, '0', wanted > count ? wanted - count : 0);
	buf_append(&text, digits + at, count);
	write_padded(out, directive, buf_str(&text));
	buf_release(&text);
}

/* A fraction that may begin with a minus: its sign, zeros that fill the width, its digits. */
static void write_signed(struct buf *out, const struct directive *directive, struct str text)
{
	bool negative = text.data[0] == '-';
	const char *sign = sign_of(directive, negative);
	struct str digits = str_from_index(text, negative);
	size_t len = digits.len + (*sign != '\0');
	struct buf whole = BUF_INIT;

	buf_append_c(&whole, sign);
	if (directive->zero && !directive->minus && directive->width > 0 && (size_t)directive->width > len)
		write_many(&whole, '0', (size_t)directive->width - len);
	buf_append_str(&whole, digits);
	write_padded(out, directive, buf_str(&whole));
	buf_release(&whole);
}

static void write_shortest(struct buf *out, double real, char verb)
{
	template_write_float(out, real);
	char *exponent = verb == 'G' ? strchr(out->data, 'e') : NULL;
	if (exponent != NULL)
		*exponent = 'E';
}

/* C's printf does the same where a precision is given, or the verb has one of its own. */
static void write_float(struct buf *out, const struct directive *directive, double real)
{
	char verb = directive->verb == 'v' ? 'g' : directive->verb == 'F' ? 'f' : directive->verb;
	bool shortest = directive->precision < 0 && (verb == 'g' || verb == 'G');
	struct buf text = BUF_INIT;

	if (shortest)
		write_shortest(&text, real, verb);
	else if (verb == 'e' || verb == 'E')
		buf_printf(&text, verb == 'e' ? "%.*e" : "%.*E", directive->precision < 0 ? 6 : directive->precision,
		           real);
	else if (verb == 'f')
		buf_printf(&text, "%.*f", directive->precision < 0 ? 6 : directive->precision, real);
	else
		buf_printf(&text, verb == 'g' ? "%.*g" : "%.*G", directive->precision, real);
	write_signed(out, directive, buf_str(&text));
	buf_release(&text);
}

static void write_hexadecimal(struct buf *out, const struct directive *directive, struct str text)
{
	struct buf digits = BUF_INIT;

	for (size_t i = 0; i < text.len; i++)
		buf_printf(&digits, directive->verb == 'x' ? "%02x" : "%02X", (unsigned char)text.data[i]);
	write_padded(out, directive, buf_str(&digits));
	buf_release(&digits);
}

static void write_quoted(struct template_call *call, struct buf *out, const struct directive *directive,
                         struct str text, char quote)
{
	struct buf quoted = BUF_INIT;

	template_write_quoted(call, &quoted, text, quote);
	write_padded(out, directive, buf_str(&quoted));
	buf_release(&quoted);
}

/* --- Each kind with its verbs ----------------------------------------------------------------------------------- */

static bool fail_verb(struct template_call *call, const struct directive *directive, const struct template_value *value)
{
	return template_call_fail(call, "%%%c is not for %s", directive->verb, template_kind_name(value->kind));
}

static bool format_integer(struct template_call *call, struct buf *out, const struct directive *directive,
                           const struct template_value *value)
{
	static const char verbs[] = "vdxXob";
	static const unsigned bases[] = {10, 10, 16, 16, 8, 2};
	const char *verb = strchr(verbs, directive->verb);
	struct buf character = BUF_INIT;

	if (verb != NULL) {
		write_integer(out, directive, value->number, bases[verb - verbs]);
		return true;
	}
	if (directive->verb != 'c' && directive->verb != 'q')
		return fail_verb(call, directive, value);
	template_write_character(&character,
	                         value->number < 0 || value->number > 0x10ffff ? 0xfffd : (uint32_t)value->number);
	if (directive->verb == 'c')
		write_padded(out, directive, buf_str(&character));
	else
		write_quoted(call, out, directive, buf_str(&character), '\'');
	buf_release(&character);
	return true;
}

static bool format_text(struct template_call *call, struct buf *out, const struct directive *directive,
                        const struct template_value *value)
{
	struct str text = value->text;

	if (directive->verb == 'x' || directive->verb == 'X') {
		write_hexadecimal(out, directive,
		                  directive->precision < 0 ? text : str_head(text, (size_t)directive->precision));
		return true;
	}
	if (directive->precision >= 0)
		text = head_characters(text, (size_t)directive->precision);
	if (directive->verb == 's' || directive->verb == 'v')
		write_padded(out, directive, text);
	else if (directive->verb == 'q')
		write_quoted(call, out, directive, text, '"');
	else
		return fail_verb(call, directive, value);
	return true;
}

/* Signs and zeros are for numbers. */
static bool check_flags(struct template_call *call, const struct directive *directive,
                        const struct template_value *value)
{
	bool character = directive->verb == 'c' || directive->verb == 'q';
	bool number = !character && (value->kind == TEMPLATE_INTEGER || value->kind == TEMPLATE_BYTE ||
	                             value->kind == TEMPLATE_FLOAT);

	if (number || (!directive->plus && !directive->space && !directive->zero))
		return true;
	return template_call_fail(call, "the flags + 0 and space are for numbers only");
}

static bool format_value(struct template_call *call, struct buf *out, const struct directive *directive,
                         const struct template_value *value)
{
	if (directive->verb == '\0' || strchr("vsqdxXobceEfFgGt", directive->verb) == NULL)
		return template_call_fail(call, "this verb is not supported: there are %%s %%q %%v %%d %%x %%X %%o %%b "
		                                "%%c %%e %%f %%g %%t");
	if (!check_flags(call, directive, value))
		return false;
	switch (value->kind) {
	case TEMPLATE_INTEGER:
	case TEMPLATE_BYTE:
		return format_integer(call, out, directive, value);
	case TEMPLATE_FLOAT:
		if (strchr("veEfFgG", directive->verb) == NULL)
			return fail_verb(call, directive, value);
		write_float(out, directive, value->real);
		return true;
	case TEMPLATE_TEXT:
		return format_text(call, out, directive, value);
	case TEMPLATE_BOOL:
		if (directive->verb != 'v' && directive->verb != 't')
			return fail_verb(call, directive, value);
		write_padded(out, directive, value->truth ? STR("true") : STR("false"));
		return true;
	case TEMPLATE_NIL:
	default:
		if (directive->verb != 'v')
			return fail_verb(call, directive, value);
		write_padded(out, directive, STR("<nil>"));
		return true;
	}
}

static bool format_all(struct template_call *call, struct buf *out)
{
	struct str format = call->arguments[0].text;
	struct directive directive;
	size_t next = 1;

	for (size_t at = 0; at < format.len && out->len <= TEMPLATE_TEXT_MAX;) {
		if (format.data[at++] != '%') {
			buf_append_byte(out, format.data[at - 1]);
			continue;
		}
		if (!read_directive(call, format, &at, &directive))
			return false;
		if (directive.verb == '%') {
			buf_append_byte(out, '%');
			continue;
		}
		if (next == call->count)
			return template_call_fail(call, "there are fewer arguments than verbs");
		if (!format_value(call, out, &directive, &call->arguments[next++]))
			return false;
	}
	return next == call->count || template_call_fail(call, "there are more arguments than verbs");
}

bool template_call_printf(struct template_call *call, struct template_value *result)
{
	struct buf out = BUF_INIT;

	if (format_all(call, &out))
		return template_take_text(call, &out, result);
	buf_release(&out);
	return false;
}
