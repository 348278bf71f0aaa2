/*
 * The ways to run a job out of the responder, apart from command_run in the same process.
 */
#ifndef POCKETCI_RUN_LAUNCH_H
#define POCKETCI_RUN_LAUNCH_H

#include <stdbool.h>

struct delivery;
struct error;
struct job;
struct keepers;

/*
 * A keeper: a process of its own, nobody's descendant, forked without exec, which runs the command of a plain hook.
 * *follow is the descriptor for wire_follow, or NULL where nobody waits: then a run that did not succeed is in the
 * log. Its standard error stays ours, but as CGI (detached_log not NULL) it is that file, since the web server waits
 * for the end of its error pipe.
 */
bool launch_keeper(const struct job *job, const char *detached_log, int *follow, struct error *error);

/*
 * The same where nobody waits and keepers are used again (run/keepers.h): one that is idle, else a new one, which is
 * used again where `again` says so. Then it keeps what this process has in memory now for as long as there is work for
 * it. The run inherits the place, which the caller took of keepers->places, and leaves it at its end; where it cannot be
 * started the place stays the caller's.
 */
bool launch_alone(const struct job *job, struct keepers *keepers, int place, bool again, struct error *error);

/*
 * The same for `pocketci exec`: program is its path, config the file that it reads (NULL: none). The job goes to it
 * over the same socket. It gets our environment but for a CGI request's part of it. ERROR_COMMAND names a program
 * that cannot be started.
 */
bool launch_exec(const struct job *job, const char *program, const char *config, const char *detached_log, int *follow,
                 struct error *error);

/* The same for a delivery: exec looks into it and runs what it finds. */
bool launch_exec_delivery(const struct delivery *delivery, const char *program, const char *config,
                          const char *detached_log, int *follow, struct error *error);

#endif
