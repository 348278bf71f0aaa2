/*
 * A forge: what its requests look like, how they are signed, how its payloads are read. Internal to forge/: a forge
 * is a file that defines one of these and a line in table.c.
 */
#ifndef POCKETCI_FORGE_FORGE_H
#define POCKETCI_FORGE_FORGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "forge/verify.h"

struct arena;
struct error;
struct event;
struct event_list;
struct forge;
struct request;
struct value;

/* What a forge's reader is given. It adds the events (reading_add) and fills them. */
struct reading {
	struct arena *arena;
	const struct value *payload; /* a map */
	struct str word;             /* the forge's name of the event, a valid one */
	struct str forge, delivery;
	struct event_list *list;
	struct error *error;
};

/*
 * How a forge vouches for its requests: check() says what one secret makes of them. It is not called where one of the
 * headers comes twice.
 */
struct forge_signature {
	enum forge_verdict (*check)(const struct forge_signature *signature, struct request *request, struct str secret,
	                            int64_t now, struct error *error);
	const char *headers[5]; /* canonical, all that check() looks at */
	const char *prefix;     /* in front of the digest: "sha256=" */
	bool over_json;         /* the JSON is signed, even where it is sent as a form */
};

struct forge {
	const char *name;
	const char *event_header;      /* canonical; NULL: the payload tells the forge */
	const char *marker_headers[3]; /* that must be there, too */
	const char *also[4];           /* names of the forges whose event headers it sends as well as its own */
	/* Whether the payload is this forge's; fills word and delivery. For one without event_header. */
	bool (*tell)(const struct value *payload, struct str *word, struct str *delivery);
	const char *delivery_headers[3]; /* the first that is there counts */
	struct forge_signature signature;
	/*
	 * The paths of all that read() looks at (lib/json_pick.h), so that the rest of a large payload is never made a
	 * tree; NULL: all of it.
	 */
	const char *const *parts;
	/* False, and reading->error, as event_read_all says. */
	bool (*read)(struct reading *reading);
};

struct forge_table {
	const struct forge *const *rows;
	size_t count;
};

/* All of them, in the order in which they are asked. */
extern const struct forge_table forges;

/* Which forge sent a request. */
struct forge_found {
	const struct forge *forge; /* NULL: none that is known */
	struct str word;           /* the forge's name of the event, unchecked */
	struct str delivery;       /* likewise; empty where there is none */
};

/*
 * Tells the forge by the headers alone. False and ERROR_INVALID where they contradict each other: two forges of which
 * none sends the other's headers, an event header that comes twice, two that name different events.
 */
bool forge_find_by_headers(const struct forge_table *table, const struct request *request, struct forge_found *found,
                           struct error *error);

/* The same, and where no header tells it asks the payload, which is parsed for that where it is JSON. */
bool forge_find(const struct forge_table *table, struct request *request, struct forge_found *found,
                struct error *error);

#endif
