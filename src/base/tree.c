/*
 * Making and removing folders. The tree to remove is hostile: it may be a million folders deep, hold symlinks to
 * anywhere, deny its owner permission, and name things as it likes.
 *
 * A folder that is not empty is moved up to the top of the tree before it is emptied. So the depth never matters: there
 * is no recursion, no path that grows and no way back through "..", which somebody could have moved.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

static bool make_folder(const char *path, mode_t mode, struct error *error)
{
	if (mkdir(path, mode) == 0)
		return true;
	int number = errno;
	struct stat found;
	if (number == EEXIST && stat(path, &found) == 0) {
		if (S_ISDIR(found.st_mode))
			return true;
		number = ENOTDIR;
	}
	return error_set_system(error, number, "cannot create the folder %s", path);
}

bool file_make_folders(const char *path, mode_t mode, struct error *error)
{
	struct stat found;
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return true;

	struct str whole = str_from(path);
	struct buf part = BUF_INIT;
	bool made = true;
	for (size_t end = 1; made && end <= whole.len; end++) {
		bool at_end = end == whole.len || whole.data[end] == '/';
		if (!at_end || whole.data[end - 1] == '/')
			continue;
		buf_clear(&part);
		buf_append_str(&part, str_head(whole, end));
		made = make_folder(part.data, mode, error);
	}
	buf_release(&part);
	if (whole.len == 0)
		return error_set(error, ERROR_INVALID, "an empty path names no folder");
	return made;
}

struct removal {
	int top;
	uint64_t moved;     /* folders moved to the top so far, the next one's name */
	bool progressed;    /* in this pass */
	int failure;        /* errno of the first thing that could not be removed in this pass, 0 for none */
	char failed_at[64]; /* its name, cut */
};

static void note_failure(struct removal *removal, int number, const char *name)
{
	if (removal->failure != 0 || number == ENOENT)
		return;
	removal->failure = number;
	snprintf(removal->failed_at, sizeof(removal->failed_at), "%.60s", name);
}

static int open_folder(int parent, const char *name, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int descriptor;
	do {
		descriptor = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));
	} while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
	return descriptor;
}

/*
 * Gives the owner all permission on a folder that cannot be opened for reading yet. chmod(2) by name would follow a
 * symlink that took the folder's place; /proc leads to what was opened.
 */
static void give_permission(int parent, const char *name)
{
	char path[64];
	int folder = open_folder(parent, name, O_PATH);
	if (folder < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", folder);
	int ignored = chmod(path, 0700); /* the next attempt to open says whether it worked */
	(void)ignored;
	file_close(&folder);
}

/* Opens a folder so that it can be read and emptied; NULL and errno. */
static DIR *open_to_empty(int parent, const char *name)
{
	int descriptor = open_folder(parent, name, O_RDONLY);
	if (descriptor < 0 && errno == EACCES) {
		give_permission(parent, name);
		descriptor = open_folder(parent, name, O_RDONLY);
	}
	if (descriptor < 0)
		return NULL;

	struct stat folder;
	if (fstat(descriptor, &folder) == 0 && (folder.st_mode & 0700) != 0700)
		fchmod(descriptor, 0700); /* where this is refused, removing what is inside says why */
	DIR *stream = fdopendir(descriptor);
	if (!stream)
		file_close(&descriptor);
	return stream;
}

/* Moves a folder to the top under a name that is free there. */
static bool move_to_top(struct removal *removal, int parent, const char *name)
{
	for (;;) {
		char fresh[32];
		snprintf(fresh, sizeof(fresh), ".removing-%ju", (uintmax_t)removal->moved++);
		if (renameat(parent, name, removal->top, fresh) == 0)
			return true;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return false;
	}
}

/* The next name in a folder but "." and ".."; NULL at the end. */
static const char *next_name(DIR *folder)
{
	struct dirent *entry;
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	}
	return NULL;
}

/* Removes what is no folder, and a folder that is empty. False with errno ENOTEMPTY for one that is not. */
static bool remove_entry(int parent, const char *name)
{
	if (unlinkat(parent, name, 0) == 0)
		return true;
	if (errno != EISDIR && errno != EPERM) /* EPERM is POSIX's word for a folder, and that of an immutable file */
		return false;
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return true;
	if (errno == EEXIST)
		errno = ENOTEMPTY;
	if (errno == ENOTDIR)
		errno = EPERM;
	return false;
}

