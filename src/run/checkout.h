/*
 * The checkout of a run, done in a process of its own.
 */
#ifndef POCKETCI_RUN_CHECKOUT_H
#define POCKETCI_RUN_CHECKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/repository.h"

struct error;
struct job;
struct run_listener;

/* Where it is made. Neither must exist. */
struct checkout_place {
	const char *workspace;
	const char *changes; /* the file of changed files */
};

struct checkout_result {
	char commit[65];    /* full id */
	bool cancelled;     /* it was not made, for that reason alone */
	bool skipped;       /* no workspace was made, since none of the changed files is among job->paths */
	bool knows_changes; /* the file of changed files is there */
};

/*
 * Fetches what the job names into its mirror, writes the changed files where job->changes asks for them, and makes the
 * workspace. Changed files that cannot be known are a warning in the log, and the run goes on. Of a pull request the
 * workspace has its target too, refs/remotes/origin/BRANCH. ERROR_UNUSABLE: among others, the tip is another commit than
 * job->short_commit. ERROR_TIMEOUT at the deadline; on a cancel or the client's leaving (job->stop_when_client_leaves)
 * ERROR_BUSY with result->cancelled set.
 */
bool checkout_run(const struct job *job, const struct repository_url *url, const struct repository *repository,
                  const struct checkout_place *place, int64_t deadline, const struct run_listener *listener,
                  struct checkout_result *result, struct error *error);

/* Takes the run's pins out of the mirror again; a failure is logged. */
void checkout_release(const struct job *job, const struct repository_url *url);

#endif
