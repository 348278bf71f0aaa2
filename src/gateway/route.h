/*
 * Paths → what answers them. A route is a row in a table (route.c); the part below the prefix of hooks belongs to
 * deliver.h.
 */
#ifndef POCKETCI_GATEWAY_ROUTE_H
#define POCKETCI_GATEWAY_ROUTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "gateway/response.h"
#include "payload/request.h"
#include "run/id.h"

struct exchange;
struct service;

/* One call of the responder: what a route is given, and what it leaves for the log. */
struct call {
	struct exchange *exchange;
	const struct service *service;
	struct request request;
	struct response response;
	struct buf body;       /* what request.body borrows from */
	struct str below;      /* the path behind the prefix of hooks: the hook's id as it was asked for */
	struct str hook;       /* id of the hook that was found, or empty */
	char run[RUN_ID_SIZE]; /* id of the run that was started, or empty */
};

enum route_methods {
	ROUTE_ANY,  /* whatever the method */
	ROUTE_READ, /* GET and HEAD; else 405 */
};

struct route {
	const char *path; /* the whole of it; NULL: below the prefix of hooks */
	enum route_methods methods;
	void (*answer)(struct call *call);
};

/*
 * The route of this path; never NULL, since the last one answers 404. *below gets what stands behind the prefix of
 * hooks. Where that prefix is empty a hook goes before every path of our own but "/", so that none is hidden.
 */
const struct route *route_find(const struct service *service, struct str path, struct str *below);

/* Answers the call, by route_find. */
void route_answer(struct call *call);

/* Sets the headers that -header asks for. */
void route_set_headers(struct call *call);

#endif
