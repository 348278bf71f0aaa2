/*
 * The keys of a hook, as a table: reading, messages, checks and the manual all come from it. A row whose trust is
 * left out may not be used in a repository's file.
 */
#include "hook/hook.h"

#include <signal.h>

#include "base/arena.h"
#include "hook/checkout.h"
#include "hook/dagger.h"
#include "hook/exit_code.h"
#include "hook/filter.h"
#include "hook/response_header.h"
#include "hook/rule.h"
#include "hook/shape.h"
#include "hook/source.h"
#include "hook/upload.h"
#include "hook/word.h"

static bool read_rule(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	struct rule *rule = rule_read(reader, node);
	if (rule)
		*(struct rule **)field = rule;
	return rule != NULL;
}

static bool read_input(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct source *source = arena_alloc(reader->arena, sizeof(*source));
	if (!source_read_private(reader, node, source))
		return false;
	if (source->envname.len > 0)
		keys_warn(reader, source->position, "envname has no effect in %s", key->name);
	*(struct source **)field = source;
	return true;
}

/* The reference trims and upper-cases them at each request. */
static bool read_methods(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct key texts = {.name = key->name, .type = KEY_TEXT_LIST};
	struct text_list *methods = field;

	if (!keys_read_value(reader, &texts, node, methods))
		return false;
	for (size_t i = 0; i < methods->count; i++)
		methods->items[i] = str_upper(reader->arena, str_trim(methods->items[i]));
	return true;
}

static const struct word signals[] = {
	{.name = "TERM", .value = SIGTERM},    {.name = "INT", .value = SIGINT},
	{.name = "QUIT", .value = SIGQUIT},    {.name = "HUP", .value = SIGHUP},
	{.name = "USR1", .value = SIGUSR1},    {.name = "USR2", .value = SIGUSR2},
	{.name = "KILL", .value = SIGKILL},    {.name = "SIGTERM", .value = SIGTERM},
	{.name = "SIGINT", .value = SIGINT},   {.name = "SIGQUIT", .value = SIGQUIT},
	{.name = "SIGHUP", .value = SIGHUP},   {.name = "SIGUSR1", .value = SIGUSR1},
	{.name = "SIGUSR2", .value = SIGUSR2}, {.name = "SIGKILL", .value = SIGKILL},
};

static const struct word_table signal_table = {"stop-signal", signals, sizeof(signals) / sizeof(signals[0])};

static bool read_signal(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	return word_read(reader, &signal_table, node, field);
}

static const struct word leavings[] = {{.name = "continue", .value = false}, {.name = "stop", .value = true}};

static const struct word_table leaving_table = {"when-client-leaves", leavings, sizeof(leavings) / sizeof(leavings[0])};

static bool read_leaving(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	(void)key;
	int stop;
	if (!word_read(reader, &leaving_table, node, &stop))
		return false;
	*(bool *)field = stop;
	return true;
}

static const struct key_shape values_shape = {.map = &source_map, .list = true};
static const struct key_shape private_values_shape = {.map = &source_private_map, .list = true};

