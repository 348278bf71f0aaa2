/*
 * One file of a commit, read without a workspace.
 */
#ifndef POCKETCI_GIT_COMMIT_FILE_H
#define POCKETCI_GIT_COMMIT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

struct commit_file_query {
	const char *mirror;
	const char *commit;       /* full id, there already */
	const char *const *names; /* of files at the root, NULL-terminated; the first that is there is read */
	size_t max;               /* bytes */
};

/*
 * Appends its content. *found is the index of its name, or the number of names where none is there. ERROR_UNUSABLE: it
 * is a folder, a symlink or a submodule, or there is no such commit. ERROR_TOO_LARGE: it has more than max bytes;
 * nothing of it is read then. ERROR_STORAGE: the mirror is damaged, and is made again when it is next fetched.
 */
bool commit_file_read(const struct commit_file_query *query, struct buf *text, size_t *found, struct error *error);

#endif
