/*
 * As CGI: the last good text of the hooks files, in the state folder, to serve where they are broken; and why they are,
 * so that it is logged once. One file STATE/hooks/HASH for a set of hooks files, 0600, replaced at once, as large as they
 * are together. It holds them as they are written, not what a template pulls into them.
 */
#ifndef POCKETCI_GATEWAY_KEPT_HOOKS_H
#define POCKETCI_GATEWAY_KEPT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct error;
struct file_identity;
struct text_list;

struct kept_hooks {
	struct arena *arena;
	const struct text_list *files;
	const char *folder, *path; /* NULL: nothing can be kept */
	struct str *texts;         /* one for each file, after kept_hooks_find; NULL: none were ever good */
	struct str complaint;      /* what was said last of files that are broken; empty: they were good */
};

/* The files' paths are absolute and borrowed. state: the folder, or NULL where there is none. Nothing is read yet. */
void kept_hooks_init(struct kept_hooks *kept, struct arena *arena, const struct text_list *files, const char *state);

/*
 * Files with these identities (of each, before it was read) are good: keeps their texts where they are not kept yet.
 * In the ordinary case that is one short read. True where they had been broken before, for the log. What cannot be kept
 * is an error, and no harm now.
 */
bool kept_hooks_good(struct kept_hooks *kept, const struct file_identity *identities, struct error *error);

/*
 * They are broken, and this is why: finds the texts. True where it was not said before. Among processes at the same time
 * one says it.
 */
bool kept_hooks_broken(struct kept_hooks *kept, const char *why);

#endif