const struct key hook_keys[] = {
	{
		.name = "id",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.required = true,
		.offset = offsetof(struct hook, id),
		.summary = "its name, and its place in the URL",
	},
	{
		.name = "execute-command",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.required = true,
		.instead = "execute-command",
		.offset = offsetof(struct hook, execute_command),
		.summary = "the program to start; its arguments are in pass-arguments-to-command",
	},
	{
		.name = "run",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.required = true,
		.instead = "execute-command",
		.offset = offsetof(struct hook, script),
		.summary = "in place of execute-command: a script for /bin/sh -eu, its arguments are $1 and so on",
	},
	{
		.name = "dagger",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.required = true,
		.instead = "execute-command",
		.offset = offsetof(struct hook, dagger),
		.read = dagger_read,
		.shape = &(const struct key_shape){.map = &dagger_map},
		.summary = "in place of execute-command: a function of a Dagger module, or those that fit the event",
	},
	{
		.name = "command-working-directory",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY_BOUNDED, /* beneath the workspace */
		.offset = offsetof(struct hook, command_working_directory),
		.summary = "the folder it is started in; with a checkout beneath the workspace",
	},
	{
		.name = "response-message",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, response_message),
		.summary = "the reply where the command's output is not",
	},
	{
		.name = "response-headers",
		.type = KEY_CUSTOM,
		.offset = 0, /* list and count */
		.read = response_headers_read,
		.shape = &(const struct key_shape){.map = &response_header_map, .list = true},
		.summary = "headers of the reply: a list of {name, value}",
	},
	{
		.name = "success-http-response-code",
		.type = KEY_NUMBER,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, success_http_response_code),
		.summary = "the status of a reply where all went well",
	},
	{
		.name = "incoming-payload-content-type",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, incoming_payload_content_type),
		.summary = "what the body is taken for, in place of the request's Content-Type",
	},
	{
		.name = "http-methods",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, http_methods),
		.read = read_methods,
		.shape = &(const struct key_shape){.texts = true},
		.summary = "the methods that are allowed; all where there are none",
	},
	{
		.name = "include-command-output-in-response",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, include_command_output_in_response),
		.summary = "wait for the command and reply with what it printed",
	},
	{
		.name = "include-command-output-in-response-on-error",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, include_command_output_in_response_on_error),
		.summary = "the same where the command failed",
	},
	{
		.name = "parse-parameters-as-json",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, parse_parameters_as_json),
		.read = source_read_list,
		.shape = &values_shape,
		.summary = "parameters that hold JSON, to be looked into",
	},
	{
		.name = "pass-arguments-to-command",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, pass_arguments_to_command),
		.read = source_read_list,
		.shape = &values_shape,
		.summary = "the command's arguments, in this order",
	},
	{
		.name = "pass-environment-to-command",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, pass_environment_to_command),
		.read = source_read_private_list,
		.shape = &private_values_shape,
		.summary = "values that the command finds as variables",
	},
	{
		.name = "pass-file-to-command",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, pass_file_to_command),
		.read = source_read_private_list,
		.shape = &private_values_shape,
		.summary = "values that the command finds as files, their paths as variables",
	},
	{
		.name = "trigger-rule",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, trigger_rule),
		.read = read_rule,
		.shape = &(const struct key_shape){.map = &rule_map},
		.summary = "what a request must be like for the command to be run",
	},
	{
		.name = "trigger-rule-mismatch-http-response-code",
		.type = KEY_NUMBER,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, trigger_rule_mismatch_http_response_code),
		.summary = "the status of a reply where it is not",
	},
	{
		.name = "trigger-signature-soft-failures",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, trigger_signature_soft_failures),
		.summary = "a wrong signature does not end an or",
	},
	/* Beyond the reference. */
	{
		.name = "on",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, filter.on),
		.read = filter_read_events,
		.shape = &(const struct key_shape){.texts = true},
		.summary = "events of a forge that it is for: push, tag, delete, pull-request, release, ping",
	},
	{
		.name = "branches",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, filter.branches),
		.read = filter_read_patterns,
		.shape = &(const struct key_shape){.texts = true},
		.summary = "patterns of branches that it is for; of a pull request the target",
	},
	{
		.name = "tags",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, filter.tags),
		.read = filter_read_patterns,
		.shape = &(const struct key_shape){.texts = true},
		.summary = "patterns of tags that it is for",
	},
	{
		.name = "paths",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, filter.paths),
		.read = filter_read_patterns,
		.shape = &(const struct key_shape){.texts = true},
		.summary = "patterns of changed files, one of which must be there",
	},
	{
		.name = "checkout",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY_BOUNDED, /* true, which it is in any case */
		.offset = offsetof(struct hook, checkout),
		.read = checkout_read,
		.shape = &(const struct key_shape){.boolean = true, .map = &checkout_map},
		.summary = "true, or {repository, ref, commit}: run the command in a checkout of the pushed commit",
	},
	{
		.name = "pass-stdin-to-command",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, input),
		.read = read_input,
		.shape = &(const struct key_shape){.map = &source_private_map},
		.summary = "a value that the command reads on standard input, however large it is",
	},
	{
		.name = "pass-uploads-to-command",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, uploads),
		.read = uploads_read,
		.shape = &(const struct key_shape){.boolean = true, .map = &upload_map, .list = true},
		.summary = "true, or a list of {name, envname}: files of a multipart body, their paths as variables",
	},
	{
		.name = "exit-codes",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, exit_codes),
		.read = exit_codes_read,
		.shape = &(const struct key_shape){.numbers = &exit_codes_numbers},
		.summary = "statuses of a reply that waits, by the command's exit status: {3: 422}",
	},
	{
		.name = "stream-command-output",
		.type = KEY_BOOL,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, stream_command_output),
		.summary = "reply with what the command prints while it prints",
	},
	{
		.name = "when-client-leaves",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, stop_when_client_leaves),
		.read = read_leaving,
		.shape = &(const struct key_shape){.words = &leaving_table},
		.summary = "continue (the default) or stop the command",
	},
	{
		.name = "timeout",
		.type = KEY_DURATION,
		.repository = KEY_REPOSITORY_BOUNDED, /* no longer than the server's own */
		.offset = offsetof(struct hook, timeout),
		.minimum = 1,
		.maximum = INT64_MAX,
		.summary = "how long checkout and command may take; none for no end",
	},
	{
		.name = "stop-signal",
		.type = KEY_CUSTOM,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook, stop_signal),
		.read = read_signal,
		.shape = &(const struct key_shape){.words = &signal_table},
		.summary = "the signal that asks the command to end, before KILL",
	},
	{
		.name = "keep-processes",
		.type = KEY_BOOL,
		.offset = offsetof(struct hook, keep_processes),
		.summary = "what the command leaves behind lives on, as with the reference",
	},
	{
		.name = "inherit-environment",
		.type = KEY_BOOL,
		.offset = offsetof(struct hook, inherit_environment),
		.summary = "the command gets the whole environment of the server, as with the reference",
	},
};

const size_t hook_key_count = sizeof(hook_keys) / sizeof(hook_keys[0]);

const struct key_map hook_map = {
	.name = "hook",
	.summary = "a program, when a request starts it, and what is replied",
	.keys = hook_keys,
	.count = sizeof(hook_keys) / sizeof(hook_keys[0]),
};

const struct hook *hooks_find(const struct hooks *hooks, struct str id)
{
	for (size_t i = 0; i < hooks->count; i++) {
		if (str_equal(hooks->items[i]->id, id))
			return hooks->items[i];
	}
	return NULL;
}

void hooks_add_file_as(struct arena *arena, struct hooks *hooks, struct str path, struct file_identity identity)
{
	for (size_t i = 0; i < hooks->file_count; i++) {
		if (str_equal(hooks->files[i], path))
			return;
	}
	hooks->files = arena_grow(arena, hooks->files, hooks->file_count, &hooks->file_capacity, sizeof(*hooks->files));
	hooks->identities = arena_grow(arena, hooks->identities, hooks->file_count, &hooks->identity_capacity,
	                               sizeof(*hooks->identities));
	hooks->identities[hooks->file_count] = identity;
	hooks->files[hooks->file_count++] = str_copy(arena, path);
}

void hooks_add_file(struct arena *arena, struct hooks *hooks, struct str path)
{
	struct str terminated = str_copy(arena, path);

	hooks_add_file_as(arena, hooks, terminated, file_identify(terminated.data));
}
