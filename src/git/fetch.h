/*
 * One fetch into a mirror that is open and locked: what the other side has of a ref and a commit.
 */
#ifndef POCKETCI_GIT_FETCH_H
#define POCKETCI_GIT_FETCH_H

#include <git2/oid.h>
#include <git2/types.h>
#include <stdbool.h>

struct error;
struct git_credentials;
struct repository_url;

struct fetch {
	git_repository *repository; /* the mirror */
	const struct repository_url *url;
	const struct git_credentials *credentials;
	const char *ref;       /* refs/…, or "": the default branch where no commit is named */
	const git_oid *commit; /* NULL: the tip of ref */
	bool everything;       /* all branches and tags at once, not ref alone */
};

/*
 * Brings the commit into the mirror and moves the mirror's own refs to where the other side's are. First ref alone;
 * where the commit is not there then, all branches and tags; at last the commit by its id, where the server gives ids
 * that no ref points to (a forced push came in between). *id gets the commit's id, an annotated tag peeled. Errors as
 * mirror_fetch says.
 */
bool fetch_commit(const struct fetch *fetch, git_oid *id, struct error *error);

#endif
