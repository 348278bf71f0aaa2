/*
 * Damage is only what was seen on our own disk. A server that sends nonsense must not make us throw a good mirror away.
 */
#include "git/damage.h"

#include <dirent.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "git/commit.h"
#include "git/library.h"

#define MARK_NAME "damaged"
#define HASH_SIZE 20 /* SHA-1; libgit2 1.5 reads no other repositories */

/* As many as libgit2 tells a server that we have. */
#define HISTORY_COMMITS 256

static bool found(struct damage *damage, const char *text)
{
	snprintf(damage->text, sizeof(damage->text), "%s", text);
	return true;
}

/* size bytes that end `before_end` bytes before the end of the file. */
static bool read_tail(int folder, const char *name, off_t before_end, void *out, size_t size)
{
	int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	bool ok = descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size >= before_end + (off_t)size &&
	          pread(descriptor, out, size, status.st_size - before_end - (off_t)size) == (ssize_t)size;
	file_close(&descriptor);
	return ok;
}

/* A pack ends with the hash of all before it, and its index repeats that hash before its own. */
static bool pack_is_whole(int folder, const char *index_name)
{
	unsigned char expected[HASH_SIZE], present[HASH_SIZE];
	struct arena arena = ARENA_INIT;
	size_t stem = strlen(index_name) - strlen(".idx");
	char *pack_name = arena_printf(&arena, "%.*s.pack", (int)stem, index_name);
	bool whole = read_tail(folder, index_name, HASH_SIZE, expected, sizeof(expected)) &&
	             read_tail(folder, pack_name, 0, present, sizeof(present)) &&
	             memcmp(expected, present, sizeof(expected)) == 0;
	arena_release(&arena);
	return whole;
}

static bool find_in_packs(const char *mirror, struct damage *damage)
{
	struct arena arena = ARENA_INIT;
	DIR *folder = opendir(file_join(&arena, mirror, "objects/pack"));
	bool damaged = !folder && found(damage, "objects/pack cannot be opened");
	for (const struct dirent *entry; folder && !damaged && (entry = readdir(folder));) {
		if (!str_ends(str_from(entry->d_name), STR(".idx")) || pack_is_whole(dirfd(folder), entry->d_name))
			continue;
		snprintf(damage->text, sizeof(damage->text), "the pack of %.80s is missing or cut short",
		         entry->d_name);
		damaged = true;
	}
	if (folder)
		closedir(folder);
	arena_release(&arena);
	return damaged;
}

static bool find_mark(const char *mirror, struct damage *damage)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	bool marked = file_read(file_join(&arena, mirror, MARK_NAME), sizeof(damage->text) - 1, &text, &error) ||
	              error.kind == ERROR_TOO_LARGE;
	if (marked)
		found(damage, text.data);
	buf_release(&text);
	arena_release(&arena);
	return marked;
}

bool damage_find(const char *mirror, struct damage *damage)
{
	return find_mark(mirror, damage) || find_in_packs(mirror, damage);
}

static void mark(const char *mirror, const char *text)
{
	struct arena arena = ARENA_INIT;
	struct error ignored = ERROR_INIT; /* marked already, or the disk is full: the next reader tries again */
	file_create(file_join(&arena, mirror, MARK_NAME), str_head(str_from(text), sizeof((struct damage){0}.text) - 1),
	            0600, &ignored);
	arena_release(&arena);
}

bool damage_report(const char *mirror, struct error *error)
{
	if (!git_library_lost_object())
		return false;
	mark(mirror, git_error_last()->message);
	log_warning("the mirror %s is damaged, and is made again when it is next fetched", mirror);
	error->kind = ERROR_STORAGE;
	return false;
}

/* A ref may point to something that is no commit, but not to nothing. */
static bool find_in_refs(git_repository *repository, git_revwalk *walk, struct damage *damage)
{
	git_reference_iterator *refs = NULL;
	git_reference *ref = NULL;
	bool damaged = git_reference_iterator_new(&refs, repository) < 0 && found(damage, "its refs cannot be read");
	while (!damaged && git_reference_next(&ref, refs) == 0) {
		const git_oid *id = git_reference_target(ref);
		git_oid commit;
		enum commit_state state = id ? commit_find(repository, id, &commit) : COMMIT_UNUSABLE;
		damaged = state == COMMIT_MISSING || state == COMMIT_BROKEN;
		if (damaged)
			snprintf(damage->text, sizeof(damage->text), "what %s points to cannot be read",
			         git_reference_name(ref));
		else if (state == COMMIT_FOUND)
			git_revwalk_push(walk, &commit);
		git_reference_free(ref);
	}
	git_reference_iterator_free(refs);
	return damaged;
}

bool damage_find_in_history(git_repository *repository, struct damage *damage)
{
	git_revwalk *walk = NULL;
	if (git_revwalk_new(&walk, repository) < 0)
		return found(damage, "its commits cannot be read");
	git_revwalk_sorting(walk, GIT_SORT_TIME);
	bool damaged = find_in_refs(repository, walk, damage);
	git_oid id;
	int code = 0;
	for (size_t i = 0; !damaged && code == 0 && i < HISTORY_COMMITS; i++)
		code = git_revwalk_next(&id, walk);
	if (!damaged && code < 0 && code != GIT_ITEROVER)
		damaged = found(damage, "a commit of its history cannot be read");
	git_revwalk_free(walk);
	return damaged;
}
