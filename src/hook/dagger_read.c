/*
 * The keys of `dagger:`, and what they ask of each other and of the hook's.
 */
#include <signal.h>

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "config/yaml.h"
#include "hook/dagger.h"
#include "hook/dagger_layout.h"
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

/* A function with its own arguments, and for the first of a chain those beside the chain. */
static bool read_step(struct dagger_layout *layout, const struct yaml_node *node, const struct fields *fields)
{
	const struct key text = {.name = "call", .type = KEY_TEXT, .check = check_function};
	struct step step = {.call = STR("")};
	bool good = node->kind == YAML_MAP ? keys_read(layout->reader, node, step_keys, dagger_step_map.count, &step)
	                                   : keys_read_value(layout->reader, &text, node, &step.call);

	if (!good)
		return false;
	layout->first = layout->dagger->part_count;
	dagger_layout_add(layout, dagger_name_option(layout->reader->arena, step.call));
	good = dagger_layout_read_arguments(layout, "arguments", step.arguments);
	if (!fields)
		return good;
	good = dagger_layout_read_arguments(layout, "arguments", fields->arguments) && good;
	return dagger_layout_read_secrets(layout, fields->secrets) && good;
}

static bool read_call(struct dagger_layout *layout, const struct yaml_node *node, const struct fields *fields)
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

static bool read_dispatch(struct dagger_layout *layout, const struct fields *fields)
{
	if (fields->arguments)
		return keys_problem(layout->reader, fields->arguments->position,
		                    "arguments has no effect beside dispatch: each function gets what its own "
		                    "arguments ask for");
	layout->first = layout->dagger->part_count;
	return dagger_layout_read_secrets(layout, fields->secrets);
}

/* Settings that hold for every call, and those that the hook hands on. */
static bool add_settings(struct dagger_layout *layout, const struct fields *fields)
{
	static const char *const switches[] = {"DAGGER_NO_NAG", "DAGGER_NO_UPDATE_CHECK", "NO_COLOR"};
	struct position position = layout->dagger->position;

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		dagger_layout_add_variable(layout, switches[i], dagger_fixed_text(STR("1"), position));
	if (fields->runner_host.len > 0)
		dagger_layout_add_variable(layout, "_EXPERIMENTAL_DAGGER_RUNNER_HOST",
		                           dagger_fixed_text(fields->runner_host, position));
	return fields->cloud_token.len == 0 ||
	       dagger_layout_read_secret(layout, "DAGGER_CLOUD_TOKEN", position, fields->cloud_token);
}

bool dagger_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct hook_dagger *dagger = arena_alloc(reader->arena, sizeof(*dagger));
	struct dagger_layout layout = {.reader = reader, .dagger = dagger};
	struct fields fields = {.module = STR("."), .runner_host = STR(""), .cloud_token = STR("")};

	if (node->kind != YAML_MAP)
		return keys_expected(reader, key, node, "a map such as {call: test, arguments: {source: .}}");
	if (!keys_read(reader, node, keys, dagger_map.count, &fields))
		return false;
	if (!fields.call == !fields.dispatch)
		return keys_problem(reader, node->position, "dagger: write either call or dispatch: true");
	*dagger =
		(struct hook_dagger){.position = node->position, .module = fields.module, .dispatch = fields.dispatch};
	dagger_layout_add(&layout, STR("call"));
	dagger_layout_add(&layout, str_join(reader->arena, STR("-m="), fields.module));
	dagger_layout_add(&layout, STR("--progress=plain"));

	bool good = add_settings(&layout, &fields);
	good = dagger_layout_read_arguments(&layout, "constructor", fields.constructor) && good;
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
	       keys_problem(
		       reader, dagger->position,
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

	struct source_list all = {
		arena_array(reader->arena, dagger->variables.count + passed->count, sizeof(*all.items)), 0};
	for (size_t i = 0; i < dagger->variables.count; i++)
		all.items[all.count++] = dagger->variables.items[i];
	for (size_t i = 0; i < passed->count; i++)
		all.items[all.count++] = passed->items[i];
	*passed = all;
	return good;
}
