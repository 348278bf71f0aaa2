/*
 * Which forge sent a request, and its event. A forge is a row of the table; the rows are asked in their order: Gitea,
 * Forgejo and Gogs send GitHub's headers beside their own, so GitHub comes after them.
 */
#include "forge/event.h"

#include "base/error.h"
#include "forge/field.h"
#include "forge/github.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

#define WORD_MAX 64

struct forge {
	const char *name;
	const char *event_header;    /* canonical; its presence tells the forge */
	const char *delivery_header; /* canonical */
	bool (*read)(const struct value *payload, struct str word, struct event *event, struct error *error);
};

static const struct forge forges[] = {
	{.name = "forgejo", .event_header = "X-Forgejo-Event", .delivery_header = "X-Forgejo-Delivery"},
	{.name = "gitea", .event_header = "X-Gitea-Event", .delivery_header = "X-Gitea-Delivery"},
	{.name = "gogs", .event_header = "X-Gogs-Event", .delivery_header = "X-Gogs-Delivery"},
	{
		.name = "github",
		.event_header = "X-Github-Event",
		.delivery_header = "X-Github-Delivery",
		.read = github_read,
	},
};

static const struct forge *find_forge(const struct request *request, struct str *word)
{
	for (size_t i = 0; i < sizeof(forges) / sizeof(forges[0]); i++) {
		const struct str *header = request_find_header(request, str_from(forges[i].event_header));

		if (header != NULL) {
			*word = *header;
			return &forges[i];
		}
	}
	return NULL;
}

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
	return true;
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
static struct value *read_payload(struct request *request, struct error *error)
{
	struct value *payload = request_payload(request);

	if (request->payload_error.kind != ERROR_NONE)
		*error = request->payload_error;
	else if (payload == NULL)
		error_set(error, ERROR_INVALID, "no payload in a body of %zu bytes and type \"%.*s\"",
		          request->body.len, STR_ARGS(request->content_type));
	else if (payload_type_of(request->content_type) == PAYLOAD_FORM)
		payload = unpack_form(request->arena, payload, error);
	return payload;
}

static bool read_delivery(const struct forge *forge, const struct request *request, struct event *event,
                          struct error *error)
{
	const struct str *delivery = request_find_header(request, str_from(forge->delivery_header));

	if (delivery == NULL || delivery->len == 0)
		return true;
	if (!field_is_plain(*delivery))
		return error_set(error, ERROR_INVALID, "%s is not " FIELD_PLAIN_FORM, forge->delivery_header);
	event->delivery = *delivery;
	return true;
}

static bool read_event(const struct forge *forge, struct request *request, struct str word, struct event *event,
                       struct error *error)
{
	const struct value *payload;

	if (forge->read == NULL)
		return error_set(error, ERROR_INVALID, "not supported yet: events of this forge");
	if (!read_delivery(forge, request, event, error))
		return false;
	payload = read_payload(request, error);
	return payload != NULL && forge->read(payload, word, event, error);
}

static struct event empty_event(struct str forge)
{
	struct str none = STR("");

	return (struct event){none, forge, none, none, none, none, none, none, none, none};
}

bool event_read(struct request *request, struct event *event, struct error *error)
{
	struct str word = STR("");
	const struct forge *forge = find_forge(request, &word);

	*event = empty_event(forge == NULL ? STR("") : str_from(forge->name));
	if (forge == NULL)
		return true;
	if (!is_word(word))
		return error_set(error, ERROR_INVALID, "%s is no name of an event", forge->event_header);
	if (read_event(forge, request, word, event, error))
		return true;
	*event = empty_event(event->forge);
	return error_prefix(error, "%s event %.*s", forge->name, STR_ARGS(word));
}
