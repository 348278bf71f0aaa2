/*
 * parse-parameters-as-json: a parameter that is a text holding JSON becomes the map that it says, in its place.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/number.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "hook/source.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

/* The place in a list that a decimal index names, or NULL. */
static struct value **find_slot(struct value *list, struct str part)
{
	uint64_t index;

	if (list->kind != VALUE_LIST || list->as.list.count == 0 ||
	    !number_parse_unsigned(part, 0, list->as.list.count - 1, &index))
		return NULL;
	return &list->as.list.items[index];
}

/* The value that one part of a name leads to, or NULL. */
static struct value *step(struct value *value, struct str part)
{
	struct value **slot = find_slot(value, part);
	return slot ? *slot : value_map_get(value, part);
}

/* Puts item where value_find finds the name. */
static void replace(struct arena *arena, struct value *value, struct str name, struct value *item)
{
	while (value && !value_map_get(value, name)) {
		size_t dot = str_find(name, '.');
		struct value **slot = find_slot(value, name);
		if (slot)
			*slot = item;
		if (dot == name.len)
			return;
		value = step(value, str_head(name, dot));
		name = str_from_index(name, dot + 1);
	}
	if (value)
		value_map_set(arena, value, name, item);
}

static void parse(const struct hook *hook, struct request *request, const struct source *source)
{
	struct error error = ERROR_INIT;
	struct str text;
	struct value *map;

	bool good = source_get(source, request, &text, &error) == SOURCE_FOUND &&
	            payload_parse_json_map(request->arena, text, &map, &error);
	if (good) {
		replace(request->arena, source_tree(source, request), source->name, map);
		return;
	}
	struct str what = source_describe(source, request);
	log_warning("hook \"%.*s\": parse-parameters-as-json: %.*s: %s", STR_ARGS(hook->id), STR_ARGS(what),
	            error.message);
}

/* Names the files of a multipart body that are JSON; without this they are not in the payload at all. */
static void name_parts(const struct hook *hook, struct request *request)
{
	const struct source_list *sources = &hook->parse_parameters_as_json;
	struct str *names = arena_array(request->arena, sources->count, sizeof(*names));

	request->json_part_count = 0;
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->items[i].kind == SOURCE_PAYLOAD)
			names[request->json_part_count++] = sources->items[i].name;
	}
	request->json_parts = names;
}

void invocation_parse_parameters(const struct hook *hook, struct request *request)
{
	name_parts(hook, request);
	for (size_t i = 0; i < hook->parse_parameters_as_json.count; i++) {
		const struct source *source = &hook->parse_parameters_as_json.items[i];
		if (source_has_tree(source))
			parse(hook, request, source);
	}
}
