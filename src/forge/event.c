/*
 * Reading the events of a request: find the forge, unpack the payload, let the forge's reader fill the list. An event
 * that cannot be read leaves nothing but the forge's name.
 */
#include "forge/event.h"

#include "base/arena.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

#define WORD_MAX 64

/* What forges call their events: pull_request, "Push Hook", repo:push. */
static bool is_word(struct str word)
{
	if (word.len == 0 || word.len > WORD_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		char byte = word.data[i];
		bool alphanumeric = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');

		if (!alphanumeric && !str_contains(STR("_-.: "), (struct str){&byte, 1}))
			return false;
	}
	return word.data[0] != '-';
}

/* One that is sent as a form is the JSON text in its field `payload`; a hook may have had that parsed already. */
static struct value *unpack_form(struct arena *arena, const struct value *form, struct error *error)
{
	struct value *field = value_map_get(form, STR("payload")), *payload = NULL;

	if (field == NULL)
		error_set(error, ERROR_INVALID, "a form without a field named payload");
	else if (field->kind != VALUE_STRING)
		payload = field;
	else if (!payload_parse_json_map(arena, field->as.text, &payload, error))
		error_prefix(error, "form field payload");
	return payload;
}

/* The event as a tree. */
static const struct value *read_payload(const struct forge *forge, struct request *request, struct error *error)
{
	const struct value *payload = request_payload_parts(request, forge->parts);

	if (request->payload_error.kind != ERROR_NONE)
		*error = request->payload_error;
	else if (payload == NULL)
		error_set(error, ERROR_INVALID, "no payload in a body of %zu bytes and type \"%.*s\"",
		          request->body.len, STR_ARGS(request->content_type));
	else if (payload_type_of(request->content_type) == PAYLOAD_FORM)
		payload = unpack_form(request->arena, payload, error);
	return payload;
}

/*
 * What a common type promises is there. A word of the forge's may look like one and be none: no signature covers the
 * header that it comes in.
 */
static bool are_complete(const struct event_list *list, struct error *error)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct event *event = &list->items[i];
		const struct {
			const char *type;
			struct str needed;
		} needs[] = {
			{"push", event->ref},
			{"tag", event->ref},
			{"pull-request", event->number},
			{"release", event->tag},
		};
		for (size_t j = 0; j < sizeof(needs) / sizeof(needs[0]); j++) {
			if (str_equal_c(event->type, needs[j].type) && needs[j].needed.len == 0)
				return error_set(error, ERROR_INVALID, "the forge has no event of this name");
		}
	}
	return true;
}

static bool read_events(const struct forge_found *found, struct request *request, struct event_list *list,
                        struct error *error)
{
	struct reading reading = {
		.arena = request->arena,
		.word = found->word,
		.forge = list->forge,
		.delivery = found->delivery,
		.list = list,
		.error = error,
	};

	if (found->delivery.len > 0 && !field_is_plain(found->delivery))
		return error_set(error, ERROR_INVALID, "the delivery's id is not " FIELD_PLAIN_FORM);
	reading.payload = read_payload(found->forge, request, error);
	return reading.payload != NULL && found->forge->read(&reading) && are_complete(list, error);
}

bool event_read_by(const struct forge_table *table, struct request *request, struct event_list *list,
                   struct error *error)
{
	struct forge_found found;
	bool consistent = forge_find(table, request, &found, error);

	*list = (struct event_list){.forge = str_from(found.forge != NULL ? found.forge->name : "")};
	if (!consistent)
		return error_prefix(error, "%s event", found.forge->name);
	if (found.forge == NULL)
		return true;
	if (!is_word(found.word))
		return error_set(error, ERROR_INVALID, "%s event: %s is no name of an event", found.forge->name,
		                 found.forge->event_header != NULL ? found.forge->event_header
		                                                   : "the type in the payload");
	if (read_events(&found, request, list, error))
		return true;
	*list = (struct event_list){.forge = list->forge};
	return error_prefix(error, "%s event %.*s", found.forge->name, STR_ARGS(found.word));
}

bool event_read_all(struct request *request, struct event_list *list, struct error *error)
{
	return event_read_by(&forges, request, list, error);
}

bool event_read(struct request *request, struct event *event, struct error *error)
{
	struct event_list list;
	bool good = event_read_all(request, &list, error);

	if (good && list.count > 0)
		*event = list.items[0];
	else
		*event = event_empty(list.forge);
	return good;
}

const struct event *event_current(struct request *request, struct error *error)
{
	struct event_list *list = request->events;

	if (list == NULL) {
		struct error problem = ERROR_INIT;

		list = arena_alloc(request->arena, sizeof(*list));
		event_read_all(request, list, &problem);
		list->error = problem;
		if (list->count == 0) {
			list->items = arena_alloc(request->arena, sizeof(*list->items));
			list->items[0] = event_empty(list->forge);
		}
		request->events = list;
	}
	if (list->error.kind == ERROR_NONE)
		return &list->items[list->current];
	*error = list->error;
	return NULL;
}
