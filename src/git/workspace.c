/*
 * A workspace in the order in which it comes about: an empty repository, the objects, refs and HEAD, the remote, the
 * files, the index.
 */
#include "git/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/repository.h"
#include "git/commit.h"
#include "git/damage.h"
#include "git/index.h"
#include "git/library.h"
#include "git/objects.h"
#include "git/tree.h"

/* One workspace in the making. */
struct making {
	struct arena arena;
	const char *mirror, *path, *ref;
	const char *branch, *tag; /* the short name, or NULL: ref is one of the two, or neither */
	const char *commit_text;
	const struct workspace_base *base;
	const struct repository_url *url;
	git_repository *repository;
	git_commit *commit;
};

static bool failed(const struct making *making, int code, const char *doing, struct error *error)
{
	return git_library_error(error, ERROR_SYSTEM, code, "cannot %s in the workspace %s", doing, making->path);
}

static const char *short_name(struct making *making, struct str ref, struct str kind)
{
	return str_starts(ref, kind) && ref.len > kind.len ? str_to_c(&making->arena, str_from_index(ref, kind.len))
	                                                   : NULL;
}

/* libgit2 puts a sample into hooks/ and a text into description and info/exclude, which nobody needs here. */
static void remove_samples(struct making *making)
{
	static const char *const samples[] = {".git/hooks/README.sample", ".git/description", ".git/info/exclude"};
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		unlink(file_join(&making->arena, making->path, samples[i]));
}

static bool make_repository(struct making *making, struct error *error)
{
	if (mkdir(making->path, 0777) < 0)
		return error_set_system(error, errno, "cannot make the workspace %s", making->path);
	git_repository_init_options options = {
		.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION,
		.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR,
		.initial_head = making->branch,
	};
	int code = git_repository_init_ext(&making->repository, making->path, &options);
	if (code == 0) /* for the log of refs, which else asks the configuration for a user */
		code = git_repository_set_ident(making->repository, "pocketci", "pocketci@localhost");
	if (code < 0)
		return failed(making, code, "make a repository", error);
	remove_samples(making);
	return true;
}

static bool take_objects(struct making *making, struct str commit, struct error *error)
{
	if (!objects_give(making->mirror, file_join(&making->arena, making->path, ".git"), error))
		return false;
	git_oid id;
	int code = commit.len == GIT_OID_HEXSZ ? git_oid_fromstrn(&id, commit.data, commit.len) : GIT_EINVALIDSPEC;
	if (code == 0)
		code = git_commit_lookup(&making->commit, making->repository, &id);
	return code == 0 || failed(making, code, "find the commit", error);
}

static int write_ref(struct making *making, const char *prefix, const char *name, const git_oid *id)
{
	git_reference *ref = NULL;
	char *full_name = arena_printf(&making->arena, "%s%s", prefix, name);
	int code = git_reference_create(&ref, making->repository, full_name, id, true, NULL);
	git_reference_free(ref);
	return code;
}

static int write_branch(struct making *making)
{
	const git_oid *id = git_commit_id(making->commit);
	int code = write_ref(making, "refs/heads/", making->branch, id);
	return code == 0 ? write_ref(making, "refs/remotes/origin/", making->branch, id) : code;
}

/*
 * Key by key: libgit2's functions for remotes and upstream branches try regular expressions on each key, and lose
 * memory for each that does not match.
 */
static bool write_config(struct making *making, struct error *error)
{
	struct arena *arena = &making->arena;
	const char *const values[][2] = {
		{"remote.origin.url", making->url->text.data},
		{"remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"},
		{making->branch ? arena_printf(arena, "branch.%s.remote", making->branch) : NULL, "origin"},
		{making->branch ? arena_printf(arena, "branch.%s.merge", making->branch) : NULL, making->ref},
	};
	git_config *config = NULL;
	int code = git_repository_config(&config, making->repository);
	for (size_t i = 0; code == 0 && i < sizeof(values) / sizeof(values[0]) && values[i][0]; i++)
		code = git_config_set_string(config, values[i][0], values[i][1]);
	git_config_free(config);
	return code == 0 || failed(making, code, "write the configuration", error);
}

/* The tag's own object where there is one for this very commit: the tag may have been moved since. */
static bool find_tag(const struct making *making, git_oid *id)
{
	git_repository *mirror = NULL;
	git_oid commit;
	bool found = git_repository_open(&mirror, making->mirror) == 0 &&
	             git_reference_name_to_id(id, mirror, making->ref) == 0 &&
	             commit_find(making->repository, id, &commit) == COMMIT_FOUND &&
	             git_oid_equal(&commit, git_commit_id(making->commit));
	git_repository_free(mirror);
	git_error_clear(); /* that it is not there is no damage */
	return found;
}

static int write_tag(struct making *making)
{
	git_oid id;
	return write_ref(making, "refs/tags/", making->tag,
	                 find_tag(making, &id) ? &id : git_commit_id(making->commit));
}

