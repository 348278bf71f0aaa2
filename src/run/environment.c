/*
 * Environments are made anew, name by name: nothing is inherited but what a table here lets through. A name comes once;
 * a later value takes the place of an earlier one.
 */
#include "run/environment.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "run/command.h"
#include "run/job.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* What of our own environment a command gets. "LC_" stands for every name that begins so. */
static const char *const allowed[] = {
	"PATH", "HOME", "LANG", "LANGUAGE", "LC_", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ",
};

/* The variables of a CGI request beside HTTP_…: RFC 3875 §4.1, and what Apache and nginx add. */
static const char *const request_names[] = {
	"AUTH_TYPE",       "CONTENT_LENGTH",   "CONTENT_TYPE",    "CONTEXT_DOCUMENT_ROOT",
	"CONTEXT_PREFIX",  "DOCUMENT_ROOT",    "DOCUMENT_URI",    "GATEWAY_INTERFACE",
	"HTTPS",           "PATH_INFO",        "PATH_TRANSLATED", "QUERY_STRING",
	"REMOTE_ADDR",     "REMOTE_HOST",      "REMOTE_IDENT",    "REMOTE_PORT",
	"REMOTE_USER",     "REQUEST_METHOD",   "REQUEST_SCHEME",  "REQUEST_URI",
	"SCRIPT_FILENAME", "SCRIPT_NAME",      "SCRIPT_URI",      "SCRIPT_URL",
	"SERVER_ADDR",     "SERVER_ADMIN",     "SERVER_NAME",     "SERVER_PORT",
	"SERVER_PROTOCOL", "SERVER_SIGNATURE", "SERVER_SOFTWARE", "UNIQUE_ID",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of the environment of a server, what would change what dagger does; a '_' at the end: all that begin so. */
static const char *const dagger_names[] = {
	"DAGGER_SESSION_PORT", "DAGGER_SESSION_TOKEN",
	"DAGGER_CLOUD_TOKEN",  "_EXPERIMENTAL_DAGGER_RUNNER_HOST",
	"TRACEPARENT",         "OTEL_",
};

struct list {
	struct arena *arena;
	char **items;
	size_t count, capacity;
};

static struct str name_of(struct str entry)
{
	return str_head(entry, str_find(entry, '='));
}

static void set_entry(struct list *list, struct str entry)
{
	struct str name = name_of(entry);
	char *text = str_to_c(list->arena, entry);
	for (size_t i = 0; i < list->count; i++) {
		if (str_equal(name_of(str_from(list->items[i])), name)) {
			list->items[i] = text;
			return;
		}
	}
	list->items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = text;
}

static void set(struct list *list, struct str name, struct str value)
{
	struct str begin = str_join(list->arena, name, STR("="));
	set_entry(list, str_join(list->arena, begin, value));
}

static void set_c(struct list *list, const char *name, struct str value)
{
	set(list, str_from(name), value);
}

static void set_where_known(struct list *list, const char *name, struct str value)
{
	if (value.len > 0)
		set_c(list, name, value);
}

/* With the NULL behind the last entry. */
static char **close_list(struct list *list)
{
	list->items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count] = NULL;
	return list->items;
}

static bool is_listed(struct str name, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str known = str_from(table[i]);
		if (str_equal(name, known) || (str_ends(known, STR("_")) && str_starts(name, known)))
			return true;
	}
	return false;
}

static bool is_of_request(struct str name)
{
	if (str_starts(name, STR("HTTP_")) || str_starts(name, STR("REDIRECT_")))
		return true;
	for (size_t i = 0; i < COUNT(request_names); i++) {
		if (str_equal_c(name, request_names[i]))
			return true;
	}
	return false;
}

/* Our own environment, whole or by the allow-list. job is NULL for a program of ours. */
static void add_own(struct list *list, bool whole, const struct job *job)
{
	bool is_cgi = environment_find(environ, "GATEWAY_INTERFACE") != NULL;
	for (char **entry = environ; entry && *entry; entry++) {
		struct str name = name_of(str_from(*entry));
		if (job && job->dagger && is_listed(name, dagger_names, COUNT(dagger_names)))
			continue;
		if (whole ? !(is_cgi && is_of_request(name)) : is_listed(name, allowed, COUNT(allowed)))
			set_entry(list, str_from(*entry));
	}
}

