/*
 * The one place that starts children: own session, empty environment filled by the caller, default signals, no
 * descriptor above 2, a failed exec reported to the caller; and the one that ends what a child left behind.
 */
#ifndef POCKETCI_RUN_PROCESS_H
#define POCKETCI_RUN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/* Descriptors 0, 1 and 2 of the caller must be open, and only they may be below 3. */

struct process_spec {
	const char *program; /* path to execute, absolute or relative to directory */
	char *const *arguments;
	char *const *environment;
	int directory;     /* descriptor of the folder to start in, or -1: where we are */
	int input;         /* becomes 0; -1: /dev/null */
	int output;        /* becomes 1 and 2; -1: they stay what they are */
	int answer;        /* becomes 1 in the place of output; 0: none does */
	bool same_session; /* false: setsid */
};

/*
 * posix_spawn(3): the cost of a start does not grow with our memory. ERROR_COMMAND names the program and the cause;
 * ERROR_BUSY where the system has no room for another process now.
 */
bool process_start(const struct process_spec *spec, pid_t *pid, struct error *error);

/* Makes this process the one that orphans among its descendants go to (PR_SET_CHILD_SUBREAPER), or no longer. */
void process_set_subreaper(bool on);

/*
 * Ends every descendant of this process: SIGSTOP to all, SIGKILL, again until none is left, and reaps them. Returns
 * how many there were. Counts on being the subreaper; killing a process group is not enough (400 processes in
 * sessions of their own: 390 survived).
 */
int64_t process_sweep(void);

/* The same; where the child pid is reaped by it, *status gets what waitpid(2) tells of it, else it is left alone. */
int64_t process_sweep_around(pid_t pid, int *status);

/*
 * Sends the signal to every descendant of this process. Returns how many got it. All are stopped before and woken
 * after it, also those that were stopped: so one that is just being started is not missed, and what a handler starts
 * does not get it.
 */
int64_t process_signal_descendants(int signal);

/* One child of this process, running or not reaped, or 0. Looks through /proc. */
pid_t process_any_child(void);

/* Whether this process has any child, running or not reaped: one system call. */
bool process_has_children(void);

/*
 * Runs function(context) in a process that is nobody's descendant (double fork, own session), with only standard
 * error and the descriptor `keep` (-1: none, else 3 or above) open besides /dev/null on 0 and 1, default signals
 * (SIGPIPE ignored) and the current folder as it is. It ends when the function returns, without what exit(3) would
 * do. Returns in the caller only. The subreaper flag of this process must be off.
 */
bool process_detach(void (*function)(void *context), void *context, int keep, struct error *error);

#endif
