/*
 * Reading JSON: the lexical pass, then json-c for the grammar, then its tree told as events. The tree's one reference
 * is held by json_read and given back once.
 */
#include "lib/json.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "lib/json_scan.h"

struct teller {
	const struct json_events *events;
	void *context;
	bool has_nul;   /* some string holds JSON_SCAN_NUL in place of U+0000 */
	struct buf nul; /* such a string, mended */
};

static bool tell(struct teller *teller, struct json_object *object);

/* The string as it was meant, valid until the next call. */
static struct str mend(struct teller *teller, struct str text)
{
	if (!teller->has_nul || str_find(text, JSON_SCAN_NUL) == text.len)
		return text;
	buf_clear(&teller->nul);
	buf_append_str(&teller->nul, text);
	for (size_t i = 0; i < text.len; i++) {
		if (teller->nul.data[i] == JSON_SCAN_NUL)
			teller->nul.data[i] = '\0';
	}
	return buf_str(&teller->nul);
}

static bool tell_string(struct teller *teller, struct json_object *object)
{
	struct str text = {json_object_get_string(object), (size_t)json_object_get_string_len(object)};

	if (text.len > 0 && text.data[0] == JSON_SCAN_NUMBER)
		return teller->events->number(teller->context, str_from_index(text, 1));
	return teller->events->string(teller->context, mend(teller, text));
}

static bool tell_map(struct teller *teller, struct json_object *object)
{
	struct lh_table *table = json_object_get_object(object);

	if (!teller->events->map_begin(teller->context))
		return false;
	for (struct lh_entry *entry = lh_table_head(table); entry != NULL; entry = lh_entry_next(entry)) {
		struct str key = str_from(lh_entry_k(entry));

		if (!teller->events->map_key(teller->context, mend(teller, key)) || !tell(teller, lh_entry_v(entry)))
			return false;
	}
	return teller->events->map_end(teller->context);
}

static bool tell_list(struct teller *teller, struct json_object *object)
{
	size_t count = json_object_array_length(object);

	if (!teller->events->list_begin(teller->context))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!tell(teller, json_object_array_get_idx(object, i)))
			return false;
	}
	return teller->events->list_end(teller->context);
}

/* As deep as the text is nested, which json_limits bounds. */
static bool tell(struct teller *teller, struct json_object *object)
{
	switch (json_object_get_type(object)) {
	case json_type_object:
		return tell_map(teller, object);
	case json_type_array:
		return tell_list(teller, object);
	case json_type_boolean:
		return teller->events->boolean(teller->context, json_object_get_boolean(object));
	case json_type_string:
	case json_type_int:
	case json_type_double: /* these two never come: the lexical pass leaves no number */
		return tell_string(teller, object);
	case json_type_null:
		break;
	}
	return teller->events->null(teller->context);
}

/* Fills the error with the line and column of a byte of the text; both count from 1, columns in bytes. */
static bool fail_at(struct error *error, enum error_kind kind, struct str text, size_t position, const char *problem)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < position; i++) {
		if (text.data[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	return error_set(error, kind, "%zu:%zu: %s", line, position - start + 1, problem);
}

/* Where in the text the token is that stands at `offset` of what the lexical pass made of it. */
static size_t find_origin(struct str text, const struct json_limits *limits, size_t offset)
{
	struct buf out = BUF_INIT;
	struct json_scan scan;

	json_scan_init(&scan, text, limits, &out);
	while (json_scan_token(&scan) && out.len + (scan.position - scan.copied) <= offset)
		;
	buf_release(&out);
	return scan.token;
}

/* json-c's tree of the rewritten text; true with *tree NULL where it is `null`. */
static bool build(const struct json_scan *scan, struct json_object **tree, struct error *error)
{
	/* One more than the lexical pass let through: json-c counts the value inside the innermost list as well. */
	struct json_tokener *tokener = json_tokener_new_ex((int)scan->limits->depth + 1);
	enum json_tokener_error outcome;

	if (tokener == NULL)
		return error_set(error, ERROR_SYSTEM, "json-c: out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	*tree = json_tokener_parse_ex(tokener, scan->out->data, (int)scan->out->len + 1);
	outcome = json_tokener_get_error(tokener);
	if (outcome != json_tokener_success)
		fail_at(error, ERROR_INVALID, scan->text,
		        find_origin(scan->text, scan->limits, json_tokener_get_parse_end(tokener)),
		        json_tokener_error_desc(outcome));
	json_tokener_free(tokener);
	return outcome == json_tokener_success;
}

bool json_read(struct str text, const struct json_limits *limits, const struct json_events *events, void *context,
               struct error *error)
{
	struct buf rewritten = BUF_INIT;
	struct json_object *tree = NULL;
	struct teller teller = {.events = events, .context = context, .nul = BUF_INIT};
	struct json_scan scan;
	bool done = false;

	json_scan_init(&scan, text, limits, &rewritten);
	if (!json_scan_value(&scan)) {
		fail_at(error, scan.kind, text, scan.problem_position, scan.problem);
		goto cleanup;
	}
	if (rewritten.len >= INT_MAX) {
		error_set(error, ERROR_TOO_LARGE, "a JSON text of %zu bytes", text.len);
		goto cleanup;
	}
	if (!build(&scan, &tree, error))
		goto cleanup;
	teller.has_nul = scan.has_nul;
	done = tell(&teller, tree);
cleanup:
	json_object_put(tree);
	buf_release(&teller.nul);
	buf_release(&rewritten);
	return done;
}
