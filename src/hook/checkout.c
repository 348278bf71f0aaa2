/*
 * What a request makes of `checkout:`. Each of repository, ref and commit is what the hook says, else what the
 * forge's event says; a ref and a commit of the event are taken together only. Nothing leaves here that was not
 * checked: the URL against the allow-list, ref and commit against what git may be given.
 */
#include "hook/checkout.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "config/repository.h"
#include "forge/event.h"
#include "hook/filter.h"
#include "hook/fork.h"
#include "hook/hook.h"
#include "hook/source.h"
#include "payload/form_payload.h"
#include "payload/request.h"
#include "run/job.h"

struct plan {
	const struct hook *hook;
	const struct hook_checkout *checkout;
	struct request *request;
	struct event event; /* without any field where none was read */
	struct str repository, ref, commit, short_commit;
	struct repository_url url;
	struct error *error;
};

/* The value that the hook names; *value stays where it names none. */
static bool take_value(struct plan *plan, const char *what, const struct source *source, struct str *value)
{
	if (!source || source_get(source, plan->request, value, plan->error) == SOURCE_FOUND)
		return true;
	return error_prefix(plan->error, "checkout: %s", what);
}

static bool needs_event(const struct hook_checkout *checkout)
{
	return !checkout->repository || (!checkout->ref && !checkout->commit);
}

/* An event that cannot be read is an error where something is wanted of it. */
static bool take_event(struct plan *plan)
{
	struct error error = ERROR_INIT;
	const struct hook_checkout *checkout = plan->checkout;
	bool names_none = !checkout->ref && !checkout->commit;
	const struct event *event = event_current(plan->request, &error);
	bool read = event != NULL;
	bool known = read && event->forge.len > 0;

	if (read)
		plan->event = *event;
	if (known || !needs_event(checkout)) {
		if (!read)
			log_info("checkout goes on without the event, which cannot be read: %s", error.message);
		return true;
	}
	if (!read) {
		*plan->error = error;
		return error_prefix(plan->error, "checkout");
	}
	return error_set(
		plan->error, ERROR_INVALID,
		"checkout: the request is no event of a forge that is known here, so the hook must name %s%s%s",
		checkout->repository ? "" : "repository", names_none && !checkout->repository ? " and " : "",
		names_none ? "ref or commit" : "");
}

static bool has_pushed_commit(const struct event *event)
{
	return str_equal_c(event->type, "push") || str_equal_c(event->type, "tag");
}

static bool is_pull_request(const struct event *event)
{
	return str_equal_c(event->type, "pull-request");
}

/*
 * Whether the event by itself says what to check out. A pull request, whose commits may be anybody's, does so only for a
 * hook that is for pull requests by its own words.
 */
static bool says_what(const struct plan *plan)
{
	return has_pushed_commit(&plan->event) ||
	       (is_pull_request(&plan->event) && filter_names(plan->hook, &plan->event));
}

static bool is_of_ref(const struct event *event)
{
	return has_pushed_commit(event) || str_equal_c(event->type, "delete");
}

/* Fills up from the event. */
static void complete(struct plan *plan)
{
	const struct event *event = &plan->event;
	const struct hook_checkout *checkout = plan->checkout;

	if (event->forge.len == 0)
		return;
	if (!checkout->repository)
		plan->repository = event->clone_url;
	if (!checkout->ref && !checkout->commit && !says_what(plan))
		return;
	if ((!checkout->ref || str_equal(plan->ref, event->ref)) &&
	    (!checkout->commit || str_equal(plan->commit, event->commit))) {
		plan->ref = event->ref;
		plan->commit = event->commit;
		plan->short_commit = event->short_commit;
	}
}

/* Why an event leaves nothing to check out. */
static const char *explain_nothing(const struct plan *plan)
{
	const struct event *event = &plan->event;

	if (is_pull_request(event) && says_what(plan))
		return "names no ref to fetch its commits from";
	if (is_pull_request(event))
		return "is checked out only where on names it, or checkout names ref or commit";
	return event->commit.len > 0 ? "is checked out only where the hook names ref or commit" : "names no commit";
}

/* False with a sentence where the event leaves nothing to check out. */
static bool has_something_to_run(const struct plan *plan, struct error *error)
{
	const struct event *event = &plan->event;
	struct str ref = plan->ref.len > 0 ? plan->ref : event->ref;
	bool gone = plan->commit.len > 0 && event_commit_is_none(plan->commit);
	bool known = event->forge.len > 0;

	if (!gone && (plan->commit.len > 0 || plan->checkout->commit))
		return true;
	if (!gone && plan->ref.len > 0 && is_pull_request(event)) /* the tip, which short_commit is held against */
		return true;
	if (gone || (known && is_of_ref(event) && ref.len > 0 && str_equal(ref, event->ref)))
		return error_set(error, ERROR_NONE, "nothing to do: %.*s was deleted",
		                 STR_ARGS(event_ref_is_valid(ref) ? ref : STR("the ref")));
	if (plan->checkout->ref)
		return true;
	return error_set(error, ERROR_NONE, "nothing to do: an event of type %.*s %s", STR_ARGS(event->type),
	                 explain_nothing(plan));
}

