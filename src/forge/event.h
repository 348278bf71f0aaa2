/*
 * What happened at a forge, in common terms, whichever forge sent it.
 */
#ifndef POCKETCI_FORGE_EVENT_H
#define POCKETCI_FORGE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct forge_table;
struct request;

/*
 * Absent fields are empty. Text is borrowed from the request or made in its arena. Ids are the forge's own, numbers as
 * text: names can be taken over by somebody else, so whoever decides by repository or person decides by id.
 */
struct event {
	struct str type;     /* push, tag, delete, pull-request, release, ping; the forge's own word for any other */
	struct str word;     /* the forge's own word in every case: pull_request, "Push Hook", repo:push */
	struct str forge;    /* the forge's name: "github" */
	struct str delivery; /* the forge's id of this delivery; no signature covers it */

	struct str repository; /* full name: acme/app. Of a pull request the one that it is for, as are all these */
	struct str repository_id;
	struct str clone_url; /* https; empty where the forge does not say */
	struct str ssh_url;
	struct str default_branch;

	struct str ref;          /* refs/heads/main; of a pull request where its commits can be fetched from */
	struct str branch;       /* main; of a pull request the target */
	struct str tag;          /* v1.0 */
	struct str commit;       /* what to check out: 40 or 64 hex digits; empty where the ref was deleted */
	struct str short_commit; /* its first digits, 7 to 39, where the forge gives no more (Bitbucket Cloud) */
	struct str before;       /* the commit before; empty where the ref is new */
	bool forced;             /* the forge says that the push was forced; most do not say */
	struct str url;          /* the page of the commit, pull request or release */

	struct str number; /* of a pull request */
	struct str action; /* opened, updated, reopened, closed, merged, else the forge's own; of a release too */
	struct str source_branch; /* without prefix */
	struct str target_commit; /* where the target branch was */
	struct str fork;          /* "true" where the commits come from another repository, or one that is gone */
	struct str head_repository, head_repository_id; /* where they come from */

	struct str author, message;   /* of the head commit, else author is the sender; any text, a stranger's */
	struct str sender, sender_id; /* who did it, as the forge knows them; empty where it does not say */
};

/* How many refs one delivery may update; more are refused. Bitbucket and Azure tell of all refs of a push at once. */
#define EVENT_MAX 1000

/* The events of one delivery: one for each ref of a push, in the forge's order; else one. */
struct event_list {
	struct str forge; /* empty: the request is of no forge that is known; there are no events then */
	struct event *items;
	size_t count, capacity;
	size_t current;     /* the event that the request speaks of now: event_current */
	struct error error; /* why they could not be read; kind ERROR_NONE where they could */
};

/*
 * Reads the events of a request. False, and ERROR_INVALID, where a forge was recognised and its payload lacks what the
 * event needs, or has it with a wrong type or in a form that no forge sends (a commit that is not 40 or 64 hex digits,
 * a ref with control characters or a leading '-'), naming the field; or where the headers contradict each other.
 * ERROR_TOO_LARGE past EVENT_MAX, or where the payload is past the limits of payload.h. list->forge alone is set then.
 * Where no forge is recognised: true, and list->forge is empty.
 */
bool event_read_all(struct request *request, struct event_list *list, struct error *error);

/* The same by another table of forges than the one of table.c. */
bool event_read_by(const struct forge_table *table, struct request *request, struct event_list *list,
                   struct error *error);

/* The first of them. Where no forge is recognised: true, and event->forge is empty. */
bool event_read(struct request *request, struct event *event, struct error *error);

/*
 * The event that a request speaks of: the first of its delivery, or the one that request->events->current was set to.
 * Read when first asked for and kept; a payload that is changed after that has no effect. NULL as event_read returns
 * false, each time with the same error. Where no forge is recognised an event without any field.
 */
const struct event *event_current(struct request *request, struct error *error);

/* An event without any field but this. */
struct event event_empty(struct str forge);

/*
 * The names that `source: event` gives the fields, NULL-terminated: type, clone-url, …. They are the common terms of
 * every forge; what else struct event holds is for our own use.
 */
extern const char *const event_names[];

/* The value of the field with this name, one of event_names in any case. */
struct str event_value(const struct event *event, struct str name);

/* Whether the id is empty or all zeros: the ref was created or deleted. */
bool event_commit_is_none(struct str commit);

/* Whether it is a full id: 40 or 64 lower-case hex digits. */
bool event_commit_is_valid(struct str commit);

/*
 * Whether git-check-ref-format(1) and we take it: begins with "refs/", no control characters, "..", "@{", leading '-'
 * …
 */
bool event_ref_is_valid(struct str ref);

/* Whether it is the name of a branch or tag, without prefix, that makes a valid ref. */
bool event_branch_is_valid(struct str name);

#endif
