/*
 * html, js, urlquery: their arguments as one text, made safe inside of another language as Go does it.
 */
#include "hook/template_value.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

/* `one` writes what is at *at, escaped, and moves *at behind it. */
static bool escape(struct template_call *call,
                   void (*one)(struct template_call *call, struct buf *out, struct str text, size_t *at),
                   struct template_value *result)
{
	struct buf text = BUF_INIT, out = BUF_INIT;

	template_write_arguments(&text, call, "<no value>");
	for (size_t at = 0; at < text.len && text.len <= TEMPLATE_TEXT_MAX;)
		one(call, &out, buf_str(&text), &at);
	bool good = text.len <= TEMPLATE_TEXT_MAX || template_take_text(call, &text, result);
	buf_release(&text);
	good = good && template_take_text(call, &out, result);
	buf_release(&out);
	return good;
}

static void escape_html(struct template_call *call, struct buf *out, struct str text, size_t *at)
{
	char byte = text.data[(*at)++];
	(void)call;

	switch (byte) {
	case '\0':
		buf_append_c(out, "\xef\xbf\xbd");
		break;
	case '"':
		buf_append_c(out, "&#34;");
		break;
	case '\'':
		buf_append_c(out, "&#39;");
		break;
	case '&':
		buf_append_c(out, "&amp;");
		break;
	case '<':
		buf_append_c(out, "&lt;");
		break;
	case '>':
		buf_append_c(out, "&gt;");
		break;
	default:
		buf_append_byte(out, byte);
		break;
	}
}

static void escape_js_character(struct template_call *call, struct buf *out, struct str text, size_t *at)
{
	uint32_t character = 0;
	size_t len = utf8_next(str_from_index(text, *at), &character);

	/* A byte that is not UTF-8 stays, as in Go, where it counts as U+FFFD, which can be printed. */
	struct str bytes = {text.data + *at, len > 0 ? len : 1};
	if (len == 0 || template_is_printable(call, bytes))
		buf_append_str(out, bytes);
	else
		buf_printf(out, "\\u%04X", character);
	*at += bytes.len;
}

static void escape_js(struct template_call *call, struct buf *out, struct str text, size_t *at)
{
	unsigned char byte = (unsigned char)text.data[*at];

	if (byte >= 0x80) {
		escape_js_character(call, out, text, at);
		return;
	}
	/* Go writes \', which YAML 1.2 and JSON do not know; this means the same in all three. */
	if (byte == '\\' || byte == '"')
		buf_printf(out, "\\%c", byte);
	else if (byte < ' ' || byte == '\'' || byte == '<' || byte == '>' || byte == '&' || byte == '=')
		buf_printf(out, "\\u00%02X", byte);
	else
		buf_append_byte(out, (char)byte);
	++*at;
}

static void escape_query(struct template_call *call, struct buf *out, struct str text, size_t *at)
{
	unsigned char byte = (unsigned char)text.data[(*at)++];
	bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
	(void)call;

	if (letter || (byte != '\0' && strchr("-_.~", byte) != NULL))
		buf_append_byte(out, (char)byte);
	else if (byte == ' ')
		buf_append_byte(out, '+');
	else
		buf_printf(out, "%%%02X", byte);
}

bool template_call_html(struct template_call *call, struct template_value *result)
{
	return escape(call, escape_html, result);
}

bool template_call_js(struct template_call *call, struct template_value *result)
{
	return escape(call, escape_js, result);
}

bool template_call_urlquery(struct template_call *call, struct template_value *result)
{
	return escape(call, escape_query, result);
}
