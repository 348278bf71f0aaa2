/*
 * What inotify is to tell of paths. For each path these are watched: every folder on the way, for being moved or removed;
 * the folder of each symlink on the way, of the file, and of what is missing, for that name; the file itself, for what
 * is written to it. So a symlink that is swapped anywhere on the way is seen, and a folder that is made later, and a
 * busy folder above costs nothing. Internal to watch_files.c.
 */
#ifndef POCKETCI_GATEWAY_WATCH_FOLDERS_H
#define POCKETCI_GATEWAY_WATCH_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct watched_path;
struct watched_name;

struct watch_folders {
	int inotify; /* -1: there is none, and `blind` says why */
	struct arena arena;
	struct watched_path *paths; /* of this round */
	size_t path_count, path_capacity;
	struct watched_path *former; /* of the last one */
	size_t former_count;
	struct watched_name *names;
	size_t name_count, name_capacity;
	bool raced;         /* something on the way changed under our feet: go the way again */
	struct error blind; /* set where not everything can be seen; the first reason */
};

/* What was told of one file, see watch_folders_read. */
enum watch_news {
	WATCH_WRITTEN, /* and it is still open for writing */
	WATCH_CLOSED,  /* by one that had it open for writing */
};

struct watch_listener {
	void (*tell)(void *context, int file, enum watch_news news);
	void *context;
};

/* What changed on the way to files. */
struct watch_change {
	bool way;     /* go the way again */
	bool created; /* and one of the names was made */
	bool lost;    /* events were lost: everything may have changed */
};

void watch_folders_init(struct watch_folders *folders);
void watch_folders_release(struct watch_folders *folders);

/* A round: begin, follow for each path, end. What no path of the round leads over is not watched any more. */
void watch_folders_begin(struct watch_folders *folders);

/* Goes the way of an absolute path, and watches it. The number that WATCH_… name the file by, -1 where it is not there. */
int watch_folders_follow(struct watch_folders *folders, const char *path);

void watch_folders_end(struct watch_folders *folders);

/* Reads what came, without waiting. */
struct watch_change watch_folders_read(struct watch_folders *folders, const struct watch_listener *listener);

#endif
