/*
 * Texts that a hooks file may keep elsewhere: {env: NAME}, {file: PATH}, {credential: NAME} in place of the text itself.
 * They are read when the file is loaded, and what is read is a secret: no message, log or page shows it.
 */
#ifndef POCKETCI_HOOK_KEPT_TEXT_H
#define POCKETCI_HOOK_KEPT_TEXT_H

#include <stdbool.h>

#include "base/str.h"
#include "config/problem.h"

struct hooks;
struct key;
struct key_map;
struct key_reader;
struct named_secrets;
struct yaml_node;

/* What the reader of a hooks file has for its read functions, in reader->context. NULL is as if all of it were zero. */
struct hooks_context {
	struct hooks *hooks;                 /* notes the files that texts came from; NULL: nobody asks */
	const struct named_secrets *secrets; /* `secrets:` of pocketci.yaml; NULL: not known, or there are none */
	bool check;                          /* struct hooks_options */
};

struct kept_text {
	struct str text; /* NUL-terminated */
	bool kept;       /* elsewhere: it is a secret */
	bool unread;     /* a check could not read it, which is a warning: text is empty and says nothing */
};

/*
 * Reads a text, or the map that says where it is. False where an error was noted: it is neither, it cannot be read, or a
 * repository's file says where. A relative path is taken beside the hooks file.
 */
bool kept_text_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                    struct kept_text *text);

/*
 * The secret of this name among context->secrets: those of pocketci.yaml, or of a repository's file those that it may
 * use. False where an error was noted at the position: there is none, or it cannot be read.
 */
bool kept_text_of_name(struct key_reader *reader, struct position position, struct str name, struct kept_text *text);

/* The table of such a map. */
extern const struct key_map kept_text_map;

#endif
