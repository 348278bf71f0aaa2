/*
 * What a Dagger module has: the query that asks for it, and the reply. Read in Dagger's source at v0.13.0 to v0.21.8.
 */
#ifndef POCKETCI_RUN_DAGGER_MODULE_H
#define POCKETCI_RUN_DAGGER_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct error;

struct dagger_version {
	unsigned major, minor, patch;
};

struct dagger_argument {
	struct str name;          /* as the module has it: eventTrigger */
	struct str default_value; /* as text, a list with commas; empty: none, or it is empty */
	bool required;            /* neither optional nor with a default */
};

struct dagger_function {
	struct str name; /* onGithubPush */
	struct dagger_argument *arguments;
	size_t argument_count;
};

/* Of the main object alone. */
struct dagger_module {
	struct str name;
	struct dagger_function *functions; /* in the order of their names */
	size_t function_count;
};

/* More functions, or more arguments of one, are refused. */
enum { DAGGER_FUNCTIONS_MAX = 1000, DAGGER_ARGUMENTS_MAX = 200 };

/* Out of what `dagger version` prints: "dagger v0.18.12 (registry…)". ERROR_COMMAND where it is something else. */
bool dagger_version_read(struct str text, struct dagger_version *version, struct error *error);

bool dagger_version_is_at_least(const struct dagger_version *version, unsigned major, unsigned minor, unsigned patch);

/* The document for `dagger query`: the module in the folder `module` of the checkout, both NUL-terminated; in the arena. */
struct str dagger_module_query(struct arena *arena, const char *checkout, struct str module,
                               const struct dagger_version *version);

/*
 * Reads the reply to it, at most DAGGER_REPLY_MAX bytes, into *module, in the arena. ERROR_COMMAND where it is no such
 * reply, or has no main object: the one whose name is the module's.
 */
#define DAGGER_REPLY_MAX ((size_t)8 * 1024 * 1024)
bool dagger_module_read(struct arena *arena, struct str reply, struct dagger_module *module, struct error *error);

#endif
