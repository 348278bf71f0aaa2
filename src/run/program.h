/*
 * Which program a job starts, and in which folder.
 */
#ifndef POCKETCI_RUN_PROGRAM_H
#define POCKETCI_RUN_PROGRAM_H

#include <stdbool.h>

struct arena;
struct command_place;
struct error;
struct job;

struct program {
	const char *path; /* to execute; never looked up again */
	int directory;    /* open folder to start in, or -1: the current one. The caller closes it */
};

/*
 * Without a place as the reference does: an absolute execute-command as it is; with command-working-directory one
 * in that folder only; else a name without slash on this process's PATH, and one with a slash from the current
 * folder.
 *
 * With a place the folder is the workspace, or command-working-directory, beneath the workspace where it is relative.
 * A name without slash is looked up on the PATH of the command's environment, a relative one with a slash in the
 * folder, beneath the workspace as well. What leads out of the workspace is refused.
 *
 * A job of dagger finds it on the PATH of its environment in every case.
 *
 * ERROR_COMMAND names what was not found.
 */
bool program_find(struct arena *arena, const struct job *job, const struct command_place *place,
                  char *const *environment, struct program *program, struct error *error);

/*
 * Where execute-command holds a space: adds to an ERROR_COMMAND that arguments belong elsewhere. People write
 * `execute-command: make test`, and no program has that name.
 */
void program_hint(const struct job *job, struct error *error);

#endif
