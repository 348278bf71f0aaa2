/*
 * XML bodies, by expat, in the shape that webhook 2.8.0 gives them: attributes as "-name", text trimmed, what repeats as a
 * list. Only the first element is read; what is behind it is not looked at. A DOCTYPE ends it, so there are no entities
 * but XML's own five.
 */
#include <expat.h>
#include <limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

/* What an element or an attribute counts of PAYLOAD_VALUES: its name and its value. */
#define COST 2

/* A limit within a sentence. */
#define DIGITS(number) #number
#define NUMBER(limit) DIGITS(limit)

/* An element that has begun and not ended. */
struct element {
	struct str name;
	struct value *map; /* of attributes and elements; NULL while there is none */
	struct str text;   /* what came while there was no map */
	bool has_text;
};

struct reader {
	struct arena *arena;
	XML_Parser parser;
	struct error *error;
	struct element open[PAYLOAD_DEPTH];
	size_t depth, cost;
	struct buf text, key; /* the text since the last event that is none; a name being made */
	struct value *root;   /* set when the first element has ended */
	bool stopped;         /* expat may still report an event or two */
};

/* --- Stopping ------------------------------------------------------------------------------------------------------- */

static void stop(struct reader *reader)
{
	reader->stopped = true;
	XML_StopParser(reader->parser, XML_FALSE);
}

static void refuse(struct reader *reader, enum error_kind kind, const char *problem)
{
	error_set(reader->error, kind, "%lu:%lu: %s", XML_GetCurrentLineNumber(reader->parser),
	          XML_GetCurrentColumnNumber(reader->parser) + 1, problem);
	stop(reader);
}

static bool spend(struct reader *reader)
{
	reader->cost += COST;
	if (reader->cost > PAYLOAD_VALUES)
		refuse(reader, ERROR_TOO_LARGE, "more than " NUMBER(PAYLOAD_VALUES) " values");
	return !reader->stopped;
}

/* --- The tree ------------------------------------------------------------------------------------------------------- */

/* The name behind a namespace's prefix; a name with several colons, or one at an end, has none. */
static struct str local_name(struct str name)
{
	size_t colon = str_find(name, ':');

	if (colon == 0 || colon + 1 >= name.len || str_find_last(name, ':') != colon)
		return name;
	return str_from_index(name, colon + 1);
}

static struct value *map_of(struct reader *reader, struct element *element)
{
	if (element->map == NULL)
		element->map = value_map(reader->arena);
	return element->map;
}

/* Adds to the element what ended in it; the second of a name makes it a list. */
static void take_child(struct reader *reader, struct element *element, struct str name, struct value *child)
{
	struct value *map = map_of(reader, element), *there = value_map_get(map, name);

	if (there == NULL) {
		value_map_set(reader->arena, map, name, child);
		return;
	}
	if (there->kind != VALUE_LIST) {
		struct value *list = value_list(reader->arena);

		value_list_append(reader->arena, list, there);
		value_map_set(reader->arena, map, name, list);
		there = list;
	}
	value_list_append(reader->arena, there, child);
}

/*
 * Ends a run of text. Comments, instructions and CDATA marks end one too, and the last run that is more than white
 * space counts.
 */
static void end_text(struct reader *reader)
{
	struct str text = str_trim(buf_str(&reader->text));

	if (reader->depth > 0 && text.len > 0) {
		struct element *element = &reader->open[reader->depth - 1];

		if (element->map != NULL) {
			value_map_set(reader->arena, element->map, STR("#text"), value_string(reader->arena, text));
		} else {
			element->text = str_copy(reader->arena, text);
			element->has_text = true;
		}
	}
	buf_clear(&reader->text);
}

/* Text before anything else in an element without attributes is the whole of it, whatever comes behind. */
static struct value *value_of(struct reader *reader, const struct element *element)
{
	if (element->has_text || element->map == NULL)
		return value_string(reader->arena, element->has_text ? element->text : STR(""));
	return element->map;
}

static void take_attribute(struct reader *reader, struct element *element, struct str name, struct str text)
{
	buf_clear(&reader->key);
	buf_append_byte(&reader->key, '-');
	buf_append_str(&reader->key, local_name(name));
	value_map_set(reader->arena, map_of(reader, element), buf_str(&reader->key), value_string(reader->arena, text));
}