/* "commit (payload after)" where the request gave it: its value is not shown. */
static struct str describe(const struct plan *plan, const char *what, const struct source *source)
{
	if (!source)
		return str_printf(plan->request->arena, "%s of the event", what);
	struct str origin = source_describe(source, plan->request);
	return str_printf(plan->request->arena, "%s (%.*s)", what, STR_ARGS(origin));
}

static bool check(const struct plan *plan)
{
	const struct hook_checkout *checkout = plan->checkout;

	if ((checkout->ref || plan->ref.len > 0) && !event_ref_is_valid(plan->ref))
		return error_set(plan->error, ERROR_INVALID,
		                 "checkout: %s is not the full name of a ref such as refs/heads/main",
		                 describe(plan, "ref", checkout->ref).data);
	if ((checkout->commit || plan->commit.len > 0) && !event_commit_is_valid(plan->commit))
		return error_set(plan->error, ERROR_INVALID,
		                 "checkout: %s is not a full commit id of 40 or 64 lower-case hexadecimal digits",
		                 describe(plan, "commit", checkout->commit).data);
	return true;
}

static bool check_repository(struct plan *plan, const struct config *config)
{
	if (plan->repository.len == 0)
		return error_set(plan->error, ERROR_INVALID, "checkout: %s is empty",
		                 describe(plan, "repository", plan->checkout->repository).data);
	if (!repository_url_parse(plan->request->arena, plan->repository, &plan->url, plan->error))
		return error_prefix(plan->error, "checkout: %s",
		                    describe(plan, "repository", plan->checkout->repository).data);
	if (!repositories_find(&config->repositories, &plan->url))
		return error_set(plan->error, ERROR_NOT_ALLOWED,
		                 "repository %.*s is not listed under repositories in pocketci.yaml",
		                 STR_ARGS(plan->url.name));
	return true;
}

/* What is of the event, a push to a branch or a pull request, has changed files. */
static void fill_changes(const struct plan *plan, struct job *job)
{
	const struct event *event = &plan->event;
	const struct hook_filter *filter = &plan->hook->filter;
	struct arena *arena = plan->request->arena;
	bool pulls = is_pull_request(event), pushes = str_equal_c(event->type, "push") && event->branch.len > 0;
	struct str base = pulls ? event->branch : event->default_branch;
	bool of_event = plan->ref.len > 0 && str_equal(plan->ref, event->ref) && str_equal(plan->commit, event->commit);

	job->changes = of_event && (pushes || (pulls && base.len > 0));
	if (job->changes && base.len > 0)
		job->base = str_join(arena, STR("refs/heads/"), base);
	if (!filter_needs_paths(plan->hook, event))
		return;
	job->paths = filter->paths.items;
	job->path_count = filter->paths.count;
	if (!job->changes)
		log_warning(
			"hook \"%.*s\": paths says nothing here: what is checked out is not what the event is about",
			STR_ARGS(plan->hook->id));
}

static struct str without_prefix(struct str ref, struct str prefix)
{
	return str_starts(ref, prefix) ? str_from_index(ref, prefix.len) : STR("");
}

static void fill(const struct plan *plan, struct job *job)
{
	const struct event *event = &plan->event;
	struct request *request = plan->request;
	bool known = event->forge.len > 0;

	job->checkout = true;
	job->url = plan->url.text;
	job->ref = plan->ref;
	job->commit = plan->commit;
	job->short_commit = plan->short_commit;
	job->branch = without_prefix(plan->ref, STR("refs/heads/"));
	job->tag = without_prefix(plan->ref, STR("refs/tags/"));
	job->repository = known && event->repository.len > 0 ? event->repository : plan->url.path;
	if (!form_payload(request, &job->payload))
		job->payload = request->body;
	if (!known)
		return;
	job->forge = event->forge;
	job->event = event->type;
	job->forge_event = event->word;
	if (str_equal(plan->ref, event->ref) && str_equal(plan->commit, event->commit))
		job->before = event->before;
	fill_changes(plan, job);
}

enum invocation checkout_make(const struct hook *hook, struct request *request, const struct config *config,
                              struct job *job, struct error *error)
{
	const struct hook_checkout *checkout = &hook->checkout;
	struct plan plan = {
		.hook = hook,
		.checkout = checkout,
		.request = request,
		.repository = STR(""),
		.ref = STR(""),
		.commit = STR(""),
		.short_commit = STR(""),
		.event = event_empty(STR("")),
		.error = error,
	};

	if (!take_event(&plan) || !take_value(&plan, "repository", checkout->repository, &plan.repository) ||
	    !take_value(&plan, "ref", checkout->ref, &plan.ref) ||
	    !take_value(&plan, "commit", checkout->commit, &plan.commit))
		return INVOCATION_REFUSED;
	complete(&plan);
	if (!has_something_to_run(&plan, error))
		return INVOCATION_NOTHING_TO_DO;
	if (!check(&plan) || !check_repository(&plan, config))
		return INVOCATION_REFUSED;
	/* The hook may name another repository than the one that the event is of. */
	if (job->fork && !fork_is_allowed(request->arena, &config->repositories, plan.url.text, &plan.event, error))
		return INVOCATION_NOTHING_TO_DO;
	fill(&plan, job);
	return INVOCATION_RUN;
}
