/*
 * Keepers that are used again: one whose run is over waits a short while for the next, since to fork one takes
 * 0.6 ms of CPU, which is more than a small command does.
 *
 * An idle keeper makes a line of two pipes and puts the other ends of it into a queue that it shares with the
 * responder's children. Whoever takes those out of the queue is the only one to have them: it sends a job down the
 * line, and the keeper answers that it has taken it. No line is used twice. Where a keeper was killed or waited long
 * enough its line hangs up, and whoever finds that takes the next, or forks. So there is nothing that a process killed
 * at any point could leave locked, counted or lost, but a job with the very keeper that took it.
 */
#ifndef POCKETCI_RUN_KEEPERS_H
#define POCKETCI_RUN_KEEPERS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct error;
struct job;
struct places;

/* How long a keeper waits for a job, in ms; and how many do at once, each with 110 KiB of ours. */
#define KEEPERS_IDLE_TIME 2000
#define KEEPERS_IDLE_MAX 16

/* The longest text of a job that is handed on: with its names it goes into a pipe. */
#define KEEPERS_JOB_MAX ((size_t)60 * 1024)

struct keepers {
	struct places *places; /* one for each run; the caller's */
	struct places *idle;   /* one for each keeper that waits */
	int queue[2];          /* [0] to take lines from, [1] to put them in; -1 after keepers_close */
};

/* Shared with every process forked later. NULL and ERROR_SYSTEM where there is no descriptor for it. */
struct keepers *keepers_new(struct places *places, struct error *error);

/* This process uses them no more. Idle ones leave once the last that could hand a job on has gone or closed. */
void keepers_close(struct keepers *keepers);

/* NULL is accepted. The places stay. */
void keepers_free(struct keepers *keepers);

/*
 * To an idle keeper: the job, the place of its run, and what the lines of the log belong to. True once the keeper has
 * it and will run it; false where it is too long or no keeper took it: then none will. Where a keeper that should be
 * idle does not answer, that takes 1 s.
 */
bool keepers_hand_on(struct keepers *keepers, const struct job *job, int place);

/*
 * Of a keeper, which holds nothing but queue[1]: waits for the next job, in the arena, and sets the log's context.
 * False where it is to end: nothing came in time, or enough others wait already, or nobody is left to send any.
 */
bool keepers_next(struct keepers *keepers, struct arena *arena, struct job *job, int *place);

#endif
