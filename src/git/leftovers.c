/*
 * A walk over the few folders where libgit2 writes. What cannot be removed is no error here: the fetch that it stops
 * says so.
 */
#include "git/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

/*
 * Packs that are being received, and locks of refs, of packed-refs, of HEAD, of the index of a pack. No ref's name can
 * end in ".lock".
 */
static bool is_leftover(const char *name)
{
	struct str text = str_from(name);
	return str_starts(text, STR("pack_git2_")) || str_ends(text, STR(".lock"));
}

static bool is_folder(int parent, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static void remove_leftover(int folder, const char *name)
{
	if (is_leftover(name) && unlinkat(folder, name, 0) == 0)
		log_info("removed %s, left by a fetch that was killed", name);
}

static DIR *open_folder(int parent, const char *name)
{
	int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (!folder)
		file_close(&descriptor);
	return folder;
}

static void sweep(int parent, const char *name)
{
	DIR *folder = open_folder(parent, name);
	for (const struct dirent *entry; folder && (entry = readdir(folder));)
		if (!is_folder(dirfd(folder), entry))
			remove_leftover(dirfd(folder), entry->d_name);
	if (folder)
		closedir(folder);
}

/* And all beneath it, but for the folder `except` in it. No part of a ref's name begins with a dot. */
static void sweep_deep(int parent, const char *name, const char *except)
{
	DIR *folder = open_folder(parent, name);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!is_folder(dirfd(folder), entry))
			remove_leftover(dirfd(folder), entry->d_name);
		else if (entry->d_name[0] != '.' && strcmp(entry->d_name, except) != 0)
			sweep_deep(dirfd(folder), entry->d_name, "");
	}
	if (folder)
		closedir(folder);
}

void leftovers_remove(const char *mirror)
{
	int descriptor = open(mirror, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return;
	sweep(descriptor, ".");
	sweep(descriptor, "objects/pack");
	sweep_deep(descriptor, "refs", "pocketci");
	close(descriptor);
}
