/*
 * `dagger:` → the arguments of `dagger call`. Each option is one word with its value behind a '=': dagger looks for its
 * own options in all of the command line first, and an option's value must not be taken for one.
 */
#include <signal.h>

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "config/yaml.h"
#include "hook/dagger.h"
#include "hook/kept_text.h"
#include "hook/shape.h"
#include "hook/source.h"
#include "run/dagger_name.h"

#define NAME_PATTERN "[A-Za-z][A-Za-z0-9_-]*"

/* What the maps hold until all of it is known. */
struct fields {
	struct str module, runner_host, cloud_token;
	bool dispatch;
	const struct yaml_node *call, *arguments, *constructor, *secrets;
};

struct step {
	struct str call;
	const struct yaml_node *arguments;
};

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		if (byte < 0x20 || byte == 0x7F)
			return true;
	}
	return false;
}

static bool check_module(struct str text, struct error *error)
{
	if (text.len == 0 || text.data[0] == '-' || text.data[0] == ' ' || has_control(text))
		return error_set(error, ERROR_INVALID,
		                 "expected a folder such as . or ./ci, or a module such as "
		                 "github.com/acme/modules/test@v1");
	return true;
}

static bool check_host(struct str text, struct error *error)
{
	return (text.len > 0 && !has_control(text)) ||
	       error_set(error, ERROR_INVALID, "expected the address of an engine such as tcp://127.0.0.1:1234");
}

static bool check_function(struct str text, struct error *error)
{
	return dagger_name_is_valid(text) ||
	       error_set(error, ERROR_INVALID,
	                 "expected the name of one function such as build-image, found \"%.*s\"; a chain is a list",
	                 STR_ARGS(str_head(text, 64)));
}

static bool read_later(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)reader;
	(void)key;
	*(const struct yaml_node **)field = node;
	return true;
}

/* --- The tables --------------------------------------------------------------------------------------------------- */

static const struct key_shape value_shape = {.text = true, .map = &source_map, .many = true};
static const struct key_shape name_shape = {.text = true};
static const struct key_names values_names = {NAME_PATTERN, &value_shape};
static const struct key_names secrets_names = {NAME_PATTERN, &name_shape};
static const struct key_shape arguments_shape = {.names = &values_names};
static const struct key_shape secrets_shape = {.names = &secrets_names};
static const struct key_shape call_shape = {.text = true, .map = &dagger_step_map, .many = true};

static const struct key step_keys[] = {
	{
		.name = "call",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.required = true,
		.offset = offsetof(struct step, call),
		.check = check_function,
		.summary = "the function",
	},
	{
		.name = "arguments",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct step, arguments),
		.read = read_later,
		.shape = &arguments_shape,
		.summary = "its arguments: a map from names to values",
	},
};

const struct key_map dagger_step_map = {
	.name = "dagger-step",
	.summary = "one function of a chain",
	.keys = step_keys,
	.count = sizeof(step_keys) / sizeof(step_keys[0]),
};

static const struct key keys[] = {
	{
		.name = "module",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, module),
		.check = check_module,
		.summary = "a folder, from the one where the command starts, or a remote module; . where not given",
	},
	{
		.name = "call",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, call),
		.read = read_later,
		.shape = &call_shape,
		.summary = "the function to call, or a chain of them",
	},
	{
		.name = "arguments",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, arguments),
		.read = read_later,
		.shape = &arguments_shape,
		.summary = "arguments of the first function: a map from names to values",
	},
	{
		.name = "constructor",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, constructor),
		.read = read_later,
		.shape = &arguments_shape,
		.summary = "arguments of the module's constructor: a map from names to values",
	},
	{
		.name = "secrets",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, secrets),
		.read = read_later,
		.shape = &secrets_shape,
		.summary = "secret arguments of the first function: a map to names under secrets in pocketci.yaml",
	},
	{
		.name = "dispatch",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct fields, dispatch),
		.summary = "true, in place of call: the functions whose names and arguments fit the event",
	},
	{
		.name = "cloud-token",
		.type = KEY_TEXT,
		.offset = offsetof(struct fields, cloud_token),
		.summary = "the name under secrets in pocketci.yaml of a token for Dagger Cloud",
	},
	{
		.name = "runner-host",
		.type = KEY_TEXT,
		.offset = offsetof(struct fields, runner_host),
		.check = check_host,
		.summary = "the address of an engine that runs already",
	},
};

