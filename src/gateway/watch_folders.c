/*
 * Paths are gone by hand, component by component, each watched before the look that decides: what changes after the look
 * is told. Watches belong to inodes, so a round adds all of them again and drops those that it did not come by.
 */
#include "gateway/watch_folders.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define LINKS_MAX 40 /* as the kernel */

#define OF_ITSELF (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)
#define OF_NAMES (OF_ITSELF | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define OF_FILE (OF_ITSELF | IN_MODIFY | IN_CLOSE_WRITE)

struct watched_path {
	const char *path;
	int number; /* inotify's */
	uint32_t events;
};

struct watched_name {
	int folder;
	const char *name;
};

/* File systems on which others change files and inotify is not told (linux/magic.h, and Ceph's, SMB2's own headers). */
static const struct {
	unsigned long magic;
	const char *name;
} remote[] = {
	{0x6969, "NFS"},    {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"}, {0x65735546, "FUSE"},
	{0x01021997, "9P"}, {0x00c36400, "Ceph"}, {0x5346414f, "AFS"},
};

/* --- The whole --- */

void watch_folders_init(struct watch_folders *folders)
{
	*folders = (struct watch_folders){.arena = ARENA_INIT, .inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
	if (folders->inotify < 0)
		error_set_system(&folders->blind, errno, "inotify cannot be used");
}

void watch_folders_release(struct watch_folders *folders)
{
	file_close(&folders->inotify);
	arena_release(&folders->arena);
}

/* --- A round --- */

static bool in_list(const struct watched_path *paths, size_t count, int number)
{
	for (size_t i = 0; i < count; i++) {
		if (paths[i].number == number)
			return true;
	}
	return false;
}

void watch_folders_begin(struct watch_folders *folders)
{
	struct arena arena = ARENA_INIT;

	folders->former_count = folders->path_count;
	folders->former = arena_array(&arena, folders->path_count, sizeof(*folders->former));
	for (size_t i = 0; i < folders->path_count; i++)
		folders->former[i] = (struct watched_path){.number = folders->paths[i].number};
	arena_release(&folders->arena);
	folders->arena = arena;
	folders->paths = NULL;
	folders->names = NULL;
	folders->path_count = folders->path_capacity = folders->name_count = folders->name_capacity = 0;
	folders->raced = false;
}

void watch_folders_end(struct watch_folders *folders)
{
	for (size_t i = 0; i < folders->former_count; i++) {
		if (!in_list(folders->paths, folders->path_count, folders->former[i].number))
			inotify_rm_watch(folders->inotify, folders->former[i].number);
	}
	folders->former_count = 0;
}

/* --- Watching --- */

static void not_watched(struct watch_folders *folders, const char *path, int number)
{
	if (number == ENOENT || number == ENOTDIR || number == ELOOP)
		folders->raced = true;
	else if (folders->blind.kind == ERROR_NONE)
		error_set_system(&folders->blind, number, "inotify cannot watch %s", path);
}

/* The number, or -1. */
static int add_watch(struct watch_folders *folders, const char *path, uint32_t events)
{
	if (folders->inotify < 0)
		return -1;
	for (size_t i = 0; i < folders->path_count; i++) {
		const struct watched_path *known = &folders->paths[i];
		if (strcmp(known->path, path) == 0 && (events & ~known->events) == 0)
			return known->number;
	}
	int number = inotify_add_watch(folders->inotify, path, events | IN_DONT_FOLLOW | IN_MASK_ADD);
	if (number < 0) {
		not_watched(folders, path, errno);
		return -1;
	}
	folders->paths = arena_grow(&folders->arena, folders->paths, folders->path_count, &folders->path_capacity,
	                            sizeof(*folders->paths));
	folders->paths[folders->path_count++] =
		(struct watched_path){arena_strdup(&folders->arena, path), number, events};
	return number;
}

static void watch_name(struct watch_folders *folders, const char *folder, const char *name)
{
	int number = add_watch(folders, folder, OF_NAMES);

	folders->names = arena_grow(&folders->arena, folders->names, folders->name_count, &folders->name_capacity,
	                            sizeof(*folders->names));
	folders->names[folders->name_count++] = (struct watched_name){number, arena_strdup(&folders->arena, name)};
}

static void notice_remote(struct watch_folders *folders, const char *folder)
{
	struct statfs found;

	if (folders->blind.kind != ERROR_NONE || statfs(folder, &found) != 0)
		return;
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
		if (((unsigned long)found.f_type & 0xffffffff) == remote[i].magic)
			error_set(&folders->blind, ERROR_SYSTEM, "%s is on %s, which does not tell of changes", folder,
			          remote[i].name);
	}
}

/* --- The way --- */

struct way {
	struct watch_folders *folders;
	char *folder;    /* where we are, no symlink in it; "" is the root */
	struct str rest; /* the components that are left */
	unsigned links;
};

enum step { STEP_ON, STEP_FILE, STEP_END };

static const char *folder_name(const struct way *way)
{
	return way->folder[0] != '\0' ? way->folder : "/";
}

static void step_up(struct way *way)
{
	char *slash = strrchr(way->folder, '/');
	if (slash != NULL)
		*slash = '\0';
}

static enum step step_into(struct way *way, char *path)
{
	add_watch(way->folders, path, OF_ITSELF);
	way->folder = path;
	return STEP_ON;
}

static enum step step_over_link(struct way *way, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0 || ++way->links > LINKS_MAX) {
		way->folders->raced |= len < 0;
		return STEP_END;
	}
	target[len] = '\0';
	if (target[0] == '/')
		way->folder = arena_strdup(&way->folders->arena, "");
	way->rest = str_printf(&way->folders->arena, "%s/%.*s", target, STR_ARGS(way->rest));
	return STEP_ON;
}

