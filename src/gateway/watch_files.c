/*
 * inotify says when to look; whether a file has changed is told by its identity, and by bytes that were written. So an
 * event that was lost or that means nothing does no harm.
 */
#include "gateway/watch_files.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/str.h"
#include "gateway/watch_folders.h"

/* How often the way to the files is gone again at once where it changed meanwhile. */
#define WAY_TRIES 3

struct watched_file {
	const char *path;
	struct file_identity identity; /* as it was read */
	int number;                    /* of watch_folders */
	bool changed;                  /* since it was read */
	bool before;                   /* it had changed at the last begin */
	bool written;                  /* and is open for writing: judged when closed */
	bool touched;                  /* written to since the last begin */
};

struct watch_files {
	struct watch_folders folders;
	struct arena arena;
	struct watched_file *files;
	size_t count;
	int64_t first, last; /* change: since all was read; of all */
	int64_t next_look;
	bool told; /* that they are looked at once a second */
};

/* --- What is known of them --- */

static bool any(const struct watch_files *watch, size_t field)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (*(const bool *)((const char *)&watch->files[i] + field))
			return true;
	}
	return false;
}

#define ANY(watch, field) any((watch), offsetof(struct watched_file, field))

static void mark_changed(struct watch_files *watch, struct watched_file *file)
{
	watch->last = clock_now();
	if (!ANY(watch, changed))
		watch->first = watch->last;
	file->changed = true;
}

static void judge(struct watch_files *watch, struct watched_file *file)
{
	struct file_identity identity = file_identify(file->path);

	if (!file_identity_equal(&identity, &file->identity))
		mark_changed(watch, file);
}

static bool any_missing(const struct watch_files *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->files[i].number < 0)
			return true;
	}
	return false;
}

static void look_again_later(struct watch_files *watch)
{
	const struct error *blind = &watch->folders.blind;
	bool is_blind = blind->kind != ERROR_NONE && watch->count > 0;

	if (is_blind && !watch->told)
		log_warning("the hooks files are looked at once a second: %s", blind->message);
	watch->told |= is_blind;
	watch->next_look =
		is_blind || watch->folders.raced || any_missing(watch) ? clock_now() + WATCH_LOOK : CLOCK_NEVER;
}

/* --- The way to them --- */

/* A file that was just made and is empty is most likely about to be filled. */
static void meet(struct watch_files *watch, struct watched_file *file, int number, bool created)
{
	file->number = number;
	file->written = created && number >= 0 && file_identify(file->path).size == 0;
	if (file->written)
		mark_changed(watch, file);
}

static void follow_all(struct watch_files *watch, bool created)
{
	watch_folders_begin(&watch->folders);
	for (size_t i = 0; i < watch->count; i++) {
		struct watched_file *file = &watch->files[i];
		int number = watch_folders_follow(&watch->folders, file->path);
		if (number != file->number)
			meet(watch, file, number, created);
	}
	watch_folders_end(&watch->folders);
}

static void go_the_way(struct watch_files *watch, bool created)
{
	int tries = 0;

	do
		follow_all(watch, created);
	while (watch->folders.raced && ++tries < WAY_TRIES);
	for (size_t i = 0; i < watch->count; i++) {
		if (!watch->files[i].written)
			judge(watch, &watch->files[i]);
	}
	look_again_later(watch);
}

/* --- What is told --- */

static void take_news(void *context, int number, enum watch_news news)
{
	struct watch_files *watch = context;

	for (size_t i = 0; i < watch->count; i++) {
		struct watched_file *file = &watch->files[i];
		if (file->number != number)
			continue;
		watch->last = clock_now();
		if (news == WATCH_WRITTEN) {
			file->written = file->touched = true;
			file->changed = false;
		} else if (file->written) {
			file->written = false;
			mark_changed(watch, file);
		} else {
			judge(watch, file);
		}
	}
}

static void read_news(struct watch_files *watch)
{
	const struct watch_listener listener = {take_news, watch};
	struct watch_change change = watch_folders_read(&watch->folders, &listener);

	for (size_t i = 0; change.lost && i < watch->count; i++) {
		watch->files[i].written = false;
		mark_changed(watch, &watch->files[i]);
	}
	if (change.way || clock_now() >= watch->next_look)
		go_the_way(watch, change.created);
}

/* --- When --- */

static int64_t due_at(const struct watch_files *watch)
{
	if (!ANY(watch, changed))
		return CLOCK_NEVER;
	if (ANY(watch, written))
		return watch->first + WATCH_OPEN;
	return clock_earlier(watch->last + WATCH_QUIET, watch->first + WATCH_DELAY);
}

bool watch_files_due(struct watch_files *watch)
{
	read_news(watch);
	return clock_now() >= due_at(watch);
}

int64_t watch_files_deadline(const struct watch_files *watch)
{
	return clock_earlier(due_at(watch), watch->next_look);
}

int watch_files_descriptor(const struct watch_files *watch)
{
	return watch->folders.inotify;
}

/* --- Which --- */

struct watch_files *watch_files_new(void)
{
	struct watch_files *watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		memory_exhausted(sizeof(*watch));
	watch->arena = (struct arena)ARENA_INIT;
	watch->next_look = CLOCK_NEVER;
	watch_folders_init(&watch->folders);
	return watch;
}

void watch_files_free(struct watch_files *watch)
{
	if (watch == NULL)
		return;
	watch_folders_release(&watch->folders);
	arena_release(&watch->arena);
	free(watch);
}

void watch_files_begin(struct watch_files *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct watched_file *file = &watch->files[i];
		file->before = file->changed;
		file->changed = file->touched = false;
	}
}

/* What is known of the path, or of one that nothing is known of. */
static struct watched_file known(const struct watch_files *watch, const char *path)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (str_equal_c(str_from(path), watch->files[i].path))
			return watch->files[i];
	}
	return (struct watched_file){.number = -1};
}

static void replace_list(struct watch_files *watch, const struct str *paths, const struct file_identity *identities,
                         size_t count)
{
	struct arena arena = ARENA_INIT;
	struct watched_file *files = arena_array(&arena, count, sizeof(*files));

	for (size_t i = 0; i < count; i++) {
		struct error ignored = ERROR_INIT;
		const char *given = str_to_c(&arena, paths[i]);
		const char *path = file_absolute(&arena, given, &ignored);
		files[i] = known(watch, path != NULL ? path : given);
		files[i].path = path != NULL ? path : given;
		files[i].identity = identities[i];
	}
	arena_release(&watch->arena);
	watch->arena = arena;
	watch->files = files;
	watch->count = count;
}

bool watch_files_set(struct watch_files *watch, const struct str *paths, const struct file_identity *identities,
                     size_t count)
{
	read_news(watch);
	replace_list(watch, paths, identities, count);
	go_the_way(watch, false);
	if (!ANY(watch, changed) && !ANY(watch, touched))
		return true;
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->files[i].before)
			mark_changed(watch, &watch->files[i]);
	}
	return false;
}
