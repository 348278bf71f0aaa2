/*
 * Nothing is linked: a hard link would let a command in the workspace write into the mirror's packs. Copies share
 * blocks where the file system can (XFS, Btrfs).
 */
#include "git/objects.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

/* Files of objects/ by their paths there; a pack stands for its index as well. */
struct object_files {
	struct arena *arena;
	const char **paths;
	size_t count, capacity;
	unsigned long long bytes;
};

static bool too_much(const struct object_files *files)
{
	return files->count > OBJECTS_COPY_FILES || files->bytes > OBJECTS_COPY_BYTES;
}

static void add(struct object_files *files, int folder, const char *folder_name, const char *name)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return;
	files->paths = arena_grow(files->arena, files->paths, files->count, &files->capacity, sizeof(*files->paths));
	files->paths[files->count++] = file_join(files->arena, folder_name, name);
	files->bytes += (unsigned long long)status.st_size;
}

static bool is_hex(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	return name[len] == '\0';
}

/*
 * A fetch that goes on beside us puts the index in its place first, and a pack that has none yet brings nothing we
 * need.
 */
static bool is_whole_pack(int folder, const char *name, struct arena *arena)
{
	struct str text = str_from(name);
	if (!str_starts(text, STR("pack-")) || !str_ends(text, STR(".pack")))
		return false;
	char *index_name = arena_printf(arena, "%.*s.idx", (int)(text.len - strlen(".pack")), name);
	return faccessat(folder, index_name, F_OK, 0) == 0;
}

/* objects/pack, or one of objects/00 to objects/ff, in which the rest of an object's id is the file's name. */
static bool list_folder(struct object_files *files, int objects, const char *name, struct error *error)
{
	bool packs = strcmp(name, "pack") == 0;
	int descriptor = openat(objects, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (!folder) {
		error_set_system(error, errno, "cannot read objects/%s of the mirror", name);
		file_close(&descriptor);
		return false;
	}
	for (const struct dirent *entry; !too_much(files) && (entry = readdir(folder));)
		if (packs ? is_whole_pack(descriptor, entry->d_name, files->arena) : is_hex(entry->d_name, 38))
			add(files, descriptor, name, entry->d_name);
	closedir(folder);
	return true;
}

static bool list(struct object_files *files, const char *folder_name, struct error *error)
{
	DIR *folder = opendir(folder_name);
	if (!folder)
		return error_set_system(error, errno, "cannot read %s", folder_name);
	bool ok = true;
	for (const struct dirent *entry; ok && !too_much(files) && (entry = readdir(folder));)
		if (strcmp(entry->d_name, "pack") == 0 || (strlen(entry->d_name) == 2 && is_hex(entry->d_name, 2)))
			ok = list_folder(files, dirfd(folder), entry->d_name, error);
	closedir(folder);
	return ok;
}

/* The kernel copies where it can; where it says that it cannot between these two files, we do. */
static ssize_t copy_some(int from, int to)
{
	char block[(size_t)64 << 10];
	ssize_t copied = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
	if (copied >= 0 ||
	    (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM))
		return copied;
	ssize_t got = read(from, block, sizeof(block));
	for (ssize_t done = 0; got > 0 && done < got;) {
		ssize_t put = write(to, block + done, (size_t)(got - done));
		if (put < 0)
			return put;
		done += put;
	}
	return got;
}

static bool copy_content(int from, int to)
{
	ssize_t copied;
	do
		copied = copy_some(from, to);
	while (copied > 0 || (copied < 0 && errno == EINTR));
	return copied == 0;
}

static bool copy(int source, int target, const char *path, struct error *error)
{
	int from = openat(source, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int to = from < 0 ? -1 : openat(target, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	bool ok = to >= 0 && copy_content(from, to);
	if (ok) {
		ok = close(to) == 0;
		to = -1;
	}
	if (!ok)
		error_set_system(error, errno, "cannot copy objects/%s of the mirror", path);
	file_close(&to);
	file_close(&from);
	return ok;
}

static bool make_folder_of(int target, const char *path, struct error *error)
{
	char name[3] = {path[0], path[1], '\0'};
	if (path[2] != '/' || mkdirat(target, name, 0777) == 0 || errno == EEXIST)
		return true;
	return error_set_system(error, errno, "cannot make objects/%s", name);
}

static bool copy_all(const struct object_files *files, int source, int target, struct error *error)
{
	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->paths[i];
		struct str text = str_from(path);
		if (!make_folder_of(target, path, error) || !copy(source, target, path, error))
			return false;
		if (!str_ends(text, STR(".pack")))
			continue;
		char *index_path = arena_printf(files->arena, "%.*s.idx", (int)(text.len - strlen(".pack")), path);
		if (!copy(source, target, index_path, error))
			return false;
	}
	return true;
}

static bool refer(struct arena *arena, const char *source, const char *target, struct error *error)
{
	char absolute[PATH_MAX];
	if (!realpath(source, absolute))
		return error_set_system(error, errno, "cannot find %s", source);
	if (strchr(absolute, '\n'))
		return error_set(error, ERROR_SYSTEM, "a mirror's path cannot have a newline in it: %s", absolute);
	return file_create(file_join(arena, target, "info/alternates"), str_printf(arena, "%s\n", absolute), 0644,
	                   error);
}

bool objects_give(const char *mirror, const char *repository, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct object_files files = {.arena = &arena};
	char *source_path = file_join(&arena, mirror, "objects");
	char *target_path = file_join(&arena, repository, "objects");
	int source = -1, target = -1;
	bool ok = list(&files, source_path, error);
	if (ok && too_much(&files)) {
		ok = refer(&arena, source_path, target_path, error);
	} else if (ok) {
		source = open(source_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		target = open(target_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ok = source >= 0 && target >= 0 ? copy_all(&files, source, target, error)
		                                : error_set_system(error, errno, "cannot open %s", source_path);
	}
	file_close(&source);
	file_close(&target);
	arena_release(&arena);
	return ok;
}
