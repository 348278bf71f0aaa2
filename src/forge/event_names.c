/*
 * The fields of an event: by the names that hooks use, and all of them empty.
 */
#include <stddef.h>

#include "forge/event.h"
#include "forge/field.h"

/* clang-format off */
/* FIELD(name in hooks.yaml, member): one list for the names and where they lead. */
#define NAMED_FIELDS(FIELD) \
	FIELD("type", type) \
	FIELD("forge", forge) \
	FIELD("delivery", delivery) \
	FIELD("repository", repository) \
	FIELD("clone-url", clone_url) \
	FIELD("ssh-url", ssh_url) \
	FIELD("url", url) \
	FIELD("ref", ref) \
	FIELD("branch", branch) \
	FIELD("tag", tag) \
	FIELD("commit", commit) \
	FIELD("before", before) \
	FIELD("number", number) \
	FIELD("action", action) \
	FIELD("source-branch", source_branch) \
	FIELD("fork", fork) \
	FIELD("author", author) \
	FIELD("message", message)

#define NAME_OF(name, member) name,
#define OFFSET_OF(name, member) offsetof(struct event, member),

const char *const event_names[] = {NAMED_FIELDS(NAME_OF) NULL};

/* In the order of event_names, and behind them those without a name. */
static const size_t offsets[] = {
	NAMED_FIELDS(OFFSET_OF)
	offsetof(struct event, word),
	offsetof(struct event, repository_id),
	offsetof(struct event, default_branch),
	offsetof(struct event, short_commit),
	offsetof(struct event, target_commit),
	offsetof(struct event, head_repository),
	offsetof(struct event, head_repository_id),
	offsetof(struct event, sender),
	offsetof(struct event, sender_id),
};
/* clang-format on */

struct str event_value(const struct event *event, struct str name)
{
	for (size_t i = 0; event_names[i] != NULL; i++) {
		if (str_equal_nocase(name, str_from(event_names[i])))
			return *(const struct str *)(const void *)((const char *)event + offsets[i]);
	}
	return STR("");
}

struct event event_empty(struct str forge)
{
	struct event event = {.forced = false};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		*(struct str *)(void *)((char *)&event + offsets[i]) = STR("");
	event.forge = forge;
	return event;
}
