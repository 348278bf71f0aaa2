/*
 * A checkout as work for a process of its own: fetch into the mirror, make the workspace.
 */
#include "run/checkout.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "git/mirror.h"
#include "git/workspace.h"
#include "run/git_process.h"
#include "run/job.h"

/* The user name that GitHub and others take with a token. */
#define TOKEN_USERNAME "x-access-token"

struct task {
	const struct job *job;
	const struct repository_url *url;
	struct git_credentials credentials;
	const char *mirror, *workspace;
};

struct answer {
	char commit[65];
};

static bool do_task(const void *context, void *answer, struct error *error)
{
	const struct task *task = context;
	const struct job *job = task->job;
	char *commit = ((struct answer *)answer)->commit;
	return mirror_fetch(task->mirror, task->url, &task->credentials, job->ref, job->commit, job->id, commit,
	                    error) &&
	       workspace_make(task->mirror, task->workspace, task->url, job->ref, str_from(commit), error);
}

bool checkout_credentials(struct arena *arena, const struct repository *repository,
                          struct git_credentials *credentials, struct error *error)
{
	*credentials = (struct git_credentials){STR(""), STR("")};
	if (repository->token.kind == SECRET_NONE)
		return true;
	credentials->username = repository->username.len > 0 ? repository->username : STR(TOKEN_USERNAME);
	if (secret_read(arena, &repository->token, &credentials->password, error))
		return true;
	error_prefix(error, "the token for %.*s", STR_ARGS(repository->match));
	error->kind = ERROR_SYSTEM; /* what the server's own configuration lacks is not the request's fault */
	return false;
}

bool checkout_run(const struct job *job, const struct repository_url *url, const struct repository *repository,
                  const char *workspace, int64_t deadline, const struct run_listener *listener, char commit[static 65],
                  bool *cancelled, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct task task = {.job = job, .url = url, .workspace = workspace};
	struct answer answer;
	task.mirror = mirror_path(&arena, job->state, url);
	const struct git_work work = {
		.run = do_task,
		.context = &task,
		.answer_size = sizeof(answer),
		.name = url->name.data,
		.noun = "checkout",
		.doing = "checked out",
		.job = job,
		.deadline = deadline,
		.listener = listener,
	};
	*cancelled = false;
	bool made = checkout_credentials(&arena, repository, &task.credentials, error) &&
	            git_process_run(&work, &answer, cancelled, error);
	if (made)
		memcpy(commit, answer.commit, sizeof(answer.commit));
	arena_release(&arena);
	return made;
}

void checkout_release(const struct job *job, const struct repository_url *url)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	if (!mirror_unpin(mirror_path(&arena, job->state, url), job->id, &error))
		log_warning("%s", error.message);
	arena_release(&arena);
}
