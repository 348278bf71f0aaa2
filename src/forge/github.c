/*
 * A push to GitHub in common terms. Of other events only the repository is read, where there is one: an organisation's
 * have none.
 */
#include "forge/github.h"

#include "base/error.h"
#include "forge/event.h"
#include "forge/field.h"
#include "payload/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define COMMIT_FORM "a commit id: 40 or 64 lower-case hexadecimal digits"

static const struct field push_fields[] = {
	{"ref", offsetof(struct event, ref), event_ref_is_valid, "the full name of a ref"},
	{"after", offsetof(struct event, commit), event_commit_is_valid, COMMIT_FORM},
};

static const struct field before_field = {
	"before",
	offsetof(struct event, before),
	event_commit_is_valid,
	COMMIT_FORM,
};

static const struct field head_field = {
	"head_commit.id",
	offsetof(struct event, commit),
	event_commit_is_valid,
	COMMIT_FORM,
};

static const struct field repository_fields[] = {
	{"repository.full_name", offsetof(struct event, repository), field_is_plain, FIELD_PLAIN_FORM},
	{"repository.clone_url", offsetof(struct event, clone_url), field_is_plain, FIELD_PLAIN_FORM},
};

/* The rest of the ref behind the prefix, or empty text. */
static struct str short_name(struct str ref, struct str prefix)
{
	return str_starts(ref, prefix) ? str_from_index(ref, prefix.len) : STR("");
}

static void clear_none(struct str *commit)
{
	if (event_commit_is_none(*commit))
		*commit = STR("");
}

/* `after` of an annotated tag is the tag's own id; the commit that it names is the head commit. */
static bool read_tagged_commit(const struct value *payload, struct event *event, struct error *error)
{
	struct str commit;

	if (!field_read(&head_field, FIELD_OPTIONAL, payload, &commit, error))
		return false;
	if (commit.len > 0)
		event->commit = commit;
	return true;
}

static bool read_push(const struct value *payload, struct event *event, struct error *error)
{
	bool deleted;

	if (!field_read_all(push_fields, COUNT(push_fields), FIELD_REQUIRED, payload, event, error) ||
	    !field_read_all(&before_field, 1, FIELD_OPTIONAL, payload, event, error) ||
	    !field_read_all(repository_fields, COUNT(repository_fields), FIELD_REQUIRED, payload, event, error) ||
	    !field_read_flag("deleted", payload, &deleted, error))
		return false;

	event->branch = short_name(event->ref, STR("refs/heads/"));
	event->tag = short_name(event->ref, STR("refs/tags/"));
	clear_none(&event->before);
	if (deleted || event_commit_is_none(event->commit)) {
		event->type = STR("delete");
		event->commit = STR("");
		return true;
	}
	event->type = event->tag.len > 0 ? STR("tag") : STR("push");
	return event->tag.len == 0 || read_tagged_commit(payload, event, error);
}

bool github_read(const struct value *payload, struct str word, struct event *event, struct error *error)
{
	if (str_equal_c(word, "push"))
		return read_push(payload, event, error);
	event->type = word;
	return field_read_all(repository_fields, COUNT(repository_fields), FIELD_OPTIONAL, payload, event, error);
}
