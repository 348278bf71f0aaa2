/*
 * Up to three exchanges, each wider than the one before. A ref of the mirror is moved only after all that it leads to
 * has arrived, so a fetch that is killed leaves the mirror as it was.
 */
#include "git/fetch.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "config/repository.h"
#include "git/commit.h"
#include "git/library.h"
#include "git/upstream.h"

/* One exchange and what it said. */
struct exchange {
	const struct fetch *fetch;
	struct upstream upstream;
	struct upstream_choice choice;
	struct arena arena;
};

/* refs/heads/a and refs/heads/a/b cannot be at once: where the other side has one, the other is long gone there. */
static bool stands_in_the_way(const char *there, const char *name)
{
	size_t shorter = strlen(there) < strlen(name) ? strlen(there) : strlen(name);
	return strncmp(there, name, shorter) == 0 && (there[shorter] == '/' || name[shorter] == '/');
}

static bool make_room(git_repository *repository, const char *name)
{
	git_strarray names = {0};
	bool removed = false;
	if (git_reference_list(&names, repository) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (stands_in_the_way(names.strings[i], name))
			removed |= git_reference_remove(repository, names.strings[i]) == 0;
	git_strarray_dispose(&names);
	return removed;
}

static int move_ref(git_repository *repository, const char *name, const git_oid *id)
{
	git_oid now;
	if (git_reference_name_to_id(&now, repository, name) == 0 && git_oid_equal(&now, id))
		return 0;
	git_reference *ref = NULL;
	int code = git_reference_create(&ref, repository, name, id, true, NULL);
	if (code < 0 && make_room(repository, name))
		code = git_reference_create(&ref, repository, name, id, true, NULL);
	git_reference_free(ref);
	return code;
}

static bool move_refs(const struct exchange *exchange, struct error *error)
{
	const struct upstream *upstream = &exchange->upstream;
	for (size_t i = 0; i < upstream->count; i++) {
		const git_remote_head *head = upstream->heads[i];
		if (!upstream_chosen(&exchange->choice, head->name))
			continue;
		int code = move_ref(upstream->mirror, head->name, &head->oid);
		if (code < 0)
			return git_library_error(error, ERROR_SYSTEM, code, "cannot move %s in the mirror of %s",
			                         head->name, upstream->url->text.data);
	}
	return true;
}

static bool exchange_begin(struct exchange *exchange, const struct fetch *fetch, struct error *error)
{
	*exchange = (struct exchange){.fetch = fetch, .arena = ARENA_INIT};
	if (!upstream_connect(&exchange->upstream, fetch->repository, fetch->url, fetch->credentials, error))
		return false;
	if (upstream_is_empty(&exchange->upstream))
		return error_set(error, ERROR_UNUSABLE, "%s is empty: it has no commit yet", fetch->url->text.data);
	return true;
}

static void exchange_end(struct exchange *exchange)
{
	upstream_release(&exchange->upstream);
	arena_release(&exchange->arena);
}

/* The ref that decides which commit is meant, where none is named by id. */
static const char *chosen_ref(struct exchange *exchange)
{
	if (exchange->fetch->ref[0] != '\0')
		return exchange->fetch->ref;
	return exchange->fetch->commit ? NULL : upstream_default_branch(&exchange->upstream, &exchange->arena);
}

static bool set_wrong_kind(const struct fetch *fetch, const git_oid *object, struct error *error)
{
	char text[GIT_OID_HEXSZ + 1];
	return error_set(error, ERROR_UNUSABLE, "%s in %s is not a commit that can be used",
	                 git_oid_tostr(text, sizeof(text), object), fetch->url->text.data);
}

static bool set_no_ref(const struct fetch *fetch, struct error *error)
{
	if (fetch->ref[0] == '\0')
		return error_set(error, ERROR_UNUSABLE, "%s has no default branch", fetch->url->text.data);
	return error_set(error, ERROR_UNUSABLE, "%s is not in %s", fetch->ref, fetch->url->text.data);
}

/* After objects arrived: whether the commit is among them. False only where that is an error. */
static bool look(const struct fetch *fetch, const git_oid *object, git_oid *id, bool *found, struct error *error)
{
	switch (commit_find(fetch->repository, object, id)) {
	case COMMIT_FOUND:
		*found = true;
		return true;
	case COMMIT_MISSING:
		*found = false;
		return true;
	case COMMIT_UNUSABLE:
		return set_wrong_kind(fetch, object, error);
	case COMMIT_BROKEN:
		break;
	}
	return git_library_error(error, ERROR_STORAGE, GIT_ERROR, "cannot read from the mirror of %s",
	                         fetch->url->text.data);
}

/* ref, or all branches and tags with it. */
static bool fetch_refs(const struct fetch *fetch, bool all, git_oid *id, bool *found, struct error *error)
{
	struct exchange exchange;
	const git_remote_head *head = NULL;
	bool ok = exchange_begin(&exchange, fetch, error);
	if (ok) {
		exchange.choice = (struct upstream_choice){.ref = chosen_ref(&exchange), .all = all};
		head = exchange.choice.ref ? upstream_head(&exchange.upstream, exchange.choice.ref) : NULL;
		if (!head)
			exchange.choice.ref = NULL;
		if (!head && !fetch->commit)
			ok = set_no_ref(fetch, error);
	}
	if (ok && (head || all))
		ok = upstream_download(&exchange.upstream, &exchange.choice, error) && move_refs(&exchange, error);
	if (ok)
		ok = look(fetch, fetch->commit ? fetch->commit : &head->oid, id, found, error);
	if (ok && !*found && !fetch->commit)
		ok = error_set(error, ERROR_UPSTREAM, "%s did not send what %s points to", fetch->url->text.data,
		               head->name);
	exchange_end(&exchange);
	return ok;
}

static bool fetch_id(const struct fetch *fetch, git_oid *id, bool *found, struct error *error)
{
	struct exchange exchange;
	bool refused = false;
	bool ok = exchange_begin(&exchange, fetch, error) &&
	          (upstream_download_id(&exchange.upstream, fetch->commit, &refused, error) || refused);
	*found = false;
	if (ok && !refused)
		ok = look(fetch, fetch->commit, id, found, error);
	exchange_end(&exchange);
	return ok;
}

bool fetch_commit(const struct fetch *fetch, git_oid *id, struct error *error)
{
	bool found = false;
	bool narrow = !fetch->everything && (fetch->ref[0] != '\0' || !fetch->commit);
	if (narrow && !fetch_refs(fetch, false, id, &found, error))
		return false;
	if (!found && !fetch_refs(fetch, true, id, &found, error))
		return false;
	if (!found && !fetch_id(fetch, id, &found, error))
		return false;
	if (found)
		return true;
	char text[GIT_OID_HEXSZ + 1];
	return error_set(error, ERROR_UNUSABLE, "commit %s is not in %s",
	                 git_oid_tostr(text, sizeof(text), fetch->commit), fetch->url->text.data);
}
