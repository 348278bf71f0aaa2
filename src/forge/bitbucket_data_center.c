/*
 * Bitbucket Data Center's events in common terms (Server's are the same). A push tells of all its refs in one
 * delivery. Older versions send no clone links: clone_url is empty then.
 */
#include "base/arena.h"
#include "base/error.h"
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"
#include "payload/value.h"

static const struct field sender_fields[] = {
	FIELD("actor.id", sender_id, id, FIELD_OPTIONAL),
	FIELD("actor.name", sender, text, FIELD_OPTIONAL),
	FIELD("actor.displayName", author, text, FIELD_OPTIONAL),
};

/* Of a repository, read apart: head_repository holds the key of its project until both are joined. */
static const struct field repository_fields[] = {
	FIELD("id", repository_id, id, FIELD_OPTIONAL),
	FIELD("slug", repository, plain, FIELD_REQUIRED),
	FIELD("project.key", head_repository, plain, FIELD_REQUIRED),
};

static const struct field link_fields[] = {
	FIELD("href", url, plain, FIELD_REQUIRED),
};

static const struct field change_fields[] = {
	FIELD("ref.id", ref, ref, FIELD_REQUIRED),
	FIELD("toHash", commit, commit, FIELD_REQUIRED),
	FIELD("fromHash", before, commit, FIELD_OPTIONAL),
};

static const struct field head_fields[] = {
	FIELD("author.name", author, text, FIELD_OPTIONAL),
	FIELD("message", message, text, FIELD_OPTIONAL),
};

static const struct field pull_request_fields[] = {
	FIELD("pullRequest.id", number, number, FIELD_REQUIRED),
	FIELD("pullRequest.toRef.displayId", branch, branch, FIELD_REQUIRED),
	FIELD("pullRequest.fromRef.displayId", source_branch, branch, FIELD_REQUIRED),
	FIELD("pullRequest.fromRef.latestCommit", commit, commit, FIELD_OPTIONAL),
	FIELD("pullRequest.toRef.latestCommit", target_commit, commit, FIELD_OPTIONAL),
	FIELD("previousFromHash", before, commit, FIELD_OPTIONAL),
};

/* Any other key of a pull request brings no commits and neither opens nor ends it. */
static const struct field_word actions[] = {
	{"pr:opened", "opened"},
	{"pr:from_ref_updated", "updated"},
	{"pr:merged", "merged"},
	{"pr:declined", "closed"},
};

/* The full name, KEY/slug, and the id of the repository at the path. */
static bool read_name(struct reading *reading, const char *path, struct str *name, struct str *id)
{
	struct event repository = event_empty(STR(""));
	const struct value *value = field_at(path, reading->payload);

	if (!READ_AT(reading, repository_fields, value, &repository))
		return error_prefix(reading->error, "%s", path);
	*name = str_printf(reading->arena, "%.*s/%.*s", STR_ARGS(repository.head_repository),
	                   STR_ARGS(repository.repository));
	*id = repository.repository_id;
	return true;
}

/* The clone URL of this kind: http (which https is, too) or ssh. */
static bool read_link(struct reading *reading, const char *path, const char *kind, struct str *url)
{
	struct event link = event_empty(STR(""));
	const struct value *value = field_find(path, reading->payload, "name", str_from(kind));

	if (value != NULL && !READ_AT(reading, link_fields, value, &link))
		return error_prefix(reading->error, "%s", path);
	*url = link.url;
	return true;
}

static bool read_repository(struct reading *reading, const char *path, struct event *event)
{
	const char *links = arena_printf(reading->arena, "%s.links.clone", path);

	return read_name(reading, path, &event->repository, &event->repository_id) &&
	       read_link(reading, links, "http", &event->clone_url) &&
	       read_link(reading, links, "ssh", &event->ssh_url) && READ(reading, sender_fields, event);
}

static bool read_change(struct reading *reading, const struct value *change)
{
	struct event *event = reading_add(reading);
	bool deleted = str_equal_c(field_text_at("type", change), "DELETE");
	const struct value *head = field_at("toCommit", reading->payload);

	if (!event || !READ_AT(reading, change_fields, change, event))
		return false;
	event_settle_ref(event, deleted);
	if (head == NULL || !str_equal(field_text_at("id", head), event->commit))
		head = field_find("commits", reading->payload, "id", event->commit);
	if (head != NULL && !READ_AT(reading, head_fields, head, event))
		return false;
	return read_repository(reading, "repository", event);
}

/* The first of a list of links has the page. */
static bool read_page(struct reading *reading, struct event *event)
{
	const struct value *links = field_at("pullRequest.links.self", reading->payload);

	if (links == NULL || links->kind != VALUE_LIST || links->as.list.count == 0)
		return true;
	return READ_AT(reading, link_fields, links->as.list.items[0], event);
}

static bool read_pull_request(struct reading *reading, struct str action)
{
	struct event *event = reading_add(reading);

	if (!event || !READ(reading, pull_request_fields, event) ||
	    (field_is_there("pullRequest.fromRef.repository", reading->payload) &&
	     !read_name(reading, "pullRequest.fromRef.repository", &event->head_repository,
	                &event->head_repository_id)) ||
	    !read_repository(reading, "pullRequest.toRef.repository", event) || !read_page(reading, event))
		return false;
	event->action = action;
	event->ref = str_printf(reading->arena, "refs/pull-requests/%.*s/from", STR_ARGS(event->number));
	event_settle_pull_request(event);
	return true;
}

static bool read_events(struct reading *reading)
{
	struct str action = field_translate(actions, FIELD_COUNT(actions), reading->word);
	struct event *event;

	if (str_equal_c(reading->word, "repo:refs_changed"))
		return reading_each(reading, "changes", read_change);
	if (!str_equal(action, reading->word))
		return read_pull_request(reading, action);
	event = reading_add(reading);
	if (!event)
		return false;
	if (str_equal_c(reading->word, "diagnostics:ping"))
		event->type = STR("ping");
	return field_is_there("repository", reading->payload) ? read_repository(reading, "repository", event)
	                                                      : READ(reading, sender_fields, event);
}

const struct forge forge_bitbucket_data_center = {
	.name = "bitbucket-data-center",
	.event_header = "X-Event-Key",
	.marker_headers = {"X-Request-Id"},
	.delivery_headers = {"X-Request-Id"},
	.signature = {.check = verify_hmac, .headers = {"X-Hub-Signature"}, .prefix = "sha256="},
	.read = read_events,
};