/* Where nobody fetches it, such as the target of a pull request. Where it is the branch itself, that one stays. */
static int write_base(struct making *making)
{
	const struct workspace_base *base = making->base;
	const char *name = base ? short_name(making, base->ref, STR("refs/heads/")) : NULL;
	git_oid id;
	if (!name || str_equal_c(base->ref, making->ref))
		return 0;
	int code = base->commit.len == GIT_OID_HEXSZ ? git_oid_fromstrn(&id, base->commit.data, base->commit.len)
	                                             : GIT_EINVALIDSPEC;
	return code == 0 ? write_ref(making, "refs/remotes/origin/", name, &id) : code;
}

static bool write_refs(struct making *making, struct error *error)
{
	int code = write_base(making);
	if (code < 0)
		return failed(making, code, "write the ref of the base", error);
	if (making->branch)
		code = write_branch(making);
	else if (making->tag)
		code = write_tag(making);
	if (code == 0 && !making->branch)
		code = git_repository_set_head_detached(making->repository, git_commit_id(making->commit));
	return code == 0 || failed(making, code, "write the refs", error);
}

static bool look_through(const struct making *making, git_tree *tree, struct tree_facts *facts, struct error *error)
{
	if (!tree_look(making->repository, tree, facts, error))
		return error_prefix(error, "commit %s cannot be checked out", making->commit_text);
	if (facts->converts)
		log_warning("%s: a .gitattributes of commit %s asks for a filter program or working-tree-encoding; "
		            "these files are left as they are stored",
		            making->url->name.data, making->commit_text);
	return true;
}

/*
 * Attributes count for files that are written before the .gitattributes that names them, and for that file itself.
 * libgit2 takes from the index what is not in the folder yet, so the index is filled first where there are any.
 */
static int write_files(const struct making *making, git_index *index, const git_tree *tree,
                       const struct tree_facts *facts)
{
	git_checkout_options options = {
		.version = GIT_CHECKOUT_OPTIONS_VERSION,
		.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_NO_REFRESH | GIT_CHECKOUT_DONT_WRITE_INDEX,
		.disable_filters = !facts->attributes, /* looking attributes up takes as long as all the rest */
		.file_open_flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC,
	};
	int code = facts->attributes ? git_index_read_tree(index, tree) : 0;
	return code == 0 ? git_checkout_tree(making->repository, (const git_object *)tree, &options) : code;
}

/* What a repository's content makes libgit2 refuse (a file named .git) is no failure of this machine. */
static bool set_checkout_error(const struct making *making, int code, struct error *error)
{
	const git_error *last = git_error_last();
	bool content = last && last->klass != GIT_ERROR_OS && last->klass != GIT_ERROR_NOMEMORY;
	return git_library_error(error, content ? ERROR_UNUSABLE : ERROR_SYSTEM, code,
	                         "commit %s cannot be checked out", making->commit_text);
}

/* libgit2 keeps errors that it got over, and what fails from here on has nothing to do with them. */
static bool settle(const struct making *making, git_index *index, struct error *error)
{
	git_error_clear();
	return index_settle(making->repository, index, error);
}

static bool write_and_settle(const struct making *making, git_tree *tree, const struct tree_facts *facts,
                             struct error *error)
{
	git_index *index = NULL;
	bool ok;
	int code = git_repository_index(&index, making->repository);
	if (code < 0)
		ok = failed(making, code, "open the index", error);
	else if ((code = write_files(making, index, tree, facts)) < 0)
		ok = set_checkout_error(making, code, error);
	else
		ok = settle(making, index, error);
	git_index_free(index);
	return ok;
}

static bool check_out(const struct making *making, struct error *error)
{
	git_tree *tree = NULL;
	struct tree_facts facts;
	int code = git_commit_tree(&tree, making->commit);
	bool ok = code == 0 || failed(making, code, "read the commit", error);
	ok = ok && look_through(making, tree, &facts, error) && write_and_settle(making, tree, &facts, error);
	git_tree_free(tree);
	return ok;
}

bool workspace_make(const char *mirror, const char *path, const struct repository_url *url, struct str ref,
                    struct str commit, const struct workspace_base *base, struct error *error)
{
	struct making making = {.arena = ARENA_INIT, .mirror = mirror, .path = path, .url = url, .base = base};
	making.ref = str_to_c(&making.arena, ref);
	making.branch = short_name(&making, ref, STR("refs/heads/"));
	making.tag = short_name(&making, ref, STR("refs/tags/"));
	making.commit_text = str_to_c(&making.arena, commit);

	/* A command may run as another user, who is to read what it builds. */
	mode_t mask = umask(022);
	git_error_clear();
	bool ok = make_repository(&making, error) && take_objects(&making, commit, error) &&
	          write_refs(&making, error) && write_config(&making, error) && check_out(&making, error);
	umask(mask);
	if (!ok) /* what cannot be read here was copied from the mirror, or is read there */
		damage_report(mirror, error);

	git_commit_free(making.commit);
	git_repository_free(making.repository);
	arena_release(&making.arena);
	return ok;
}
