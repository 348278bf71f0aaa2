/*
 * From the id of any object to a commit that can be read.
 */
#include "git/commit.h"

#include <git2.h>

#include "git/library.h"

/* Of something that was found but cannot be used. */
static enum commit_state state_of_last_error(void)
{
	return git_library_lost_object() ? COMMIT_BROKEN : COMMIT_UNUSABLE;
}

static enum commit_state tree_state(const git_commit *commit)
{
	git_tree *tree = NULL;
	int code = git_commit_tree(&tree, commit);
	git_tree_free(tree);
	return code < 0 ? state_of_last_error() : COMMIT_FOUND;
}

enum commit_state commit_find(git_repository *repository, const git_oid *object, git_oid *commit)
{
	git_object *named = NULL, *peeled = NULL;
	enum commit_state state;

	int code = git_object_lookup(&named, repository, object, GIT_OBJECT_ANY);
	if (code < 0) {
		state = code == GIT_ENOTFOUND ? COMMIT_MISSING : state_of_last_error();
	} else if ((code = git_object_peel(&peeled, named, GIT_OBJECT_COMMIT)) < 0) {
		state = code == GIT_EPEEL || code == GIT_EINVALIDSPEC ? COMMIT_UNUSABLE : state_of_last_error();
	} else {
		state = tree_state((git_commit *)peeled);
		if (state == COMMIT_FOUND)
			git_oid_cpy(commit, git_object_id(peeled));
	}
	git_object_free(peeled);
	git_object_free(named);
	return state;
}
