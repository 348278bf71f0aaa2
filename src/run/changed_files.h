/*
 * The changed files of a push or a pull request: which commit to compare with is decided here, and fetched where the
 * mirror does not have it. For a process that may be killed, as all work with git (git_process.h).
 */
#ifndef POCKETCI_RUN_CHANGED_FILES_H
#define POCKETCI_RUN_CHANGED_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "git/changes.h"

struct arena;
struct error;
struct git_credentials;
struct repository_url;

struct changed_files_query {
	const char *mirror; /* has the commit */
	const struct repository_url *url;
	const struct git_credentials *credentials;
	struct str run;    /* its id: what is fetched is pinned as RUN-base */
	struct str commit; /* full id: what was pushed */
	struct str ref;    /* where to, refs/heads/…; of a pull request anything else, or empty */
	struct str before; /* full id of what was there; empty: a new branch, or a pull request */
	struct str base; /* refs/heads/…: a pull request's target, else the default branch; empty: the remote's HEAD */
};

/*
 * Fills *changes, in the arena: what before..commit changes where the mirror has `before`; else (a new branch, a pull
 * request, a push by force over commits that are gone) what was changed since the commit had parted from base. A branch
 * that was made as the default branch is new in whole. base gets the full id of the base where it was fetched, else "".
 *
 * False where they cannot be known: `before` is gone and the push was to the base itself (ERROR_UNUSABLE); the base
 * cannot be fetched (errors of mirror_fetch); errors of changes_find. changed_files_release is to be called in each case.
 */
bool changed_files_find(struct arena *arena, const struct changed_files_query *query, struct changes *changes,
                        char base[static 65], struct error *error);

/* Takes the pin out of the mirror. One that is not there is fine. */
bool changed_files_release(const char *mirror, struct str run, struct error *error);

/* Whether one of them is among the patterns (base/glob.h); a list that was cut holds every path. */
bool changed_files_match(const struct changes *changes, const struct str *patterns, size_t count);

/*
 * Writes them to a new file, one path a line, as `git -c core.quotePath=false diff --name-only` does: a name with
 * control characters, quotes or backslashes stands in double quotes with C's escapes.
 */
bool changed_files_write(const struct changes *changes, const char *path, struct error *error);

#endif
