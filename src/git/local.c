/*
 * One pack, made from the other repository's objects, written straight into the mirror. What the mirror's refs reach is
 * left out.
 */
#include "git/local.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hex.h"

struct local {
	git_repository *mirror, *other;
	git_revwalk *walk;
	git_packbuilder *pack;
};

/* What follows the (empty) host, with its %XX undone. */
static char *path_of(struct arena *arena, struct str url)
{
	struct str behind_scheme = str_from_index(url, strlen("file://"));
	struct str path = str_from_index(behind_scheme, str_find(behind_scheme, '/'));
	char *decoded = arena_alloc(arena, path.len + 1), *out = decoded;
	for (size_t i = 0; i < path.len; i++) {
		int byte = path.data[i] == '%' ? hex_byte(str_from_index(path, i + 1)) : -1;
		*out++ = byte >= 0 ? (char)(unsigned char)byte : path.data[i];
		i += byte >= 0 ? 2 : 0;
	}
	*out = '\0';
	return decoded;
}

/* A commit goes to the walk; a lone tree or file goes in whole; of a tag *next is then what it points to. */
static int want_one(struct local *local, const git_oid *id, git_oid *next, bool *goes_on)
{
	git_object *object = NULL;
	int code = git_object_lookup(&object, local->other, id, GIT_OBJECT_ANY);
	*goes_on = false;
	if (code < 0)
		return code;
	if (git_object_type(object) == GIT_OBJECT_COMMIT) {
		code = git_revwalk_push(local->walk, id);
	} else if (git_object_type(object) == GIT_OBJECT_TAG) {
		code = git_packbuilder_insert(local->pack, id, NULL);
		git_oid_cpy(next, git_tag_target_id((git_tag *)object));
		*goes_on = code == 0;
	} else {
		code = git_packbuilder_insert_recur(local->pack, id, NULL);
	}
	git_object_free(object);
	return code;
}

static int want(struct local *local, const git_oid *id)
{
	git_oid at, next;
	bool goes_on = true;
	int code = 0;
	for (git_oid_cpy(&at, id); code == 0 && goes_on; git_oid_cpy(&at, &next))
		code = want_one(local, &at, &next, &goes_on);
	return code;
}

static bool mirror_has(const struct local *local, const git_oid *id)
{
	git_odb *odb = NULL;
	bool has = git_repository_odb(&odb, local->mirror) == 0 && git_odb_exists(odb, id);
	git_odb_free(odb);
	return has;
}

/* What the other side no longer knows, and refs that name no commit, hide nothing. */
static int hide_what_mirror_has(struct local *local)
{
	git_reference_iterator *refs = NULL;
	git_reference *ref = NULL;
	int code = git_reference_iterator_new(&refs, local->mirror);
	while (code == 0 && (code = git_reference_next(&ref, refs)) == 0) {
		git_object *object = NULL, *commit = NULL;
		const git_oid *id = git_reference_target(ref);
		if (id && git_object_lookup(&object, local->other, id, GIT_OBJECT_ANY) == 0 &&
		    git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0)
			code = git_revwalk_hide(local->walk, git_object_id(commit));
		git_object_free(commit);
		git_object_free(object);
		git_reference_free(ref);
	}
	git_reference_iterator_free(refs);
	return code == GIT_ITEROVER ? 0 : code;
}

static int pack_write(struct local *local, struct arena *arena)
{
	if (git_packbuilder_object_count(local->pack) == 0)
		return 0;
	char *folder = arena_printf(arena, "%sobjects/pack", git_repository_commondir(local->mirror));
	return git_packbuilder_write(local->pack, folder, 0, NULL, NULL);
}

int local_download(git_repository *mirror, struct str url, const git_oid *wanted, size_t count)
{
	struct arena arena = ARENA_INIT;
	struct local local = {.mirror = mirror};
	int code = git_repository_open(&local.other, path_of(&arena, url));
	if (code == 0)
		code = git_revwalk_new(&local.walk, local.other);
	if (code == 0)
		code = git_packbuilder_new(&local.pack, local.other);
	if (code == 0)
		git_packbuilder_set_threads(local.pack, 0); /* as many as there are processors */
	for (size_t i = 0; code == 0 && i < count; i++)
		if (!mirror_has(&local, &wanted[i]))
			code = want(&local, &wanted[i]);
	if (code == 0)
		code = hide_what_mirror_has(&local);
	if (code == 0)
		code = git_packbuilder_insert_walk(local.pack, local.walk);
	if (code == 0)
		code = pack_write(&local, &arena);

	git_packbuilder_free(local.pack);
	git_revwalk_free(local.walk);
	git_repository_free(local.other);
	arena_release(&arena);
	return code;
}
