/*
 * The value that a source names in a request.
 */
#ifndef POCKETCI_HOOK_SOURCE_H
#define POCKETCI_HOOK_SOURCE_H

#include <stdbool.h>

#include "base/str.h"

struct error;
struct key;
struct key_map;
struct key_reader;
struct request;
struct source;
struct source_list;
struct value;
struct yaml_node;

enum source_result {
	SOURCE_FOUND,
	SOURCE_MISSING, /* the parameter is not there: passed over in `or`, an empty argument */
	SOURCE_FAILED,  /* it cannot be asked for at all: the way leads through a null, an event cannot be read */
};

/*
 * *value is borrowed from the request or the source, or made in the request's arena. A source that has a default gives it
 * where the parameter is missing, and where the way to it leads through a null, but not where an event cannot be read.
 * Where it is not FOUND it is empty, and error says what was asked for; never a value.
 */
enum source_result source_get(const struct source *source, struct request *request, struct str *value,
                              struct error *error);

/* "payload commits.0.message", "header X-Hub-Signature", "string", "secret NAME": for messages; in the request's arena. */
struct str source_describe(const struct source *source, struct request *request);

/* The tree that its name is looked up in: headers, query or payload. NULL: none, or the source has none. */
struct value *source_tree(const struct source *source, struct request *request);

/* Whether the source is one that looks a name up in a tree. */
bool source_has_tree(const struct source *source);

/* Whether what it names may be missing: else `default` has no effect and a match of type exists always holds. */
bool source_can_be_missing(const struct source *source);

/* The only names that the source has, in any case, NULL-terminated; NULL where it may be any text. */
const char *const *source_names(const struct source *source);

/*
 * Reads {source, name, envname, base64decode, default}; a string's text may be written as value too. False where an
 * error was noted. A secret is an error: what stands here others can see.
 */
bool source_read(struct key_reader *reader, const struct yaml_node *node, struct source *source);

/* The same for what reaches the command and nobody else: a secret is taken. */
bool source_read_private(struct key_reader *reader, const struct yaml_node *node, struct source *source);

/* For tables of keys: a list of them into a struct source_list. */
bool source_read_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);
bool source_read_private_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                              void *field);

/* The tables that they read by. */
extern const struct key_map source_map, source_private_map;

#endif
