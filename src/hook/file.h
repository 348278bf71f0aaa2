/*
 * Hooks files → hooks.
 */
#ifndef POCKETCI_HOOK_FILE_H
#define POCKETCI_HOOK_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct error;
struct hooks;
struct named_secrets;
struct problems;

struct hooks_options {
	bool strict;     /* unknown keys are errors */
	bool name_open;  /* a hook without a trigger-rule is named in a warning */
	bool repository; /* the file came out of a repository: its hooks run in a checkout of it, see below */
	bool template;   /* -template: the file is a template first (hook/template.h); never one of a repository */
	bool check;      /* nothing will be run: a secret that cannot be read is a warning */
	/* `secrets:` of pocketci.yaml. NULL: there are none; in a check, nobody knows which. */
	const struct named_secrets *secrets;

	/* Of a repository's file. */
	struct str workspace; /* its name: command-working-directory may write the workspace as /NAME */
	int64_t timeout_max;  /* ms; 0: any */
};

/*
 * In a repository's file a key may be used where its table says so. Each hook has checkout, its output is the response
 * where it does not say otherwise, command-working-directory is made relative to the workspace, and a secret is one of
 * `secrets`, which are then those that the repository may use.
 *
 * Adds the hooks in text (YAML or JSON, a list of hooks) to *hooks. Every problem is noted, with its place: an id
 * that an earlier hook has, a rule that can never be meant, a regex that does not compile, a key that is unknown.
 * Where an error was noted (false) *hooks holds what could be read and must not serve. An empty file is an error:
 * it defines no hook; a secret that cannot be read. Files of secrets are looked for beside the file that is named, and
 * noted in *hooks. Everything lives in the arena, which must outlive the problems too: their positions name the
 * file out of it. Behind a template the places are those of its output, and the messages say so.
 */
bool hooks_read(struct arena *arena, struct hooks *hooks, struct str text, const char *name,
                const struct hooks_options *options, struct problems *problems);

/* Reads the file and does the same. A file that is missing or cannot be read is a problem too. */
bool hooks_read_file(struct arena *arena, struct hooks *hooks, const char *path, const struct hooks_options *options,
                     struct problems *problems);

#endif