const struct key_map dagger_map = {
	.name = "dagger",
	.summary = "a function of a Dagger module and its arguments",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

/* --- The command line --------------------------------------------------------------------------------------------- */

struct layout {
	struct key_reader *reader;
	struct hook_dagger *dagger;
	size_t first;    /* part of the function that is being laid out: no option comes twice behind it */
	size_t capacity; /* of dagger->variables */
};

static struct dagger_part *add_part(struct layout *layout, struct str text)
{
	struct hook_dagger *dagger = layout->dagger;
	dagger->parts = arena_grow(layout->reader->arena, dagger->parts, dagger->part_count, &dagger->part_capacity,
	                           sizeof(*dagger->parts));
	dagger->parts[dagger->part_count] = (struct dagger_part){.text = text};
	return &dagger->parts[dagger->part_count++];
}

static struct source fixed_text(struct str text, struct position position)
{
	return (struct source){
		.kind = SOURCE_STRING,
		.name = text,
		.written_name = text,
		.envname = STR(""),
		.default_value = STR(""),
		.position = position,
	};
}

static void add_variable(struct layout *layout, const char *name, struct source source)
{
	struct source_list *list = &layout->dagger->variables;
	source.envname = str_from(name);
	list->items = arena_grow(layout->reader->arena, list->items, list->count, &layout->capacity,
	                         sizeof(*list->items));
	list->items[list->count++] = source;
}

/* The option "--kebab-name=" of a key; NULL where it cannot be one, or is there already. */
static struct dagger_part *add_option(struct layout *layout, const struct yaml_node *key)
{
	struct key_reader *reader = layout->reader;
	const struct hook_dagger *dagger = layout->dagger;

	if (!dagger_name_is_valid(key->text)) {
		keys_problem(reader, key->position, "dagger: expected the name of an argument, found \"%.*s\"",
		             STR_ARGS(str_head(key->text, 64)));
		return NULL;
	}
	struct str text =
		str_printf(reader->arena, "--%s=", dagger_name_option(reader->arena, key->text).data);
	for (size_t i = layout->first; i < dagger->part_count; i++) {
		if (str_starts(dagger->parts[i].text, text)) {
			keys_problem(reader, key->position, "dagger: the argument %.*s comes twice",
			             STR_ARGS(str_head(key->text, 64)));
			return NULL;
		}
	}
	return add_part(layout, text);
}

static bool read_value(struct key_reader *reader, const struct yaml_node *key, const struct yaml_node *node,
                       struct source *source)
{
	const struct key text = {.name = key->text.data, .type = KEY_TEXT};

	if (node->kind == YAML_MAP)
		return source_read(reader, node, source);
	*source = fixed_text(STR(""), node->position);
	if (node->kind != YAML_SCALAR || node->scalar == YAML_NULL)
		return keys_expected(reader, &text, node, "a text, {source, name} or a list of them");
	if (!keys_read_value(reader, &text, node, &source->name))
		return false;
	source->written_name = source->name;
	return true;
}

static bool read_argument(struct layout *layout, const struct yaml_entry *entry)
{
	struct dagger_part *part = add_option(layout, entry->key);
	const struct yaml_node *node = entry->value;
	bool good = true;

	if (!part)
		return false;
	part->list = node->kind == YAML_LIST;
	part->values.count = part->list ? node->count : 1;
	part->values.items = arena_array(layout->reader->arena, part->values.count, sizeof(*part->values.items));
	if (part->values.count == 0)
		return keys_problem(layout->reader, node->position, "dagger: the list of %.*s is empty",
		                    STR_ARGS(str_head(entry->key->text, 64)));
	for (size_t i = 0; i < part->values.count; i++)
		good = read_value(layout->reader, entry->key, part->list ? node->items[i] : node,
		                  &part->values.items[i]) &&
		       good;
	return good;
}

static bool read_arguments(struct layout *layout, const char *name, const struct yaml_node *node)
{
	const struct key key = {.name = name};
	bool good = true;

	if (!node)
		return true;
	if (node->kind != YAML_MAP)
		return keys_expected(layout->reader, &key, node, "a map from names to values such as {source: .}");
	for (size_t i = 0; i < node->count; i++)
		good = read_argument(layout, &node->entries[i]) && good;
	return good;
}

/* The secret of this name, in a variable. */
static bool read_secret(struct layout *layout, const char *variable, struct position position, struct str name)
{
	struct kept_text text;

	if (!kept_text_of_name(layout->reader, position, name, &text))
		return false;
	struct source source = fixed_text(text.text, position);
	source.kind = SOURCE_SECRET;
	source.written_name = name;
	source.secret = true;
	add_variable(layout, variable, source);
	return true;
}

/* With dispatch the functions that are found decide which they take. */
static bool read_secrets(struct layout *layout, const struct yaml_node *node)
{
	static const struct key key = {.name = "secrets"};
	struct arena *arena = layout->reader->arena;
	bool good = true;

	if (!node)
		return true;
	if (node->kind != YAML_MAP)
		return keys_expected(layout->reader, &key, node, "a map such as {token: NAME}");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *name = node->entries[i].key, *value = node->entries[i].value;
		const struct key text = {.name = name->text.data, .type = KEY_TEXT};
		struct dagger_part *part = add_option(layout, name);
		struct str secret = STR("");
		if (!part || !keys_read_value(layout->reader, &text, value, &secret)) {
			good = false;
			continue;
		}
		part->secret = true;
		struct str variable = dagger_name_variable(arena, dagger_name_option(arena, name->text));
		part->text = str_join(arena, part->text, str_join(arena, STR("env:"), variable));
		good = read_secret(layout, variable.data, value->position, secret) && good;
		if (layout->dagger->dispatch)
			layout->dagger->part_count--;
	}
	return good;
}

