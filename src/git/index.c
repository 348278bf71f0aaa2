/*
 * Git compares whole seconds, so two of them are enough. Not the commit's own time: what a build brings back from a
 * cache must never look newer than the sources.
 */
#include "git/index.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "git/library.h"

#define SECONDS_BACK 2

/* The index is sorted, so neighbours share their folder, which stays open. */
struct settling {
	const char *root_name;
	int root, folder; /* folder is -1 or open, and root where folder_name is "" */
	struct str folder_name;
	struct timespec times[2];
};

static void leave_folder(struct settling *settling)
{
	if (settling->folder != settling->root)
		file_close(&settling->folder);
	settling->folder = -1;
}

static bool enter_folder(struct settling *settling, struct str name, struct error *error)
{
	if (settling->folder >= 0 && str_equal(name, settling->folder_name))
		return true;
	leave_folder(settling);
	settling->folder_name = name;
	if (name.len == 0) {
		settling->folder = settling->root;
		return true;
	}
	struct arena arena = ARENA_INIT;
	settling->folder =
		file_open_beneath(settling->root, str_to_c(&arena, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, error);
	arena_release(&arena);
	return settling->folder >= 0;
}

static void copy_status(git_index_entry *entry, const struct stat *status)
{
	entry->mtime.seconds = (int32_t)status->st_mtim.tv_sec;
	entry->mtime.nanoseconds = (uint32_t)status->st_mtim.tv_nsec;
	entry->ctime.seconds = (int32_t)status->st_ctim.tv_sec;
	entry->ctime.nanoseconds = (uint32_t)status->st_ctim.tv_nsec;
}

static bool settle_one(struct settling *settling, git_index_entry *entry, struct error *error)
{
	struct str path = str_from(entry->path);
	size_t slash = str_find_last(path, '/');
	size_t folder_len = slash < path.len ? slash : 0;
	const char *name = entry->path + (slash < path.len ? slash + 1 : 0);
	struct stat status;
	if (!enter_folder(settling, str_head(path, folder_len), error))
		return false;
	if (utimensat(settling->folder, name, settling->times, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(settling->folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set_system(error, errno, "cannot set the time of %s/%s", settling->root_name, entry->path);
	copy_status(entry, &status);
	return true;
}

static bool settle_all(struct settling *settling, git_index *index, struct error *error)
{
	size_t count = git_index_entrycount(index);
	for (size_t i = 0; i < count; i++) {
		git_index_entry entry = *git_index_get_byindex(index, i);
		if (!settle_one(settling, &entry, error))
			return false;
		int code = git_index_add(index, &entry);
		if (code < 0)
			return git_library_error(error, ERROR_SYSTEM, code, "cannot note %s in the index", entry.path);
	}
	return true;
}

static bool write_index(git_index *index, struct error *error)
{
	git_oid tree;
	int code = git_index_write_tree(&tree, index);
	if (code == 0)
		code = git_index_write(index);
	return code == 0 || git_library_error(error, ERROR_SYSTEM, code, "cannot write the index");
}

bool index_settle(git_repository *repository, git_index *index, struct error *error)
{
	struct timespec then;
	clock_gettime(CLOCK_REALTIME, &then);
	then.tv_sec -= SECONDS_BACK;
	struct settling settling = {
		.root_name = git_repository_workdir(repository),
		.folder = -1,
		.times = {then, then},
	};
	settling.root = open(settling.root_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = settling.root >= 0 ? settle_all(&settling, index, error)
	                             : error_set_system(error, errno, "cannot open %s", settling.root_name);
	leave_folder(&settling);
	file_close(&settling.root);
	return ok && write_index(index, error);
}
