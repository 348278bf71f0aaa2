/*
 * Files and descriptors: reading with a cap, writing whole, replacing at once, folders, and removing a tree that may be
 * hostile. Every descriptor made here is close-on-exec. Paths in messages are the ones given.
 */
#ifndef POCKETCI_BASE_FILE_H
#define POCKETCI_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

struct arena;
struct buf;
struct error;

/*
 * Appends the whole file to *out. ERROR_NOT_FOUND where there is none, ERROR_TOO_LARGE past cap bytes; *out is then as
 * it was.
 */
bool file_read(const char *path, size_t cap, struct buf *out, struct error *error);

/* The same from a descriptor, to its end. name stands in messages. */
bool file_read_descriptor(int descriptor, const char *name, size_t cap, struct buf *out, struct error *error);

/*
 * Writes all of it, over short writes and EINTR; waits where the descriptor is non-blocking and full. A closed pipe is an
 * error like any other in a process that ignores SIGPIPE, as each main does.
 */
bool file_write_all(int descriptor, const void *data, size_t len, const char *name, struct error *error);

/*
 * Creates path with exactly this mode, whatever the umask (O_EXCL: it must not exist), and writes data. Nothing is left
 * behind where it fails.
 */
bool file_create(const char *path, struct str data, mode_t mode, struct error *error);

/* Replaces path at once: a temporary file beside it with exactly this mode, fsync, rename, fsync of the folder. */
bool file_replace(const char *path, struct str data, mode_t mode, struct error *error);

/* Creates the folder and those above it that are missing, with this mode less the umask; one that exists is left as it is. */
bool file_make_folders(const char *path, mode_t mode, struct error *error);

/*
 * Removes path and all beneath it, never following a symlink, crossing into a mount or leaving it; folders without
 * permission are given it first. However deep the tree is, three descriptors are enough. What can be removed is, also
 * where something cannot. A path that does not exist is removed already.
 */
bool file_remove_tree(const char *path, struct error *error);

/* An unnamed file, open for reading and writing, in folder (O_TMPFILE, or created and unlinked); -1 and an error. */
int file_open_unnamed(const char *folder, struct error *error);

/*
 * data as a file that is in memory alone and can be read but never changed (memfd_create(2), all seals), at its
 * beginning; -1 and an error. name shows in /proc.
 */
int file_open_sealed(const char *name, struct str data, struct error *error);

/*
 * Opens path beneath the folder that is open as `folder`: no "..", absolute path or symlink leads out of it
 * (openat2(2) RESOLVE_BENEATH). flags as for open(2); what they create has mode 0600. -1 and an error: ERROR_NOT_FOUND
 * where there is nothing, ERROR_NOT_ALLOWED where the path leads out.
 */
int file_open_beneath(int folder, const char *path, int flags, struct error *error);

/* A pipe, both ends close-on-exec: [0] to read, [1] to write. */
bool file_pipe(int ends[2], struct error *error);

bool file_set_nonblocking(int descriptor, struct error *error);

/* Closes it where it is not negative and sets it to -1; errno stays. */
void file_close(int *descriptor);

/* The absolute form of path against the current folder, ".." and symlinks as they are; in the arena. NULL and an error. */
char *file_absolute(struct arena *arena, const char *path, struct error *error);

/* folder/name in the arena, without a second slash behind one that is there; the name alone where folder is "". */
char *file_join(struct arena *arena, const char *folder, const char *name);

#endif