/* A function with its own arguments, and for the first of a chain those beside the chain. */
static bool read_step(struct layout *layout, const struct yaml_node *node, const struct fields *fields)
{
	const struct key text = {.name = "call", .type = KEY_TEXT, .check = check_function};
	struct step step = {.call = STR("")};
	bool good = node->kind == YAML_MAP
	                    ? keys_read(layout->reader, node, step_keys, dagger_step_map.count, &step)
	                    : keys_read_value(layout->reader, &text, node, &step.call);

	if (!good)
		return false;
	layout->first = layout->dagger->part_count;
	add_part(layout, dagger_name_option(layout->reader->arena, step.call));
	good = read_arguments(layout, "arguments", step.arguments);
	if (!fields)
		return good;
	good = read_arguments(layout, "arguments", fields->arguments) && good;
	return read_secrets(layout, fields->secrets) && good;
}

static bool read_call(struct layout *layout, const struct yaml_node *node, const struct fields *fields)
{
	bool good = true;

	if (node->kind != YAML_LIST)
		return read_step(layout, node, fields);
	if (node->count == 0)
		return keys_problem(layout->reader, node->position, "call: the chain is empty");
	for (size_t i = 0; i < node->count; i++)
		good = read_step(layout, node->items[i], i == 0 ? fields : NULL) && good;
	return good;
}

static bool read_dispatch(struct layout *layout, const struct fields *fields)
{
	if (fields->arguments)
		return keys_problem(layout->reader, fields->arguments->position,
		                    "arguments has no effect beside dispatch: each function gets what its own "
		                    "arguments ask for");
	layout->first = layout->dagger->part_count;
	return read_secrets(layout, fields->secrets);
}

/* Settings that hold for every call, and those that the hook hands on. */
static bool add_settings(struct layout *layout, const struct fields *fields)
{
	static const char *const switches[] = {"DAGGER_NO_NAG", "DAGGER_NO_UPDATE_CHECK", "NO_COLOR"};
	struct position position = layout->dagger->position;

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		add_variable(layout, switches[i], fixed_text(STR("1"), position));
	if (fields->runner_host.len > 0)
		add_variable(layout, "_EXPERIMENTAL_DAGGER_RUNNER_HOST", fixed_text(fields->runner_host, position));
	return fields->cloud_token.len == 0 ||
	       read_secret(layout, "DAGGER_CLOUD_TOKEN", position, fields->cloud_token);
}

