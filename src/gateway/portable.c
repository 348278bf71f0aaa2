/*
 * Until the signature holds nothing is asked of a request but which forge and repository it speaks of. Why it was
 * refused is in the log alone.
 */
#include "gateway/portable.h"

#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "config/problem.h"
#include "config/repository.h"
#include "forge/event.h"
#include "forge/verify.h"
#include "gateway/deliver.h"
#include "gateway/exchange.h"
#include "gateway/reply.h"
#include "gateway/route.h"
#include "gateway/service.h"
#include "gateway/start.h"
#include "hook/hook.h"
#include "hook/reply_plan.h"
#include "run/delivery.h"
#include "run/id.h"
#include "run/job.h"
#include "run/launch.h"
#include "run/wire.h"

/* --- The configuration -------------------------------------------------------------------------------------------- */

bool portable_is_on(const struct config *config)
{
	for (size_t i = 0; i < config->repositories.count; i++) {
		if (config->repositories.items[i].secret.kind != SECRET_NONE)
			return true;
	}
	return false;
}

static bool refuse_entry(const struct repository *entry, struct error *error)
{
	return error_prefix(error, "%s:%u:%u: repository \"%.*s\"", entry->position.file, entry->position.line,
	                    entry->position.column, STR_ARGS(str_head(entry->match, 100)));
}

/* With one public key sourcehut signs what anybody there has it send, in words of their own. */
static bool is_of_repository(struct str secret, struct error *error)
{
	return !str_starts(secret, STR("ed25519:")) ||
	       error_set(error, ERROR_INVALID,
	                 "a public key says that the forge sent a delivery, not who may start something here");
}

static bool load_entry(struct arena *arena, struct repository *entry, bool required, struct error *error)
{
	if (entry->secret.kind == SECRET_NONE && required) {
		error_set(error, ERROR_INVALID,
		          "secret is missing: without hooks files whoever may start something is told by the webhook's "
		          "secret alone");
		return refuse_entry(entry, error);
	}
	if (entry->secret.kind == SECRET_NONE)
		return true;
	if (!secret_read(arena, &entry->secret, &entry->secret_text, error) ||
	    !forge_secret_is_valid(entry->secret_text, error) || !is_of_repository(entry->secret_text, error)) {
		error_prefix(error, "secret");
		error->kind = ERROR_INVALID;
		return refuse_entry(entry, error);
	}
	return true;
}

bool portable_load(struct arena *arena, struct config *config, struct error *error)
{
	for (size_t i = 0; i < config->repositories.count; i++) {
		if (!load_entry(arena, &config->repositories.items[i], config->hooks.count == 0, error))
			return false;
	}
	return true;
}

/* --- Whether it is believed --------------------------------------------------------------------------------------- */

/* The entry of the repository that the event is of, or NULL and why there is none. */
static const struct repository *find_entry(const struct call *call, const struct event *event, struct error *error)
{
	const struct repository *entry;
	struct repository_url url;

	if (event->forge.len == 0) {
		error_set(error, ERROR_NOT_ALLOWED, "the request is no event of a forge that is known here");
		return NULL;
	}
	if (event->clone_url.len == 0) {
		error_set(error, ERROR_NOT_ALLOWED, "the event names no repository");
		return NULL;
	}
	if (!repository_url_parse(call->exchange->arena, event->clone_url, &url, error))
		return NULL;
	entry = repositories_find(&call->service->config.repositories, &url);
	if (!entry || entry->secret.kind == SECRET_NONE) {
		error_set(error, ERROR_NOT_ALLOWED, "repository %.*s %s in pocketci.yaml", STR_ARGS(url.name),
		          entry ? "has no secret" : "is not listed under repositories");
		return NULL;
	}
	return entry;
}

/* A signature is checked in either case, so that the time it takes does not tell which repositories are listed. */
static bool is_believed(struct call *call, struct error *error)
{
	struct request *request = &call->request;
	const struct event *event = event_current(request, error);
	const struct repository *entry = event ? find_entry(call, event, error) : NULL;
	struct str secret = entry ? entry->secret_text : STR("no delivery is signed with this");
	struct error wrong = ERROR_INIT;
	enum forge_verdict verdict = forge_verify(request, &secret, 1, clock_wall(), &wrong);

	if (!entry)
		return false;
	if (verdict != FORGE_RIGHT)
		*error = wrong;
	return verdict == FORGE_RIGHT;
}

/* --- The reply ---------------------------------------------------------------------------------------------------- */

/* A reply whose hook becomes known while the run is followed. */
struct planned {
	struct call *call;
	struct hook hook;
	struct job job;
	int wire;
	struct reply reply; /* what the run tells goes to it */
	void (*client_left)(void *reply);
};

static struct planned *planned_of(void *reply)
{
	return (struct planned *)(void *)((char *)reply - offsetof(struct planned, reply));
}

static void note_run(struct call *call, struct str id)
{
	id = str_head(id, sizeof(call->run) - 1);
	memcpy(call->run, id.data, id.len);
	call->run[id.len] = '\0';
	log_set_field(LOG_FIELD_RUN, call->run);
}

static bool take_plan(void *context, struct str text)
{
	struct planned *planned = planned_of(context);
	struct arena *arena = planned->call->exchange->arena;

	if (!reply_plan_read(arena, text, &planned->hook, &planned->job))
		return false;
	planned->call->hook = planned->hook.id;
	log_set_field(LOG_FIELD_HOOK, str_to_c(arena, planned->hook.id));
	note_run(planned->call, planned->job.id);
	return true;
}

/* Whether that stops the run is known only now; to exec the end of our writing is the word for it. */
static void client_left(void *context)
{
	struct planned *planned = planned_of(context);

	planned->client_left(context);
	if (planned->job.stop_when_client_leaves)
		shutdown(planned->wire, SHUT_WR);
}

