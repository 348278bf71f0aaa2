/*
 * The job of a hook and a request. A parameter that is missing stops nothing, as in the reference; it is logged by
 * its name, and no value ever is.
 */
#include "hook/invocation.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "forge/event.h"
#include "hook/checkout.h"
#include "hook/dagger.h"
#include "hook/filter.h"
#include "hook/fork.h"
#include "hook/hook.h"
#include "hook/source.h"
#include "hook/upload.h"
#include "lib/crypto.h"
#include "payload/request.h"
#include "run/id.h"
#include "run/job.h"

/* The value of a source; false, and a line in the log, where it is missing or no fork's business. */
static bool get(const struct hook *hook, const struct source *source, struct request *request, const struct job *job,
                const char *what, struct str *value)
{
	struct error error = ERROR_INIT;
	if (source_get(source, request, value, &error) != SOURCE_FOUND) {
		log_warning("hook \"%.*s\": %s: %s", STR_ARGS(hook->id), what, error.message);
		return false;
	}
	if (!job->fork || fork_may_see(hook, source, request, value))
		return true;
	log_warning("hook \"%.*s\": %s: %.*s is secret, and the run is of a fork", STR_ARGS(hook->id), what,
	            STR_ARGS(source_describe(source, request)));
	return false;
}

static void make_arguments(const struct hook *hook, struct request *request, struct job *job)
{
	const struct source_list *sources = &hook->pass_arguments_to_command;

	job->arguments = arena_array(request->arena, sources->count + 1, sizeof(*job->arguments));
	job->arguments[0] = hook->script.len > 0 ? STR("/bin/sh") : hook->execute_command;
	for (size_t i = 0; i < sources->count; i++) {
		struct str *argument = &job->arguments[i + 1];
		if (!get(hook, &sources->items[i], request, job, "an argument is left empty", argument))
			*argument = STR("");
	}
	job->argument_count = sources->count + 1;
}

static void make_variables(const struct hook *hook, struct request *request, struct job *job)
{
	const struct source_list *sources = &hook->pass_environment_to_command;

	job->variables = arena_array(request->arena, sources->count, sizeof(*job->variables));
	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->items[i];
		struct job_variable *variable = &job->variables[job->variable_count];
		if (!get(hook, source, request, job, "a variable is left out", &variable->value))
			continue;
		variable->name = source->envname.len > 0 ? source->envname
		                                         : str_join(request->arena, STR("HOOK_"), source->written_name);
		job->variable_count++;
	}
}

/* What comes before the first wrong byte is kept, as the reference does. what names it in the log. */
static struct str decode(const struct hook *hook, struct arena *arena, struct str what, struct str text)
{
	struct buf data = BUF_INIT;
	if (!crypto_base64_decode(text, &data))
		log_warning("hook \"%.*s\": %.*s: its value is not base64 to the end", STR_ARGS(hook->id),
		            STR_ARGS(what));
	struct str decoded = str_copy(arena, buf_str(&data));
	buf_release(&data);
	return decoded;
}

static void make_files(const struct hook *hook, struct request *request, struct job *job)
{
	const struct source_list *sources = &hook->pass_file_to_command;
	struct arena *arena = request->arena;

	job->files = arena_array(arena, sources->count, sizeof(*job->files));
	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->items[i];
		struct job_file *file = &job->files[job->file_count];
		if (!get(hook, source, request, job, "a file is left out", &file->data))
			continue;
		file->name = source->envname;
		if (source->envname.len == 0)
			file->name = str_join(arena, STR("HOOK_"), str_upper(arena, source->written_name));
		if (source->base64decode)
			file->data = decode(hook, arena, str_join(arena, STR("file "), file->name), file->data);
		job->file_count++;
	}
}

static void make_input(const struct hook *hook, struct request *request, struct job *job)
{
	const struct source *source = hook->input;

	if (!source)
		return;
	if (!get(hook, source, request, job, "standard input is left empty", &job->input))
		job->input = STR("");
	else if (source->base64decode)
		job->input = decode(hook, request->arena, STR("standard input"), job->input);
}

static void make_rest(const struct hook *hook, struct request *request, const struct config *config, struct job *job)
{
	char id[RUN_ID_SIZE];
	run_id_make(id);
	job->id = str_copy(request->arena, str_from(id));
	job->hook = hook->id;
	job->script = hook->script;
	job->directory = hook->command_working_directory;
	job->inherit_environment = hook->inherit_environment;
	job->keep_processes = hook->keep_processes;
	/* Where nobody waits for output the client's leaving says nothing. */
	job->stop_when_client_leaves = hook->stop_when_client_leaves &&
	                               (hook->include_command_output_in_response || hook->stream_command_output);
	job->timeout = hook->timeout == HOOK_TIMEOUT_DEFAULT ? config->timeout : hook->timeout;
	job->stop_grace = config->stop_grace;
	job->stop_signal = hook->stop_signal;
	if (config->base_url.len > 0)
		job->run_url = str_printf(request->arena, "%.*s/runs/%s", STR_ARGS(config->base_url), id);
}

/*
 * A fork's pull request goes on where its repository's entry allows that. An event that cannot be read might be one:
 * whoever opens a pull request chooses the name of its branch, and must not get past this by a name that we refuse.
 */
static enum invocation admit(const struct hook *hook, struct request *request, const struct config *config,
                             struct job *job, struct error *error)
{
	struct error unread = ERROR_INIT;
	const struct event *event =
		hook->checkout.enabled || filter_applies(hook) ? event_current(request, &unread) : NULL;

	job->fork = fork_is_run(hook, event);
	if (!job->fork)
		return INVOCATION_RUN;
	if (!event) {
		*error = unread;
		error_prefix(error, "checkout");
		return INVOCATION_REFUSED;
	}
	return fork_is_allowed(request->arena, &config->repositories, event->clone_url, event, error)
	               ? INVOCATION_RUN
	               : INVOCATION_NOTHING_TO_DO;
}

enum invocation invocation_plan(const struct hook *hook, struct request *request, const struct config *config,
                                struct job *job, struct error *error)
{
	job_init(job);
	make_rest(hook, request, config, job);
	enum invocation invocation = admit(hook, request, config, job, error);
	if (invocation == INVOCATION_RUN && hook->checkout.enabled)
		invocation = checkout_make(hook, request, config, job, error);
	if (invocation != INVOCATION_RUN)
		return invocation;
	if (job->fork)
		fork_withhold(hook, request, job);
	if (!hook->dagger)
		make_arguments(hook, request, job);
	else if (!dagger_arguments(hook, request, job, error))
		return INVOCATION_REFUSED;
	make_variables(hook, request, job);
	make_files(hook, request, job);
	make_input(hook, request, job);
	uploads_pass(hook, request, job);
	return INVOCATION_RUN;
}

enum invocation invocation_make(const struct hook *hook, struct request *request, const struct config *config,
                                struct job *job, struct error *error)
{
	enum invocation invocation = invocation_plan(hook, request, config, job, error);
	if (invocation != INVOCATION_RUN || !job->checkout || config_state(request->arena, config, &job->state, error))
		return invocation;
	return INVOCATION_REFUSED;
}
