/*
 * A connection to the repository that a mirror mirrors, for one exchange: which refs it has, and the objects of some of
 * them.
 */
#ifndef POCKETCI_GIT_UPSTREAM_H
#define POCKETCI_GIT_UPSTREAM_H

#include <git2/remote.h>
#include <git2/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct error;
struct git_credentials;
struct repository_url;

/* Which refs an exchange is about. */
struct upstream_choice {
	const char *ref; /* this one by its full name; NULL for none */
	bool all;        /* all branches and tags */
};

struct upstream {
	git_repository *mirror;
	const struct repository_url *url;
	const struct git_credentials *credentials;
	git_remote *remote;
	const git_remote_head **heads; /* the remote's: HEAD, refs/…, and tags peeled (NAME^{}) */
	size_t count;
	unsigned asked; /* how often the server wanted a login */
};

/*
 * Connects and reads the list of refs. ERROR_UPSTREAM where the server does not answer or refuses, naming the URL and
 * never the token. The struct is to be released in each case, and what it was given must live until then.
 */
bool upstream_connect(struct upstream *upstream, git_repository *mirror, const struct repository_url *url,
                      const struct git_credentials *credentials, struct error *error);

/* The ref of this full name, or NULL. */
const git_remote_head *upstream_head(const struct upstream *upstream, const char *name);

/* The full name of the branch that HEAD stands for, in the arena; NULL where the other side has none. */
const char *upstream_default_branch(const struct upstream *upstream, struct arena *arena);

/* Whether the other side has no ref at all. */
bool upstream_is_empty(const struct upstream *upstream);

/* Whether the ref of this name is chosen, and has a name that a ref may have. */
bool upstream_chosen(const struct upstream_choice *choice, const char *name);

/* Brings what the chosen refs point to into the mirror's objects; moves no ref. */
bool upstream_download(struct upstream *upstream, const struct upstream_choice *choice, struct error *error);

/* The same for one id. *refused: the server does not give it, and error is not filled. */
bool upstream_download_id(struct upstream *upstream, const git_oid *id, bool *refused, struct error *error);

void upstream_release(struct upstream *upstream);

#endif
