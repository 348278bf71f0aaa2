/*
 * Runs a job's command, from start to the last of its processes: the same function in a responder child, in a
 * keeper and in `pocketci exec`.
 */
#ifndef POCKETCI_RUN_COMMAND_H
#define POCKETCI_RUN_COMMAND_H

#include <stdint.h>

struct job;
struct run_listener;
struct run_result;

/* Where a checkout put things; NULL for a plain hook. */
struct command_place {
	const char *workspace;    /* absolute: the checkout */
	const char *files;        /* absolute: a folder for event file and passed files, outside the checkout */
	const char *event_file;   /* absolute, or NULL */
	const char *commit;       /* the one checked out */
	const char *changes_file; /* absolute: the changed files, one a line; NULL where they are not known */
	int answer;               /* a descriptor that gets standard output in place of the listener; 0: none */
};

/*
 * Blocks until the run ended. Becomes subreaper while it lasts and must have no other child. The deadline is a
 * point in time, since checkout has used some of it. Standard input is a file of the job's input, which nobody can
 * change any more; output and error are one pipe; it is read until its
 * end, at most 1 s after the command itself ended; then everything that it left behind is swept, but for
 * keep-processes. On the deadline, a cancel, or (where the job says so) the client's leaving: stop_signal to the
 * whole tree, SIGKILL after stop_grace. Memory is bounded whatever the command prints. result is filled in every
 * case. With keep-processes it is the subreaper only from a stop on: an orphan that may live on must not become a
 * child of this process, whose next run would sweep it.
 */
void command_run(const struct job *job, const struct command_place *place, int64_t deadline,
                 const struct run_listener *listener, struct run_result *result);

#endif