bool dagger_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct hook_dagger *dagger = arena_alloc(reader->arena, sizeof(*dagger));
	struct layout layout = {.reader = reader, .dagger = dagger};
	struct fields fields = {.module = STR("."), .runner_host = STR(""), .cloud_token = STR("")};

	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "a map such as {call: test, arguments: {source: .}}");
	if (!keys_read(reader, node, keys, dagger_map.count, &fields))
		return false;
	if (!fields.call == !fields.dispatch)
		return keys_problem(reader, node->position, "dagger: write either call or dispatch: true");
	*dagger = (struct hook_dagger){
		.position = node->position, .module = fields.module, .dispatch = fields.dispatch};
	add_part(&layout, STR("call"));
	add_part(&layout, str_join(reader->arena, STR("-m="), fields.module));
	add_part(&layout, STR("--progress=plain"));

	bool good = add_settings(&layout, &fields);
	good = read_arguments(&layout, "constructor", fields.constructor) && good;
	if (fields.dispatch)
		good = read_dispatch(&layout, &fields) && good;
	else
		good = read_call(&layout, fields.call, &fields) && good;
	*(struct hook_dagger **)field = dagger;
	return good;
}

/* --- Beside the other keys ---------------------------------------------------------------------------------------- */

static bool is_local(struct str module)
{
	return module.data[0] == '.' || module.data[0] == '/';
}

static bool leads_up(struct str path)
{
	struct str part;
	while (str_split_next(&path, '/', &part)) {
		if (str_equal_c(part, ".."))
			return true;
	}
	return false;
}

static bool check_dispatch(struct key_reader *reader, const struct hook *hook)
{
	const struct hook_dagger *dagger = hook->dagger;

	if (!hook->checkout.enabled)
		return keys_problem(reader, dagger->position, "dispatch needs a checkout: write checkout: true");
	if (dagger->module.data[0] != '.' || leads_up(dagger->module))
		return keys_problem(reader, dagger->position,
		                    "dispatch needs a module of the checkout: module is . or a folder such as ./ci");
	return hook->command_working_directory.len == 0 ||
	       keys_problem(reader, dagger->position,
	                    "command-working-directory cannot stand beside dispatch: say where the module is by module");
}

bool dagger_complete(struct key_reader *reader, const struct yaml_node *node, struct hook *hook)
{
	static const char *const without_effect[] = {"pass-arguments-to-command", "pass-stdin-to-command"};
	struct hook_dagger *dagger = hook->dagger;
	struct source_list *passed = &hook->pass_environment_to_command;
	bool good = true;

	if (!dagger)
		return true;
	for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++) {
		const struct yaml_node *other = yaml_get(node, without_effect[i]);
		if (other)
			good = keys_problem(reader, other->position, "%s has no effect beside dagger",
			                    without_effect[i]);
	}
	if (dagger->dispatch)
		good = check_dispatch(reader, hook) && good;
	else if (is_local(dagger->module) && dagger->module.data[0] == '.' && !hook->checkout.enabled &&
	         hook->command_working_directory.len == 0)
		good = keys_problem(reader, dagger->position,
		                    "dagger: the module %.*s is a folder of a checkout: write checkout: true, or "
		                    "command-working-directory",
		                    STR_ARGS(str_head(dagger->module, 100)));
	if (!yaml_get(node, "stop-signal"))
		hook->stop_signal = SIGINT;

	struct source_list all = {arena_array(reader->arena, dagger->variables.count + passed->count,
	                                      sizeof(*all.items)),
	                          0};
	for (size_t i = 0; i < dagger->variables.count; i++)
		all.items[all.count++] = dagger->variables.items[i];
	for (size_t i = 0; i < passed->count; i++)
		all.items[all.count++] = passed->items[i];
	*passed = all;
	return good;
}
