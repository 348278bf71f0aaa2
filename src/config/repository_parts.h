/* URLs and patterns of repositories, cut into parts that are checked but not copied or changed. */
#ifndef POCKETCI_CONFIG_REPOSITORY_PARTS_H
#define POCKETCI_CONFIG_REPOSITORY_PARTS_H

#include <stdbool.h>

#include "base/str.h"

struct error;

struct repository_scheme {
	const char *name;
	unsigned port; /* 0: the scheme has no host */
	bool user;     /* the URL may name one */
};

/* Each part borrows from the text that was cut; see struct repository_url. */
struct repository_parts {
	const struct repository_scheme *scheme; /* NULL in a pattern without one */
	bool scp;                               /* user@host:path */
	bool scp_rooted;                        /* user@host:/path */
	struct str user, host;
	unsigned port;          /* the scheme's own where none is written */
	struct str path;        /* as written but for slashes at the end; with leading slash for file alone */
	struct str path_no_git; /* and without one ".git" */
};

bool repository_parts_of_url(struct str text, struct repository_parts *parts, struct error *error);
bool repository_parts_of_pattern(struct str text, struct repository_parts *parts, struct error *error);

#endif
