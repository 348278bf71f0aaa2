/*
 * A process that can be killed fetches and reads; what it read comes back as a file in the delivery's folder, since a
 * report is small.
 */
#include "worker/resolve.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/repository.h"
#include "config/yaml.h"
#include "forge/event.h"
#include "git/commit_file.h"
#include "git/mirror.h"
#include "hook/fork.h"
#include "run/checkout.h"
#include "run/delivery.h"
#include "run/git_process.h"
#include "run/job.h"

static const char *const names[] = {"hooks.yaml", "hooks.yml", "hooks.json", NULL};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) - 1 };

/* A problem can be as long as an error's message. */
#define PROBLEM_MAX ((size_t)1024)

struct task {
	const struct resolve_query *query;
	struct git_credentials credentials;
	const char *mirror, *file;
	struct str ref, commit;
};

struct answer {
	char commit[65];
	size_t found; /* index of the file's name, or NAME_COUNT */
	bool problem; /* in place of the file's text */
};

/* --- In the process that is made for it --------------------------------------------------------------------------- */

/* What the repository itself is to blame for, and not its server, our disk or the mirror. */
static bool is_of_repository(const struct error *error)
{
	return error->kind == ERROR_UNUSABLE || error->kind == ERROR_TOO_LARGE;
}

static bool hand_back(const char *file, struct str text, struct error *error)
{
	return file_create(file, text, 0600, error);
}

static bool read_file(const struct task *task, struct answer *answer, struct error *error)
{
	const struct commit_file_query query = {
		.mirror = task->mirror,
		.commit = answer->commit,
		.names = names,
		.max = yaml_limits_repository.bytes,
	};
	struct buf text = BUF_INIT;
	struct error wrong = ERROR_INIT;
	bool done;

	if (commit_file_read(&query, &text, &answer->found, &wrong)) {
		done = hand_back(task->file, buf_str(&text), error);
	} else if (is_of_repository(&wrong)) {
		answer->problem = true;
		done = hand_back(task->file, str_from(wrong.message), error);
	} else {
		*error = wrong;
		done = false;
	}
	buf_release(&text);
	return done;
}

static bool do_task(const void *context, void *answer, struct error *error)
{
	const struct task *task = context;
	const struct resolve_query *query = task->query;
	struct answer *told = answer;

	return mirror_fetch(task->mirror, query->url, &task->credentials, task->ref, task->commit, query->delivery->id,
	                    told->commit, error) &&
	       read_file(task, told, error);
}

/* --- In exec itself ----------------------------------------------------------------------------------------------- */

static void choose_commit(struct arena *arena, struct task *task)
{
	const struct event *event = task->query->event;

	task->ref = event->ref;
	task->commit = event->commit;
	if (!fork_sent(event))
		return;
	task->ref = str_join(arena, STR("refs/heads/"), event->branch);
	task->commit = STR("");
}

static bool take_answer(struct arena *arena, const struct task *task, const struct answer *answer,
                        struct resolved *resolved, struct error *error)
{
	size_t cap = answer->problem ? PROBLEM_MAX : yaml_limits_repository.bytes;
	struct buf text = BUF_INIT;
	bool read = file_read(task->file, cap, &text, error);

	*resolved = (struct resolved){.name = names[0], .text = STR(""), .problem = STR("")};
	memcpy(resolved->commit, answer->commit, sizeof(resolved->commit));
	if (answer->found == NAME_COUNT && !answer->problem)
		resolved->problem = str_printf(arena,
		                               "there is no hooks.yaml, hooks.yml or hooks.json at the root of %.*s at "
		                               "commit %s",
		                               STR_ARGS(task->query->url->name), answer->commit);
	else if (answer->problem)
		resolved->problem = str_copy(arena, buf_str(&text));
	else {
		resolved->name = names[answer->found];
		resolved->text = str_copy(arena, buf_str(&text));
	}
	unlink(task->file); /* the next event of the delivery makes its own */
	buf_release(&text);
	return read;
}

bool resolve_hooks(struct arena *arena, const struct resolve_query *query, struct resolved *resolved, bool *cancelled,
                   struct error *error)
{
	struct task task = {.query = query};
	struct answer answer = {.found = NAME_COUNT};
	struct job job;

	job_init(&job);
	job.timeout = query->delivery->timeout;
	task.mirror = mirror_path(arena, query->delivery->state, query->url);
	task.file = file_join(arena, query->folder, "hooks");
	choose_commit(arena, &task);
	const struct git_work work = {
		.run = do_task,
		.context = &task,
		.answer_size = sizeof(answer),
		.name = query->url->name.data,
		.noun = "hooks file",
		.doing = "asked for its hooks file",
		.job = &job,
		.deadline = query->deadline,
		.listener = query->listener,
	};
	*cancelled = false;
	return checkout_credentials(arena, query->repository, &task.credentials, error) &&
	       git_process_run(&work, &answer, cancelled, error) &&
	       take_answer(arena, &task, &answer, resolved, error);
}

void resolve_release(const struct resolve_query *query)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;

	if (!mirror_unpin(mirror_path(&arena, query->delivery->state, query->url), query->delivery->id, &error))
		log_warning("%s", error.message);
	arena_release(&arena);
}
