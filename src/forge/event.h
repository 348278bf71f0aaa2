/*
 * What happened at a forge, in common terms, whichever forge sent it.
 */
#ifndef POCKETCI_FORGE_EVENT_H
#define POCKETCI_FORGE_EVENT_H

#include <stdbool.h>

#include "base/str.h"

struct error;
struct request;

/* Absent fields are empty. Text is borrowed from the request. */
struct event {
	struct str type;       /* push, tag, delete, ping, …; the forge's own word for what has no common one */
	struct str forge;      /* "github" */
	struct str delivery;   /* the forge's id of this delivery */
	struct str repository; /* full name: acme/app */
	struct str clone_url;  /* https */
	struct str ref;        /* refs/heads/main */
	struct str branch;     /* main */
	struct str tag;        /* v1.0 */
	struct str commit;     /* what to check out: 40 or 64 hex digits; empty where the ref was deleted */
	struct str before;     /* the commit before; empty where the ref is new */
};

/*
 * Reads the event from a request. False and ERROR_INVALID, naming the field, where a forge was recognised and its
 * payload lacks what the event needs, or has it with a wrong type or in a form that no forge sends (a commit that is
 * not 40 or 64 hex digits, a ref with control characters or a leading '-'). ERROR_TOO_LARGE where the payload is past
 * the limits of payload.h. event->forge alone is set then. Where no forge is recognised: true, and event->forge is
 * empty.
 */
bool event_read(struct request *request, struct event *event, struct error *error);

/* Whether the id is empty or all zeros: the ref was created or deleted. */
bool event_commit_is_none(struct str commit);

/* Whether it is a full id: 40 or 64 lower-case hex digits. */
bool event_commit_is_valid(struct str commit);

/*
 * Whether git-check-ref-format(1) and we take it: begins with "refs/", no control characters, "..", "@{", leading '-'
 * …
 */
bool event_ref_is_valid(struct str ref);

#endif
