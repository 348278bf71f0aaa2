/*
 * sourcehut's events in common terms. What a delivery holds is the answer to the subscriber's own GraphQL query;
 * hooks.yaml(5) gives the one that is read here. It cannot ask for the clone URL, so clone_url is empty.
 */
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"

#define WEBHOOK "data.webhook"

/* Until both are joined, head_repository holds the owner, who begins with '~'. */
static const struct field repository_fields[] = {
	FIELD(WEBHOOK ".repository.id", repository_id, id, FIELD_OPTIONAL),
	FIELD(WEBHOOK ".repository.name", repository, plain, FIELD_OPTIONAL),
	FIELD(WEBHOOK ".repository.owner.canonicalName", head_repository, plain, FIELD_OPTIONAL),
	FIELD(WEBHOOK ".pusher.canonicalName", sender, plain, FIELD_OPTIONAL),
	FIELD(WEBHOOK ".pusher.canonicalName", author, text, FIELD_OPTIONAL),
};

static const struct field new_fields[] = {
	FIELD("ref.name", ref, ref, FIELD_REQUIRED),
	FIELD("new.id", commit, commit, FIELD_REQUIRED),
	FIELD("new.author.name", author, text, FIELD_OPTIONAL),
	FIELD("new.message", message, text, FIELD_OPTIONAL),
	FIELD("old.id", before, commit, FIELD_OPTIONAL),
};

/* Of a ref that was deleted there may be no name left. */
static const struct field old_fields[] = {
	FIELD("ref.name", ref, ref, FIELD_OPTIONAL),
	FIELD("old.id", before, commit, FIELD_OPTIONAL),
};

static bool read_repository(struct reading *reading, struct event *event)
{
	if (!READ(reading, repository_fields, event))
		return false;
	if (event->repository.len > 0 && event->head_repository.len > 0)
		event->repository = str_printf(reading->arena, "%.*s/%.*s", STR_ARGS(event->head_repository),
		                               STR_ARGS(event->repository));
	event->head_repository = STR("");
	return true;
}

static bool read_update(struct reading *reading, const struct value *update)
{
	struct event *event = reading_add(reading);
	bool deleted = !field_is_there("new", update);
	bool good = event != NULL;

	if (good)
		good = deleted ? READ_AT(reading, old_fields, update, event)
		               : READ_AT(reading, new_fields, update, event);
	if (!good)
		return false;
	event_settle_ref(event, deleted);
	return read_repository(reading, event);
}

static bool read_events(struct reading *reading)
{
	struct event *event;

	if (str_equal_c(reading->word, "GIT_POST_RECEIVE"))
		return reading_each(reading, WEBHOOK ".updates", read_update);
	event = reading_add(reading);
	return event && read_repository(reading, event);
}

const struct forge forge_sourcehut = {
	.name = "sourcehut",
	.event_header = "X-Webhook-Event",
	.marker_headers = {"X-Payload-Signature", "X-Payload-Nonce"},
	.delivery_headers = {"X-Webhook-Delivery"},
	.signature = {.check = verify_ed25519, .headers = {"X-Payload-Signature", "X-Payload-Nonce"}},
	.read = read_events,
};
