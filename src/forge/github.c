/*
 * GitHub's events in common terms, and those that Gitea, Forgejo and Gogs send in the same form; where these differ a
 * row of a table has a second path. Of events that have no common term only repository and sender are read: an
 * organisation's have no repository.
 */
#include "forge/github.h"

#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/forges.h"

static const struct field sender_fields[] = {
	FIELD("sender.login", sender, plain, FIELD_OPTIONAL),
	FIELD("sender.id", sender_id, id, FIELD_OPTIONAL),
	FIELD("sender.login", author, text, FIELD_OPTIONAL),
};

static const struct field repository_fields[] = {
	FIELD("repository.full_name", repository, plain, FIELD_REQUIRED),
	FIELD("repository.clone_url", clone_url, plain, FIELD_REQUIRED),
	FIELD("repository.id", repository_id, id, FIELD_OPTIONAL),
	FIELD("repository.ssh_url", ssh_url, plain, FIELD_OPTIONAL),
	FIELD("repository.default_branch", default_branch, branch, FIELD_OPTIONAL),
};

/* Of events that need no repository. */
static const struct field other_fields[] = {
	FIELD("repository.full_name", repository, plain, FIELD_OPTIONAL),
	FIELD("repository.clone_url", clone_url, plain, FIELD_OPTIONAL),
	FIELD("repository.id", repository_id, id, FIELD_OPTIONAL),
	FIELD("repository.ssh_url", ssh_url, plain, FIELD_OPTIONAL),
	FIELD("repository.default_branch", default_branch, branch, FIELD_OPTIONAL),
};

static const struct field push_fields[] = {
	FIELD("ref", ref, ref, FIELD_REQUIRED),
	FIELD("after", commit, commit, FIELD_REQUIRED),
	FIELD("before", before, commit, FIELD_OPTIONAL),
};

/* `after` of an annotated tag is the tag's own id; the commit that it names is the head commit. */
static const struct field tag_fields[] = {
	FIELD("head_commit.id", commit, commit, FIELD_OPTIONAL),
};

static const struct field head_fields[] = {
	FIELD("url", url, plain, FIELD_OPTIONAL),
	FIELD("author.name", author, text, FIELD_OPTIONAL),
	FIELD("message", message, text, FIELD_OPTIONAL),
};

static const struct field release_fields[] = {
	FIELD("release.tag_name", tag, branch, FIELD_REQUIRED),
	FIELD("release.html_url", url, plain, FIELD_OPTIONAL),
	FIELD("action", action, plain, FIELD_OPTIONAL),
};

static const struct field pull_request_fields[] = {
	FIELD("number", number, number, FIELD_REQUIRED), FIELD("action", action, plain, FIELD_REQUIRED),
	FIELD("pull_request.html_url", url, plain, FIELD_OPTIONAL),
	FIELD("pull_request.base.ref", branch, branch, FIELD_OPTIONAL),
	FIELD("pull_request.base_branch", branch, branch, FIELD_REQUIRED), /* Gogs */
	FIELD("pull_request.head.ref", source_branch, branch, FIELD_OPTIONAL),
	FIELD("pull_request.head_branch", source_branch, branch, FIELD_REQUIRED), /* Gogs */
	FIELD("pull_request.head.sha", commit, commit, FIELD_OPTIONAL),           /* Gogs sends none */
	FIELD("pull_request.base.sha", target_commit, commit, FIELD_OPTIONAL),
	FIELD("before", before, commit, FIELD_OPTIONAL),
	FIELD("pull_request.base.repo.id", repository_id, id, FIELD_OPTIONAL),
	FIELD("pull_request.base_repo.id", repository_id, id, FIELD_OPTIONAL), /* Gogs */
	/* The repository of a fork may be gone, and is null then. */
	FIELD("pull_request.head.repo.full_name", head_repository, plain, FIELD_OPTIONAL),
	FIELD("pull_request.head_repo.full_name", head_repository, plain, FIELD_OPTIONAL), /* Gogs */
	FIELD("pull_request.head.repo.id", head_repository_id, id, FIELD_OPTIONAL),
	FIELD("pull_request.head_repo.id", head_repository_id, id, FIELD_OPTIONAL), /* Gogs */
};

static const struct field_word actions[] = {
	{"synchronize", "updated"},  /* GitHub */
	{"synchronized", "updated"}, /* Gitea, Forgejo, Gogs */
};

