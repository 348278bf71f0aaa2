/*
 * The fields of an event: by the names that hooks use, and all of them empty.
 */
#include <stddef.h>

#include "forge/event.h"

/* clang-format off */
const char *const event_names[] = {
	"type",
	"forge",
	"delivery",
	"repository",
	"clone-url",
	"ssh-url",
	"url",
	"ref",
	"branch",
	"tag",
	"commit",
	"before",
	"number",
	"action",
	"source-branch",
	"fork",
	"author",
	"message",
	NULL,
};

/* In the order of event_names, and behind them those without a name. */
static const size_t offsets[] = {
	offsetof(struct event, type),
	offsetof(struct event, forge),
	offsetof(struct event, delivery),
	offsetof(struct event, repository),
	offsetof(struct event, clone_url),
	offsetof(struct event, ssh_url),
	offsetof(struct event, url),
	offsetof(struct event, ref),
	offsetof(struct event, branch),
	offsetof(struct event, tag),
	offsetof(struct event, commit),
	offsetof(struct event, before),
	offsetof(struct event, number),
	offsetof(struct event, action),
	offsetof(struct event, source_branch),
	offsetof(struct event, fork),
	offsetof(struct event, author),
	offsetof(struct event, message),
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
