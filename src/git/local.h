/*
 * Fetching from a repository on this machine (file://). libgit2's own way packs every branch and tag of the other side
 * each time, whatever was asked for.
 */
#ifndef POCKETCI_GIT_LOCAL_H
#define POCKETCI_GIT_LOCAL_H

#include <git2/oid.h>
#include <git2/types.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Brings these objects, with all they lead to that mirror does not have, from the repository at this file:// URL.
 * Returns 0 or libgit2's code: GIT_ENOTFOUND where one of them is not there.
 */
int local_download(git_repository *mirror, struct str url, const git_oid *wanted, size_t count);

#endif
