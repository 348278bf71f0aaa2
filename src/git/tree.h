/*
 * A look through a commit's whole tree before any of it is written.
 */
#ifndef POCKETCI_GIT_TREE_H
#define POCKETCI_GIT_TREE_H

#include <git2/types.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

/*
 * A tree with more entries is refused: trees that hold one another many times over are small to send and endless to
 * write.
 */
#define TREE_ENTRIES_MAX 2000000

struct tree_facts {
	size_t entries;  /* files, symlinks, submodules and folders */
	bool attributes; /* there is a .gitattributes somewhere */
	bool converts;   /* one of them asks for what libgit2 does not do: working-tree-encoding, or a filter program */
};

/*
 * Fills facts. ERROR_UNUSABLE where a folder has a name twice or one with a slash, or cannot be parsed. ERROR_TOO_LARGE
 * for too many entries. ERROR_STORAGE where an object is lost.
 */
bool tree_look(git_repository *repository, const git_tree *tree, struct tree_facts *facts, struct error *error);

#endif
