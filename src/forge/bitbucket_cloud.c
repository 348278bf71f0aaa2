/*
 * Bitbucket Cloud's events in common terms. A push tells of all its refs in one delivery. There is no clone URL: the
 * page of the repository with ".git" is one. Of a pull request's commits only the first digits are given, so `commit`
 * stays empty; repositories and people are known by uuid.
 */
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"

static const struct field repository_fields[] = {
	FIELD("repository.uuid", repository_id, id, FIELD_OPTIONAL),
	FIELD("repository.full_name", repository, plain, FIELD_OPTIONAL),
	FIELD("repository.links.html.href", clone_url, plain, FIELD_OPTIONAL),
	FIELD("actor.uuid", sender_id, id, FIELD_OPTIONAL),
	FIELD("actor.nickname", sender, text, FIELD_OPTIONAL),
	FIELD("actor.display_name", author, text, FIELD_OPTIONAL),
};

/* Of a push. */
static const struct field needed_fields[] = {
	FIELD("repository.full_name", repository, plain, FIELD_REQUIRED),
	FIELD("repository.links.html.href", clone_url, plain, FIELD_REQUIRED),
};

/* Of each change. */
static const struct field new_fields[] = {
	FIELD("new.name", branch, branch, FIELD_REQUIRED),
	FIELD("new.target.hash", commit, commit, FIELD_REQUIRED),
	FIELD("new.target.links.html.href", url, plain, FIELD_OPTIONAL),
	FIELD("new.target.author.user.display_name", author, text, FIELD_OPTIONAL),
	FIELD("new.target.author.raw", author, text, FIELD_OPTIONAL),
	FIELD("new.target.message", message, text, FIELD_OPTIONAL),
	FIELD("old.target.hash", before, commit, FIELD_OPTIONAL),
};

static const struct field old_fields[] = {
	FIELD("old.name", branch, branch, FIELD_REQUIRED),
	FIELD("old.target.hash", before, commit, FIELD_OPTIONAL),
};

static const struct field pull_request_fields[] = {
	FIELD("pullrequest.id", number, number, FIELD_REQUIRED),
	FIELD("pullrequest.links.html.href", url, plain, FIELD_OPTIONAL),
	FIELD("pullrequest.destination.branch.name", branch, branch, FIELD_REQUIRED),
	FIELD("pullrequest.source.branch.name", source_branch, branch, FIELD_REQUIRED),
	FIELD("pullrequest.destination.repository.uuid", repository_id, id, FIELD_OPTIONAL),
	/* The repository of a fork may be gone, and is null then. */
	FIELD("pullrequest.source.repository.uuid", head_repository_id, id, FIELD_OPTIONAL),
	FIELD("pullrequest.source.repository.full_name", head_repository, plain, FIELD_OPTIONAL),
};

static const struct field short_fields[] = {
	FIELD("pullrequest.source.commit.hash", short_commit, short_commit, FIELD_OPTIONAL),
};

static const struct field full_fields[] = {
	FIELD("pullrequest.source.commit.hash", commit, commit, FIELD_OPTIONAL),
};

/* Any other key of a pull request is no change of it: comments, approvals. */
static const struct field_word actions[] = {
	{"pullrequest:created", "opened"},
	{"pullrequest:updated", "updated"},
	{"pullrequest:fulfilled", "merged"},
	{"pullrequest:rejected", "closed"},
};

static bool read_repository(struct reading *reading, struct event *event)
{
	if (!READ(reading, repository_fields, event))
		return false;
	if (event->clone_url.len > 0 && !str_ends(event->clone_url, STR(".git")))
		event->clone_url = str_join(reading->arena, event->clone_url, STR(".git"));
	return true;
}

static bool read_change(struct reading *reading, const struct value *change)
{
	struct event *event = reading_add(reading);
	bool deleted = !field_is_there("new", change);
	const char *type_path = deleted ? "old.type" : "new.type";
	bool good;

	if (!event || !READ(reading, needed_fields, event))
		return false;
	good = deleted ? READ_AT(reading, old_fields, change, event) : READ_AT(reading, new_fields, change, event);
	if (!good || !field_read_flag("forced", change, &event->forced, reading->error))
		return false;
	event->ref =
		str_join(reading->arena,
	                 str_equal_c(field_text_at(type_path, change), "tag") ? STR("refs/tags/") : STR("refs/heads/"),
	                 event->branch);
	event_settle_ref(event, deleted);
	return read_repository(reading, event);
}

static bool read_commit(struct reading *reading, struct event *event)
{
	struct str hash = field_text_at("pullrequest.source.commit.hash", reading->payload);

	return hash.len >= 40 ? READ(reading, full_fields, event) : READ(reading, short_fields, event);
}

/* Commits of a fork cannot be fetched from the repository that the request is for: there is no ref for them. */
static bool read_pull_request(struct reading *reading, struct str action)
{
	struct event *event = reading_add(reading);

	if (!event || !READ(reading, pull_request_fields, event) || !read_commit(reading, event) ||
	    !reading_agrees(reading, "pullrequest.destination.repository.uuid", "repository.uuid") ||
	    !read_repository(reading, event))
		return false;
	event->action = action;
	event_settle_pull_request(event);
	if (str_equal_c(event->fork, "false"))
		event->ref = str_join(reading->arena, STR("refs/heads/"), event->source_branch);
	return true;
}

static bool read_events(struct reading *reading)
{
	struct str action = field_translate(actions, FIELD_COUNT(actions), reading->word);
	struct event *event;

	if (str_equal_c(reading->word, "repo:push"))
		return reading_each(reading, "push.changes", read_change);
	if (!str_equal(action, reading->word))
		return read_pull_request(reading, action);
	event = reading_add(reading);
	return event && read_repository(reading, event);
}

const struct forge forge_bitbucket_cloud = {
	.name = "bitbucket-cloud",
	.event_header = "X-Event-Key",
	.marker_headers = {"X-Hook-Uuid"},
	.delivery_headers = {"X-Request-Uuid"},
	.signature = {.check = verify_hmac, .headers = {"X-Hub-Signature"}, .prefix = "sha256="},
	.read = read_events,
};
