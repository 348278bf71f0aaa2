/*
 * Which commit an id names, and whether a repository has it.
 */
#ifndef POCKETCI_GIT_COMMIT_H
#define POCKETCI_GIT_COMMIT_H

#include <git2/oid.h>
#include <git2/types.h>

enum commit_state {
	COMMIT_FOUND,
	COMMIT_MISSING,  /* the repository does not have it */
	COMMIT_UNUSABLE, /* it names something else (a file, a tag of one), or was made wrong */
	COMMIT_BROKEN,   /* it is there but it or its tree cannot be read: the repository is damaged */
};

/*
 * Looks for the commit that object names: a commit itself, or what an annotated tag (of a tag, …) points to. *commit
 * is set where it is found: then its tree is there too.
 */
enum commit_state commit_find(git_repository *repository, const git_oid *object, git_oid *commit);

#endif
