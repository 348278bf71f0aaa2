/*
 * A mirror, open for the one process that may write to it: made where it is missing, cleaned of what a killed process
 * left, made again where it is damaged.
 */
#ifndef POCKETCI_GIT_MIRROR_LOCK_H
#define POCKETCI_GIT_MIRROR_LOCK_H

#include <git2/types.h>
#include <stdbool.h>

#include "git/damage.h"

struct error;

struct mirror_lock {
	const char *path;           /* of the mirror */
	git_repository *repository; /* open while the lock is held */
	int descriptor;             /* of PATH.lock, with flock(2) */
	bool remade;                /* it was damaged: other runs may miss what it held */
};

/*
 * Opens the mirror to look into it without its lock, which a fetch that hangs may hold for long. False where there is none, or it does not
 * look sound at this moment: then the lock is needed. To be released like one that was taken.
 */
bool mirror_lock_peek(struct mirror_lock *lock, const char *path);

/*
 * Waits for the lock, without a deadline: the process is killed at its own. Then opens the mirror. To be released in
 * each case; path must live until then.
 */
bool mirror_lock_take(struct mirror_lock *lock, const char *path, struct error *error);

/* Moves the mirror aside to PATH.damaged, with a warning in the log, and makes an empty one. */
bool mirror_lock_remake(struct mirror_lock *lock, const struct damage *damage, struct error *error);

void mirror_lock_release(struct mirror_lock *lock);

#endif
