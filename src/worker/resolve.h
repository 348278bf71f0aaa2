/*
 * The hooks file of a repository as it is at the commit of an event: fetched into the mirror and read out of it, without
 * a workspace.
 */
#ifndef POCKETCI_WORKER_RESOLVE_H
#define POCKETCI_WORKER_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct error;
struct event;
struct delivery;
struct repository;
struct repository_url;
struct run_listener;

struct resolve_query {
	const struct delivery *delivery; /* its id names the pin in the mirror */
	const struct event *event;
	const struct repository_url *url;
	const struct repository *repository; /* the entry with its credentials */
	const char *folder;                  /* of this delivery, there already: the file comes through it */
	int64_t deadline;
	const struct run_listener *listener; /* who may cancel it */
};

struct resolved {
	char commit[65];
	const char *name; /* hooks.yaml, hooks.yml or hooks.json: the first that is there */
	struct str text;
	/* Where it cannot be had, which is the repository's own fault: why; else empty. name is hooks.yaml then. */
	struct str problem;
};

/*
 * False with an error of mirror_fetch or of the process that it is done in (run/git_process.h). The commit stays pinned
 * until resolve_release. Of a pull request from a fork the file is the target branch's: the fork's is a stranger's.
 */
bool resolve_hooks(struct arena *arena, const struct resolve_query *query, struct resolved *resolved, bool *cancelled,
                   struct error *error);

void resolve_release(const struct resolve_query *query);

#endif