/* --- What expat reports --------------------------------------------------------------------------------------------- */

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = context;
	struct element *element;

	if (reader->stopped)
		return;
	end_text(reader);
	if (reader->depth == PAYLOAD_DEPTH) {
		refuse(reader, ERROR_TOO_LARGE, "nested deeper than " NUMBER(PAYLOAD_DEPTH) " levels");
		return;
	}
	if (!spend(reader))
		return;
	element = &reader->open[reader->depth++];
	*element = (struct element){.name = str_copy(reader->arena, local_name(str_from(name)))};
	for (size_t i = 0; attributes[i] != NULL && spend(reader); i += 2)
		take_attribute(reader, element, str_from(attributes[i]), str_from(attributes[i + 1]));
}

static void on_end(void *context, const XML_Char *name)
{
	struct reader *reader = context;
	struct element *element;

	(void)name;
	if (reader->stopped)
		return;
	end_text(reader);
	element = &reader->open[--reader->depth];
	if (reader->depth > 0) {
		take_child(reader, element - 1, element->name, value_of(reader, element));
		return;
	}
	reader->root = value_map(reader->arena);
	value_map_add(reader->arena, reader->root, element->name, value_of(reader, element));
	stop(reader);
}

static void on_text(void *context, const XML_Char *text, int len)
{
	struct reader *reader = context;

	if (!reader->stopped)
		buf_append(&reader->text, text, (size_t)len);
}

static void on_mark(void *context)
{
	struct reader *reader = context;

	if (!reader->stopped)
		end_text(reader);
}

static void on_comment(void *context, const XML_Char *text)
{
	(void)text;
	on_mark(context);
}

static void on_instruction(void *context, const XML_Char *target, const XML_Char *data)
{
	(void)target;
	(void)data;
	on_mark(context);
}

static void on_declaration(void *context, const XML_Char *version, const XML_Char *encoding, int standalone)
{
	struct reader *reader = context;

	(void)standalone;
	if (version != NULL && !str_equal_c(str_from(version), "1.0"))
		refuse(reader, ERROR_INVALID, "only version 1.0 is taken");
	else if (encoding != NULL && !str_equal_nocase(str_from(encoding), STR("utf-8")))
		refuse(reader, ERROR_INVALID, "only the encoding UTF-8 is taken");
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	refuse(context, ERROR_INVALID, "a DOCTYPE is not taken");
}

static void set_handlers(struct reader *reader)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetCommentHandler(reader->parser, on_comment);
	XML_SetProcessingInstructionHandler(reader->parser, on_instruction);
	XML_SetCdataSectionHandler(reader->parser, on_mark, on_mark);
	XML_SetXmlDeclHandler(reader->parser, on_declaration);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
}

/* --- The whole ------------------------------------------------------------------------------------------------------ */

/* Go takes white space and a byte order mark before the declaration; expat the mark alone. */
static struct str skip_space(struct str text)
{
	size_t start = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;

	while (start < text.len && str_find(STR(" \t\r\n"), text.data[start]) < 4)
		start++;
	return str_from_index(text, start);
}

/* XML 1.0, appendix F: a byte order mark, or a '<' beside a NUL. */
static bool is_utf16(struct str text)
{
	struct str start = str_head(text, 2);

	return str_equal(start, STR("\xff\xfe")) || str_equal(start, STR("\xfe\xff")) || str_has_nul(start);
}

static bool read(struct reader *reader, struct str text)
{
	if (text.len > INT_MAX)
		return error_set(reader->error, ERROR_TOO_LARGE, "a text of %zu bytes", text.len);
	/* The encoding that is named below wins over the text's own, but not over what its first two bytes say. */
	if (is_utf16(text))
		return error_set(reader->error, ERROR_INVALID, "1:1: only the encoding UTF-8 is taken");
	reader->parser = XML_ParserCreate("UTF-8");
	if (reader->parser == NULL)
		return error_set(reader->error, ERROR_SYSTEM, "expat: out of memory");
	set_handlers(reader);
	if (XML_Parse(reader->parser, text.data, (int)text.len, XML_TRUE) == XML_STATUS_ERROR && !reader->stopped)
		refuse(reader, ERROR_INVALID, XML_ErrorString(XML_GetErrorCode(reader->parser)));
	XML_ParserFree(reader->parser);
	return reader->root != NULL;
}

bool payload_parse_xml(struct arena *arena, struct str body, struct value **out, struct error *error)
{
	struct reader reader = {.arena = arena, .error = error, .text = BUF_INIT, .key = BUF_INIT};
	bool good = read(&reader, skip_space(body));

	*out = reader.root;
	buf_release(&reader.text);
	buf_release(&reader.key);
	return good;
}
