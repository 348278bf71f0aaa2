/*
 * Azure DevOps's events in common terms. No header tells them, their type and id are in the payload. A push tells of
 * all its refs in one delivery.
 */
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"

/* Until both are joined, head_repository holds the project. */
static const struct field repository_fields[] = {
	FIELD("resource.repository.id", repository_id, id, FIELD_OPTIONAL),
	FIELD("resource.repository.name", repository, plain, FIELD_OPTIONAL),
	FIELD("resource.repository.project.name", head_repository, plain, FIELD_OPTIONAL),
	FIELD("resource.repository.remoteUrl", clone_url, plain, FIELD_OPTIONAL),
	FIELD("resource.repository.sshUrl", ssh_url, plain, FIELD_OPTIONAL),
	FIELD("resource.repository.defaultBranch", default_branch, ref, FIELD_OPTIONAL),
};

static const struct field pusher_fields[] = {
	FIELD("resource.pushedBy.id", sender_id, id, FIELD_OPTIONAL),
	FIELD("resource.pushedBy.uniqueName", sender, text, FIELD_OPTIONAL),
	FIELD("resource.pushedBy.displayName", author, text, FIELD_OPTIONAL),
};

/* Of a push. */
static const struct field needed_fields[] = {
	FIELD("resource.repository.name", repository, plain, FIELD_REQUIRED),
	FIELD("resource.repository.remoteUrl", clone_url, plain, FIELD_REQUIRED),
};

static const struct field update_fields[] = {
	FIELD("name", ref, ref, FIELD_REQUIRED),
	FIELD("newObjectId", commit, commit, FIELD_REQUIRED),
	FIELD("oldObjectId", before, commit, FIELD_OPTIONAL),
};

static const struct field head_fields[] = {
	FIELD("author.name", author, text, FIELD_OPTIONAL),
	FIELD("comment", message, text, FIELD_OPTIONAL),
};

static const struct field pull_request_fields[] = {
	FIELD("resource.pullRequestId", number, number, FIELD_REQUIRED),
	FIELD("resource._links.web.href", url, plain, FIELD_OPTIONAL),
	FIELD("resource.targetRefName", branch, ref, FIELD_REQUIRED),
	FIELD("resource.sourceRefName", source_branch, ref, FIELD_REQUIRED),
	FIELD("resource.lastMergeSourceCommit.commitId", commit, commit, FIELD_OPTIONAL),
	FIELD("resource.lastMergeTargetCommit.commitId", target_commit, commit, FIELD_OPTIONAL),
	FIELD("resource.createdBy.displayName", author, text, FIELD_OPTIONAL),
	FIELD("resource.repository.name", repository, plain, FIELD_REQUIRED),
};

/* Who updates a pull request is not told: createdBy is who opened it. */
static const struct field opener_fields[] = {
	FIELD("resource.createdBy.id", sender_id, id, FIELD_OPTIONAL),
	FIELD("resource.createdBy.uniqueName", sender, text, FIELD_OPTIONAL),
};

static const struct field fork_fields[] = {
	FIELD("resource.forkSource.repository.id", head_repository_id, id, FIELD_OPTIONAL),
	FIELD("resource.forkSource.repository.name", head_repository, plain, FIELD_OPTIONAL),
};

static struct str without_prefix(struct str ref)
{
	return str_starts(ref, STR("refs/heads/")) ? str_from_index(ref, 11) : ref;
}

static bool read_repository(struct reading *reading, struct event *event)
{
	struct event repository = event_empty(STR(""));

	if (!READ(reading, repository_fields, &repository))
		return false;
	event->repository = repository.repository;
	if (repository.head_repository.len > 0 && repository.repository.len > 0)
		event->repository = str_printf(reading->arena, "%.*s/%.*s", STR_ARGS(repository.head_repository),
		                               STR_ARGS(repository.repository));
	event->repository_id = repository.repository_id;
	event->clone_url = repository.clone_url;
	event->ssh_url = repository.ssh_url;
	event->default_branch = without_prefix(repository.default_branch);
	return true;
}

static bool read_update(struct reading *reading, const struct value *update)
{
	struct event *event = reading_add(reading);
	const struct value *head;

	if (!event || !READ_AT(reading, update_fields, update, event))
		return false;
	event_settle_ref(event, false);
	head = field_find("resource.commits", reading->payload, "commitId", event->commit);
	if (head != NULL && !READ_AT(reading, head_fields, head, event))
		return false;
	return READ(reading, needed_fields, event) && READ(reading, pusher_fields, event) &&
	       read_repository(reading, event);
}

/* Where commits, votes, reviewers and the title change the event is the same; the state alone tells the end. */
static struct str action_of(const struct reading *reading)
{
	static const struct field_word states[] = {
		{"active", "updated"},
		{"abandoned", "closed"},
		{"completed", "merged"},
	};
	struct str state = field_text_at("resource.status", reading->payload);

	if (str_equal_c(reading->word, "git.pullrequest.created"))
		return STR("opened");
	return field_translate(states, FIELD_COUNT(states), state);
}

static bool read_pull_request(struct reading *reading)
{
	struct event *event = reading_add(reading);
	bool forked = field_is_there("resource.forkSource", reading->payload);
	bool opened = str_equal_c(reading->word, "git.pullrequest.created");

	if (!event || !READ(reading, pull_request_fields, event) || (opened && !READ(reading, opener_fields, event)) ||
	    !READ(reading, fork_fields, event) || !read_repository(reading, event))
		return false;
	event->action = action_of(reading);
	/* A fork's commits are parents of the merge that Azure tries. */
	event->ref = event->source_branch;
	if (forked)
		event->ref = str_printf(reading->arena, "refs/pull/%.*s/merge", STR_ARGS(event->number));
	else
		event->head_repository_id = event->repository_id;
	event->branch = without_prefix(event->branch);
	event->source_branch = without_prefix(event->source_branch);
	event_settle_pull_request(event);
	return true;
}

static bool read_events(struct reading *reading)
{
	struct event *event;

	if (str_equal_c(reading->word, "git.push"))
		return reading_each(reading, "resource.refUpdates", read_update);
	if (str_equal_c(reading->word, "git.pullrequest.created") ||
	    str_equal_c(reading->word, "git.pullrequest.updated"))
		return read_pull_request(reading);
	event = reading_add(reading);
	return event && read_repository(reading, event);
}

static bool tell(const struct value *payload, struct str *word, struct str *delivery)
{
	*word = field_text_at("eventType", payload);
	*delivery = field_text_at("id", payload);
	return str_starts(*word, STR("git."));
}

const struct forge forge_azure_devops = {
	.name = "azure-devops",
	.tell = tell,
	.signature = {.check = verify_basic, .headers = {"Authorization"}},
	.read = read_events,
};
