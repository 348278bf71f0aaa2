/*
 * From a request to a pinned commit in the mirror: check, lock, look, fetch where needed, pin. How objects get here is
 * fetch.h's affair.
 */
#include "git/mirror.h"

#include <ctype.h>
#include <errno.h>
#include <git2.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "config/repository.h"
#include "git/commit.h"
#include "git/fetch.h"
#include "git/library.h"
#include "git/mirror_lock.h"
#include "lib/crypto.h"

#define PINS "refs/pocketci/"

/*
 * In a mirror's file name: as much of the repository's name as one sees at a glance, and of its digest as tells two
 * apart.
 */
#define NAME_BYTES 60
#define HASH_BYTES 8

char *mirror_path(struct arena *arena, struct str state, const struct repository_url *url)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	crypto_digest(CRYPTO_SHA256, url->name, digest);

	char *name = str_to_c(arena, url->name.len > NAME_BYTES ? str_from_index(url->name, url->name.len - NAME_BYTES)
	                                                        : url->name);
	char *end = name;
	for (const char *c = name; *c; c++) {
		bool plain = isalnum((unsigned char)*c) || *c == '_' || (*c == '.' && end > name);
		if (plain || (end > name && end[-1] != '-'))
			*end++ = plain ? *c : '-';
	}
	*end = '\0';
	return arena_printf(arena, "%.*s/mirrors/%s-%s.git", STR_ARGS(state), name,
	                    crypto_hex(arena, digest, HASH_BYTES).data);
}

/* A request, taken apart. */
struct request {
	const char *ref, *pin; /* full names */
	git_oid id;
	bool by_id;
	struct fetch fetch;
};

static bool name_is_valid(const char *name)
{
	int valid = 0;
	return git_reference_name_is_valid(&valid, name) == 0 && valid;
}

static bool take_ref(struct request *request, struct arena *arena, struct str ref, struct error *error)
{
	request->ref = str_to_c(arena, ref);
	if (ref.len == 0)
		return true;
	/* Our pins live in the mirror beside the other side's refs, and nobody's fetch may move them. */
	if (str_has_nul(ref) || !str_starts(ref, STR("refs/")) || str_starts(ref, STR(PINS)) ||
	    !name_is_valid(request->ref))
		return error_set(error, ERROR_INVALID, "\"%s\" is not a ref that can be fetched", request->ref);
	return true;
}

static bool take_commit(struct request *request, struct str commit, struct error *error)
{
	request->by_id = commit.len > 0;
	if (commit.len == 64)
		return error_set(error, ERROR_UNUSABLE,
		                 "commit %.*s: repositories with SHA-256 ids are not supported yet", STR_ARGS(commit));
	if (request->by_id &&
	    (commit.len != GIT_OID_HEXSZ || git_oid_fromstrn(&request->id, commit.data, commit.len) < 0))
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not the full id of a commit", STR_ARGS(commit));
	return true;
}

/* Checked without libgit2, which a process that only removes a pin need not start. */
static bool take_run(struct request *request, struct arena *arena, struct str run, struct error *error)
{
	bool valid = run.len > 0;
	for (size_t i = 0; i < run.len; i++)
		valid = valid && (isalnum((unsigned char)run.data[i]) || run.data[i] == '-' || run.data[i] == '_');
	if (!valid)
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not the id of a run", STR_ARGS(run));
	request->pin = arena_printf(arena, PINS "%.*s", STR_ARGS(run));
	return true;
}

static bool take_url(const struct repository_url *url, struct error *error)
{
	if (str_equal_c(url->scheme, "ssh"))
		return error_set(error, ERROR_INVALID, "ssh is not supported yet: use an https URL in place of %s",
		                 url->text.data);
	return true;
}

static bool fetch(const struct mirror_lock *lock, struct request *request, git_oid *id, struct error *error)
{
	request->fetch.repository = lock->repository;
	request->fetch.everything = lock->remade;
	return fetch_commit(&request->fetch, id, error);
}

