/*
 * Asking a request for the value that a source names. A kind is a row of the table; what is missing is told from what
 * cannot be asked for, and messages name parameters, never values.
 */
#include "hook/source.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "forge/event.h"
#include "hook/hook.h"
#include "payload/request.h"
#include "payload/value.h"

struct kind {
	const char *name;                               /* for messages */
	struct value *(*tree)(struct request *request); /* what the name is looked up in; NULL: take() says */
	bool whole;                                     /* all of the tree as JSON, no name */
	const char *const *names;                       /* source_names */
	struct str (*take)(const struct source *source, struct request *request);
	/* In place of tree and take where asking may fail. */
	enum source_result (*ask)(const struct source *source, struct request *request, struct str *value,
	                          struct error *error);
};

/* Of a string or a secret. */
static struct str take_text(const struct source *source, struct request *request)
{
	(void)request;
	return source->name;
}

static struct str take_body(const struct source *source, struct request *request)
{
	(void)source;
	return request->body;
}

static const char *const request_names[] = {"method", "remote-addr", NULL};

/* The name was checked when it was read. */
static struct str take_request(const struct source *source, struct request *request)
{
	return str_equal_nocase(source->name, str_from(request_names[0])) ? request->method : request->remote_address;
}

/* A field that the event has not is a missing parameter, and so is every field where the request is no event. */
static enum source_result ask_event(const struct source *source, struct request *request, struct str *value,
                                    struct error *error)
{
	const struct event *event = event_current(request, error);
	struct str what = source_describe(source, request);

	*value = STR("");
	if (event == NULL) {
		error_prefix(error, "%.*s", STR_ARGS(what));
		return SOURCE_FAILED;
	}
	*value = event_value(event, source->name);
	if (value->len > 0)
		return SOURCE_FOUND;
	error_set(error, ERROR_INVALID, "there is no %.*s%s", STR_ARGS(what),
	          event->forge.len == 0 ? ": the request is no event of a forge that is known here" : "");
	return SOURCE_MISSING;
}

static const struct kind kinds[SOURCE_KIND_COUNT] = {
	[SOURCE_HEADER] = {.name = "header", .tree = request_header_values},
	[SOURCE_QUERY] = {.name = "query", .tree = request_query_values},
	[SOURCE_PAYLOAD] = {.name = "payload", .tree = request_payload},
	[SOURCE_REQUEST] = {.name = "request", .names = request_names, .take = take_request},
	[SOURCE_EVENT] = {.name = "event", .names = event_names, .ask = ask_event},
	[SOURCE_STRING] = {.name = "string", .take = take_text},
	[SOURCE_RAW_REQUEST_BODY] = {.name = "raw-request-body", .take = take_body},
	[SOURCE_ENTIRE_PAYLOAD] = {.name = "entire-payload", .tree = request_payload, .whole = true},
	[SOURCE_ENTIRE_HEADERS] = {.name = "entire-headers", .tree = request_header_values, .whole = true},
	[SOURCE_ENTIRE_QUERY] = {.name = "entire-query", .tree = request_query_values, .whole = true},
	[SOURCE_SECRET] = {.name = "secret", .take = take_text},
};

static struct str tree_json(struct arena *arena, const struct value *tree)
{
	struct buf json = BUF_INIT;
	value_write_json(&json, tree);
	struct str text = str_copy(arena, buf_str(&json));
	buf_release(&json);
	return text;
}

/*
 * Whether the way to a name that was not found ends at a null with parts of the name left. The reference calls that
 * an error and no missing parameter: it ends an `or` and is a 500.
 */
static bool ends_at_null(const struct value *value, struct str name)
{
	while (value && value->kind != VALUE_NULL) {
		size_t dot = str_find(name, '.');
		if (dot == name.len)
			return false;
		value = value_find(value, str_head(name, dot));
		name = str_from_index(name, dot + 1);
	}
	return value != NULL;
}

static enum source_result fail(const struct source *source, struct request *request, const struct value *tree,
                               struct error *error)
{
	struct str what = source_describe(source, request);

	if (ends_at_null(tree, source->name)) {
		error_set(error, ERROR_INVALID, "%.*s: a part before its end is null", STR_ARGS(what));
		return SOURCE_FAILED;
	}
	error_set(error, ERROR_INVALID, "there is no %.*s", STR_ARGS(what));
	if (source->kind == SOURCE_PAYLOAD && request->payload_error.kind != ERROR_NONE)
		error_set(error, ERROR_INVALID, "there is no %.*s, since the payload could not be read: %s",
		          STR_ARGS(what), request->payload_error.message);
	return SOURCE_MISSING;
}

/* What cannot be read is not missing: no default stands for it. */
static enum source_result ask(const struct source *source, struct request *request, struct str *value,
                              struct error *error)
{
	struct error problem = ERROR_INIT;
	enum source_result result = kinds[source->kind].ask(source, request, value, &problem);

	if (result == SOURCE_MISSING && source->has_default) {
		*value = source->default_value;
		return SOURCE_FOUND;
	}
	if (result != SOURCE_FOUND)
		*error = problem;
	return result;
}

enum source_result source_get(const struct source *source, struct request *request, struct str *value,
                              struct error *error)
{
	const struct kind *kind = &kinds[source->kind];

	if (kind->ask)
		return ask(source, request, value, error);
	if (!kind->tree) {
		*value = kind->take(source, request);
		return SOURCE_FOUND;
	}
	const struct value *tree = kind->tree(request);
	if (kind->whole) {
		*value = tree_json(request->arena, tree);
		return SOURCE_FOUND;
	}
	const struct value *found = value_find(tree, source->name);
	if (!found && source->has_default) {
		*value = source->default_value;
		return SOURCE_FOUND;
	}
	if (!found) {
		*value = STR("");
		return fail(source, request, tree, error);
	}
	*value = value_text(request->arena, found);
	return SOURCE_FOUND;
}

bool source_has_tree(const struct source *source)
{
	return kinds[source->kind].tree && !kinds[source->kind].whole;
}

bool source_can_be_missing(const struct source *source)
{
	return source_has_tree(source) || kinds[source->kind].ask;
}

const char *const *source_names(const struct source *source)
{
	return kinds[source->kind].names;
}

struct value *source_tree(const struct source *source, struct request *request)
{
	return source_has_tree(source) ? kinds[source->kind].tree(request) : NULL;
}

/* The text of a string is not shown: it may be a secret. */
struct str source_describe(const struct source *source, struct request *request)
{
	const struct kind *kind = &kinds[source->kind];
	if (kind->whole || source->kind == SOURCE_STRING || source->kind == SOURCE_RAW_REQUEST_BODY)
		return str_from(kind->name);
	return str_printf(request->arena, "%s %.*s", kind->name, STR_ARGS(str_head(source->written_name, 100)));
}
