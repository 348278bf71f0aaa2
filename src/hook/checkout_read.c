/*
 * `checkout: true` and `checkout: {repository: …, ref: …, commit: …}`. A fixed text that could never be checked out
 * is refused with its place.
 */
#include "hook/checkout.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "config/repository.h"
#include "forge/event.h"
#include "hook/hook.h"
#include "hook/shape.h"
#include "hook/source.h"

static bool check_repository(struct str text, struct error *error)
{
	struct arena arena = ARENA_INIT;
	struct repository_url url;
	bool good = repository_url_parse(&arena, text, &url, error);
	arena_release(&arena);
	return good;
}

static bool check_ref(struct str text, struct error *error)
{
	return event_ref_is_valid(text) ||
	       error_set(error, ERROR_INVALID,
	                 "expected the full name of a ref such as refs/heads/main, found \"%.*s\"",
	                 STR_ARGS(str_head(text, 100)));
}

static bool check_commit(struct str text, struct error *error)
{
	return event_commit_is_valid(text) ||
	       error_set(error, ERROR_INVALID,
	                 "expected a full commit id of 40 or 64 lower-case hexadecimal digits, found \"%.*s\"",
	                 STR_ARGS(str_head(text, 100)));
}

/* A text, which is checked, or a value of the request. */
static bool read_part(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct source *source = arena_alloc(reader->arena, sizeof(*source));
	struct key text = {.name = key->name, .type = KEY_TEXT, .check = key->check};

	if (node->kind == YAML_SCALAR) {
		*source = (struct source){.kind = SOURCE_STRING, .envname = STR(""), .position = node->position};
		if (!keys_read_value(reader, &text, node, &source->name))
			return false;
		source->written_name = source->name;
	} else if (!source_read(reader, node, source)) {
		return false;
	}
	*(struct source **)field = source;
	return true;
}

static const struct key_shape part_shape = {.text = true, .map = &source_map};

static const struct key keys[] = {
	{
		.name = "repository",
		.type = KEY_CUSTOM,
		.offset = offsetof(struct hook_checkout, repository),
		.read = read_part,
		.shape = &part_shape,
		.check = check_repository,
		.summary = "the URL to clone, as text or {source, name}; the forge's where not given",
	},
	{
		.name = "ref",
		.type = KEY_CUSTOM,
		.offset = offsetof(struct hook_checkout, ref),
		.read = read_part,
		.shape = &part_shape,
		.check = check_ref,
		.summary = "refs/heads/main, as text or {source, name}; the pushed one where not given",
	},
	{
		.name = "commit",
		.type = KEY_CUSTOM,
		.offset = offsetof(struct hook_checkout, commit),
		.read = read_part,
		.shape = &part_shape,
		.check = check_commit,
		.summary = "a full commit id, as text or {source, name}; the pushed one where not given",
	},
};

const struct key_map checkout_map = {
	.name = "checkout",
	.summary = "what is checked out; what is not said here the forge's event says",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

bool checkout_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct hook_checkout *checkout = field;
	struct key boolean = {.name = key->name, .type = KEY_BOOL};

	if (node->kind == YAML_SCALAR && node->scalar == YAML_BOOL)
		return keys_read_value(reader, &boolean, node, &checkout->enabled);
	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "true, false or a map with repository, ref, commit");
	checkout->enabled = true;
	return keys_read(reader, node, keys, sizeof(keys) / sizeof(keys[0]), checkout);
}
