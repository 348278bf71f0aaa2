/*
 * The pieces of a hook's `dagger call`, laid out while its keys are read. Only dagger_read.c uses it.
 */
#ifndef POCKETCI_HOOK_DAGGER_LAYOUT_H
#define POCKETCI_HOOK_DAGGER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "hook/hook.h"

struct dagger_part;
struct hook_dagger;
struct key_reader;
struct yaml_node;

struct dagger_layout {
	struct key_reader *reader;
	struct hook_dagger *dagger;
	size_t first;    /* part of the function that is being laid out: no option comes twice behind it */
	size_t capacity; /* of dagger->variables */
};

/* A part without values, valid until the next one is added. */
struct dagger_part *dagger_layout_add(struct dagger_layout *layout, struct str text);

/* A text of the hooks file as a source. */
struct source dagger_fixed_text(struct str text, struct position position);

/* A variable for the command. */
void dagger_layout_add_variable(struct dagger_layout *layout, const char *name, struct source source);

/* A map from names to values: an option for each. node may be NULL; name is its key. False where an error was noted. */
bool dagger_layout_read_arguments(struct dagger_layout *layout, const char *name, const struct yaml_node *node);

/* A variable that holds the secret of this name in pocketci.yaml. False where an error was noted. */
bool dagger_layout_read_secret(struct dagger_layout *layout, const char *variable, struct position position,
                               struct str name);

/*
 * A map from arguments to names of secrets: a variable for each, and an option that names the variable, but with
 * dispatch, where the functions that are found decide which they take. node may be NULL. False where an error was noted.
 */
bool dagger_layout_read_secrets(struct dagger_layout *layout, const struct yaml_node *node);

#endif
