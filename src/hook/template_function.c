/*
 * The table of functions, and the small ones: not, len, index, slice. Arguments have been counted before a function is
 * called; and no function changes anything but its result.
 */
#include "hook/template_value.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hook/template_syntax.h"

static bool call_not(struct template_call *call, struct template_value *result)
{
	*result = template_boolean(!template_true(&call->arguments[0]));
	return true;
}

static bool call_len(struct template_call *call, struct template_value *result)
{
	const struct template_value *value = &call->arguments[0];

	if (value->kind != TEMPLATE_TEXT)
		return template_call_fail(call, "%s has no length", template_kind_name(value->kind));
	*result = template_integer((int64_t)value->text.len);
	return true;
}

/* A place in a text, 0 to end. */
static bool read_index(struct template_call *call, const struct template_value *value, size_t end, size_t *index)
{
	if (value->kind != TEMPLATE_INTEGER && value->kind != TEMPLATE_BYTE)
		return template_call_fail(call, "an index must be a whole number, found %s",
		                          template_kind_name(value->kind));
	if (value->number < 0 || (uint64_t)value->number > end)
		return template_call_fail(call, "the index is outside of the text");
	*index = (size_t)value->number;
	return true;
}

static bool check_indexed(struct template_call *call)
{
	const struct template_value *value = &call->arguments[0];
	bool alone = call->count == 1 && value->kind != TEMPLATE_NIL && call->function->maximum == 0;

	return value->kind == TEMPLATE_TEXT || alone ||
	       template_call_fail(call, "only a text has parts, found %s", template_kind_name(value->kind));
}

/* A byte of a text is a number and has no parts itself. */
static bool call_index(struct template_call *call, struct template_value *result)
{
	size_t index = 0;

	*result = call->arguments[0];
	if (!check_indexed(call) || call->count == 1)
		return call->count == 1 && result->kind != TEMPLATE_NIL;
	if (call->count > 2)
		return template_call_fail(call, "a text takes one index");
	if (!read_index(call, &call->arguments[1], result->text.len, &index))
		return false;
	if (index == result->text.len)
		return template_call_fail(call, "the index is outside of the text");
	*result = (struct template_value){
		.kind = TEMPLATE_BYTE, .number = (unsigned char)result->text.data[index], .text = STR("")};
	return true;
}

static bool call_slice(struct template_call *call, struct template_value *result)
{
	struct str text = call->arguments[0].text;
	size_t from = 0, end = text.len;

	if (!check_indexed(call))
		return false;
	if (call->count > 1 && !read_index(call, &call->arguments[1], text.len, &from))
		return false;
	if (call->count > 2 && !read_index(call, &call->arguments[2], text.len, &end))
		return false;
	if (from > end)
		return template_call_fail(call, "the first index is behind the second");
	*result = template_text(str_head(str_from_index(text, from), end - from));
	return true;
}

static const struct template_function functions[] = {
	{.name = "and", .minimum = 1},
	{.name = "or", .minimum = 1},
	{.name = "not", .minimum = 1, .maximum = 1, .call = call_not},
	{.name = "len", .minimum = 1, .maximum = 1, .call = call_len},
	{.name = "index", .minimum = 1, .call = call_index},
	{.name = "slice", .minimum = 1, .maximum = 3, .call = call_slice},
	{.name = "print", .call = template_call_print},
	{.name = "printf", .minimum = 1, .text_first = true, .call = template_call_printf},
	{.name = "println", .call = template_call_println},
	{.name = "html", .call = template_call_html},
	{.name = "js", .call = template_call_js},
	{.name = "urlquery", .call = template_call_urlquery},
	{.name = "eq", .minimum = 2, .call = template_call_equal},
	{.name = "ne", .minimum = 2, .maximum = 2, .call = template_call_not_equal},
	{.name = "lt", .minimum = 2, .maximum = 2, .call = template_call_less},
	{.name = "le", .minimum = 2, .maximum = 2, .call = template_call_less_or_equal},
	{.name = "gt", .minimum = 2, .maximum = 2, .call = template_call_greater},
	{.name = "ge", .minimum = 2, .maximum = 2, .call = template_call_greater_or_equal},
	{.name = "getenv", .minimum = 1, .maximum = 1, .text_first = true, .call = template_call_getenv},
	{.name = "cat", .minimum = 1, .maximum = 1, .text_first = true, .call = template_call_cat},
	{.name = "credential", .minimum = 1, .maximum = 1, .text_first = true, .call = template_call_credential},
};

const struct template_function *template_find_function(struct str name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (str_equal_c(name, functions[i].name))
			return &functions[i];
	return NULL;
}

/* --- What functions share --------------------------------------------------------------------------------------- */

bool template_check_count(struct template_source *source, size_t at, const struct template_function *function,
                          size_t count)
{
	bool many = function->maximum == 0;
	size_t wanted = many || function->minimum > count ? function->minimum : function->maximum;
	bool either = !many && function->minimum < function->maximum;

	if (count >= function->minimum && (many || count <= function->maximum))
		return true;
	const char *bound = count > wanted ? "at most " : "at least ";
	return template_fail(source, at, "%s: expected %s%zu argument%s, found %zu", function->name,
	                     many || either ? bound : "", wanted, wanted == 1 ? "" : "s", count);
}

bool template_call_fail(struct template_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = arena_vprintf(call->source->arena, format, args);
	va_end(args);
	return template_fail(call->source, call->at, "%s: %s", call->function->name, text);
}

bool template_true(const struct template_value *value)
{
	switch (value->kind) {
	case TEMPLATE_BOOL:
		return value->truth;
	case TEMPLATE_INTEGER:
	case TEMPLATE_BYTE:
		return value->number != 0;
	case TEMPLATE_FLOAT:
		return value->real < 0 || value->real > 0;
	case TEMPLATE_TEXT:
		return value->text.len > 0;
	case TEMPLATE_NIL:
	default:
		return false;
	}
}

const char *template_kind_name(enum template_kind kind)
{
	static const char *const names[] = {
		[TEMPLATE_NIL] = "nothing", [TEMPLATE_BOOL] = "a boolean",   [TEMPLATE_INTEGER] = "a whole number",
		[TEMPLATE_BYTE] = "a byte", [TEMPLATE_FLOAT] = "a fraction", [TEMPLATE_TEXT] = "a text",
	};
	return names[kind];
}

struct template_value template_text(struct str text)
{
	return (struct template_value){.kind = TEMPLATE_TEXT, .text = text};
}

struct template_value template_boolean(bool truth)
{
	return (struct template_value){.kind = TEMPLATE_BOOL, .truth = truth, .text = STR("")};
}

struct template_value template_integer(int64_t number)
{
	return (struct template_value){.kind = TEMPLATE_INTEGER, .number = number, .text = STR("")};
}

bool template_take_text(struct template_call *call, struct buf *buf, struct template_value *result)
{
	bool good = buf->len <= TEMPLATE_TEXT_MAX;

	if (good)
		*result = template_text(str_copy(call->source->arena, buf_str(buf)));
	else
		template_call_fail(call, "a text of more than %zu MiB", TEMPLATE_TEXT_MAX >> 20);
	buf_release(buf);
	return good;
}
