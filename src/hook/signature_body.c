/*
 * A row a body. JSON is parsed once, as it arrived and not as a hook's parse-parameters-as-json left it, and written in
 * the styles of the serialisers that stand in people's proxies.
 */
#include "hook/signature_body.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/form_payload.h"
#include "hook/json_style.h"
#include "hook/signature_hint.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

static bool make_empty(struct signature_bodies *bodies, struct str *body)
{
	*body = STR("");
	return bodies->request->body.len > 0;
}

static bool make_without_newline(struct signature_bodies *bodies, struct str *body)
{
	*body = bodies->request->body;
	while (str_ends(*body, STR("\n")) || str_ends(*body, STR("\r")))
		*body = str_head(*body, body->len - 1);
	return body->len < bodies->request->body.len;
}

static bool append(struct signature_bodies *bodies, const char *end, struct str *body)
{
	if (bodies->request->body.len > SIGNATURE_HINT_BODY_MAX)
		return false;
	buf_append_str(&bodies->text, bodies->request->body);
	buf_append_c(&bodies->text, end);
	*body = buf_str(&bodies->text);
	return true;
}

static bool make_with_newline(struct signature_bodies *bodies, struct str *body)
{
	return append(bodies, "\n", body);
}

static bool make_with_crlf(struct signature_bodies *bodies, struct str *body)
{
	return append(bodies, "\r\n", body);
}

/* LF → CR LF, or the reverse. */
static bool make_line_ends(struct signature_bodies *bodies, struct str *body)
{
	struct str text = bodies->request->body;
	bool has_crlf = str_contains(text, STR("\r\n"));

	if (text.len > SIGNATURE_HINT_BODY_MAX || str_find(text, '\n') == text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool pair = i + 1 < text.len && text.data[i] == '\r' && text.data[i + 1] == '\n';
		if (has_crlf && pair)
			continue;
		if (!has_crlf && text.data[i] == '\n')
			buf_append_byte(&bodies->text, '\r');
		buf_append_byte(&bodies->text, text.data[i]);
	}
	*body = buf_str(&bodies->text);
	return true;
}

/* The field of a form that has others as well; one that is alone is tried where it counts (signature.h). */
static bool make_payload_field(struct signature_bodies *bodies, struct str *body)
{
	struct request *request = bodies->request;
	struct error ignored = ERROR_INIT;
	struct value *fields;

	if (payload_type_of(request->content_type) != PAYLOAD_FORM)
		return false;
	payload_parse_form(request->arena, request->body, &fields, &ignored);
	const struct value *field = value_map_get(fields, STR("payload"));
	if (field && field->kind == VALUE_STRING)
		*body = field->as.text;
	return field && field->kind == VALUE_STRING;
}

static bool make_encoded_field(struct signature_bodies *bodies, struct str *body)
{
	struct str rest = bodies->request->body, pair;

	while (str_split_next(&rest, '&', &pair)) {
		if (str_starts(pair, STR("payload="))) {
			*body = str_from_index(pair, sizeof("payload=") - 1);
			return true;
		}
	}
	return false;
}

static const struct {
	bool (*make)(struct signature_bodies *bodies, struct str *body); /* false where there is no such body */
	const char *hint;
} changes[] = {
	{make_empty, "an empty body: the sender signs nothing, or signs before the body is there"},
	{make_without_newline, "the body without the newline at its end: something on the way (or an editor) added it"},
	{make_with_newline, "the body with a newline at its end: something on the way removed it"},
	{make_with_crlf, "the body with CR LF at its end: something on the way removed it"},
	{make_line_ends, "the body with the other line ends (LF, CR LF): something on the way changed them"},
	{make_payload_field, "the form's field `payload` alone: the body has other fields beside it"},
	{make_encoded_field, "the form's field `payload` with its percent escapes, without `payload=` before it"},
};

#define REWRITTEN "; something on the way parses the body and writes it anew"

static const struct {
	struct json_style style;
	const char *hint;
} styles[] = {
	{{.indent = 0}, "the payload as compact JSON" REWRITTEN},
	{{.indent = 0, .ascii = true}, "the payload as compact JSON in ASCII" REWRITTEN},
	{{.indent = 0, .slashes = true}, "the payload as compact JSON in ASCII with \\/ (PHP)" REWRITTEN},
	{{.indent = 0, .html = true}, "the payload as compact JSON with < > & escaped (Go)" REWRITTEN},
	{{.spaced = true}, "the payload as JSON with a space behind each comma and colon" REWRITTEN},
	{{.spaced = true, .ascii = true},
         "the payload as JSON in ASCII with a space behind each comma and colon (Python)" REWRITTEN},
	{{.indent = 2}, "the payload as JSON that is indented by 2 spaces" REWRITTEN},
	{{.indent = 4}, "the payload as JSON that is indented by 4 spaces" REWRITTEN},
	{{.indent = 2, .ascii = true}, "the payload as JSON in ASCII that is indented by 2 spaces" REWRITTEN},
	{{.indent = 4, .ascii = true}, "the payload as JSON in ASCII that is indented by 4 spaces" REWRITTEN},
	{{.indent = 0, .sorted = true}, "the payload as compact JSON with sorted keys" REWRITTEN},
	{{.indent = 0, .sorted = true, .html = true},
         "the payload as compact JSON with sorted keys, < > & escaped (Go)" REWRITTEN},
	{{.spaced = true, .sorted = true, .ascii = true},
         "the payload as JSON in ASCII with sorted keys and spaces (Python)" REWRITTEN},
	{{.indent = 2, .sorted = true}, "the payload as JSON with sorted keys, indented by 2 spaces" REWRITTEN},
	{{.indent = 4, .sorted = true}, "the payload as JSON with sorted keys, indented by 4 spaces" REWRITTEN},
};

#define CHANGE_COUNT (sizeof(changes) / sizeof(changes[0]))
#define STYLE_COUNT (sizeof(styles) / sizeof(styles[0]))

/* The body, or the one field of a form that is JSON, as a tree; NULL where there is none or it is too large. */
static const struct value *parse(struct request *request)
{
	struct error ignored = ERROR_INIT;
	struct str text = request->body;
	struct value *tree = NULL;

	form_payload(request, &text);
	if (text.len > SIGNATURE_HINT_BODY_MAX || !payload_parse_json(request->arena, text, &tree, &ignored))
		return NULL;
	const struct value *root = value_map_get(tree, STR("root"));
	bool is_list = root && root->kind == VALUE_LIST && str_starts(str_trim(text), STR("["));
	return is_list ? root : tree;
}

static bool make_style(struct signature_bodies *bodies, size_t index, struct str *body)
{
	if (!bodies->parsed)
		bodies->tree = parse(bodies->request);
	bodies->parsed = true;
	if (!bodies->tree || !json_style_write(&bodies->text, bodies->tree, &styles[index].style))
		return false;
	*body = buf_str(&bodies->text);
	return true;
}

bool signature_bodies_next(struct signature_bodies *bodies, struct str *body, const char **hint)
{
	while (bodies->index < CHANGE_COUNT + STYLE_COUNT) {
		size_t index = bodies->index++;
		buf_clear(&bodies->text);
		bool made = index < CHANGE_COUNT ? changes[index].make(bodies, body)
		                                 : make_style(bodies, index - CHANGE_COUNT, body);
		if (made) {
			*hint = index < CHANGE_COUNT ? changes[index].hint : styles[index - CHANGE_COUNT].hint;
			return true;
		}
	}
	return false;
}
