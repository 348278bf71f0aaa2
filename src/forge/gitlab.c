/*
 * GitLab's events in common terms. The kind of an event is the payload's object_kind, or event_name in a system hook's,
 * since all of a system hook's have one header.
 */
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"

static const struct field kind_fields[] = {
	FIELD("object_kind", type, plain, FIELD_OPTIONAL),
	FIELD("event_name", type, plain, FIELD_OPTIONAL),
};

static const struct field repository_fields[] = {
	FIELD("project.id", repository_id, id, FIELD_OPTIONAL),
	FIELD("project.path_with_namespace", repository, plain, FIELD_OPTIONAL),
	FIELD("project.git_http_url", clone_url, plain, FIELD_OPTIONAL),
	FIELD("project.git_ssh_url", ssh_url, plain, FIELD_OPTIONAL),
	FIELD("project.default_branch", default_branch, branch, FIELD_OPTIONAL),
};

/* Pushes name their sender in the payload itself, other events in `user`. */
static const struct field sender_fields[] = {
	FIELD("user_id", sender_id, id, FIELD_OPTIONAL),  FIELD("user_username", sender, plain, FIELD_OPTIONAL),
	FIELD("user.id", sender_id, id, FIELD_OPTIONAL),  FIELD("user.username", sender, plain, FIELD_OPTIONAL),
	FIELD("user_name", author, text, FIELD_OPTIONAL), FIELD("user.name", author, text, FIELD_OPTIONAL),
};

/* `after` of an annotated tag is the tag's own id; checkout_sha is the commit, and null where the ref was deleted. */
static const struct field push_fields[] = {
	FIELD("ref", ref, ref, FIELD_REQUIRED),
	FIELD("checkout_sha", commit, commit, FIELD_OPTIONAL),
	FIELD("after", commit, commit, FIELD_REQUIRED),
	FIELD("before", before, commit, FIELD_OPTIONAL),
	FIELD("project.path_with_namespace", repository, plain, FIELD_REQUIRED),
	FIELD("project.git_http_url", clone_url, plain, FIELD_REQUIRED),
};

static const struct field head_fields[] = {
	FIELD("url", url, plain, FIELD_OPTIONAL),
	FIELD("author.name", author, text, FIELD_OPTIONAL),
	FIELD("message", message, text, FIELD_OPTIONAL),
};

static const struct field merge_request_fields[] = {
	FIELD("object_attributes.iid", number, number, FIELD_REQUIRED),
	FIELD("object_attributes.action", action, plain, FIELD_OPTIONAL), /* a test delivery may have none */
	FIELD("object_attributes.url", url, plain, FIELD_OPTIONAL),
	FIELD("object_attributes.target_branch", branch, branch, FIELD_REQUIRED),
	FIELD("object_attributes.source_branch", source_branch, branch, FIELD_REQUIRED),
	FIELD("object_attributes.last_commit.id", commit, commit, FIELD_OPTIONAL),
	FIELD("object_attributes.last_commit.author.name", author, text, FIELD_OPTIONAL),
	FIELD("object_attributes.last_commit.message", message, text, FIELD_OPTIONAL),
	FIELD("object_attributes.oldrev", before, commit, FIELD_OPTIONAL),
	FIELD("object_attributes.target_project_id", repository_id, id, FIELD_OPTIONAL),
	FIELD("object_attributes.source_project_id", head_repository_id, id, FIELD_OPTIONAL),
	FIELD("object_attributes.source.path_with_namespace", head_repository, plain, FIELD_OPTIONAL),
};

static const struct field release_fields[] = {
	FIELD("tag", tag, branch, FIELD_REQUIRED),
	FIELD("action", action, plain, FIELD_OPTIONAL),
	FIELD("url", url, plain, FIELD_OPTIONAL),
	FIELD("commit.id", commit, commit, FIELD_OPTIONAL),
	FIELD("commit.author.name", author, text, FIELD_OPTIONAL),
	FIELD("commit.message", message, text, FIELD_OPTIONAL),
};

static const struct field_word actions[] = {
	{"open", "opened"},
	{"reopen", "reopened"},
	{"close", "closed"},
	{"merge", "merged"},
};

static bool read_push(struct reading *reading, struct event *event)
{
	const struct value *head;

	if (!READ(reading, push_fields, event))
		return false;
	event_settle_ref(event, false);
	head = field_find("commits", reading->payload, "id", event->commit);
	return head == NULL || READ_AT(reading, head_fields, head, event);
}

/* An update brings commits only where it names the commit before; a changed title is an update, too. */
static bool read_merge_request(struct reading *reading, struct event *event)
{
	if (!READ(reading, merge_request_fields, event) ||
	    !reading_agrees(reading, "object_attributes.target_project_id", "project.id"))
		return false;
	if (str_equal_c(event->action, "update") && event->before.len > 0)
		event->action = STR("updated");
	else
		event->action = field_translate(actions, FIELD_COUNT(actions), event->action);
	event->ref = str_printf(reading->arena, "refs/merge-requests/%.*s/head", STR_ARGS(event->number));
	event_settle_pull_request(event);
	return true;
}

static bool read_release(struct reading *reading, struct event *event)
{
	if (!READ(reading, release_fields, event))
		return false;
	event->type = STR("release");
	event->ref = str_join(reading->arena, STR("refs/tags/"), event->tag);
	return true;
}

static bool read_events(struct reading *reading)
{
	static const struct {
		const char *kind;
		bool (*read)(struct reading *reading, struct event *event);
	} kinds[] = {
		{"push", read_push},
		{"tag_push", read_push},
		{"merge_request", read_merge_request},
		{"release", read_release},
	};
	struct event *event = reading_add(reading);

	if (!event)
		return false;
	event->type = STR("");
	if (!READ(reading, kind_fields, event))
		return false;
	if (event->type.len == 0)
		event->type = reading->word;
	for (size_t i = 0; i < FIELD_COUNT(kinds); i++) {
		if (str_equal_c(event->type, kinds[i].kind)) {
			if (!kinds[i].read(reading, event))
				return false;
			break;
		}
	}
	return READ(reading, repository_fields, event) && READ(reading, sender_fields, event);
}

const struct forge forge_gitlab = {
	.name = "gitlab",
	.event_header = "X-Gitlab-Event",
	.delivery_headers = {"Idempotency-Key", "X-Gitlab-Event-Uuid"},
	.signature = {.check = verify_gitlab,
                      .headers = {"X-Gitlab-Token", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"}},
	.read = read_events,
};
