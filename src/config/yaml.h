/*
 * YAML (and so JSON) files that people write → a tree of nodes that know their place. The only caller of libyaml, by
 * its events, since nesting costs it more than linear time and aliases multiply: limits are counted as events come
 * in.
 */
#ifndef POCKETCI_CONFIG_YAML_H
#define POCKETCI_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "config/problem.h"

struct arena;

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/*
 * What a plain scalar is by YAML 1.1's core rules as the reference's parser applies them; a quoted or block scalar is
 * YAML_TEXT.
 */
enum yaml_scalar { YAML_TEXT, YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_FLOAT };

struct yaml_node;

struct yaml_entry {
	struct yaml_node *key; /* a scalar */
	struct yaml_node *value;
};

/* Small: a file of 1,000 hooks has 60,000 of them, and each page of memory costs as much as parsing some 30. */
struct yaml_node {
	struct position position;
	enum yaml_kind kind : 8;
	enum yaml_scalar scalar : 8; /* of a YAML_SCALAR */
	bool quoted;                 /* or in a block, or with a tag: not to be understood as a plain scalar */
	struct str text;             /* of a YAML_SCALAR: as written, quotes and escapes undone; NUL-terminated */
	union {
		struct yaml_entry *entries; /* of a YAML_MAP */
		struct yaml_node **items;   /* of a YAML_LIST */
	};
	size_t count; /* of entries or items */
};

struct yaml_limits {
	size_t depth;
	size_t nodes; /* after aliases */
	size_t bytes;
};

/* SECURITY: the server's own files, and a file in a repository. */
extern const struct yaml_limits yaml_limits_server;
extern const struct yaml_limits yaml_limits_repository;

/*
 * Reads one document. NULL and a problem where it is not well formed, is past a limit, holds a second document, or a
 * key that is no scalar or comes twice in one map. An empty document gives a YAML_NULL scalar. file is kept in
 * positions, not opened. An alias gives the very node that its anchor names, and the depth holds for what the aliases
 * make, too. Merge keys (<<) are done as the reference does them, in the order of the file: what comes later wins, so
 * a << behind a key replaces it, with a warning; in a list of maps the first one wins.
 */
struct yaml_node *yaml_parse(struct arena *arena, struct str text, const char *file, const struct yaml_limits *limits,
                             struct problems *problems);

/* What a plain scalar of this text is. */
enum yaml_scalar yaml_scalar_class(struct str text);

/*
 * The text that the reference keeps of a scalar where it expects a text, NUL-terminated, in the arena or the node's
 * own: true for `yes`, 83 for `0123`, 1.1 for `1.10`, nothing for `~`, and what stands there for a text.
 */
struct str yaml_scalar_text(struct arena *arena, const struct yaml_node *node);

/*
 * The whole number that the reference makes of a YAML_INTEGER or YAML_FLOAT; false where it has a fraction or does
 * not fit.
 */
bool yaml_scalar_integer(const struct yaml_node *node, int64_t *out);

/* Whether a YAML_BOOL says true. */
bool yaml_scalar_true(const struct yaml_node *node);

/* The value of this key in a map, without regard to case; NULL where there is none. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* The same, and NULL where the value is null: such a key counts as absent. */
struct yaml_node *yaml_given(const struct yaml_node *map, const char *key);

/* "a list", "a map", "a text", "a number", "true or false", "nothing": what the file has, for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
