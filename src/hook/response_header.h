/*
 * The headers that a hook adds to its reply.
 */
#ifndef POCKETCI_HOOK_RESPONSE_HEADER_H
#define POCKETCI_HOOK_RESPONSE_HEADER_H

#include <stdbool.h>

struct key;
struct key_map;
struct key_reader;
struct yaml_node;

/* A list of {name, value} into the struct hook that `hook` is. */
bool response_headers_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *hook);

/* The table of such a map. */
extern const struct key_map response_header_map;

#endif
