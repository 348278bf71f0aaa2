/*
 * What `pocketci explain` is made of: flags (explain_flags.c), the request (explain_request.c), what the hook makes of it
 * (explain.c), what may be shown of the job (explain_job.c), and the two ways of telling (explain_text.c,
 * explain_json.c). Internal to explain*.c.
 */
#ifndef POCKETCI_CLI_EXPLAIN_H
#define POCKETCI_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "config/keys.h"
#include "hook/decision.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "hook/trace.h"
#include "payload/request.h"
#include "run/job.h"

struct buf;

/* NULL and empty lists: not given. */
struct explain_flags {
	struct text_list hooks, headers;
	const char *config, *hook, *event, *method, *content_type, *remote_address, *query;
	bool template, strict, json, sign;
	const char *request; /* a path, or "-" */
};

/* How far it came. Where it ended before the rule, the trace is empty. */
enum explain_end {
	EXPLAIN_NO_HOOK,   /* error says which there are */
	EXPLAIN_METHOD,    /* not allowed */
	EXPLAIN_TOO_LARGE, /* the body; error says so */
	EXPLAIN_RULE,      /* the decision says why it does not fire */
	EXPLAIN_PING,      /* its rule holds, and a forge asks only whether anybody is there */
	EXPLAIN_NOTHING, /* its rule holds, but it is for other events, or its checkout has nothing to do; error says why */
	EXPLAIN_REFUSED, /* it fires, but the job is refused; error says why */
	EXPLAIN_FIRES,
};

struct explanation {
	struct arena arena;
	struct config config;
	struct hooks hooks;
	struct request request;
	bool address_assumed; /* nobody said where the request comes from */

	const struct hook *hook;
	enum explain_end end;
	struct decision decision;
	struct str filter; /* what the hook is for, where it is asked; else empty */
	struct trace trace;
	struct job job; /* EXPLAIN_FIRES */
	struct error error;
	int64_t status;   /* of the reply */
	struct str reply; /* its body */
	bool reply_is_output;

	struct str *warnings;
	size_t warning_count, warning_capacity;
};

/* A value as it is shown: where it is hidden text is empty. */
struct explain_value {
	struct str name, text;
	bool hidden;
	size_t length;
};

struct explain_values {
	struct explain_value *items;
	size_t count;
};

/* ERROR_INVALID where the command line is wrong. */
bool explain_flags_read(struct arena *arena, struct explain_flags *flags, int argc, char **argv, struct error *error);

/*
 * Reads the file into explanation->request: a raw request, or a payload that flags make one of. False where it cannot be
 * read or is none.
 */
bool explain_request_read(struct explanation *explanation, const struct explain_flags *flags, struct error *error);

/*
 * Gives the request the headers that a forge would sign it with: for each HMAC in the hook's rule over a header, unless
 * the request has that header.
 */
void explain_request_sign(struct explanation *explanation);

/* The job's argument list, and the environment that a run adds. Ids and paths that each run makes anew are "<run>" … */
struct explain_values explain_arguments(struct explanation *explanation);
struct explain_values explain_environment(struct explanation *explanation);

/* "JSON, a map with 3 names", or why there is none; in the arena. Only once the rule was asked: it parses. */
const char *explain_payload(struct explanation *explanation);

void explain_write_text(struct explanation *explanation, bool colour, struct buf *out);
void explain_write_json(struct explanation *explanation, struct buf *out);

#endif
