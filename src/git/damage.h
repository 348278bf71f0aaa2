/*
 * Whether a mirror lost something: a pack cut short by a full disk or a power failure, or gone, or bytes that changed.
 */
#ifndef POCKETCI_GIT_DAMAGE_H
#define POCKETCI_GIT_DAMAGE_H

#include <git2/types.h>
#include <stdbool.h>

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
 * Writes into the mirror that it is damaged, so that the next fetch makes it again. For who reads from it without
 * holding its lock.
 */
void damage_mark(const char *mirror, const char *text);

#endif
