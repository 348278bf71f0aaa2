/*
 * A checkout as work for a process of its own: fetch into the mirror, look what was changed, make the workspace.
 */
#include "run/checkout.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "git/mirror.h"
#include "git/workspace.h"
#include "run/changed_files.h"
#include "run/git_process.h"
#include "run/job.h"

/* The user name that GitHub and others take with a token. */
#define TOKEN_USERNAME "x-access-token"

struct task {
	const struct job *job;
	const struct repository_url *url;
	struct git_credentials credentials;
	const char *mirror;
	const struct checkout_place *place;
};

/* --- In the process that is made for it --------------------------------------------------------------------------- */

/* Where a forge gives the first digits alone, the ref may have moved on since. */
static bool is_meant(const struct job *job, const char *commit, struct error *error)
{
	return str_starts(str_from(commit), job->short_commit) ||
	       error_set(error, ERROR_UNUSABLE,
	                 "%.*s was moved since: it is at commit %s now, and the event is about %.*s",
	                 STR_ARGS(job->ref), commit, STR_ARGS(job->short_commit));
}

static bool is_pull_request(const struct job *job)
{
	return str_equal_c(job->event, "pull-request");
}

static void write_changes(const struct task *task, const struct changes *changes, struct checkout_result *result)
{
	const struct job *job = task->job;
	struct error error = ERROR_INIT;

	result->skipped = job->path_count > 0 && !changed_files_match(changes, job->paths, job->path_count);
	if (result->skipped)
		return;
	if (changes->cut)
		log_warning("more than %d files were changed; the command gets no list of them", CHANGES_MAX);
	else
		result->knows_changes = changed_files_write(changes, task->place->changes, &error);
	if (error.kind != ERROR_NONE)
		log_warning("the command gets no list of changed files: %s", error.message);
}

/*
 * What is not known skips nothing. The target of a pull request must be there, though: the command is to compare with
 * it.
 */
static bool take_changes(const struct task *task, struct checkout_result *result, char base[static 65],
                         struct error *error)
{
	const struct job *job = task->job;
	struct arena arena = ARENA_INIT;
	struct changes changes;
	const struct changed_files_query query = {
		.mirror = task->mirror,
		.url = task->url,
		.credentials = &task->credentials,
		.run = job->id,
		.commit = str_from(result->commit),
		.ref = job->ref,
		.before = is_pull_request(job) ? STR("") : job->before,
		.base = job->base,
	};

	bool known = changed_files_find(&arena, &query, &changes, base, error);
	bool good = known || !is_pull_request(job) || base[0] != '\0';
	if (known)
		write_changes(task, &changes, result);
	else if (good)
		log_warning("the changed files are not known%s: %s",
		            job->path_count > 0 ? ", so the hook runs whatever its paths are" : "", error->message);
	arena_release(&arena);
	return good;
}

static bool make_workspace(const struct task *task, const struct checkout_result *result, const char *base,
                           struct error *error)
{
	const struct job *job = task->job;
	const struct workspace_base target = {job->base, str_from(base)};
	return workspace_make(task->mirror, task->place->workspace, task->url, job->ref, str_from(result->commit),
	                      is_pull_request(job) && base[0] != '\0' ? &target : NULL, error);
}

static bool do_task(const void *context, void *answer, struct error *error)
{
	const struct task *task = context;
	const struct job *job = task->job;
	struct checkout_result *result = answer;
	char base[65] = "";

	*result = (struct checkout_result){0};
	if (!mirror_fetch(task->mirror, task->url, &task->credentials, job->ref, job->commit, job->id, result->commit,
	                  error) ||
	    !is_meant(job, result->commit, error) || (job->changes && !take_changes(task, result, base, error)))
		return false;
	return result->skipped || make_workspace(task, result, base, error);
}

/* --- In the run's own process ------------------------------------------------------------------------------------- */

/* What the server's own configuration lacks is not the request's fault. */
static bool read_credentials(struct arena *arena, const struct repository *repository,
                             struct git_credentials *credentials, struct error *error)
{
	*credentials = (struct git_credentials){STR(""), STR("")};
	if (repository->token.kind == SECRET_NONE)
		return true;
	credentials->username = repository->username.len > 0 ? repository->username : STR(TOKEN_USERNAME);
	if (secret_read(arena, &repository->token, &credentials->password, error))
		return true;
	error_prefix(error, "the token for %.*s", STR_ARGS(repository->match));
	error->kind = ERROR_SYSTEM;
	return false;
}

bool checkout_run(const struct job *job, const struct repository_url *url, const struct repository *repository,
                  const struct checkout_place *place, int64_t deadline, const struct run_listener *listener,
                  struct checkout_result *result, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct task task = {.job = job, .url = url, .place = place};
	bool cancelled = false;
	task.mirror = mirror_path(&arena, job->state, url);
	const struct git_work work = {
		.run = do_task,
		.context = &task,
		.answer_size = sizeof(*result),
		.name = url->name.data,
		.noun = "checkout",
		.doing = "checked out",
		.job = job,
		.deadline = deadline,
		.listener = listener,
	};
	*result = (struct checkout_result){0};
	bool made = read_credentials(&arena, repository, &task.credentials, error) &&
	            git_process_run(&work, result, &cancelled, error);
	result->cancelled = cancelled;
	arena_release(&arena);
	return made;
}

void checkout_release(const struct job *job, const struct repository_url *url)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	const char *mirror = mirror_path(&arena, job->state, url);
	if (!mirror_unpin(mirror, job->id, &error) || !changed_files_release(mirror, job->id, &error))
		log_warning("%s", error.message);
	arena_release(&arena);
}
