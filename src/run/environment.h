/*
 * The environment of a command: an allow-list of this process's own, the run's own words (CI,
 * POCKETCI_…, GITHUB_…), and what the hook passes, the last winning.
 */
#ifndef POCKETCI_RUN_ENVIRONMENT_H
#define POCKETCI_RUN_ENVIRONMENT_H

#include "base/str.h"

struct arena;
struct command_place;
struct job;

/* NULL-terminated "NAME=value" list in the arena. files are the paths made for job->files, in their order. */
char **environment_make(struct arena *arena, const struct job *job, const struct command_place *place,
                        const struct str *files);

/*
 * Only what the run adds to the allow-list: its own words, what the hook passes, and its files. In the same order and
 * with the same effect of a name that comes twice.
 */
char **environment_of_run(struct arena *arena, const struct job *job, const struct command_place *place,
                          const struct str *files);

/*
 * This process's own environment for another of our programs: whole, but without what describes the request of a CGI
 * process (RFC 3875), since a request must not set HTTP_PROXY or anything else. NULL-terminated, in the arena.
 */
char **environment_own(struct arena *arena);

/* The value of a variable in such a list, or NULL. */
const char *environment_find(char *const *environment, const char *name);

#endif
