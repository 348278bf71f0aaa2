/* What holds of every event that a reader gives: nothing in it could not be handed to git or a command. */
#ifndef POCKETCI_TESTS_FUZZ_EVENT_PROMISES_H
#define POCKETCI_TESTS_FUZZ_EVENT_PROMISES_H

#include "base/error.h"
#include "forge/event.h"
#include "fuzz.h"

static inline void promise_plain(struct str text)
{
	PROMISE(!str_starts(text, STR("-")));
	for (size_t i = 0; i < text.len; i++)
		PROMISE((unsigned char)text.data[i] >= 0x20);
}

static inline void promise_commit(struct str commit)
{
	PROMISE(commit.len == 0 || (event_commit_is_valid(commit) && !event_commit_is_none(commit)));
}

static inline void promise_event(const struct event *event)
{
	const struct str plain[] = {
		event->type,
		event->word,
		event->delivery,
		event->repository,
		event->repository_id,
		event->clone_url,
		event->ssh_url,
		event->branch,
		event->tag,
		event->url,
		event->number,
		event->action,
		event->source_branch,
		event->fork,
		event->head_repository,
		event->short_commit,
		event->head_repository_id,
		event->sender_id,
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		promise_plain(plain[i]);
	promise_commit(event->commit);
	promise_commit(event->before);
	promise_commit(event->target_commit);
	PROMISE(event->ref.len == 0 || event_ref_is_valid(event->ref));
	PROMISE(event->branch.len == 0 || event_branch_is_valid(event->branch));
	PROMISE(event->forge.len > 0 && event->type.len > 0 && event->word.len > 0);
	if (str_equal_c(event->type, "push") || str_equal_c(event->type, "tag"))
		PROMISE(event->commit.len > 0 && event->ref.len > 0);
	if (str_equal_c(event->type, "pull-request"))
		PROMISE(event->number.len > 0 && event->branch.len > 0 && event->source_branch.len > 0);
	if (str_equal_c(event->fork, "false"))
		PROMISE(str_equal(event->repository_id, event->head_repository_id) && event->repository_id.len > 0);
}

/* good is what the reader returned. */
static inline void promise_events(bool good, const struct event_list *list, const struct error *error)
{
	PROMISE(good == (error->kind == ERROR_NONE));
	PROMISE(good || (error->message[0] != '\0' && list->forge.len > 0 && list->count == 0));
	PROMISE(!good || (list->count > 0) == (list->forge.len > 0));
	PROMISE(list->count <= EVENT_MAX);
	for (size_t i = 0; i < list->count; i++)
		promise_event(&list->items[i]);
}

#endif
