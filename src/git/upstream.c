/*
 * libgit2's remote, used so that nothing of the host's configuration counts: no name, no insteadOf, no proxy, no
 * redirect to another host, no tags of its own choice. A login is offered once.
 */
#include "git/upstream.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "config/repository.h"
#include "git/library.h"
#include "git/local.h"
#include "git/mirror.h"

/* The server asks again where it refused what it was given. */
static int give_login(git_credential **out, const char *url, const char *username_from_url, unsigned allowed,
                      void *payload)
{
	struct upstream *upstream = payload;
	(void)url;
	(void)username_from_url;
	if (upstream->asked++ > 0 || upstream->credentials->password.len == 0 ||
	    (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0)
		return GIT_EAUTH;

	struct arena arena = ARENA_INIT;
	struct str username = upstream->credentials->username;
	int code = git_credential_userpass_plaintext_new(
		out, str_to_c(&arena, username.len > 0 ? username : STR("x-access-token")),
		str_to_c(&arena, upstream->credentials->password));
	arena_release(&arena);
	return code;
}

static git_remote_callbacks callbacks_of(struct upstream *upstream)
{
	return (git_remote_callbacks){
		.version = GIT_REMOTE_CALLBACKS_VERSION,
		.credentials = give_login,
		.payload = upstream,
	};
}

/* What fails on our own disk is no fault of the server: libgit2 then names a path in the mirror. */
static enum error_kind kind_of_last_error(const struct upstream *upstream)
{
	const git_error *last = git_error_last();
	bool ours = last && last->message && strstr(last->message, git_repository_path(upstream->mirror));
	return ours ? ERROR_SYSTEM : ERROR_UPSTREAM;
}

static bool is_local(const struct upstream *upstream)
{
	return str_equal_c(upstream->url->scheme, "file");
}

static bool set_error(const struct upstream *upstream, int code, struct error *error)
{
	const char *url = upstream->url->text.data;
	if (code == GIT_EAUTH && upstream->asked > 0)
		return error_set(
			error, ERROR_UPSTREAM,
			upstream->credentials->password.len > 0
				? "cannot fetch from %s: it refused the configured token"
				: "cannot fetch from %s: it asks for a login (or there is no such repository), "
				  "and no token is configured for it",
			url);
	/* libgit2 looks in the configuration for somebody who allows it, and then says only that it found none. */
	const git_error *last = git_error_last();
	if (is_local(upstream) &&
	    (code == GIT_EOWNER || (last && last->message && strstr(last->message, "safe.directory"))))
		return error_set(error, ERROR_UPSTREAM, "cannot fetch from %s: the folder belongs to another user",
		                 url);
	return git_library_error(error, kind_of_last_error(upstream), code, "cannot fetch from %s", url);
}

bool upstream_connect(struct upstream *upstream, git_repository *mirror, const struct repository_url *url,
                      const struct git_credentials *credentials, struct error *error)
{
	*upstream = (struct upstream){.mirror = mirror, .url = url, .credentials = credentials};
	git_remote_create_options create = {
		.version = GIT_REMOTE_CREATE_OPTIONS_VERSION,
		.repository = mirror,
		.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC,
	};
	git_remote_connect_options connect = {
		.version = GIT_REMOTE_CONNECT_OPTIONS_VERSION,
		.callbacks = callbacks_of(upstream),
		.proxy_opts = {.version = GIT_PROXY_OPTIONS_VERSION, .type = GIT_PROXY_NONE},
		.follow_redirects = GIT_REMOTE_REDIRECT_NONE,
	};

	git_error_clear();
	int code = git_remote_create_with_opts(&upstream->remote, url->text.data, &create);
	if (code == 0)
		code = git_remote_connect_ext(upstream->remote, GIT_DIRECTION_FETCH, &connect);
	if (code == 0)
		code = git_remote_ls(&upstream->heads, &upstream->count, upstream->remote);
	return code == 0 || set_error(upstream, code, error);
}

void upstream_release(struct upstream *upstream)
{
	git_remote_free(upstream->remote);
	*upstream = (struct upstream){0};
}

const git_remote_head *upstream_head(const struct upstream *upstream, const char *name)
{
	for (size_t i = 0; i < upstream->count; i++)
		if (strcmp(upstream->heads[i]->name, name) == 0)
			return upstream->heads[i];
	return NULL;
}

const char *upstream_default_branch(const struct upstream *upstream, struct arena *arena)
{
	git_buf name = {0};
	const char *copy = NULL;
	if (git_remote_default_branch(&name, upstream->remote) == 0)
		copy = arena_strdup(arena, name.ptr);
	git_buf_dispose(&name);
	return copy;
}

/* A server without refs sends a line "capabilities^{}" in the place of the first. */
bool upstream_is_empty(const struct upstream *upstream)
{
	for (size_t i = 0; i < upstream->count; i++)
		if (strcmp(upstream->heads[i]->name, "capabilities^{}") != 0)
			return false;
	return true;
}

bool upstream_chosen(const struct upstream_choice *choice, const char *name)
{
	struct str text = str_from(name);
	int valid = 0;
	bool named = choice->ref && strcmp(choice->ref, name) == 0;
	bool one_of_all = choice->all && (str_starts(text, STR("refs/heads/")) || str_starts(text, STR("refs/tags/")));
	return (named || one_of_all) && git_reference_name_is_valid(&valid, name) == 0 && valid;
}

static int download_locally(const struct upstream *upstream, const struct upstream_choice *choice)
{
	struct arena arena = ARENA_INIT;
	git_oid *wanted = arena_array(&arena, upstream->count, sizeof(*wanted));
	size_t count = 0;
	for (size_t i = 0; i < upstream->count; i++)
		if (upstream_chosen(choice, upstream->heads[i]->name))
			git_oid_cpy(&wanted[count++], &upstream->heads[i]->oid);
	int code = local_download(upstream->mirror, upstream->url->text, wanted, count);
	arena_release(&arena);
	return code;
}

/* libgit2 finds out from what each of these covers and what is there already which ids it asks for. */
static int download_specs(struct upstream *upstream, char **specs, size_t count)
{
	git_fetch_options options = {
		.version = GIT_FETCH_OPTIONS_VERSION,
		.callbacks = callbacks_of(upstream),
		.prune = GIT_FETCH_NO_PRUNE,
		.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE,
		.proxy_opts = {.version = GIT_PROXY_OPTIONS_VERSION, .type = GIT_PROXY_NONE},
		.follow_redirects = GIT_REMOTE_REDIRECT_NONE,
	};
	return git_remote_download(upstream->remote, &(git_strarray){specs, count}, &options);
}

bool upstream_download(struct upstream *upstream, const struct upstream_choice *choice, struct error *error)
{
	struct arena arena = ARENA_INIT;
	char *specs[3];
	size_t count = 0;
	if (choice->ref)
		specs[count++] = arena_printf(&arena, "+%s:%s", choice->ref, choice->ref);
	if (choice->all) {
		specs[count++] = arena_strdup(&arena, "+refs/heads/*:refs/heads/*");
		specs[count++] = arena_strdup(&arena, "+refs/tags/*:refs/tags/*");
	}
	git_error_clear();
	int code = is_local(upstream) ? download_locally(upstream, choice) : download_specs(upstream, specs, count);
	arena_release(&arena);
	return code == 0 || set_error(upstream, code, error);
}

/*
 * upload-pack answers "not our ref" and hangs up, and where it does so while we still talk, all that arrives here is
 * the end of the connection. Before any of a pack came, that is an answer; libgit2 itself refuses where the server
 * never offered to give ids.
 */
static bool is_refusal(const struct upstream *upstream)
{
	const git_error *last = git_error_last();
	if (!last || !last->message)
		return false;
	return strstr(last->message, "cannot fetch a specific object") ||
	       (last->klass == GIT_ERROR_NET && git_remote_stats(upstream->remote)->total_objects == 0);
}

bool upstream_download_id(struct upstream *upstream, const git_oid *id, bool *refused, struct error *error)
{
	git_error_clear();
	int code;
	if (is_local(upstream)) {
		code = local_download(upstream->mirror, upstream->url->text, id, 1);
		*refused = code == GIT_ENOTFOUND;
	} else {
		char text[GIT_OID_HEXSZ + 1];
		char *spec = git_oid_tostr(text, sizeof(text), id);
		code = download_specs(upstream, &spec, 1);
		*refused = code < 0 && is_refusal(upstream);
	}
	return code == 0 || (!*refused && set_error(upstream, code, error));
}
