/*
 * Questions and calls are commands like any other: each has the run's deadline, its listener and its sweep. What is
 * asked for comes on standard output, into a file; the progress beside it is kept for a failure.
 */
#include "run/dispatch.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "run/command.h"
#include "run/dagger_choose.h"
#include "run/dagger_module.h"
#include "run/dagger_name.h"
#include "run/dispatch_event.h"
#include "run/job.h"
#include "run/listener.h"
#include "run/watch.h"

#define VERSION_MAX ((size_t)64 * 1024)
#define PROGRESS_MAX ((size_t)256 * 1024)

struct dispatch {
	struct arena arena;
	const struct job *job;
	const struct command_place *place;
	int64_t deadline;
	const struct run_listener *listener;
	struct run_result *result;
	struct dagger_version version;
	struct dagger_module module;
};

/* --- Output ------------------------------------------------------------------------------------------------------- */

static void say(const struct dispatch *dispatch, struct str text)
{
	struct watch watch;
	watch_init(&watch, dispatch->listener);
	watch_output(&watch, text);
}

/* A listener that keeps the output; everything else is the one behind it. */
struct keeping {
	const struct run_listener *behind;
	struct buf text;
};

static void keep_output(void *context, struct str data)
{
	struct keeping *keeping = context;
	buf_append_str(&keeping->text, str_head(data, PROGRESS_MAX - keeping->text.len));
}

static int64_t keep_tick(void *context, int64_t now)
{
	const struct run_listener *behind = ((struct keeping *)context)->behind;
	return behind->tick(behind->context, now);
}

static void keep_client_left(void *context)
{
	const struct run_listener *behind = ((struct keeping *)context)->behind;
	behind->client_left(behind->context);
}

static struct run_listener keeping_listener(struct keeping *keeping)
{
	struct run_listener listener = *keeping->behind;
	listener.context = keeping;
	listener.output = keep_output;
	listener.tick = keeping->behind->tick ? keep_tick : NULL;
	listener.client_left = keeping->behind->client_left ? keep_client_left : NULL;
	listener.flush = NULL;
	listener.drain = -1;
	return listener;
}

/* --- Questions ---------------------------------------------------------------------------------------------------- */

static bool fail(const struct dispatch *dispatch, const struct error *error)
{
	*dispatch->result =
		(struct run_result){.state = RUN_FAILED, .exit_code = -1, .error = *error, .commit = STR("")};
	return false;
}

/* What the file holds that a question's answer went to. */
static bool read_answer(struct dispatch *dispatch, int file, const char *name, size_t cap, struct str *answer)
{
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;
	bool read = lseek(file, 0, SEEK_SET) == 0 && file_read_descriptor(file, name, cap, &text, &error);

	if (read)
		*answer = str_copy(&dispatch->arena, buf_str(&text));
	else
		fail(dispatch, &error);
	buf_release(&text);
	return read;
}

/* Runs dagger with these arguments; *answer is its standard output. False where the result is final. */
static bool ask(struct dispatch *dispatch, const char *name, struct str *arguments, size_t count, size_t cap,
                struct str *answer)
{
	struct error error = ERROR_INIT;
	struct keeping keeping = {.behind = dispatch->listener, .text = BUF_INIT};
	struct run_listener listener = keeping_listener(&keeping);
	struct command_place place = *dispatch->place;
	struct job job = *dispatch->job;
	int file = file_open_unnamed(place.files, &error);
	bool good = file >= 0;

	if (!good) {
		fail(dispatch, &error);
		return false;
	}
	place.answer = file;
	job.arguments = arguments;
	job.argument_count = count;
	job.keep_processes = false;
	command_run(&job, &place, dispatch->deadline, &listener, dispatch->result);
	good = dispatch->result->state == RUN_SUCCEEDED;
	if (!good) {
		say(dispatch, buf_str(&keeping.text));
		error_prefix(&dispatch->result->error, "%s", name);
	}
	good = good && read_answer(dispatch, file, name, cap, answer);
	file_close(&file);
	buf_release(&keeping.text);
	return good;
}

static bool ask_version(struct dispatch *dispatch)
{
	struct str arguments[] = {STR("dagger"), STR("version")};
	struct error error = ERROR_INIT;
	struct str answer;

	return ask(dispatch, "dagger version", arguments, 2, VERSION_MAX, &answer) &&
	       (dagger_version_read(answer, &dispatch->version, &error) || fail(dispatch, &error));
}

/* -M: the module in the current folder is not to be loaded beside. */
static bool ask_functions(struct dispatch *dispatch)
{
	struct arena *arena = &dispatch->arena;
	const struct command_place *place = dispatch->place;
	const char *path = file_join(arena, place->files, "functions.graphql");
	struct str arguments[5] = {STR("dagger"), STR("query"), STR("--progress=plain")};
	struct error error = ERROR_INIT;
	struct str answer;
	size_t count = 3;

	if (dagger_version_is_at_least(&dispatch->version, 0, 18, 11))
		arguments[count++] = STR("-M");
	arguments[count++] = str_printf(arena, "--doc=%s", path);
	if (!file_create(path,
	                 dagger_module_query(arena, place->workspace, dispatch->job->dispatch, &dispatch->version),
	                 0600, &error))
		return fail(dispatch, &error);
	return ask(dispatch, "dagger query", arguments, count, DAGGER_REPLY_MAX, &answer) &&
	       (dagger_module_read(arena, answer, &dispatch->module, &error) || fail(dispatch, &error));
}