/* A tag is more than its commit: what an annotated one says is to be in the workspace too. */
static bool needs_no_fetch(const struct mirror_lock *lock, const struct request *request, const git_oid *commit)
{
	git_oid tag, tagged;
	if (!str_starts(str_from(request->ref), STR("refs/tags/")))
		return true;
	return git_reference_name_to_id(&tag, lock->repository, request->ref) == 0 &&
	       commit_find(lock->repository, &tag, &tagged) == COMMIT_FOUND && git_oid_equal(&tagged, commit);
}

/*
 * Where the commit is there already, not a word goes to the other side. A mirror that stops its own fetch is made
 * again, once; everybody else's fault stays what it is.
 */
static bool bring(struct mirror_lock *lock, struct request *request, git_oid *id, struct error *error)
{
	struct damage damage = {"a commit in it cannot be read"};
	struct error first = ERROR_INIT;
	enum commit_state state = COMMIT_MISSING;
	if (request->by_id)
		state = commit_find(lock->repository, &request->id, id);
	if (state == COMMIT_FOUND && needs_no_fetch(lock, request, id))
		return true;
	if (state != COMMIT_BROKEN) {
		if (fetch(lock, request, id, &first))
			return true;
		if (lock->remade || !damage_find_in_history(lock->repository, &damage))
			return error_set(error, first.kind, "%s", first.message);
	}
	return mirror_lock_remake(lock, &damage, error) && fetch(lock, request, id, error);
}

static bool pin(const struct mirror_lock *lock, const struct request *request, const git_oid *id, struct error *error)
{
	git_reference *ref = NULL;
	int code = git_reference_create(&ref, lock->repository, request->pin, id, true, NULL);
	git_reference_free(ref);
	return code == 0 ||
	       git_library_error(error, ERROR_SYSTEM, code, "cannot write %s in %s", request->pin, lock->path);
}

/* Whether the commit was there and is pinned now, found without waiting for whoever fetches into the mirror. */
static bool pin_what_is_there(const char *mirror, const struct request *request, git_oid *id)
{
	struct mirror_lock lock;
	struct error ignored;
	bool there = request->by_id && mirror_lock_peek(&lock, mirror) &&
	             commit_find(lock.repository, &request->id, id) == COMMIT_FOUND &&
	             needs_no_fetch(&lock, request, id) && pin(&lock, request, id, &ignored);
	if (request->by_id)
		mirror_lock_release(&lock);
	return there;
}

bool mirror_fetch(const char *mirror, const struct repository_url *url, const struct git_credentials *credentials,
                  struct str ref, struct str commit, struct str run, char id[static 65], struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct mirror_lock lock = {.descriptor = -1};
	struct request request = {0};
	git_oid found;
	bool ok = take_url(url, error) && take_ref(&request, &arena, ref, error) &&
	          take_commit(&request, commit, error) && take_run(&request, &arena, run, error);
	request.fetch = (struct fetch){
		.url = url,
		.credentials = credentials,
		.ref = request.ref,
		.commit = request.by_id ? &request.id : NULL,
	};
	ok = ok && (pin_what_is_there(mirror, &request, &found) ||
	            (mirror_lock_take(&lock, mirror, error) && bring(&lock, &request, &found, error) &&
	             pin(&lock, &request, &found, error)));
	if (ok)
		git_oid_tostr(id, 65, &found);
	mirror_lock_release(&lock);
	arena_release(&arena);
	return ok;
}

/* Gone is as good as removed. */
static bool remove_file(const char *path, struct error *error)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return true;
	return error_set_system(error, errno, "cannot remove %s", path);
}

/*
 * Without the mirror's lock, which a fetch that hangs may hold for long: a pin is one file that only its run touches.
 * Its folder stays, since another run may be about to write there.
 */
bool mirror_unpin(const char *mirror, struct str run, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct request request;
	bool ok = take_run(&request, &arena, run, error);
	if (ok) {
		char *path = file_join(&arena, mirror, request.pin);
		ok = remove_file(path, error) && remove_file(arena_printf(&arena, "%s.lock", path), error);
	}
	arena_release(&arena);
	return ok;
}
