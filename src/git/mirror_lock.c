/*
 * The lock file holds one byte while a process works under the lock. Whoever finds that byte knows that the last one
 * was killed. A new mirror is made beside its place and renamed, so PATH is a whole repository or not there.
 */
#include "git/mirror_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "git/leftovers.h"
#include "git/library.h"

static bool make_parent(const char *path, struct arena *arena, struct error *error)
{
	struct str whole = str_from(path);
	size_t slash = str_find_last(whole, '/');
	return slash == whole.len || slash == 0 ||
	       file_make_folders(str_to_c(arena, str_head(whole, slash)), 0700, error);
}

/* *abandoned: the last holder did not end by itself. */
static bool take(struct mirror_lock *lock, struct arena *arena, bool *abandoned, struct error *error)
{
	char *name = arena_printf(arena, "%s.lock", lock->path);
	lock->descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock->descriptor < 0)
		return error_set_system(error, errno, "cannot open %s", name);
	int code;
	do
		code = flock(lock->descriptor, LOCK_EX);
	while (code < 0 && errno == EINTR);
	struct stat status;
	if (code < 0 || fstat(lock->descriptor, &status) < 0)
		return error_set_system(error, errno, "cannot lock %s", name);
	*abandoned = status.st_size > 0;
	/* On a full disk it cannot be written, and then the worst is that something is left lying. */
	if (!*abandoned && pwrite(lock->descriptor, "1", 1, 0) != 1)
		log_debug("cannot write to %s", name);
	return true;
}

static bool make(struct mirror_lock *lock, struct arena *arena, struct error *error)
{
	char *fresh = arena_printf(arena, "%s.new", lock->path);
	if (!file_remove_tree(fresh, error))
		return false;
	git_repository_init_options options = {
		.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION,
		.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR,
	};
	git_repository *repository = NULL;
	int code = git_repository_init_ext(&repository, fresh, &options);
	git_repository_free(repository);
	if (code < 0)
		return git_library_error(error, ERROR_SYSTEM, code, "cannot make the mirror %s", lock->path);
	if (rename(fresh, lock->path) < 0)
		return error_set_system(error, errno, "cannot make the mirror %s", lock->path);
	return true;
}

static int open_repository(struct mirror_lock *lock)
{
	return git_repository_open_ext(
		&lock->repository, lock->path,
		GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT | GIT_REPOSITORY_OPEN_BARE, NULL);
}

static bool open_made(struct mirror_lock *lock, struct error *error)
{
	int code = open_repository(lock);
	return code == 0 || git_library_error(error, ERROR_SYSTEM, code, "cannot open the mirror %s", lock->path);
}

bool mirror_lock_remake(struct mirror_lock *lock, const struct damage *damage, struct error *error)
{
	struct arena arena = ARENA_INIT;
	char *aside = arena_printf(&arena, "%s.damaged", lock->path);
	git_repository_free(lock->repository);
	lock->repository = NULL;
	bool ok = file_remove_tree(aside, error);
	if (ok && rename(lock->path, aside) < 0)
		ok = error_set_system(error, errno, "cannot move the damaged mirror %s aside", lock->path);
	if (ok)
		log_warning("the mirror %s is damaged: %s. It is now %s, and is fetched again", lock->path,
		            damage->text, aside);
	ok = ok && make(lock, &arena, error) && open_made(lock, error);
	lock->remade = true;
	arena_release(&arena);
	return ok;
}

static bool open_or_remake(struct mirror_lock *lock, struct error *error)
{
	struct damage damage;
	struct stat status;
	/* libgit2 refuses it too, but as something that it did not find. */
	if (lstat(lock->path, &status) == 0 && status.st_uid != geteuid())
		return error_set(error, ERROR_SYSTEM, "the mirror %s belongs to user %u, and this is user %u",
		                 lock->path, status.st_uid, geteuid());
	if (open_repository(lock) < 0)
		snprintf(damage.text, sizeof(damage.text), "it is not a repository");
	else if (!damage_find(lock->path, &damage))
		return true;
	return mirror_lock_remake(lock, &damage, error);
}

bool mirror_lock_peek(struct mirror_lock *lock, const char *path)
{
	struct damage damage;
	struct stat status;
	*lock = (struct mirror_lock){.path = path, .descriptor = -1};
	return lstat(path, &status) == 0 && status.st_uid == geteuid() && open_repository(lock) == 0 &&
	       !damage_find(path, &damage);
}

bool mirror_lock_take(struct mirror_lock *lock, const char *path, struct error *error)
{
	struct arena arena = ARENA_INIT;
	bool abandoned = false;
	*lock = (struct mirror_lock){.path = path, .descriptor = -1};
	bool ok = make_parent(path, &arena, error) && take(lock, &arena, &abandoned, error);
	if (ok && abandoned)
		leftovers_remove(path);
	if (ok && access(path, F_OK) < 0 && errno == ENOENT)
		ok = make(lock, &arena, error);
	ok = ok && open_or_remake(lock, error);
	arena_release(&arena);
	return ok;
}

void mirror_lock_release(struct mirror_lock *lock)
{
	git_repository_free(lock->repository);
	lock->repository = NULL;
	/* First the byte, then the lock, which goes with the descriptor. */
	if (lock->descriptor >= 0 && ftruncate(lock->descriptor, 0) < 0)
		log_debug("cannot empty %s.lock", lock->path);
	file_close(&lock->descriptor);
}
