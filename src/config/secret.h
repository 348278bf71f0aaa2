/*
 * A secret, named in a file but kept elsewhere: {env: NAME}, {file: PATH} or {credential: NAME} as systemd hands them
 * (CREDENTIALS_DIRECTORY); or, in pocketci.yaml alone, the text itself, and then others must not be able to read the
 * file.
 */
#ifndef POCKETCI_CONFIG_SECRET_H
#define POCKETCI_CONFIG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "config/keys.h"

struct arena;
struct error;

enum secret_kind { SECRET_NONE, SECRET_TEXT, SECRET_ENVIRONMENT, SECRET_FILE, SECRET_CREDENTIAL };

struct secret {
	enum secret_kind kind;
	struct str text; /* the text, variable, path or credential's name; NUL-terminated */
};

/* Secrets under names, as `secrets:` in pocketci.yaml has them. */
struct named_secret {
	struct str name;
	struct secret secret;
};

struct named_secrets {
	struct named_secret *items;
	size_t count;
};

/* The one of this very name, or NULL. */
const struct secret *named_secrets_find(const struct named_secrets *secrets, struct str name);

/*
 * The secret's value in the arena, one final newline of a file removed. ERROR_INVALID, naming where it should have
 * come from and never the value, where it is missing or empty.
 */
bool secret_read(struct arena *arena, const struct secret *secret, struct str *value, struct error *error);

/* The path of the file that it is read from, in the arena; NULL where there is none. */
const char *secret_path(struct arena *arena, const struct secret *secret);

/*
 * A read function for tables of keys (KEY_CUSTOM): field is a struct secret. A text is taken as SECRET_TEXT; whoever
 * reads the file must then see to it that others cannot. A number or boolean that YAML would change is refused: a
 * secret must stay as it is written.
 */
bool secret_read_key(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* The table of the map that says where. */
#define SECRET_PLACE_COUNT 3
extern const struct key secret_place_keys[SECRET_PLACE_COUNT];

#endif
