/*
 * `on`, `branches`, `tags` and `paths` of a hook: which events of a forge it is for. They are asked after the trigger
 * rule, so that only who may start the hook learns what it is for.
 */
#ifndef POCKETCI_HOOK_FILTER_H
#define POCKETCI_HOOK_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct event;
struct hook;
struct key;
struct key_reader;
struct yaml_node;

/* The types of events that all forges have in common, NULL-terminated; in `on` any other word is a forge's own. */
extern const char *const filter_types[];

enum filter_answer {
	FILTER_WANTED,
	FILTER_UNWANTED,
	FILTER_PING, /* a forge asks whether anybody is there, and the hook does not name ping itself */
};

/*
 * Whether events are asked about at all: where one of the keys is there, or the checkout is left to the event. A hook
 * as the reference knows them is for every request.
 */
bool filter_applies(const struct hook *hook);

/*
 * What the hook makes of the event. *why, in the arena, is a sentence where it is not wanted, and what the hook listens
 * to where it is a ping. Without `on` push, tag and release count: a pull request may be anybody's, so it takes a hook
 * that names it; alone that means opened, updated and reopened. A hook with branches but no tags is not for tags, and
 * the reverse. A head commit whose message has "[skip ci]", "[ci skip]" or "[no ci]" starts nothing. A request that is no
 * event of a forge is not wanted by a hook with one of the keys. Changed files are another question: filter_paths.
 */
enum filter_answer filter_event(const struct hook *hook, const struct event *event, struct arena *arena,
                                struct str *why);

/* Whether `on` is there and names the event: else what a pull request brings is nothing to check out. */
bool filter_names(const struct hook *hook, const struct event *event);

/* Whether it takes the changed files to know: of a push to a branch and a pull request alone. */
bool filter_needs_paths(const struct hook *hook, const struct event *event);

/* Whether one of the changed files is among the hook's paths. */
bool filter_paths(const struct hook *hook, const struct str *paths, size_t count);

/* "push, pull-request on branches main, release/1": for people; in the arena. */
struct str filter_describe(const struct hook *hook, struct arena *arena);

/* Read functions for tables of keys, into a struct text_list: events, and patterns (base/glob.h). */
bool filter_read_events(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);
bool filter_read_patterns(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

#endif
