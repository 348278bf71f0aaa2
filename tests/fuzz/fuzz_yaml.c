/*
 * Files of a repository. The first byte chooses: whether the tree is also read by the tables of pocketci.yaml. Whoever
 * walks a tree that was taken, aliases included, meets no more than the limits say.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "config/config.h"
#include "config/config_read.h"
#include "config/yaml.h"

static void check_position(const struct yaml_node *node, const char *file)
{
	PROMISE(node->position.file == file && node->position.line > 0 && node->position.column > 0);
}

static void check_scalar(struct arena *arena, const struct yaml_node *node)
{
	int64_t number;
	struct str text = yaml_scalar_text(arena, node);

	PROMISE(node->text.data[node->text.len] == '\0' && text.data[text.len] == '\0');
	PROMISE(node->scalar != YAML_TEXT || str_equal(text, node->text));
	PROMISE(node->scalar != YAML_NULL || text.len == 0);
	if (node->scalar == YAML_INTEGER || node->scalar == YAML_FLOAT)
		PROMISE(text.len > 0);
	else
		PROMISE(!yaml_scalar_integer(node, &number));
	if (yaml_scalar_integer(node, &number))
		PROMISE(text.len > 0);
}

static void check_tree(struct arena *arena, const struct yaml_node *node, const char *file, size_t depth, size_t *nodes)
{
	PROMISE(depth <= yaml_limits_repository.depth);
	PROMISE(++*nodes <= yaml_limits_repository.nodes);
	check_position(node, file);
	PROMISE(yaml_kind_name(node)[0] != '\0');
	if (node->kind == YAML_SCALAR)
		check_scalar(arena, node);
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		check_tree(arena, node->items[i], file, depth + 1, nodes);
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
		PROMISE(node->entries[i].key->kind == YAML_SCALAR);
		check_position(node->entries[i].key, file);
		check_tree(arena, node->entries[i].value, file, depth + 1, nodes);
	}
}

static void check_same(const struct yaml_node *node, const struct yaml_node *other)
{
	PROMISE(node->kind == other->kind && node->count == other->count && node->quoted == other->quoted);
	PROMISE(node->position.line == other->position.line && node->position.column == other->position.column);
	if (node->kind == YAML_SCALAR)
		PROMISE(node->scalar == other->scalar && str_equal(node->text, other->text));
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		check_same(node->items[i], other->items[i]);
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
		check_same(node->entries[i].key, other->entries[i].key);
		check_same(node->entries[i].value, other->entries[i].value);
	}
}

/* A file of the server's own has more room, and else the same in it. */
static void check_again(struct arena *arena, struct str text, const struct yaml_node *root)
{
	struct problems problems = {.arena = arena};
	const struct yaml_node *again = yaml_parse(arena, text, "again", &yaml_limits_server, &problems);

	PROMISE(again != NULL);
	check_same(root, again);
}

static void read_as_configuration(struct arena *arena, struct problems *problems, const struct yaml_node *root)
{
	struct config_source source = {"/etc/pocketci.yaml", true};
	struct key_reader reader = {.arena = arena, .problems = problems, .context = &source, .folder = "/etc"};
	size_t before = problems->errors;
	struct config config;

	config_init(&config);
	bool good = keys_read(&reader, root, config_keys, config_key_count, &config);
	PROMISE(good == (problems->errors == before));
	for (size_t i = 0; i < config.repositories.count; i++)
		PROMISE(config.repositories.items[i].token.kind != SECRET_TEXT);
	for (size_t i = 0; i < config.hooks.count; i++)
		PROMISE(config.hooks.items[i].len == 0 || config.hooks.items[i].data[0] == '/');
	config_settle(arena, &config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct problems problems = {.arena = &arena};
	const char *file = "hooks.yaml";
	struct str text = fuzz_text(data, size);
	size_t nodes = 0;

	if (size == 0)
		return 0;
	const struct yaml_node *root =
		yaml_parse(&arena, str_from_index(text, 1), file, &yaml_limits_repository, &problems);
	PROMISE((root == NULL) == (problems.errors > 0));
	if (root)
		check_tree(&arena, root, file, 0, &nodes);
	if (root)
		check_again(&arena, str_from_index(text, 1), root);
	if (root && data[0] == 'c')
		read_as_configuration(&arena, &problems, root);
	for (size_t i = 0; i < problems.count; i++) {
		struct position position = problems.items[i].position;
		PROMISE(problem_text(&arena, &problems.items[i])[0] != '\0');
		PROMISE(position.line <= text.len + 1 && position.column <= text.len + 1);
	}
	arena_reset(&arena);
	return 0;
}