static bool launch(const struct call *call, const struct delivery *delivery, int *follow, struct error *error)
{
	const struct service *service = call->service;
	struct str path = service->config.path;
	const char *config = path.len > 0 ? str_to_c(call->exchange->arena, path) : NULL;

	return launch_exec_delivery(delivery, service->program, config, service->detached_log, follow, error);
}

static void follow(struct call *call, const struct delivery *delivery)
{
	struct planned planned = {.call = call, .wire = -1};
	struct run_result result = {.state = RUN_FAILED, .exit_code = -1, .commit = STR("")};

	job_init(&planned.job);
	planned.job.id = delivery->id;
	planned.job.hook = delivery->hook.len > 0 ? delivery->hook : STR("*"); /* for the log */
	planned.job.checkout = true;
	planned.hook.include_command_output_in_response_on_error = true;
	reply_init(&planned.reply, &call->response, &planned.hook, &planned.job, &call->service->config, clock_now());
	struct run_listener listener = reply_listener(&planned.reply);
	planned.client_left = listener.client_left;
	listener.client_left = client_left;
	listener.plan = take_plan;
	if (launch(call, delivery, &planned.wire, &result.error))
		wire_follow(planned.wire, false, &listener, &result);
	file_close(&planned.wire);
	reply_finish(&planned.reply, &result);
	reply_release(&planned.reply);
}

/* --- -async ------------------------------------------------------------------------------------------------------- */

/* Where the delivery is told about; empty where the address of this server is not known. */
static struct str location(const struct call *call, const struct delivery *delivery)
{
	struct arena *arena = call->exchange->arena;
	struct str base = call->service->config.base_url;
	const char *root = exchange_parameter(call->exchange, "SCRIPT_NAME");
	const char *path = exchange_parameter(call->exchange, "PATH_INFO");
	bool is_prefix = call->exchange->cgi || (path && path[0] != '\0'); /* as receive.c takes the path */

	if (base.len == 0 && is_prefix && root && root[0] == '/')
		base = str_from(root);
	while (str_ends(base, STR("/")))
		base = str_head(base, base.len - 1);
	return str_printf(arena, "%.*s/deliveries/%.*s", STR_ARGS(base), STR_ARGS(delivery->id));
}

static void answer_later(struct call *call, const struct delivery *delivery)
{
	struct arena *arena = call->exchange->arena;
	struct error error = ERROR_INIT;

	if (!launch(call, delivery, NULL, &error)) {
		log_error("delivery %.*s: nothing was started: %s", STR_ARGS(delivery->id), error.message);
		response_explain(&call->response, error_http_status(error.kind), error.message);
		return;
	}
	response_set_header(&call->response, STR("Location"), location(call, delivery));
	response_set_header(&call->response, STR("Content-Type"), STR("application/json"));
	response_send(&call->response, 202, str_printf(arena, "{\"id\":\"%.*s\"}\n", STR_ARGS(delivery->id)));
}

/* --- The whole ---------------------------------------------------------------------------------------------------- */

/* What opens a door has done so: it is no hook's business, since the entry may be of other repositories as well. */
static const char *const keys[] = {"X-Gitlab-Token", "Authorization", "Proxy-Authorization", "Cookie"};

static bool is_key(struct str name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (str_equal_c(name, keys[i]))
			return true;
	}
	return false;
}

/* The request as hooks may see it. */
static struct request *without_keys(struct call *call)
{
	struct arena *arena = call->exchange->arena;
	struct request *shown = arena_alloc(arena, sizeof(*shown));
	size_t kept = 0;

	*shown = call->request;
	shown->headers = arena_array(arena, shown->header_count, sizeof(*shown->headers));
	for (size_t i = 0; i < call->request.header_count; i++) {
		if (!is_key(call->request.headers[i].name))
			shown->headers[kept++] = call->request.headers[i];
	}
	shown->header_count = kept;
	return shown;
}

static bool make_delivery(struct call *call, struct delivery *delivery, struct error *error)
{
	const struct config *config = &call->service->config;
	struct arena *arena = call->exchange->arena;
	char id[RUN_ID_SIZE];

	run_id_make(id);
	*delivery = (struct delivery){
		.id = str_copy(arena, str_from(id)),
		.hook = call->below,
		.followed = !config->async,
		.base_url = config->base_url,
		.timeout = config->timeout,
		.stop_grace = config->stop_grace,
		.output_limit = config->limits.output,
		.request = without_keys(call),
	};
	note_run(call, delivery->id);
	return config_state(arena, config, &delivery->state, error);
}

/* A forge asks whether anybody is there; there is no commit to look for hooks in. */
static bool is_ping(struct call *call)
{
	struct error ignored = ERROR_INIT;
	const struct event *event = event_current(&call->request, &ignored);

	return event && str_equal_c(event->type, "ping");
}

static void start(struct call *call)
{
	struct delivery delivery;
	struct error error = ERROR_INIT;

	if (!make_delivery(call, &delivery, &error)) {
		log_error("%s", error.message);
		response_explain(&call->response, error_http_status(error.kind), error.message);
	} else if (call->service->config.async) {
		answer_later(call, &delivery);
	} else if (start_may_wait(call)) {
		follow(call, &delivery);
		start_wait_no_more(call);
	}
}

void portable_answer(struct call *call)
{
	struct error error = ERROR_INIT;

	route_set_headers(call);
	if (!deliver_take_body(call))
		return;
	if (!is_believed(call, &error)) {
		log_warning("a delivery is not allowed: %s", error.message);
		response_explain(&call->response, 403, "Not allowed.");
	} else if (is_ping(call)) {
		response_explain(&call->response, 200, "pong");
	} else {
		start(call);
	}
}
