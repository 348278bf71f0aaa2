/*
 * How the reply to a run is to look, on its way from `pocketci exec` to the responder: where the hooks stand in the
 * repository, the responder has never seen the hook that its reply is shaped by.
 */
#ifndef POCKETCI_HOOK_REPLY_PLAN_H
#define POCKETCI_HOOK_REPLY_PLAN_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct buf;
struct hook;
struct job;

/* What of a hook and its job a reply asks for, as fields: status, exit codes, streaming, id, timeout. */
void reply_plan_write(struct buf *out, const struct hook *hook, const struct job *job);

/*
 * Fills that part of *hook and *job, and leaves the rest as it is; texts are copied into the arena. False on anything
 * that reply_plan_write did not make.
 */
bool reply_plan_read(struct arena *arena, struct str text, struct hook *hook, struct job *job);

#endif
