/*
 * A run with a checkout, from its job to an empty place where it was. Each step leaves behind what the clean-up
 * knows of, so that one clean-up serves every way out.
 */
#include "run/execute.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "config/repository.h"
#include "run/checkout.h"
#include "run/command.h"
#include "run/dispatch.h"
#include "run/id.h"
#include "run/job.h"
#include "run/listener.h"

#define CHECKOUT_NAME_MAX 100

struct run {
	struct arena arena;
	struct job job; /* with an absolute state */
	struct repository_url url;
	const struct repository *repository;
	const char *root; /* STATE/workspaces/ID: all of the run */
	struct command_place place;
	int64_t deadline;
	struct checkout_result checkout;
};

/* The last part of the URL's path, made of letters, digits and "._-", and never hidden: .pocketci is beside it. */
static const char *checkout_name(struct arena *arena, struct str path)
{
	size_t slash = str_find_last(path, '/');
	struct str last = slash == path.len ? path : str_from_index(path, slash + 1);
	struct str head = str_head(last, CHECKOUT_NAME_MAX);
	char *name = str_to_c(arena, head);
	for (char *byte = name; *byte; byte++) {
		bool leads = byte == name;
		if (!isalnum((unsigned char)*byte) && (leads || !strchr("._-", *byte)))
			*byte = '_';
	}
	return name[0] != '\0' ? name : "workspace";
}

static bool find_repository(struct run *run, const struct config *config, struct error *error)
{
	if (!repository_url_parse(&run->arena, run->job.url, &run->url, error))
		return false;
	run->repository = repositories_find(&config->repositories, &run->url);
	if (!run->repository)
		return error_set(error, ERROR_NOT_ALLOWED, "no entry under `repositories` in pocketci.yaml covers %.*s",
		                 STR_ARGS(run->url.name));
	return !run->job.fork || run->repository->runs_forks ||
	       error_set(error, ERROR_NOT_ALLOWED, "pull requests from forks are not allowed for %.*s in pocketci.yaml",
	                 STR_ARGS(run->url.name));
}

static bool make_folders(struct run *run, struct error *error)
{
	struct arena *arena = &run->arena;
	if (!run_id_is_valid(run->job.id))
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not the id of a run", STR_ARGS(run->job.id));
	const char *state = file_absolute(arena, str_to_c(arena, run->job.state), error);
	if (!state)
		return false;
	run->job.state = str_from(state);

	run->root = arena_printf(arena, "%s/workspaces/%.*s", state, STR_ARGS(run->job.id));
	run->place.workspace = file_join(arena, run->root, checkout_name(arena, run->url.path));
	run->place.files = file_join(arena, run->root, ".pocketci");
	run->place.event_file = file_join(arena, run->place.files, "event.json");
	return file_make_folders(run->place.files, 0700, error) &&
	       file_create(run->place.event_file, run->job.payload, 0600, error);
}

static void fail(struct run_result *result, enum run_state state, const struct error *error)
{
	*result = (struct run_result){.state = state, .exit_code = -1, .error = *error, .commit = STR("")};
}

static void set_commit(struct run_result *result, const char commit[static 65])
{
	memcpy(result->commit_text, commit, sizeof(result->commit_text));
	result->commit = str_from(result->commit_text);
}

static void skip(struct run *run, struct run_result *result)
{
	struct error reason = ERROR_INIT;
	error_set(&reason, ERROR_NONE, "nothing to do: no changed file is among the paths of hook \"%.*s\"",
	          STR_ARGS(str_head(run->job.hook, 100)));
	fail(result, RUN_SKIPPED, &reason);
	set_commit(result, run->checkout.commit);
}

/* Whether there is a workspace; else the result says why not. */
static bool check_out(struct run *run, const struct run_listener *listener, struct run_result *result)
{
	struct error error = ERROR_INIT;
	struct checkout_result *checkout = &run->checkout;
	const struct checkout_place place = {
		.workspace = run->place.workspace,
		.changes = file_join(&run->arena, run->place.files, "changes"),
	};
	if (!checkout_run(&run->job, &run->url, run->repository, &place, run->deadline, listener, checkout, &error)) {
		fail(result,
		     checkout->cancelled           ? RUN_CANCELLED
		     : error.kind == ERROR_TIMEOUT ? RUN_TIMED_OUT
		                                   : RUN_FAILED,
		     &error);
		return false;
	}
	if (checkout->skipped)
		skip(run, result);
	run->place.commit = checkout->commit;
	run->place.changes_file = checkout->knows_changes ? place.changes : NULL;
	return !checkout->skipped;
}

static void clean_up(struct run *run)
{
	struct error error = ERROR_INIT;
	checkout_release(&run->job, &run->url);
	/* Where the state folder cannot be used there is nothing, and its own error says so. */
	if (access(run->root, F_OK) == 0 && !file_remove_tree(run->root, &error))
		log_warning("%s", error.message);
}

static void run_with_checkout(struct run *run, const struct config *config, const struct run_listener *listener,
                              struct run_result *result)
{
	struct error error = ERROR_INIT;
	if (!find_repository(run, config, &error)) {
		fail(result, RUN_FAILED, &error);
		return;
	}
	if (!make_folders(run, &error)) {
		fail(result, RUN_FAILED, &error);
	} else if (check_out(run, listener, result)) {
		if (run->job.dispatch.len > 0)
			dispatch_run(&run->job, &run->place, run->deadline, listener, result);
		else
			command_run(&run->job, &run->place, run->deadline, listener, result);
		set_commit(result, run->checkout.commit);
	}
	if (run->root)
		clean_up(run);
}

void execute_job(const struct job *job, const struct config *config, const struct run_listener *listener,
                 struct run_result *result)
{
	struct run run = {.arena = ARENA_INIT, .job = *job};
	run.deadline = clock_deadline(clock_now(), job->timeout);
	if (job->checkout)
		run_with_checkout(&run, config, listener, result);
	else
		command_run(job, NULL, run.deadline, listener, result);
	arena_release(&run.arena);
}
