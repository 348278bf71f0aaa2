/*
 * The whole of a run that has a checkout, as `pocketci exec` does it: folders, checkout in a child that can be
 * killed, command, cleaning up.
 */
#ifndef POCKETCI_RUN_EXECUTE_H
#define POCKETCI_RUN_EXECUTE_H

struct config;
struct job;
struct run_listener;
struct run_result;

/*
 * Blocks until the run ended and nothing of it is left: STATE/workspaces/ID is gone, so is the pin in the mirror.
 * result is filled in every case: a URL that no entry of config->repositories covers is ERROR_NOT_ALLOWED and nothing
 * was fetched.
 */
void execute_job(const struct job *job, const struct config *config, const struct run_listener *listener,
                 struct run_result *result);

#endif
