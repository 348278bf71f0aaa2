/*
 * A workspace: an independent repository with one commit checked out, made from a mirror. Nothing a command does in it
 * can reach the mirror's objects where they are small enough to be copied (32 MiB of packs in all); beyond that they
 * are read through objects/info/alternates.
 */
#ifndef POCKETCI_GIT_WORKSPACE_H
#define POCKETCI_GIT_WORKSPACE_H

#include <stdbool.h>

#include "base/str.h"

struct error;
struct repository_url;

/* A branch beside the one that is checked out: where a pull request is to go. */
struct workspace_base {
	struct str ref;    /* refs/heads/… */
	struct str commit; /* full id, there already */
};

/*
 * Makes the folder `path` (which must not exist) with the commit's files and a .git of its own: HEAD on the branch of
 * ref, or detached; refs/remotes/origin/BRANCH or the tag, and the same of base; remote origin with the URL without
 * credentials. `git status` is clean and `git log` works in it. All files are a little older than now, and made with
 * umask 022. base may be NULL.
 *
 * Where it fails, what was made is left for the caller to remove. ERROR_UNUSABLE: the commit holds what cannot be
 * written safely (a file named .git, a name twice in a folder). ERROR_TOO_LARGE: too many files. ERROR_STORAGE: disk
 * full; or the mirror is damaged, and then mirror_fetch makes it again when it is next called.
 */
bool workspace_make(const char *mirror, const char *path, const struct repository_url *url, struct str ref,
                    struct str commit, const struct workspace_base *base, struct error *error);

#endif
