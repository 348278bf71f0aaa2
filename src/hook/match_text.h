/*
 * The texts of a match that its type says more about: the value, which may be a number, and the secrets. Internal to
 * match_read.c.
 */
#ifndef POCKETCI_HOOK_MATCH_TEXT_H
#define POCKETCI_HOOK_MATCH_TEXT_H

#include <stdbool.h>

struct key_reader;
struct match;
struct match_kind;
struct yaml_node;

/* Both fill *match as the kind asks; false where an error was noted. No message shows what was kept elsewhere. */
bool match_read_value(struct key_reader *reader, const struct yaml_node *node, const struct match_kind *kind,
                      struct match *match);
bool match_read_secrets(struct key_reader *reader, const struct yaml_node *node, const struct match_kind *kind,
                        struct match *match);

#endif