/* A folder is gone into at once; for all else the name in its folder counts as well. */
static enum step step(struct way *way, struct str component, char **path)
{
	struct stat found;

	if (component.len == 0 || str_equal_c(component, "."))
		return STEP_ON;
	if (str_equal_c(component, "..")) {
		step_up(way);
		return STEP_ON;
	}
	*path = arena_printf(&way->folders->arena, "%s/%.*s", way->folder, STR_ARGS(component));
	if (lstat(*path, &found) == 0 && S_ISDIR(found.st_mode))
		return step_into(way, *path);
	watch_name(way->folders, folder_name(way), str_to_c(&way->folders->arena, component));
	if (lstat(*path, &found) != 0)
		return STEP_END;
	if (S_ISDIR(found.st_mode))
		return step_into(way, *path);
	return S_ISLNK(found.st_mode) ? step_over_link(way, *path) : STEP_FILE;
}

int watch_folders_follow(struct watch_folders *folders, const char *path)
{
	struct way way = {.folders = folders, .folder = arena_strdup(&folders->arena, ""), .rest = str_from(path)};
	struct str component;
	char *reached = NULL;
	enum step taken = STEP_ON;

	while (taken == STEP_ON && str_split_next(&way.rest, '/', &component))
		taken = step(&way, component, &reached);
	notice_remote(folders, folder_name(&way));
	return taken == STEP_FILE && way.rest.len == 0 ? add_watch(folders, reached, OF_FILE) : -1;
}

/* --- What came --- */

static bool is_watched_name(const struct watch_folders *folders, const struct inotify_event *event)
{
	for (size_t i = 0; i < folders->name_count; i++) {
		if (folders->names[i].folder == event->wd && strcmp(folders->names[i].name, event->name) == 0)
			return true;
	}
	return false;
}

static void read_event(const struct watch_folders *folders, const struct inotify_event *event,
                       const struct watch_listener *listener, struct watch_change *change)
{
	if (event->mask & IN_Q_OVERFLOW) {
		change->way = change->lost = true;
		return;
	}
	if (!in_list(folders->paths, folders->path_count, event->wd))
		return; /* of a watch that was dropped */
	if (event->len > 0 && !is_watched_name(folders, event))
		return;
	change->created |= (event->mask & IN_CREATE) != 0;
	if (event->mask & IN_MODIFY)
		listener->tell(listener->context, event->wd, WATCH_WRITTEN);
	else if (event->mask & IN_CLOSE_WRITE)
		listener->tell(listener->context, event->wd, WATCH_CLOSED);
	else
		change->way = true;
}

struct watch_change watch_folders_read(struct watch_folders *folders, const struct watch_listener *listener)
{
	_Alignas(struct inotify_event) char events[4096];
	struct watch_change change = {0};
	ssize_t len;

	while (folders->inotify >= 0 && (len = read(folders->inotify, events, sizeof(events))) > 0) {
		const struct inotify_event *event;
		for (const char *at = events; at < events + len; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			read_event(folders, event, listener, &change);
		}
	}
	return change;
}
