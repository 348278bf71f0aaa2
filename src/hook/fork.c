/*
 * In doubt it is a fork: an event whose ids are missing or differ says so (event_settle_pull_request).
 */
#include "hook/fork.h"

#include "base/error.h"
#include "base/log.h"
#include "config/repository.h"
#include "forge/event.h"
#include "hook/filter.h"
#include "hook/hook.h"
#include "hook/secrecy.h"
#include "hook/source.h"
#include "payload/request.h"
#include "run/job.h"

static bool is_of_fork(const struct event *event)
{
	return str_equal_c(event->type, "pull-request") && !str_equal_c(event->fork, "false");
}

/* Not named, or by a text that stands in the hooks file. */
static bool is_fixed(const struct source *source)
{
	return !source || source->kind == SOURCE_STRING;
}

static bool takes_from_request(const struct hook_checkout *checkout, const struct event *event)
{
	bool of_event = event && checkout->ref && str_equal(checkout->ref->name, event->ref);
	return checkout->enabled &&
	       (of_event || !is_fixed(checkout->repository) || !is_fixed(checkout->ref) || !is_fixed(checkout->commit));
}

bool fork_is_run(const struct hook *hook, const struct event *event)
{
	if (!event)
		return takes_from_request(&hook->checkout, NULL);
	return is_of_fork(event) && (filter_names(hook, event) || takes_from_request(&hook->checkout, event));
}

bool fork_is_allowed(struct arena *arena, const struct repositories *repositories, struct str text,
                     const struct event *event, struct error *error)
{
	struct error ignored = ERROR_INIT;
	struct repository_url url;
	const struct repository *entry =
		repository_url_parse(arena, text, &url, &ignored) ? repositories_find(repositories, &url) : NULL;
	if (entry && entry->runs_forks)
		return true;
	return error_set(error, ERROR_NONE,
	                 "nothing to do: pull request %.*s is from a fork, and fork-pull-requests of its repository "
	                 "does not allow that in pocketci.yaml",
	                 STR_ARGS(event->number));
}

bool fork_may_see(const struct hook *hook, const struct source *source, struct request *request, struct str *value)
{
	return secrecy_show(hook->trigger_rule, source, request, value);
}

/* Some forges repeat the secret of the webhook in the payload. */
static void redact_payload(const struct hook *hook, struct request *request, struct job *job)
{
	const struct source body = {.kind = SOURCE_RAW_REQUEST_BODY, .name = STR(""), .written_name = STR("")};
	const struct source tree = {.kind = SOURCE_ENTIRE_PAYLOAD, .name = STR(""), .written_name = STR("")};
	struct error ignored = ERROR_INIT;
	struct str shown = job->payload;

	if (fork_may_see(hook, &body, request, &shown))
		return;
	log_warning("hook \"%.*s\": the payload holds a secret, which a fork does not get", STR_ARGS(hook->id));
	if (source_get(&tree, request, &shown, &ignored) != SOURCE_FOUND || !fork_may_see(hook, &tree, request, &shown))
		shown = STR("{}");
	job->payload = shown;
}

void fork_withhold(const struct hook *hook, struct request *request, struct job *job)
{
	if (job->inherit_environment)
		log_warning("hook \"%.*s\": a fork does not inherit the environment of the server", STR_ARGS(hook->id));
	job->inherit_environment = false;
	if (job->payload.len > 0)
		redact_payload(hook, request, job);
}
