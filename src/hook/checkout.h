/*
 * `checkout:` of a hook: reading it, and what a request makes of it.
 */
#ifndef POCKETCI_HOOK_CHECKOUT_H
#define POCKETCI_HOOK_CHECKOUT_H

#include <stdbool.h>

#include "hook/invocation.h"

struct config;
struct error;
struct hook;
struct job;
struct key;
struct key_map;
struct key_reader;
struct request;
struct yaml_node;

/* true, false or {repository, ref, commit} into a struct hook_checkout. Fixed texts are checked here. */
bool checkout_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* The table of that map. */
extern const struct key_map checkout_map;

/*
 * Fills what a job says of its checkout: URL, ref, commit, event, what is needed to know the changed files. job->fork is
 * set already. Answers as invocation_plan does.
 */
enum invocation checkout_make(const struct hook *hook, struct request *request, const struct config *config,
                              struct job *job, struct error *error);

#endif
