/*
 * Which parser a body gets. A type is a row of the table; the rows are asked in their order, as the reference asks.
 */
#include "payload/payload.h"

#include "base/error.h"
#include "payload/value.h"

struct parser {
	enum payload_type type;
	struct str mark;  /* of the Content-Type */
	bool at_start;    /* the mark begins it; else it is anywhere in it. Case counts */
	const char *name; /* for messages */
	bool (*parse)(struct arena *arena, struct str body, struct value **out, struct error *error); /* or NULL */
	bool (*parse_input)(struct arena *arena, const struct payload_input *input, struct value **out,
	                    struct error *error); /* where the body alone is not enough */
};

static const struct parser parsers[] = {
	{PAYLOAD_JSON, {"json", 4}, false, "JSON", payload_parse_json, NULL},
	{PAYLOAD_FORM, {"x-www-form-urlencoded", 21}, false, "form", payload_parse_form, NULL},
	{PAYLOAD_XML, {"xml", 3}, false, "XML", payload_parse_xml, NULL},
	{PAYLOAD_MULTIPART, {"multipart/form-data;", 20}, true, "multipart", NULL, payload_parse_multipart},
};

static const struct parser *find_parser(struct str content_type)
{
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
		const struct parser *parser = &parsers[i];

		if (parser->at_start ? str_starts(content_type, parser->mark)
		                     : str_contains(content_type, parser->mark))
			return parser;
	}
	return NULL;
}

enum payload_type payload_type_of(struct str content_type)
{
	const struct parser *parser = find_parser(content_type);

	return parser == NULL ? PAYLOAD_NONE : parser->type;
}

bool payload_parse(struct arena *arena, const struct payload_input *input, struct value **out, struct error *error)
{
	const struct parser *parser = find_parser(input->content_type);

	*out = NULL;
	if (parser == NULL)
		return true;
	if (parser->parse != NULL ? parser->parse(arena, input->body, out, error)
	                          : parser->parse_input(arena, input, out, error))
		return true;
	*out = NULL;
	return error_prefix(error, "%s body", parser->name);
}