/* Moving a folder changes its "..", so that it must be writable itself. */
static void make_movable(int parent, const char *name)
{
	DIR *folder = open_to_empty(parent, name);
	if (folder)
		closedir(folder);
}

/* Removes the entries of a folder in the top; folders in it that are not empty move to the top. */
static void empty_folder(struct removal *removal, const char *name)
{
	DIR *folder = open_to_empty(removal->top, name);
	if (!folder) {
		note_failure(removal, errno, name);
		return;
	}

	const char *inner;
	int parent = dirfd(folder);
	while ((inner = next_name(folder))) {
		bool done = remove_entry(parent, inner);
		if (!done && errno == ENOTEMPTY) {
			done = move_to_top(removal, parent, inner);
			if (!done && errno == EACCES) {
				make_movable(parent, inner);
				done = move_to_top(removal, parent, inner);
			}
		}
		if (done)
			removal->progressed = true;
		else
			note_failure(removal, errno, inner);
	}
	closedir(folder);
}

/* One walk over the top. True when nothing was found in it. */
static bool pass_over_top(struct removal *removal, DIR *top)
{
	const char *name;
	bool empty = true;
	removal->progressed = false;
	removal->failure = 0;
	rewinddir(top);
	while ((name = next_name(top))) {
		empty = false;
		bool removed = remove_entry(removal->top, name);
		if (!removed && errno == ENOTEMPTY) {
			empty_folder(removal, name);
			removed = unlinkat(removal->top, name, AT_REMOVEDIR) == 0;
		}
		if (removed)
			removal->progressed = true;
		else if (errno != ENOTEMPTY)
			note_failure(removal, errno, name);
	}
	return empty;
}

/* Removes all that is in the folder name of parent. path is what messages call it. */
static bool empty_tree(int parent, const char *name, const char *path, struct error *error)
{
	DIR *top = open_to_empty(parent, name);
	if (!top)
		return errno == ENOENT || error_set_system(error, errno, "cannot open %s to remove it", path);

	struct removal removal = {.top = dirfd(top)};
	bool empty;
	do {
		empty = pass_over_top(&removal, top);
	} while (!empty && removal.progressed);
	closedir(top);
	if (!empty)
		return error_set_system(error, removal.failure != 0 ? removal.failure : ENOTEMPTY,
		                        "cannot remove %s: %s", path, removal.failed_at);
	return true;
}

/* Splits path into the folder that holds it and its name there. False where the name is none that can be removed. */
static bool split_path(struct str path, struct buf *folder, struct buf *name)
{
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	size_t slash = str_find_last(path, '/');
	bool has_folder = slash < path.len;
	struct str last = has_folder ? str_from_index(path, slash + 1) : path;
	if (last.len == 0 || str_equal_c(last, ".") || str_equal_c(last, ".."))
		return false;
	buf_append_str(name, last);
	buf_append_str(folder, has_folder ? str_head(path, slash + 1) : STR("."));
	return true;
}

bool file_remove_tree(const char *path, struct error *error)
{
	struct buf folder = BUF_INIT;
	struct buf name = BUF_INIT;
	int parent = -1;
	bool removed = false;
	if (!split_path(str_from(path), &folder, &name)) {
		error_set(error, ERROR_INVALID, "cannot remove \"%s\": it has no name of its own", path);
		goto cleanup;
	}

	parent = open(folder.data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0) {
		removed = errno == ENOENT || error_set_system(error, errno, "cannot remove %s", path);
		goto cleanup;
	}
	removed = remove_entry(parent, name.data) || errno == ENOENT;
	if (!removed && errno != ENOTEMPTY) {
		error_set_system(error, errno, "cannot remove %s", path);
		goto cleanup;
	}
	if (removed || !empty_tree(parent, name.data, path, error))
		goto cleanup;
	removed = unlinkat(parent, name.data, AT_REMOVEDIR) == 0 || errno == ENOENT;
	if (!removed)
		error_set_system(error, errno, "cannot remove %s", path);

cleanup:
	file_close(&parent);
	buf_release(&folder);
	buf_release(&name);
	return removed;
}
