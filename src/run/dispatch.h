/*
 * A run of `dagger: {dispatch: true}`: asks the checkout's module for its functions and calls those that fit the event.
 */
#ifndef POCKETCI_RUN_DISPATCH_H
#define POCKETCI_RUN_DISPATCH_H

#include <stdint.h>

struct command_place;
struct job;
struct run_listener;
struct run_result;

/*
 * As command_run, for a job with job->dispatch: `dagger version`, `dagger query` and, for each function that
 * dagger_choose chose, the job's arguments, the function and its own, one after the other, since outputs that were
 * mixed could not be told apart. The output of each comes under a line of its name; that of the questions only where
 * they fail. One that fails lets the others run, and is what the run came to; a deadline or a cancel ends all.
 */
void dispatch_run(const struct job *job, const struct command_place *place, int64_t deadline,
                  const struct run_listener *listener, struct run_result *result);

#endif