/* --- The event ---------------------------------------------------------------------------------------------------- */

static size_t list_offers(struct dispatch *dispatch, const char *trigger, struct dagger_offer *offers)
{
	const struct job *job = dispatch->job;
	size_t count = 0;

	offers[count++] = (struct dagger_offer){STR("src"), STR(".")};
	offers[count++] = (struct dagger_offer){STR("event-trigger"), str_from(trigger)};
	for (size_t i = 0; i < job->variable_count; i++) {
		struct str variable = job->variables[i].name;
		if (str_starts(variable, STR(DAGGER_SECRET_PREFIX)))
			offers[count++] = (struct dagger_offer){dagger_name_of_variable(&dispatch->arena, variable),
			                                        str_join(&dispatch->arena, STR("env:"), variable)};
	}
	return count;
}

/* --- Calls -------------------------------------------------------------------------------------------------------- */

/* The first failure is what all of it came to. */
static void take_result(struct dispatch *dispatch, const struct dagger_call *call, const struct run_result *result)
{
	struct run_result *total = dispatch->result;
	int64_t swept = total->swept + result->swept;

	if (total->state == RUN_SUCCEEDED && result->state != RUN_SUCCEEDED) {
		*total = *result;
		total->commit = STR("");
		error_prefix(&total->error, "%.*s", STR_ARGS(call->name));
	}
	total->swept = swept;
}

static void run_call(struct dispatch *dispatch, const struct dagger_call *call, struct run_result *result)
{
	const struct job *whole = dispatch->job;
	struct job job = *whole;

	if (call->missing.len > 0) {
		*result = (struct run_result){.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
		error_set(&result->error, ERROR_COMMAND, "it needs the argument %.*s, which nobody gives",
		          STR_ARGS(call->missing));
		say(dispatch, str_printf(&dispatch->arena, "pocketci: %s\n", result->error.message));
		return;
	}
	job.arguments =
		arena_array(&dispatch->arena, whole->argument_count + 1 + call->argument_count, sizeof(*job.arguments));
	job.argument_count = 0;
	for (size_t i = 0; i < whole->argument_count; i++)
		job.arguments[job.argument_count++] = whole->arguments[i];
	job.arguments[job.argument_count++] = call->name;
	for (size_t i = 0; i < call->argument_count; i++)
		job.arguments[job.argument_count++] = call->arguments[i];
	command_run(&job, dispatch->place, dispatch->deadline, dispatch->listener, result);
}

static void run_calls(struct dispatch *dispatch, const struct dagger_calls *calls)
{
	bool goes_on = true;

	*dispatch->result = (struct run_result){.state = RUN_SUCCEEDED, .exit_code = 0, .commit = STR("")};
	if (calls->count == 0)
		say(dispatch, str_printf(&dispatch->arena,
		                         "pocketci: no function of the module %.*s fits the event: nothing to do\n",
		                         STR_ARGS(str_head(dispatch->module.name, 100))));
	for (size_t i = 0; i < calls->count && goes_on; i++) {
		const struct dagger_call *call = &calls->items[i];
		struct run_result result;
		say(dispatch, str_printf(&dispatch->arena, "== %.*s ==\n", STR_ARGS(call->name)));
		run_call(dispatch, call, &result);
		take_result(dispatch, call, &result);
		goes_on = result.state == RUN_SUCCEEDED || result.state == RUN_FAILED;
	}
}

static void run_event(struct dispatch *dispatch)
{
	struct arena *arena = &dispatch->arena;
	const struct job *job = dispatch->job;
	const char *trigger = file_join(arena, dispatch->place->files, "event-trigger.json");
	struct dagger_event event;
	struct dagger_offer *offers = arena_array(arena, job->variable_count + 2, sizeof(*offers));
	struct error error = ERROR_INIT;

	if (!dispatch_event_make(arena, job, dispatch->place->changes_file, &event, &error) ||
	    !dispatch_event_write(arena, job, &event, trigger, &error)) {
		fail(dispatch, &error);
		return;
	}
	size_t count = list_offers(dispatch, trigger, offers);
	struct dagger_calls calls = dagger_choose(arena, &dispatch->module, &event, offers, count);
	run_calls(dispatch, &calls);
}

void dispatch_run(const struct job *job, const struct command_place *place, int64_t deadline,
                  const struct run_listener *listener, struct run_result *result)
{
	struct dispatch dispatch = {
		.arena = ARENA_INIT,
		.job = job,
		.place = place,
		.deadline = deadline,
		.listener = listener,
		.result = result,
	};
	struct error error = ERROR_INIT;

	if (job->forge.len == 0) {
		error_set(&error, ERROR_INVALID, "dispatch: the request is no event of a forge that is known here");
		fail(&dispatch, &error);
	} else if (ask_version(&dispatch) && ask_functions(&dispatch)) {
		run_event(&dispatch);
	}
	arena_release(&dispatch.arena);
}
