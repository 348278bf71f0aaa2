/*
 * Two trees and what they differ in. Files are collected as libgit2 comes upon them, so that it keeps no list of its
 * own.
 */
#include "git/changes.h"

#include <git2.h>

#include "base/arena.h"
#include "base/error.h"
#include "git/commit.h"
#include "git/damage.h"
#include "git/library.h"

#define CUT 1 /* what the callback gives where it wants no more; libgit2 hands it on */

struct comparison {
	struct arena *arena;
	const char *mirror;
	struct changes *changes;
	git_repository *repository;
	git_tree *from, *to; /* from NULL: nothing was there */
};

static int note_path(struct comparison *comparison, const char *path)
{
	struct changes *changes = comparison->changes;

	if (changes->count == CHANGES_MAX) {
		changes->cut = true;
		return -CUT;
	}
	changes->paths = arena_grow(comparison->arena, changes->paths, changes->count, &changes->capacity,
	                            sizeof(*changes->paths));
	changes->paths[changes->count++] = str_copy(comparison->arena, str_from(path));
	return 1; /* do not keep it */
}

static int note_delta(const git_diff *diff, const git_diff_delta *delta, const char *matched, void *context)
{
	(void)diff;
	(void)matched;
	return note_path(context, delta->status == GIT_DELTA_DELETED ? delta->old_file.path : delta->new_file.path);
}

static int compare(struct comparison *comparison)
{
	git_diff_options options = {
		.version = GIT_DIFF_OPTIONS_VERSION,
		.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK,
		.ignore_submodules = GIT_SUBMODULE_IGNORE_UNSPECIFIED,
		.notify_cb = note_delta,
		.payload = comparison,
	};
	git_diff *diff = NULL;

	int code = git_diff_tree_to_tree(&diff, comparison->repository, comparison->from, comparison->to, &options);
	git_diff_free(diff);
	return code == -CUT && comparison->changes->cut ? 0 : code;
}

/* The commit of a full id. That the mirror does not have it is no damage. */
static enum commit_state find(git_repository *repository, struct str text, git_oid *id)
{
	git_oid object;

	if (text.len != GIT_OID_HEXSZ || git_oid_fromstrn(&object, text.data, text.len) < 0)
		return COMMIT_MISSING;
	enum commit_state state = commit_find(repository, &object, id);
	if (state != COMMIT_BROKEN)
		git_error_clear();
	return state;
}

static bool need(const struct comparison *comparison, const char *what, struct str text, git_oid *id,
                 struct error *error)
{
	switch (find(comparison->repository, text, id)) {
	case COMMIT_FOUND:
		return true;
	case COMMIT_BROKEN:
		git_library_error(error, ERROR_STORAGE, -1, "cannot read commit %.*s", STR_ARGS(text));
		return damage_report(comparison->mirror, error);
	case COMMIT_MISSING:
	case COMMIT_UNUSABLE:
		break;
	}
	return error_set(error, ERROR_UNUSABLE, "the %s %.*s is no commit that is there", what, STR_ARGS(text));
}

/* What to compare with. *known is false where nothing was there before. */
static bool choose(const struct comparison *comparison, const struct changes_query *query, const git_oid *commit,
                   git_oid *from, bool *known, struct error *error)
{
	git_repository *repository = comparison->repository;
	git_oid base;

	*known = find(repository, query->before, from) == COMMIT_FOUND;
	if (*known || query->base.len == 0)
		return true;
	if (!need(comparison, "base", query->base, &base, error))
		return false;
	int code = git_merge_base(from, repository, &base, commit);
	*known = code == 0;
	if (*known || code == GIT_ENOTFOUND)
		return true;
	git_library_error(error, ERROR_SYSTEM, code, "cannot find what %.*s and %.*s have in common",
	                  STR_ARGS(query->base), STR_ARGS(query->commit));
	return damage_report(comparison->mirror, error);
}

static int tree_of(git_repository *repository, const git_oid *id, git_tree **tree)
{
	git_commit *commit = NULL;
	int code = git_commit_lookup(&commit, repository, id);
	if (code == 0)
		code = git_commit_tree(tree, commit);
	git_commit_free(commit);
	return code;
}

static bool find_changes(struct comparison *comparison, const struct changes_query *query, struct error *error)
{
	git_repository *repository = comparison->repository;
	git_oid commit, from;
	bool known;

	if (!need(comparison, "commit", query->commit, &commit, error) ||
	    !choose(comparison, query, &commit, &from, &known, error))
		return false;
	int code = tree_of(repository, &commit, &comparison->to);
	if (code == 0 && known)
		code = tree_of(repository, &from, &comparison->from);
	if (code == 0)
		code = compare(comparison);
	if (code == 0)
		return true;
	git_library_error(error, ERROR_SYSTEM, code, "cannot tell what commit %.*s changes", STR_ARGS(query->commit));
	return damage_report(comparison->mirror, error);
}

bool changes_find(struct arena *arena, const char *mirror, const struct changes_query *query, struct changes *changes,
                  struct error *error)
{
	struct comparison comparison = {.arena = arena, .mirror = mirror, .changes = changes};

	*changes = (struct changes){0};
	git_error_clear();
	int code = git_repository_open(&comparison.repository, mirror);
	bool ok = code == 0 ? find_changes(&comparison, query, error)
	                    : git_library_error(error, ERROR_STORAGE, code, "cannot open the mirror %s", mirror);
	git_tree_free(comparison.from);
	git_tree_free(comparison.to);
	git_repository_free(comparison.repository);
	return ok;
}

bool changes_know(const char *mirror, struct str commit)
{
	git_repository *repository = NULL;
	git_oid id;
	bool known = commit.len > 0 && git_repository_open(&repository, mirror) == 0 &&
	             find(repository, commit, &id) == COMMIT_FOUND;
	git_repository_free(repository);
	git_error_clear();
	return known;
}
