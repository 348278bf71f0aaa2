/*
 * Pull requests from forks: what they bring is a stranger's, so none of it is run unless the repository's entry says so,
 * and nothing that is secret reaches it. Who is a stranger the forge's ids say (struct event), never a name.
 */
#ifndef POCKETCI_HOOK_FORK_H
#define POCKETCI_HOOK_FORK_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct event;
struct hook;
struct job;
struct repositories;
struct request;
struct source;

/*
 * Whether the hook would run what a fork brings: the event is a pull request that is not known to come from the
 * repository itself, and `on` names it, or the checkout takes a repository, a ref or a commit from the request. One that
 * checks out a fixed ref, or that knows neither key, runs what is the server's own. event NULL: it cannot be read, and
 * might be a fork's.
 */
bool fork_is_run(const struct hook *hook, const struct event *event);

/*
 * Whether the entry of this URL has `fork-pull-requests: allow`. Else false, and error, of kind ERROR_NONE, is the
 * sentence that the forge gets.
 */
bool fork_is_allowed(struct arena *arena, const struct repositories *repositories, struct str url,
                     const struct event *event, struct error *error);

/*
 * A value for the command. False where nothing of it may reach a fork: a secret, a text that is kept elsewhere, what
 * signs or opens the request (X-Gitlab-Token); what is so in a map or a list reads "redacted".
 */
bool fork_may_see(const struct hook *hook, const struct source *source, struct request *request, struct str *value);

/* Takes from a job, the values for its command apart, what is no fork's business: the server's environment, a secret
 * that the payload repeats. */
void fork_withhold(const struct hook *hook, struct request *request, struct job *job);

#endif
