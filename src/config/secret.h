/*
 * A secret, named in a file but kept elsewhere: {env: NAME}, {file: PATH} or {credential: NAME} as systemd hands them
 * (CREDENTIALS_DIRECTORY); or, in pocketci.yaml alone, the text itself, and then others must not be able to read the
 * file.
 */
#ifndef POCKETCI_CONFIG_SECRET_H
#define POCKETCI_CONFIG_SECRET_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct key;
struct key_reader;
struct yaml_node;

enum secret_kind { SECRET_NONE, SECRET_TEXT, SECRET_ENVIRONMENT, SECRET_FILE, SECRET_CREDENTIAL };

struct secret {
	enum secret_kind kind;
	struct str text; /* the text, variable, path or credential's name; NUL-terminated */
};

/*
 * The secret's value in the arena, one final newline of a file removed. ERROR_INVALID, naming where it should have
 * come from and never the value, where it is missing or empty.
 */
bool secret_read(struct arena *arena, const struct secret *secret, struct str *value, struct error *error);

/*
 * A read function for tables of keys (KEY_CUSTOM): field is a struct secret. A text is taken as SECRET_TEXT; whoever
 * reads the file must then see to it that others cannot. A number or boolean that YAML would change is refused: a
 * secret must stay as it is written.
 */
bool secret_read_key(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

#endif
