/*
 * A form with the one field `payload`. It is read on its own, since the request's tree may hold a parsed map in its
 * place by now (parse-parameters-as-json).
 */
#include "payload/form_payload.h"

#include "base/error.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

bool form_payload(struct request *request, struct str *text)
{
	struct error error = ERROR_INIT;
	struct value *fields;

	if (payload_type_of(request->content_type) != PAYLOAD_FORM || !str_starts(request->body, STR("payload=")) ||
	    str_find(request->body, '&') < request->body.len)
		return false;
	if (!payload_parse_form(request->arena, request->body, &fields, &error))
		return false;
	const struct value *field = value_map_get(fields, STR("payload"));
	if (!field || field->kind != VALUE_STRING)
		return false;
	*text = field->as.text;
	return true;
}