/* Where a server was started without HOME dagger would find no place for its files. */
static void add_home(struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_equal(name_of(str_from(list->items[i])), STR("HOME")))
			return;
	}
	const struct passwd *user = getpwuid(geteuid());
	if (user && user->pw_dir)
		set_c(list, "HOME", str_from(user->pw_dir));
}

static void add_run(struct list *list, const struct job *job)
{
	set_c(list, "POCKETCI", STR("1"));
	set_c(list, "POCKETCI_RUN_ID", job->id);
	set_c(list, "POCKETCI_HOOK", job->hook);
	set_where_known(list, "POCKETCI_RUN_URL", job->run_url);
}

/*
 * What tools read to learn about a push. Not GITHUB_REF of a pull request: dagger then runs `git fetch --depth 1`
 * in the checkout, which makes it shallow.
 */
static void add_github(struct list *list, const struct job *job, struct str commit, struct str event_file)
{
	set_where_known(list, "GITHUB_SHA", commit);
	if (!str_starts(job->ref, STR("refs/pull/")) && !str_starts(job->forge_event, STR("pull_request")))
		set_where_known(list, "GITHUB_REF", job->ref);
	set_where_known(list, "GITHUB_EVENT_NAME", job->forge_event);
	set_where_known(list, "GITHUB_EVENT_PATH", event_file);
	set_where_known(list, "GITHUB_REPOSITORY", job->repository);
}

/*
 * All of them are there with a checkout, empty where unknown, so that a script under `set -u` can ask; but for the
 * changed files: an empty name would read as an empty list.
 */
static void add_checkout(struct list *list, const struct job *job, const struct command_place *place)
{
	struct str commit = place->commit ? str_from(place->commit) : job->commit;
	struct str event_file = str_from(place->event_file);
	set_c(list, "CI", STR("true"));
	set_c(list, "POCKETCI_EVENT", job->event);
	set_c(list, "POCKETCI_EVENT_FILE", event_file);
	set_c(list, "POCKETCI_REPOSITORY", job->repository);
	set_c(list, "POCKETCI_REF", job->ref);
	set_c(list, "POCKETCI_BRANCH", job->branch);
	set_c(list, "POCKETCI_TAG", job->tag);
	set_c(list, "POCKETCI_COMMIT", commit);
	set_c(list, "POCKETCI_BEFORE", job->before);
	if (place->changes_file)
		set_c(list, "POCKETCI_CHANGES_FILE", str_from(place->changes_file));
	if (str_equal_c(job->forge, "github"))
		add_github(list, job, commit, event_file);
}

static void add_job(struct list *list, const struct job *job, const struct command_place *place,
                    const struct str *files)
{
	add_run(list, job);
	if (place)
		add_checkout(list, job, place);
	for (size_t i = 0; i < job->variable_count; i++)
		set(list, job->variables[i].name, job->variables[i].value);
	for (size_t i = 0; i < job->file_count; i++)
		set(list, job->files[i].name, files[i]);
}

char **environment_make(struct arena *arena, const struct job *job, const struct command_place *place,
                        const struct str *files)
{
	struct list list = {.arena = arena};
	set_c(&list, "PATH", STR(DEFAULT_PATH));
	add_own(&list, job->inherit_environment, job);
	if (job->dagger)
		add_home(&list);
	add_job(&list, job, place, files);
	return close_list(&list);
}

char **environment_of_run(struct arena *arena, const struct job *job, const struct command_place *place,
                          const struct str *files)
{
	struct list list = {.arena = arena};
	add_job(&list, job, place, files);
	return close_list(&list);
}

char **environment_own(struct arena *arena)
{
	struct list list = {.arena = arena};
	add_own(&list, true, NULL);
	return close_list(&list);
}

const char *environment_find(char *const *environment, const char *name)
{
	size_t len = strlen(name);
	for (char *const *entry = environment; entry && *entry; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return *entry + len + 1;
	}
	return NULL;
}
