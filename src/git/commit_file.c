/*
 * From a commit to the bytes of one of its files. Its size is known before it is unpacked.
 */
#include "git/commit_file.h"

#include <git2.h>

#include "base/buf.h"
#include "base/error.h"
#include "git/damage.h"
#include "git/library.h"

struct search {
	const struct commit_file_query *query;
	git_repository *repository;
	git_commit *commit;
	git_tree *tree;
	const char *name; /* the one that was found */
};

static bool failed(const struct search *search, int code, struct error *error)
{
	git_library_error(error, ERROR_UNUSABLE, code, "cannot read %s at commit %s",
	                  search->name ? search->name : "the files", search->query->commit);
	return damage_report(search->query->mirror, error);
}

static int open_tree(struct search *search)
{
	git_oid id;
	int code = git_repository_open(&search->repository, search->query->mirror);
	if (code == 0)
		code = git_oid_fromstr(&id, search->query->commit);
	if (code == 0)
		code = git_commit_lookup(&search->commit, search->repository, &id);
	return code == 0 ? git_commit_tree(&search->tree, search->commit) : code;
}

/* The entry of the first name that is there, or NULL. */
static const git_tree_entry *find_entry(struct search *search, size_t *found)
{
	const git_tree_entry *entry = NULL;
	const char *const *names = search->query->names;

	for (*found = 0; names[*found]; ++*found) {
		entry = git_tree_entry_byname(search->tree, names[*found]);
		if (entry) {
			search->name = names[*found];
			break;
		}
	}
	return entry;
}

static int size_of(git_repository *repository, const git_oid *id, size_t *size)
{
	git_odb *objects = NULL;
	git_object_t type;
	int code = git_repository_odb(&objects, repository);
	if (code == 0)
		code = git_odb_read_header(size, &type, objects, id);
	git_odb_free(objects);
	return code;
}

static bool read_blob(const struct search *search, const git_oid *id, struct buf *text, struct error *error)
{
	git_blob *blob = NULL;
	size_t size;
	int code = size_of(search->repository, id, &size);
	if (code == 0 && size > search->query->max)
		return error_set(error, ERROR_TOO_LARGE, "%s at commit %s has %zu bytes; the limit is %zu",
		                 search->name, search->query->commit, size, search->query->max);
	if (code == 0)
		code = git_blob_lookup(&blob, search->repository, id);
	if (code == 0)
		buf_append(text, git_blob_rawcontent(blob), size);
	git_blob_free(blob);
	return code == 0 || failed(search, code, error);
}

static bool read_entry(const struct search *search, const git_tree_entry *entry, struct buf *text, struct error *error)
{
	git_filemode_t mode = git_tree_entry_filemode(entry);
	if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		return error_set(error, ERROR_UNUSABLE, "%s at commit %s is no plain file", search->name,
		                 search->query->commit);
	return read_blob(search, git_tree_entry_id(entry), text, error);
}

bool commit_file_read(const struct commit_file_query *query, struct buf *text, size_t *found, struct error *error)
{
	struct search search = {.query = query};
	bool ok = true;

	git_error_clear();
	int code = open_tree(&search);
	const git_tree_entry *entry = code == 0 ? find_entry(&search, found) : NULL;
	if (code < 0)
		ok = failed(&search, code, error);
	else if (entry)
		ok = read_entry(&search, entry, text, error);
	git_tree_free(search.tree);
	git_commit_free(search.commit);
	git_repository_free(search.repository);
	return ok;
}
