/*
 * value: a text or a number, and secret: one or several; each written or kept elsewhere.
 */
#include "hook/match_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/keys.h"
#include "forge/standard_webhooks.h"
#include "forge/verify.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/match.h"

static const struct key value_key = {.name = "value"}, secret_key = {.name = "secret"};

/* A number counts as it is written: YAML would make 83 of 0123, and 1.1e+30 of thirty digits. */
static bool read_number(struct key_reader *reader, const struct yaml_node *node, struct kept_text *text,
                        struct match *match)
{
	if (node->kind == YAML_SCALAR)
		*text = (struct kept_text){.text = node->text};
	else if (!kept_text_read(reader, &value_key, node, text))
		return false;
	if (text->unread || decimal_parse(text->text, &match->number))
		return true;
	if (text->kept)
		return keys_problem(reader, node->position,
		                    "value: what is kept there is no number such as 10 or -2.5");
	return keys_problem(reader, node->position, "value: expected a number such as 10 or -2.5, found \"%.*s\"",
	                    STR_ARGS(str_head(text->text, 64)));
}

bool match_read_value(struct key_reader *reader, const struct yaml_node *node, const struct match_kind *kind,
                      struct match *match)
{
	struct kept_text text;

	if (kind->number ? !read_number(reader, node, &text, match) : !kept_text_read(reader, &value_key, node, &text))
		return false;
	match->value = text.text;
	match->value_secret = text.kept;
	if (text.text.len == 0 && !text.unread)
		keys_warn(reader, node->position, "value is empty: an empty parameter matches");
	return true;
}

/* Puts the key in place of the text that stands for it. */
static bool decode(struct key_reader *reader, const struct yaml_node *node, struct str *secret)
{
	struct buf key = BUF_INIT;
	bool good = standard_webhooks_key(*secret, &key);

	if (good)
		*secret = str_copy(reader->arena, buf_str(&key));
	if (key.capacity > 0)
		explicit_bzero(key.data, key.len);
	buf_release(&key);
	return good || keys_problem(reader, node->position,
	                            "secret: expected whsec_ and base64, or base64 alone, as the sender shows it");
}

static bool read_secret(struct key_reader *reader, const struct yaml_node *node, const struct match_kind *kind,
                        struct match *match)
{
	struct kept_text text;
	struct error error = ERROR_INIT;

	if (!kept_text_read(reader, &secret_key, node, &text))
		return false;
	if (text.unread)
		return true;
	if (text.text.len == 0)
		return keys_problem(reader, node->position, "secret is empty: anybody could make the signature");
	if (kind->base64 && !decode(reader, node, &text.text))
		return false;
	if (kind->forge && !forge_secret_is_valid(text.text, &error))
		return keys_problem(reader, node->position, "%s", error.message);
	match->secrets.items[match->secrets.count++] = text.text;
	return true;
}

bool match_read_secrets(struct key_reader *reader, const struct yaml_node *node, const struct match_kind *kind,
                        struct match *match)
{
	bool list = node->kind == YAML_LIST, good = true;

	if (list && node->count == 0)
		return keys_problem(reader, node->position, "secret is an empty list: no signature would be right");
	match->secrets.items = arena_array(reader->arena, list ? node->count : 1, sizeof(struct str));
	if (!list)
		return read_secret(reader, node, kind, match);
	for (size_t i = 0; i < node->count; i++)
		good = read_secret(reader, node->items[i], kind, match) && good;
	return good;
}
