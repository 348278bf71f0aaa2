/*
 * The delivery as a whole: its repository, its events, and what is told at the end. What one event makes of its hooks is
 * worker/event_hooks.c.
 */
#include "worker/dispatch.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "config/repository.h"
#include "forge/event.h"
#include "payload/request.h"
#include "run/delivery.h"
#include "run/id.h"
#include "run/listener.h"
#include "run/wire.h"
#include "worker/event_hooks.h"

/* --- Before anything is fetched ----------------------------------------------------------------------------------- */

/* All events of a delivery are of the repository whose secret it was signed with. */
static bool is_same_repository(struct dispatch *dispatch, const struct event *event, struct error *error)
{
	struct repository_url url;

	if (!repository_url_parse(&dispatch->arena, event->clone_url, &url, error))
		return false;
	return str_equal(url.name, dispatch->url.name) ||
	       error_set(error, ERROR_NOT_ALLOWED, "the delivery is of more than one repository");
}

static bool find_repository(struct dispatch *dispatch, struct error *error)
{
	const struct event *first = event_current(dispatch->delivery->request, error);

	if (!first)
		return false;
	if (first->forge.len == 0)
		return error_set(error, ERROR_INVALID, "the delivery is no event of a forge that is known here");
	if (!repository_url_parse(&dispatch->arena, first->clone_url, &dispatch->url, error))
		return false;
	dispatch->repository = repositories_find(&dispatch->config.repositories, &dispatch->url);
	if (!dispatch->repository)
		return error_set(error, ERROR_NOT_ALLOWED, "no entry under `repositories` in pocketci.yaml covers %.*s",
		                 STR_ARGS(dispatch->url.name));
	dispatch->events = dispatch->delivery->request->events;
	for (size_t i = 0; i < dispatch->events->count; i++) {
		if (!is_same_repository(dispatch, &dispatch->events->items[i], error))
			return false;
	}
	return true;
}

/* Of the secrets of pocketci.yaml those that the entry lists. */
static void choose_secrets(struct dispatch *dispatch)
{
	const struct text_list *names = &dispatch->repository->secrets;
	const struct named_secrets *all = &dispatch->config.secrets;
	struct named_secrets *chosen = &dispatch->secrets;

	chosen->items = arena_array(&dispatch->arena, names->count, sizeof(*chosen->items));
	for (size_t i = 0; i < names->count; i++) {
		const struct secret *secret = named_secrets_find(all, names->items[i]);
		if (secret)
			chosen->items[chosen->count++] = (struct named_secret){names->items[i], *secret};
		else
			log_warning("repository \"%.*s\" lists a secret \"%.*s\" that is not under secrets",
			            STR_ARGS(dispatch->repository->match), STR_ARGS(str_head(names->items[i], 64)));
	}
}

static bool make_folder(struct dispatch *dispatch, struct error *error)
{
	const struct delivery *delivery = dispatch->delivery;

	if (!run_id_is_valid(delivery->id))
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not the id of a delivery", STR_ARGS(delivery->id));
	dispatch->folder = arena_printf(&dispatch->arena, "%.*s/workspaces/%.*s", STR_ARGS(delivery->state),
	                                STR_ARGS(delivery->id));
	return file_make_folders(dispatch->folder, 0700, error);
}

static void remove_folder(const struct dispatch *dispatch)
{
	struct error error = ERROR_INIT;

	if (dispatch->folder && access(dispatch->folder, F_OK) == 0 && !file_remove_tree(dispatch->folder, &error))
		log_warning("%s", error.message);
}

/* --- The end ------------------------------------------------------------------------------------------------------ */

/* Where there were sections, the result sums them up; else there is nothing to do, for these reasons. */
static void sum_up(struct dispatch *dispatch)
{
	struct run_result *result = dispatch->result;

	if (dispatch->sections == 0 && !dispatch->answered) {
		event_hooks_answer(dispatch, 200, buf_str(&dispatch->reasons));
		return;
	}
	if (dispatch->answered)
		return;
	result->state = dispatch->failed > 0 ? RUN_FAILED : RUN_SUCCEEDED;
	result->exit_code = dispatch->failed > 0;
	if (dispatch->failed > 0)
		error_set(&result->error, ERROR_COMMAND, "%zu of %zu failed", dispatch->failed, dispatch->sections);
}

void dispatch(const struct delivery *delivery, const struct config *config, struct wire *wire,
              const struct run_listener *listener, struct run_result *result)
{
	struct dispatch dispatch = {
		.arena = ARENA_INIT,
		.delivery = delivery,
		.config = *config,
		.wire = wire,
		.listener = listener,
		.result = result,
		.reasons = BUF_INIT,
	};
	struct run_listener alone = *listener;
	struct error error = ERROR_INIT;

	if (!delivery->followed) { /* and so nobody leaves */
		wire->gone = true;
		alone.client = -1;
		dispatch.listener = &alone;
	}
	/* Flags of the responder may say otherwise than the file. */
	dispatch.config.state = delivery->state;
	dispatch.config.base_url = delivery->base_url;
	dispatch.config.timeout = delivery->timeout;
	dispatch.config.stop_grace = delivery->stop_grace;
	*result = (struct run_result){.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};
	if (find_repository(&dispatch, &error) && make_folder(&dispatch, &error)) {
		choose_secrets(&dispatch);
		dispatch.alone = delivery->hook.len > 0 && dispatch.events->count == 1;
		for (size_t i = 0; i < dispatch.events->count && !dispatch.stopped; i++)
			event_hooks_run(&dispatch, i);
		sum_up(&dispatch);
	} else {
		result->error = error;
	}
	remove_folder(&dispatch);
	buf_release(&dispatch.reasons);
	arena_release(&dispatch.arena);
}
