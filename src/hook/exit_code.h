/*
 * `exit-codes:` of a hook: which HTTP status a command's exit status stands for.
 */
#ifndef POCKETCI_HOOK_EXIT_CODE_H
#define POCKETCI_HOOK_EXIT_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct hook_exit_codes;
struct key;
struct key_numbers;
struct key_reader;
struct yaml_node;

/* {3: 422} into a struct hook_exit_codes. 0 is refused, since success-http-response-code says it, and so is a status
 * that HTTP does not know or that is not the last word of a reply. */
bool exit_codes_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* What such a map looks like. */
extern const struct key_numbers exit_codes_numbers;

/* The status of this exit status; 0 where the hook says nothing of it. */
int64_t exit_codes_find(const struct hook_exit_codes *codes, int code);

#endif
