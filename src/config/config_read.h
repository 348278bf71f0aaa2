/* The read functions of config_keys, and what they find in reader->context. */
#ifndef POCKETCI_CONFIG_CONFIG_READ_H
#define POCKETCI_CONFIG_CONFIG_READ_H

#include <stdbool.h>

#include "base/str.h"
#include "config/keys.h"

struct config;

/* The file that is read. */
struct config_source {
	const char *path;
	bool others_can_read;
};

/* KEY_CUSTOM; field is the struct config. */
bool config_read_children(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);
bool config_read_headers(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* KEY_CUSTOM; field is a struct repositories. */
bool config_read_repositories(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                              void *field);

/* KEY_CUSTOM; field is a struct named_secrets. */
bool config_read_secrets(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* key.check */
bool config_check_base_url(struct str url, struct error *error);
bool config_check_url_prefix(struct str prefix, struct error *error);
bool config_check_address_range(struct str range, struct error *error);

/* What is left to do when all is read: slashes, case, what one key means for another. */
void config_settle(struct arena *arena, struct config *config);

#endif
