/*
 * Depth first, one tree open a level. Nothing is kept but the facts.
 */
#include "git/tree.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "git/library.h"

/* No path can be longer than PATH_MAX, which is twice this. */
#define DEPTH_MAX 2048

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;
	return strcmp(*left, *right);
}

/*
 * Neither does git make: a name twice (as a symlink and as a folder, say, so that what is in the folder would land
 * where the symlink points), and a name with a slash, which is the same in one entry.
 */
static const char *name_with_slash(const git_tree *tree)
{
	size_t count = git_tree_entrycount(tree);
	for (size_t i = 0; i < count; i++) {
		const char *name = git_tree_entry_name(git_tree_entry_byindex(tree, i));
		if (strchr(name, '/'))
			return name;
	}
	return NULL;
}

/*
 * A tree that git made is sorted so that the same name as file and as folder need not be neighbours, and a hostile one
 * is not sorted.
 */
static const char *name_that_is_twice(const git_tree *tree, struct arena *arena)
{
	size_t count = git_tree_entrycount(tree);
	const char **names = arena_array(arena, count, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = git_tree_entry_name(git_tree_entry_byindex(tree, i));
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i];
	return NULL;
}

static bool set_unreadable(struct error *error, int code, const char *what)
{
	return git_library_error(error, git_library_lost_object() ? ERROR_STORAGE : ERROR_UNUSABLE, code,
	                         "cannot read %s", what);
}

static bool read_attributes(git_repository *repository, const git_oid *id, struct tree_facts *facts,
                            struct error *error)
{
	git_blob *blob = NULL;
	int code = git_blob_lookup(&blob, repository, id);
	if (code < 0)
		return set_unreadable(error, code, "a .gitattributes");
	struct str text = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	facts->attributes = true;
	facts->converts |= str_contains(text, STR("working-tree-encoding=")) || str_contains(text, STR("filter="));
	git_blob_free(blob);
	return true;
}

static bool is_attributes(const git_tree_entry *entry)
{
	return git_tree_entry_type(entry) == GIT_OBJECT_BLOB && git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK &&
	       strcmp(git_tree_entry_name(entry), ".gitattributes") == 0;
}

static bool look(git_repository *repository, const git_tree *tree, unsigned depth, struct tree_facts *facts,
                 struct error *error);

static bool look_into(git_repository *repository, const git_oid *id, unsigned depth, struct tree_facts *facts,
                      struct error *error)
{
	git_tree *tree = NULL;
	int code = git_tree_lookup(&tree, repository, id);
	bool ok = code == 0 ? look(repository, tree, depth, facts, error) : set_unreadable(error, code, "a folder");
	git_tree_free(tree);
	return ok;
}

static bool look_at_names(const git_tree *tree, struct error *error)
{
	struct arena arena = ARENA_INIT;
	const char *twice = name_that_is_twice(tree, &arena);
	const char *slash = name_with_slash(tree);
	if (twice)
		error_set(error, ERROR_UNUSABLE, "a folder has the name \"%s\" twice", twice);
	else if (slash)
		error_set(error, ERROR_UNUSABLE, "\"%s\" is no name for a file", slash);
	arena_release(&arena);
	return !twice && !slash;
}

static bool look(git_repository *repository, const git_tree *tree, unsigned depth, struct tree_facts *facts,
                 struct error *error)
{
	size_t count = git_tree_entrycount(tree);
	facts->entries += count;
	if (facts->entries > TREE_ENTRIES_MAX || depth > DEPTH_MAX)
		return error_set(error, ERROR_TOO_LARGE, "it has more than %d files, or folders too deep",
		                 TREE_ENTRIES_MAX);
	bool ok = look_at_names(tree, error);
	for (size_t i = 0; ok && i < count; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			ok = look_into(repository, git_tree_entry_id(entry), depth + 1, facts, error);
		else if (is_attributes(entry))
			ok = read_attributes(repository, git_tree_entry_id(entry), facts, error);
	}
	return ok;
}

bool tree_look(git_repository *repository, const git_tree *tree, struct tree_facts *facts, struct error *error)
{
	*facts = (struct tree_facts){0};
	return look(repository, tree, 0, facts, error);
}
