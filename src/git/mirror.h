/*
 * A bare mirror per repository under STATE/mirrors, fetched incrementally. One writer at a time (flock on a file beside
 * it); whoever waited for the lock and finds the commit there does not fetch again.
 */
#ifndef POCKETCI_GIT_MIRROR_H
#define POCKETCI_GIT_MIRROR_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct repository_url;

/* How to authenticate: an empty password means not at all, an empty username with a password "x-access-token". */
struct git_credentials {
	struct str username, password;
};

/* STATE/mirrors/NAME-HASH.git for this URL: readable, unique, of bounded length. */
char *mirror_path(struct arena *arena, struct str state, const struct repository_url *url);

/*
 * Brings ref (refs/…, may be empty) and commit (full id, may be empty: the tip of ref) into the mirror, made where it
 * is missing, and pins it under refs/pocketci/RUN so that a forced push cannot take it away. id gets the commit's full
 * id: an annotated tag gives the commit it names. Fetches that ref only; where the commit is not there then, all
 * branches and tags; where no ref leads to it any more, the commit by its id, if the server gives that. Neither ref nor
 * commit: the default branch.
 *
 * There is no deadline: a server may hang and another fetch may hold the lock, so this runs in a process that can be
 * killed at any time. What a killed one left, and a mirror that lost something on disk, is mended here.
 *
 * ERROR_UNUSABLE: the commit or ref does not exist there. ERROR_UPSTREAM: the server does not answer, refuses or fails.
 * ERROR_INVALID: an ssh URL (not supported yet), or a ref, commit or run that cannot be one. ERROR_STORAGE: disk full.
 */
bool mirror_fetch(const char *mirror, const struct repository_url *url, const struct git_credentials *credentials,
                  struct str ref, struct str commit, struct str run, char id[static 65], struct error *error);

/* Removes the pin, without waiting for a fetch. A mirror or pin that is not there is fine. */
bool mirror_unpin(const char *mirror, struct str run, struct error *error);

#endif
