/*
 * Which repositories may be checked out, and with what. `repositories:` in pocketci.yaml is the allow-list: a URL
 * that no entry matches is refused before anything is fetched.
 */
#ifndef POCKETCI_CONFIG_REPOSITORY_H
#define POCKETCI_CONFIG_REPOSITORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "config/keys.h"
#include "config/secret.h"

struct arena;
struct error;

#define REPOSITORY_URL_MAX 2000 /* bytes */

/*
 * A clone URL taken apart and made canonical: scheme and host in lower case, default port dropped, one ".git" and
 * trailing slashes at the end dropped from path. Every text is NUL-terminated.
 */
struct repository_url {
	struct str scheme; /* https, http, ssh, git, file */
	struct str user;   /* empty where there is none; a password in a URL is refused */
	struct str host;   /* an IPv6 address with its brackets; empty for file */
	struct str port;   /* empty: the scheme's own */
	struct str path;   /* without leading slash (with it for file): acme/app */
	struct str text;   /* for git; ".git" and the form user@host:path stay, since they may mean another place */
	struct str name;   /* canonical, without user, for messages and the mirror: github.com/acme/app (https and ssh),
	                      http://host:8080/app, file:///srv/app */
};

/*
 * Takes https://, http://, ssh://, git://, file:// URLs and user@host:path. Refused (ERROR_INVALID, with a message
 * that quotes nothing of the text, which may hold a password): other schemes, "ext::", a password, a user in git://
 * and file://, control characters, white space, query and fragment, characters that a shell or a terminal would take
 * for its own, '%' escapes of what needs none (they hide a slash or a dot), "..", empty and "." segments, a user,
 * host or path that begins with '-', a host in file://, more than REPOSITORY_URL_MAX bytes.
 */
bool repository_url_parse(struct arena *arena, struct str text, struct repository_url *url, struct error *error);

struct repository {
	struct position position;
	struct str match;    /* the pattern as written, such as http://127.0.0.1:8080/app */
	struct secret token; /* HTTP password with username, or "x-access-token" */
	struct str username;
	struct secret ssh_key;
	struct secret secret;     /* of the webhook: deliveries to /hooks are signed with it */
	struct str secret_text;   /* the same as it was read; empty until gateway/portable.h has done so */
	struct text_list secrets; /* names that the repository's own hooks may use */
	bool runs_forks;          /* pull requests from forks are run */
};

struct repositories {
	struct repository *items;
	size_t count;
};

/*
 * Whether a pattern covers a URL. "host/path" without scheme means https or ssh on that host, default ports; with
 * scheme just that scheme, host and port. In path a `*` stands for one or more characters but '/', `**` for any
 * number of characters; ".git" at its end does not count. Matching is case-insensitive for the host only.
 */
bool repository_pattern_matches(struct str pattern, const struct repository_url *url);

/* Whether the pattern itself can be used: ERROR_INVALID says why not (unknown scheme, wildcard in the host, empty). */
bool repository_pattern_check(struct str pattern, struct error *error);

/* The first entry that covers the URL, or NULL. */
const struct repository *repositories_find(const struct repositories *repositories, const struct repository_url *url);

#endif
