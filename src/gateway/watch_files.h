/*
 * Files that are to be read again when they change: replaced by rename, written in place, removed and put back, behind a
 * symlink that is swapped, or in a folder that is made later. Told by inotify; where that cannot see everything, and
 * while a file is missing, they are looked at once a second as well.
 *
 *     begin, read the files, set; then, whenever it is due: begin, read, set …
 */
#ifndef POCKETCI_GATEWAY_WATCH_FILES_H
#define POCKETCI_GATEWAY_WATCH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_identity;
struct str;
struct watch_files;

/*
 * In ms. After a change the files are read once nothing more has happened for WATCH_QUIET, at most WATCH_DELAY after it.
 * One that is open for writing is judged when it is closed; the change of another waits for that, at most
 * WATCH_OPEN.
 */
#define WATCH_QUIET 10
#define WATCH_DELAY 50
#define WATCH_OPEN 1000
#define WATCH_LOOK 1000

/* Never NULL. Where inotify cannot be used that is logged when there is something to watch. */
struct watch_files *watch_files_new(void);

/* NULL is accepted. */
void watch_files_free(struct watch_files *watch);

/* The files are going to be read: what changed so far will be seen. */
void watch_files_begin(struct watch_files *watch);

/*
 * They were read: these count paths, each as it was before that (base/identity.h); copied. From now on they are watched,
 * in place of those before. False where one has changed since: what was read may be a half of each version, and they are
 * due again soon.
 */
bool watch_files_set(struct watch_files *watch, const struct str *paths, const struct file_identity *identities,
                     size_t count);

/* Reads what was told, without waiting, and says whether the files are to be read now. True until the next begin. */
bool watch_files_due(struct watch_files *watch);

/* When watch_files_due has more to say though nothing was told. */
int64_t watch_files_deadline(const struct watch_files *watch);

/* To be polled for reading; -1 where there is no inotify. */
int watch_files_descriptor(const struct watch_files *watch);

#endif
