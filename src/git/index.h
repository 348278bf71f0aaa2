/*
 * The index of a workspace that was just written.
 */
#ifndef POCKETCI_GIT_INDEX_H
#define POCKETCI_GIT_INDEX_H

#include <git2/types.h>
#include <stdbool.h>

struct error;

/*
 * Makes every file a little older than it is, notes that in the index and writes it with the ids of all folders (the
 * TREE extension). Without that git(1) cannot tell by the time alone whether a file changed after it went into the
 * index, and reads all of them at the first `git status`.
 */
bool index_settle(git_repository *repository, git_index *index, struct error *error);

#endif
