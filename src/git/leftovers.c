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

static void sweep(int parent, const char *name, bool beneath)
{
	int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (!folder) {
		file_close(&descriptor);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (is_folder(descriptor, entry)) {
			if (beneath && strcmp(entry->d_name, "pocketci") != 0)
				sweep(descriptor, entry->d_name, true);
		} else if (is_leftover(entry->d_name) && unlinkat(descriptor, entry->d_name, 0) == 0) {
			log_info("removed %s, left by a fetch that was killed", entry->d_name);
		}
	}
	closedir(folder);
}

void leftovers_remove(const char *mirror)
{
	int descriptor = open(mirror, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return;
	sweep(descriptor, ".", false);
	sweep(descriptor, "objects/pack", false);
	sweep(descriptor, "refs", true);
	close(descriptor);
}
