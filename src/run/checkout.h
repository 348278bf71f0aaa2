/*
 * The checkout of a run, done in a process of its own.
 */
#ifndef POCKETCI_RUN_CHECKOUT_H
#define POCKETCI_RUN_CHECKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/repository.h"

struct arena;
struct error;
struct git_credentials;
struct job;
struct run_listener;

/*
 * Fetches what the job names into its mirror and makes the workspace at `workspace` (which must not exist). commit
 * gets the full id. ERROR_TIMEOUT at the deadline; on a cancel or the client's leaving (job->stop_when_client_leaves)
 * ERROR_BUSY with *cancelled set.
 */
bool checkout_run(const struct job *job, const struct repository_url *url, const struct repository *repository,
                  const char *workspace, int64_t deadline, const struct run_listener *listener, char commit[static 65],
                  bool *cancelled, struct error *error);

/* The entry's token and user name; no password where it has none. ERROR_SYSTEM where the token cannot be read. */
bool checkout_credentials(struct arena *arena, const struct repository *repository,
                          struct git_credentials *credentials, struct error *error);

/* Takes the run's pin out of the mirror again; a failure is logged. */
void checkout_release(const struct job *job, const struct repository_url *url);

#endif