/* The head commit: named so, or with Gogs the one in the list that the ref points to now. */
static bool read_head(struct reading *reading, struct event *event)
{
	const struct value *head = field_at("head_commit", reading->payload);

	if (head == NULL)
		head = field_find("commits", reading->payload, "id", event->commit);
	return head == NULL || READ_AT(reading, head_fields, head, event);
}

static bool read_push(struct reading *reading)
{
	struct event *event = reading_add(reading);
	struct event tag = event_empty(STR(""));
	bool deleted;

	if (!event || !READ(reading, push_fields, event) || !READ(reading, repository_fields, event) ||
	    !field_read_flag("deleted", reading->payload, &deleted, reading->error) ||
	    !field_read_flag("forced", reading->payload, &event->forced, reading->error))
		return false;
	event_settle_ref(event, deleted);
	if (event->commit.len > 0 && (!READ(reading, tag_fields, &tag) || !read_head(reading, event)))
		return false;
	if (event->tag.len > 0 && tag.commit.len > 0)
		event->commit = tag.commit;
	return READ(reading, sender_fields, event);
}

/* `ref` is the name without prefix, ref_type says which. */
static bool read_delete(struct reading *reading)
{
	static const struct field name_fields[] = {FIELD("ref", branch, branch, FIELD_REQUIRED)};
	struct event *event = reading_add(reading);
	bool is_tag = str_equal_c(field_text_at("ref_type", reading->payload), "tag");

	if (!event || !READ(reading, name_fields, event) || !READ(reading, repository_fields, event))
		return false;
	event->ref = event->branch;
	if (!str_starts(event->ref, STR("refs/")))
		event->ref = str_join(reading->arena, is_tag ? STR("refs/tags/") : STR("refs/heads/"), event->branch);
	event_settle_ref(event, true);
	return READ(reading, sender_fields, event);
}

static bool read_release(struct reading *reading)
{
	struct event *event = reading_add(reading);

	if (!event || !READ(reading, release_fields, event) || !READ(reading, repository_fields, event) ||
	    !READ(reading, sender_fields, event))
		return false;
	event->type = STR("release");
	event->ref = str_join(reading->arena, STR("refs/tags/"), event->tag);
	return true;
}

/* The repository that the request is for stands there twice: whoever says two says whatever suits him. */
static bool names_one_repository(struct reading *reading)
{
	static const char *const pairs[][2] = {
		{"pull_request.base.repo.id", "repository.id"},
		{"pull_request.base.repo.full_name", "repository.full_name"},
		{"pull_request.base.repo.clone_url", "repository.clone_url"},
		{"pull_request.base_repo.id", "repository.id"}, /* Gogs */
	};
	bool agrees = true;

	for (size_t i = 0; i < FIELD_COUNT(pairs) && agrees; i++)
		agrees = reading_agrees(reading, pairs[i][0], pairs[i][1]);
	return agrees;
}

static bool read_pull_request(struct reading *reading)
{
	struct event *event = reading_add(reading);
	bool merged;

	if (!event || !names_one_repository(reading) || !READ(reading, pull_request_fields, event) || !READ(reading, repository_fields, event) ||
	    !READ(reading, sender_fields, event) ||
	    !field_read_flag("pull_request.merged", reading->payload, &merged, reading->error))
		return false;
	event->action = field_translate(actions, FIELD_COUNT(actions), event->action);
	if (merged && str_equal_c(event->action, "closed"))
		event->action = STR("merged");
	event->ref = str_printf(reading->arena, "refs/pull/%.*s/head", STR_ARGS(event->number));
	event_settle_pull_request(event);
	return true;
}

static bool read_other(struct reading *reading)
{
	struct event *event = reading_add(reading);

	return event && READ(reading, other_fields, event) && READ(reading, sender_fields, event);
}

bool github_read(struct reading *reading)
{
	static const struct {
		const char *word;
		bool (*read)(struct reading *reading);
	} words[] = {
		{"push", read_push},
		{"delete", read_delete},
		{"release", read_release},
		{"pull_request", read_pull_request},
	};

	for (size_t i = 0; i < FIELD_COUNT(words); i++) {
		if (str_equal_c(reading->word, words[i].word))
			return words[i].read(reading);
	}
	return read_other(reading);
}

const struct forge forge_github = {
	.name = "github",
	.event_header = "X-Github-Event",
	.delivery_headers = {"X-Github-Delivery"},
	.signature = {.check = verify_github,
                      .headers = {"X-Hub-Signature-256", "X-Hub-Signature"},
                      .prefix = "sha256="},
	.read = github_read,
};
