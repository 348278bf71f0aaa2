/*
 * `dagger:` of a hook: reading it, and what a request makes of it. The arguments of `dagger call` are laid out when the
 * hook is loaded; a request fills in values. Secrets and settings become entries of pass-environment-to-command.
 */
#ifndef POCKETCI_HOOK_DAGGER_H
#define POCKETCI_HOOK_DAGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "hook/hook.h"

struct error;
struct job;
struct key_map;
struct request;

/* One argument of the command line: a fixed text, or an option and what comes behind its '='. */
struct dagger_part {
	struct str text;           /* "call", "--string-arg=" */
	struct source_list values; /* none: text is all of it */
	bool secret;               /* text says which variable holds one: left out where the run is of a fork */
	bool list;                 /* written as a list: joined with commas, each quoted as CSV has it */
};

struct hook_dagger {
	struct position position;
	struct str module;
	bool dispatch; /* the functions that fit the event are called; parts end before the first function */
	struct dagger_part *parts;
	size_t part_count, part_capacity;
	struct source_list variables; /* secrets, settings: moved by dagger_complete */
};

/* A map of the keys below into a struct hook_dagger *, for tables of keys. */
bool dagger_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* The tables of that map, and of one function of a chain. */
extern const struct key_map dagger_map, dagger_step_map;

/*
 * Once all keys of the hook are read: what cannot stand beside dagger is noted, variables are moved to
 * pass-environment-to-command, before those of the hook. Returns whether no error was noted.
 */
bool dagger_complete(struct key_reader *reader, const struct yaml_node *node, struct hook *hook);

/*
 * Sets the job's arguments, and what a dispatch needs. An option whose value the request lacks is left out, which is
 * logged, and so is what is no business of a fork. ERROR_INVALID, naming the option and never the value, where a value
 * of the request could be taken for the place of a secret, a file or a folder: dagger tells them by the type of the
 * argument, which is not known here.
 */
bool dagger_arguments(const struct hook *hook, struct request *request, struct job *job, struct error *error);

/* The part that made this argument of a job, after the part *at, which is moved behind it; NULL: none did. */
const struct dagger_part *dagger_part_of(const struct hook_dagger *dagger, struct str argument, size_t *at);

/* Whether dagger may read the text as the place of a secret, a file, a folder or a service. */
bool dagger_text_is_reference(struct str text);

#endif
