/*
 * Which functions of a module an event calls, and with what: by their names, in four tiers, of which the first with a
 * function that fits counts.
 *
 *     1  On<Forge><Event><Filter>
 *     2  On<Forge><Event>          gets --filter
 *     3  On<Forge>                 gets --filter --event
 *     4  Dispatch                  gets --filter --event --vendor
 *
 * A function's name is the tier's, or ends with it. Of its arguments vendor, event and filter those that have a default
 * (a list with commas) must hold the event's; of onChanges, globs, one must match a changed file.
 */
#ifndef POCKETCI_RUN_DAGGER_CHOOSE_H
#define POCKETCI_RUN_DAGGER_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct dagger_function;
struct dagger_module;

struct dagger_event {
	struct str vendor; /* github */
	struct str event;  /* push, pull_request, release */
	struct str filter; /* branch of a push, refs/tags/… of a tag, else the action; may be empty */
	bool changes_known;
	const struct str *changes; /* changed files */
	size_t change_count;
};

/* What a function gets where it has the argument, in the form of the command line: src. */
struct dagger_offer {
	struct str option, value;
};

struct dagger_call {
	const struct dagger_function *function;
	struct str name;       /* of the function, as the command line has it */
	struct str *arguments; /* "--src=." */
	size_t argument_count;
	struct str missing; /* the first argument that it needs and nobody gives, as the module has it; empty: none */
};

struct dagger_calls {
	struct dagger_call *items; /* in the order of the functions' names */
	size_t count;
};

/* Everything is in the arena, or borrowed. None: there is nothing to do. */
struct dagger_calls dagger_choose(struct arena *arena, const struct dagger_module *module,
                                  const struct dagger_event *event, const struct dagger_offer *offers,
                                  size_t offer_count);

#endif
