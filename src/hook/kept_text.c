/*
 * Texts that are kept elsewhere. The server refuses a file that names one which it cannot read; a check may be run by
 * somebody who must not read it, and only warns.
 */
#include "hook/kept_text.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "config/keys.h"
#include "config/secret.h"
#include "hook/hook.h"
#include "hook/shape.h"

const struct key_map kept_text_map = {
	.name = "secret",
	.summary = "where a text is kept that is not in this file",
	.keys = secret_place_keys,
	.count = SECRET_PLACE_COUNT,
	.one = true,
};

/* Reads the secret; messages begin with `what`. */
static bool take(struct key_reader *reader, const char *what, struct position position, const struct secret *secret,
                 struct kept_text *text)
{
	const struct hooks_context *context = reader->context;
	const char *path = secret_path(reader->arena, secret);
	struct error error = ERROR_INIT;

	*text = (struct kept_text){.text = STR(""), .kept = true};
	if (path && context && context->hooks)
		hooks_add_file(reader->arena, context->hooks, str_from(path));
	if (!secret_read(reader->arena, secret, &text->text, &error)) {
		if (reader->repository) { /* where the server keeps it is not the repository's business */
			log_error("%s: %s", what, error.message);
			return keys_problem(reader, position, "%s: the server cannot read it; its log says why", what);
		}
		if (!context || !context->check)
			return keys_problem(reader, position, "%s: %s", what, error.message);
		text->unread = true;
		keys_warn(reader, position, "%s: cannot be read here, and the server must be able to: %s", what,
		          error.message);
	} else if (str_has_nul(text->text)) {
		return keys_problem(reader, position, "%s: there is a NUL byte in the secret", what);
	}
	return true;
}

bool kept_text_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                    struct kept_text *text)
{
	struct key plain = {.name = key->name, .type = KEY_TEXT};
	struct secret secret = {SECRET_NONE, STR("")};

	*text = (struct kept_text){.text = STR("")};
	if (node->kind != YAML_MAP)
		return keys_read_value(reader, &plain, node, &text->text);
	if (reader->repository)
		return keys_problem(reader, node->position,
		                    "%s: a repository's file may not read environment, files or credentials of the "
		                    "server",
		                    key->name);
	return secret_read_key(reader, key, node, &secret) && take(reader, key->name, node->position, &secret, text);
}

/* The name that may be meant, as ": did you mean …"; empty where none is near. */
static const char *suggest(struct arena *arena, const struct named_secrets *secrets, struct str name)
{
	unsigned least = name.len <= 4 ? 2 : name.len <= 10 ? 3 : 4; /* what is too far */
	const char *text = "";

	for (size_t i = 0; i < secrets->count; i++) {
		unsigned distance = str_distance(name, secrets->items[i].name);
		if (distance < least) {
			least = distance;
			text = arena_printf(arena, ": did you mean \"%.*s\"?", STR_ARGS(secrets->items[i].name));
		}
	}
	return text;
}

bool kept_text_of_name(struct key_reader *reader, struct position position, struct str name, struct kept_text *text)
{
	static const struct named_secrets none;
	const struct hooks_context *context = reader->context;
	const struct named_secrets *secrets = context && context->secrets ? context->secrets : &none;
	const struct secret *secret = named_secrets_find(secrets, name);
	struct str shown = str_head(name, 64);

	*text = (struct kept_text){.text = STR(""), .kept = true};
	if (secret)
		return take(reader, arena_printf(reader->arena, "secret \"%.*s\"", STR_ARGS(shown)), position, secret,
		            text);
	/* In a check the pocketci.yaml that has them need not be there. */
	text->unread = context && context->check && !context->secrets;
	if (reader->repository)
		return keys_problem(reader, position,
		                    "there is no secret \"%.*s\" that this repository may use: its entry under repositories "
		                    "in pocketci.yaml lists those under secrets%s",
		                    STR_ARGS(shown), suggest(reader->arena, secrets, name));
	return text->unread ||
	       keys_problem(reader, position, "there is no secret \"%.*s\" under secrets in pocketci.yaml%s",
	                    STR_ARGS(shown), suggest(reader->arena, secrets, name));
}
