/*
 * {and: […]}, {or: […]}, {not: {…}}, {match: {…}} → struct rule. How deep rules nest is bounded by the file's own
 * depth.
 */
#include "hook/rule.h"

#include "base/arena.h"
#include "config/keys.h"
#include "hook/hook.h"
#include "hook/match.h"
#include "hook/shape.h"

/* One field a key, in the order in which the reference asks for them. */
struct fields {
	struct rule *and_rule, *or_rule, *not_rule, *match_rule;
};

static struct rule *new_rule(struct key_reader *reader, enum rule_kind kind, const struct yaml_node *node)
{
	struct rule *rule = arena_alloc(reader->arena, sizeof(*rule));
	rule->kind = kind;
	rule->position = node->position;
	return rule;
}

/* The rule where all of it was good. */
static bool give(struct rule *rule, bool good, void *field)
{
	if (good)
		*(struct rule **)field = rule;
	return good;
}

static bool read_children(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                          enum rule_kind kind, void *field)
{
	struct rule *rule = new_rule(reader, kind, node);
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of rules");
	rule->children = arena_array(reader->arena, node->count, sizeof(*rule->children));
	rule->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		rule->children[i] = rule_read(reader, node->items[i]);
		good = rule->children[i] && good;
	}
	return give(rule, good, field);
}

static bool read_and(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	return read_children(reader, key, node, RULE_AND, field);
}

static bool read_or(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	return read_children(reader, key, node, RULE_OR, field);
}

static bool read_not(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	struct rule *rule = new_rule(reader, RULE_NOT, node);
	rule->children = arena_array(reader->arena, 1, sizeof(*rule->children));
	rule->children[0] = rule_read(reader, node);
	rule->count = 1;
	return give(rule, rule->children[0] != NULL, field);
}

static bool read_match(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	struct rule *rule = new_rule(reader, RULE_MATCH, node);
	return give(rule, match_read(reader, node, &rule->match), field);
}

static const struct key_shape rules_shape = {.map = &rule_map, .list = true};

static const struct key keys[] = {
	{
		.name = "and",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, and_rule),
		.read = read_and,
		.shape = &rules_shape,
		.summary = "holds where all of these rules do",
	},
	{
		.name = "or",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, or_rule),
		.read = read_or,
		.shape = &rules_shape,
		.summary = "holds where one of these rules does",
	},
	{
		.name = "not",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, not_rule),
		.read = read_not,
		.shape = &(const struct key_shape){.map = &rule_map},
		.summary = "holds where this rule does not",
	},
	{
		.name = "match",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, match_rule),
		.read = read_match,
		.shape = &(const struct key_shape){.map = &match_map},
		.summary = "a check of one value",
	},
};

const struct key_map rule_map = {
	.name = "rule",
	.summary = "one of and, or, not, match",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

/* The one that counts: the first, as in the reference. An empty rule never holds. */
static struct rule *choose(struct key_reader *reader, const struct yaml_node *node, const struct fields *fields)
{
	struct rule *const found[] = {fields->and_rule, fields->or_rule, fields->not_rule, fields->match_rule};
	struct rule *chosen = NULL;
	size_t first = 0;

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		if (found[i] && chosen)
			keys_warn(reader, found[i]->position, "%s has no effect: this rule has %s, which counts",
			          keys[i].name, keys[first].name);
		if (found[i] && !chosen) {
			chosen = found[i];
			first = i;
		}
	}
	if (chosen)
		return chosen;
	keys_warn(reader, node->position, "this rule never holds: it has none of and, or, not, match");
	return new_rule(reader, RULE_NEVER, node);
}

struct rule *rule_read(struct key_reader *reader, const struct yaml_node *node)
{
	struct fields fields = {NULL, NULL, NULL, NULL};

	if (node->kind != YAML_MAP) {
		keys_problem(reader, node->position,
		             "expected a rule, which is a map with and, or, not or match, found %s",
		             yaml_kind_name(node));
		return NULL;
	}
	if (!keys_read(reader, node, keys, sizeof(keys) / sizeof(keys[0]), &fields))
		return NULL;
	return choose(reader, node, &fields);
}
