/*
 * `repositories` and `secrets` of pocketci.yaml: what may be checked out, and what is secret about it.
 */
#include "config/config_read.h"

#include "base/arena.h"
#include "config/config.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A secret, which may stand in this file itself only where nobody else can read it. */
static bool read_secret(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	const struct config_source *source = reader->context;
	struct secret secret = {SECRET_NONE, STR("")};

	if (!secret_read_key(reader, key, node, &secret))
		return false;
	if (secret.kind == SECRET_TEXT && source->others_can_read)
		return keys_problem(
			reader, node->position,
			"%s: the secret stands in this file, which others can read: chmod 600 %s, or keep the "
			"secret in a file of its own and write {file: PATH}",
			key->name, source->path);
	*(struct secret *)field = secret;
	return true;
}

/* What comes from a fork is a stranger's, so nothing of it is run unless somebody says so. */
static bool read_forks(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	bool text = node->kind == YAML_SCALAR;

	*(bool *)field = text && str_equal_c(node->text, "allow");
	return *(bool *)field || (text && str_equal_c(node->text, "never")) ||
	       keys_expected(reader, key, node, "never or allow");
}

#define REPOSITORY_FIELD(name) .offset = offsetof(struct repository, name)

static const struct key repository_keys[] = {
	{.name = "match",
         .type = KEY_TEXT,
         .required = true,
         REPOSITORY_FIELD(match),
         .check = repository_pattern_check,
         .summary = "which repositories: HOST/PATH with * and **, such as github.com/acme/*"},
	{.name = "token",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(token),
         .read = read_secret,
         .summary = "the password for https: {env: NAME}, {file: PATH} or {credential: NAME}"},
	{.name = "username",
         .type = KEY_TEXT,
         REPOSITORY_FIELD(username),
         .summary = "the user for https (default x-access-token)"},
	{.name = "ssh-key",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(ssh_key),
         .read = read_secret,
         .summary = "the private key for ssh, kept like token"},
	{.name = "secret",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(secret),
         .read = read_secret,
         .summary = "the secret of the webhook, kept like token: what /hooks asks for where the hooks stand in the "
                    "repository"},
	{.name = "secrets",
         .type = KEY_TEXT_LIST,
         REPOSITORY_FIELD(secrets),
         .summary = "names under secrets that the hooks of the repository may use"},
	{.name = "fork-pull-requests",
         .type = KEY_CUSTOM,
         REPOSITORY_FIELD(runs_forks),
         .read = read_forks,
         .summary = "never (the default) or allow: whether pull requests from forks are run"},
};

/* Messages name the entry, by its pattern where it has one. */
static const char *name_entry(struct arena *arena, const struct yaml_node *map)
{
	const struct yaml_node *match = yaml_get(map, "match");

	if (!match || match->kind != YAML_SCALAR)
		return "repositories";
	return arena_printf(arena, "repository \"%.*s\"", STR_ARGS(str_head(match->text, 100)));
}

/* It is read already and used by nothing yet: nobody may rely on it. */
static void warn_of_ssh_key(struct key_reader *reader, const struct yaml_node *map)
{
	const struct yaml_node *value = yaml_get(map, "ssh-key");
	if (value)
		problem_warn(reader->problems, value->position,
		             "ssh-key: has no effect yet: a hook is fetched over https");
}

static bool read_repository(struct key_reader *reader, const struct yaml_node *map, struct repository *repository)
{
	const char *outer = reader->thing;

	*repository = (struct repository){
		.position = map->position, .match = STR(""), .username = STR(""), .secret_text = STR("")};
	reader->thing = name_entry(reader->arena, map);
	bool good = keys_read(reader, map, repository_keys, COUNT(repository_keys), repository);
	warn_of_ssh_key(reader, map);
	reader->thing = outer;
	return good;
}

bool config_read_repositories(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                              void *field)
{
	struct repositories list = {NULL, 0};
	bool good = true;

	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of {match: PATTERN, …}");
	list.items = arena_array(reader->arena, node->count, sizeof(struct repository));
	for (size_t i = 0; i < node->count; i++)
		good = read_repository(reader, node->items[i], &list.items[list.count++]) && good;
	if (good)
		*(struct repositories *)field = list;
	return good;
}

bool config_read_secrets(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct named_secrets list = {NULL, 0};
	bool good = true;

	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "a map of names such as {token: {file: PATH}}");
	list.items = arena_array(reader->arena, node->count, sizeof(struct named_secret));
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_entry *entry = &node->entries[i];
		struct named_secret *named = &list.items[list.count++];
		struct key row = {
			.name = arena_printf(reader->arena, "secrets: %.*s", STR_ARGS(str_head(entry->key->text, 64)))};
		named->name = entry->key->text;
		if (named->name.len == 0)
			good = keys_problem(reader, entry->key->position, "%s: a name is empty", key->name);
		good = read_secret(reader, &row, entry->value, &named->secret) && good;
	}
	*(struct named_secrets *)field = list; /* in a check their names count, whatever is wrong with them */
	return good;
}
