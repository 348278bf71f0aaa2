/*
 * Which files two commits differ in. Forges list some of them in their payloads, and none lists all: GitLab stops at
 * 20 commits, GitHub at some 2,000 files. So it is git that is asked.
 */
#ifndef POCKETCI_GIT_CHANGES_H
#define POCKETCI_GIT_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct error;

/* Beyond so many the list is cut: whoever asks takes each path to be changed. */
#define CHANGES_MAX 200000

struct changes {
	struct str *paths; /* from the root of the tree, in git's order; of a renamed file the old and the new */
	size_t count, capacity;
	bool cut;
};

/* Which commit the other one is compared with. Full ids; empty where there is none. */
struct changes_query {
	struct str before; /* this very commit, where the mirror has it: what a branch was before a push */
	struct str base;   /* else the best common ancestor with this one: the branch that a new one left */
	struct str commit;
};

/*
 * Fills *changes, whose text lives in the arena. Where there is neither before nor base, or no common ancestor, every
 * file of the commit is new. A submodule is a path, too. ERROR_UNUSABLE: the mirror has no such commit, or no such
 * base. ERROR_STORAGE: the mirror is damaged, and is made again when it is next fetched.
 */
bool changes_find(struct arena *arena, const char *mirror, const struct changes_query *query, struct changes *changes,
                  struct error *error);

/* Whether the mirror has this commit: a full id, or empty. No where it cannot be told. */
bool changes_know(const char *mirror, struct str commit);

#endif
