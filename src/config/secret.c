/*
 * Where a secret is kept is configuration, what it is never stands in a message.
 */
#include "config/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/keys.h"

#define SECRET_MAX ((size_t)64 * 1024)

static bool secret_from_environment(struct arena *arena, const char *name, struct str *value, struct error *error)
{
	const char *text = getenv(name);

	if (!text || !*text)
		return error_set(error, ERROR_INVALID,
		                 "the secret should be in the environment variable %s, which is %s", name,
		                 text ? "empty" : "not set");
	*value = str_copy(arena, str_from(text));
	return true;
}

/* Without the newline that editors and `echo` leave at the end. */
static struct str without_newline(struct str text)
{
	if (str_ends(text, STR("\n")))
		text = str_head(text, text.len - 1);
	if (str_ends(text, STR("\r")))
		text = str_head(text, text.len - 1);
	return text;
}

static bool secret_from_file(struct arena *arena, const char *path, struct str *value, struct error *error)
{
	struct buf content = BUF_INIT;
	struct error cause = ERROR_INIT;
	bool good = false;

	if (!file_read(path, SECRET_MAX, &content, &cause))
		error_set(error, ERROR_INVALID, "the secret should be in a file: %s", cause.message);
	else if (without_newline(buf_str(&content)).len == 0)
		error_set(error, ERROR_INVALID, "the secret should be in the file %s, which is empty", path);
	else
		good = true;
	if (good)
		*value = str_copy(arena, without_newline(buf_str(&content)));
	if (content.capacity > 0)
		explicit_bzero(content.data, content.len);
	buf_release(&content);
	return good;
}

/* NULL where systemd handed over nothing. */
static const char *credential_path(struct arena *arena, const char *name)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder && *folder ? file_join(arena, folder, name) : NULL;
}

static bool secret_from_credential(struct arena *arena, const char *name, struct str *value, struct error *error)
{
	const char *path = credential_path(arena, name);

	if (!path)
		return error_set(error, ERROR_INVALID,
		                 "the secret should be the credential %s, but CREDENTIALS_DIRECTORY is not set: "
		                 "systemd sets it where the unit has LoadCredential=%s:FILE",
		                 name, name);
	return secret_from_file(arena, path, value, error);
}

bool secret_read(struct arena *arena, const struct secret *secret, struct str *value, struct error *error)
{
	switch (secret->kind) {
	case SECRET_TEXT:
		if (secret->text.len == 0)
			return error_set(error, ERROR_INVALID, "the secret is empty");
		*value = secret->text;
		return true;
	case SECRET_ENVIRONMENT:
		return secret_from_environment(arena, secret->text.data, value, error);
	case SECRET_FILE:
		return secret_from_file(arena, secret->text.data, value, error);
	case SECRET_CREDENTIAL:
		return secret_from_credential(arena, secret->text.data, value, error);
	case SECRET_NONE:
		break;
	}
	return error_set(error, ERROR_INVALID, "no secret is configured");
}

const char *secret_path(struct arena *arena, const struct secret *secret)
{
	if (secret->kind == SECRET_FILE)
		return secret->text.data;
	return secret->kind == SECRET_CREDENTIAL ? credential_path(arena, secret->text.data) : NULL;
}

const struct secret *named_secrets_find(const struct named_secrets *secrets, struct str name)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (str_equal(secrets->items[i].name, name))
			return &secrets->items[i].secret;
	}
	return NULL;
}

static bool check_variable(struct str name, struct error *error)
{
	if (name.len == 0 || str_contains(name, STR("=")))
		return error_set(error, ERROR_INVALID, "expected the name of an environment variable");
	if (str_starts(name, STR("HTTP_"))) /* RFC 3875 section 4.1.18 */
		return error_set(
			error, ERROR_INVALID,
			"as CGI a variable that begins with HTTP_ is whatever a client sends: take another name");
	return true;
}

static bool check_file(struct str path, struct error *error)
{
	return path.len > 0 || error_set(error, ERROR_INVALID, "expected the path of a file");
}

static bool check_credential(struct str name, struct error *error)
{
	if (name.len == 0 || str_contains(name, STR("/")) || str_equal_c(name, ".") || str_equal_c(name, ".."))
		return error_set(error, ERROR_INVALID, "expected a credential's name as in LoadCredential=NAME:FILE");
	return true;
}

struct places {
	struct str environment, file, credential;
};

const struct key secret_place_keys[] = {
	{.name = "env",
         .type = KEY_TEXT,
         .offset = offsetof(struct places, environment),
         .check = check_variable,
         .summary = "the environment variable that holds the secret"},
	{.name = "file",
         .type = KEY_TEXT,
         .offset = offsetof(struct places, file),
         .check = check_file,
         .path = true,
         .summary = "the file that holds the secret; one final newline does not count"},
	{.name = "credential",
         .type = KEY_TEXT,
         .offset = offsetof(struct places, credential),
         .check = check_credential,
         .summary = "the credential of this name that systemd hands over (LoadCredential=)"},
};

static bool read_place(struct key_reader *reader, const struct key *key, const struct yaml_node *map,
                       struct secret *secret)
{
	struct places places = {STR(""), STR(""), STR("")};

	if (!keys_read(reader, map, secret_place_keys, SECRET_PLACE_COUNT, &places))
		return false;

	const struct secret kinds[] = {
		{SECRET_ENVIRONMENT, places.environment},
		{SECRET_FILE, places.file},
		{SECRET_CREDENTIAL, places.credential},
	};
	const struct secret *named = NULL;
	size_t count = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].text.len > 0) {
			named = &kinds[i];
			count++;
		}
	}
	if (count != 1)
		return keys_problem(reader, map->position, "%s: expected one of env, file and credential", key->name);
	*secret = *named;
	return true;
}

bool secret_read_key(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct secret *secret = field;

	if (node->kind == YAML_MAP)
		return read_place(reader, key, node, secret);
	if (node->kind == YAML_LIST)
		return keys_expected(reader, key, node, "{env: NAME}, {file: PATH}, {credential: NAME} or a text");
	if (!str_equal(yaml_scalar_text(reader->arena, node), node->text))
		return keys_problem(reader, node->position, "%s: put the secret in quotes: YAML reads it as %s",
		                    key->name, yaml_kind_name(node));
	if (node->text.len == 0 || str_has_nul(node->text))
		return keys_problem(reader, node->position, "%s: the secret is %s", key->name,
		                    node->text.len == 0 ? "empty" : "cut by a NUL byte");
	*secret = (struct secret){SECRET_TEXT, node->text};
	return true;
}
