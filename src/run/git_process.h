/*
 * Work with git in a process of its own: libgit2 has no deadline, and a hostile repository may crash it. What hangs is
 * killed, what crashes is reported, and the run's own process touches no git.
 */
#ifndef POCKETCI_RUN_GIT_PROCESS_H
#define POCKETCI_RUN_GIT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct job;
struct run_listener;

/* The most that comes back: what is larger goes into a file. */
#define GIT_ANSWER_MAX 512

struct git_work {
	/* Runs in the new process, with libgit2 started. Fills *answer, a struct without pointers. */
	bool (*run)(const void *context, void *answer, struct error *error);
	const void *context;
	size_t answer_size; /* at most GIT_ANSWER_MAX */
	const char *name;   /* of the repository, and … */
	const char *noun;   /* … of the work, for messages: "checkout" */
	const char *doing;  /* the same as what is done to the repository: "checked out" */

	const struct job *job; /* the run that it is for */
	int64_t deadline;
	const struct run_listener *listener; /* who may cancel it or leave */
};

/*
 * Does the work and waits for its end. False with the error that it gave; ERROR_TIMEOUT at the deadline; on a cancel
 * or the client's leaving (job->stop_when_client_leaves) ERROR_BUSY with *cancelled set; ERROR_UNUSABLE where it
 * crashed. Must have no other child meanwhile.
 */
bool git_process_run(const struct git_work *work, void *answer, bool *cancelled, struct error *error);

#endif
