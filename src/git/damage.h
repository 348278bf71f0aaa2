/*
 * Whether a mirror lost something: a pack cut short by a full disk or a power failure, or gone, or bytes that changed.
 */
#ifndef POCKETCI_GIT_DAMAGE_H
#define POCKETCI_GIT_DAMAGE_H

#include <git2/types.h>
#include <stdbool.h>

struct error;

/* What is wrong, in words. */
struct damage {
	char text[160];
};

/*
 * Looks at what is cheap enough for every fetch: whether someone marked the mirror, whether each pack is there and as
 * long as its index says. True where it is damaged.
 */
bool damage_find(const char *mirror, struct damage *damage);

/* Looks deeper, after something failed: whether all refs and the newest commits behind them can be read. */
bool damage_find_in_history(git_repository *repository, struct damage *damage);

/*
 * For who reads from a mirror without holding its lock, right after a call of libgit2 failed and filled error: where it
 * failed because an object is lost, the mirror is marked, so that its next fetch makes it again, and the error becomes
 * ERROR_STORAGE. Returns false.
 */
bool damage_report(const char *mirror, struct error *error);

#endif
