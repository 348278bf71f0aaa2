/*
 * pocketci check: every problem of hooks files and pocketci.yaml at once. A file that is a map is a pocketci.yaml, and
 * the hooks files that it names are checked with it, as one set; those on the command line that none names are another.
 * Nothing is started, and nothing but these files, and those that their secrets are kept in, is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/check_report.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "config/problem.h"
#include "hook/file.h"
#include "hook/hook.h"
#include "hook/schema.h"

struct flags {
	bool strict, json, schema, only_files;
};

/* A file of the command line. */
struct given {
	const char *path;
	struct str text;    /* read once, so that it may be a pipe */
	struct error error; /* why there is none */
	bool is_config;
	bool named; /* by a pocketci.yaml, and checked with it */
};

struct check {
	struct arena arena;
	struct flags flags;
	struct given *given;
	size_t given_count;
	struct problems problems;
	const char **files; /* in the order in which they were checked */
	size_t file_count, file_capacity;
	size_t hook_count;
};

static bool read_flag(const char *word, struct flags *flags)
{
	const char *name = word + (strncmp(word, "--", 2) == 0 ? 2 : 1);

	if (strcmp(word, "--") == 0)
		flags->only_files = true;
	else if (strcmp(name, "strict") == 0)
		flags->strict = true;
	else if (strcmp(name, "json") == 0)
		flags->json = true;
	else if (strcmp(name, "schema") == 0)
		flags->schema = true;
	else
		return false;
	return true;
}

static bool read_arguments(struct check *check, int argc, char **argv, struct error *error)
{
	struct flags *flags = &check->flags;

	check->given = arena_array(&check->arena, (size_t)argc, sizeof(*check->given));
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || flags->only_files)
			check->given[check->given_count++].path = argv[i];
		else if (!read_flag(argv[i], flags))
			return error_set(error, ERROR_INVALID, "check does not know \"%s\"; see `pocketci help`",
			                 argv[i]);
	}
	if (flags->schema && (check->given_count > 0 || flags->json || flags->strict))
		return error_set(error, ERROR_INVALID, "check -schema takes no files and no other flags");
	if (!flags->schema && check->given_count == 0)
		return error_set(error, ERROR_INVALID, "check needs the path of a file of hooks or a pocketci.yaml");
	return true;
}

/* Whether the keys are those of pocketci.yaml: a hook whose "- " was forgotten is a map as well. */
static bool is_config_map(const struct yaml_node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct str key = map->entries[i].key->text;
		if (keys_find(hook_keys, hook_key_count, key) && !keys_find(config_keys, config_key_count, key))
			return false;
	}
	return true;
}

/* Reads a file; error says where that failed. */
static struct str read_text(struct check *check, const char *path, struct error *error)
{
	struct buf text = BUF_INIT;
	struct str copy = STR("");

	*error = (struct error)ERROR_INIT;
	if (file_read(path, yaml_limits_server.bytes, &text, error))
		copy = str_copy(&check->arena, buf_str(&text));
	buf_release(&text);
	return copy;
}

/* Reads the file and sees what it is; one that is no YAML counts as a file of hooks, and checking it says why. */
static void load(struct check *check, struct given *given)
{
	struct arena arena = ARENA_INIT;
	struct problems ignored = {.arena = &arena};

	given->text = read_text(check, given->path, &given->error);
	const struct yaml_node *root = yaml_parse(&arena, given->text, given->path, &yaml_limits_server, &ignored);
	given->is_config = root && root->kind == YAML_MAP && is_config_map(root);
	arena_release(&arena);
}

static bool is_same_file(const char *a, const char *b)
{
	char *first = realpath(a, NULL), *second = realpath(b, NULL);
	bool same = first && second && strcmp(first, second) == 0;

	free(first);
	free(second);
	return same;
}

/* Notes that the file was checked: its place in the report. */
static void add_file(struct check *check, const char *name)
{
	check->files = arena_grow(&check->arena, check->files, check->file_count, &check->file_capacity,
	                          sizeof(*check->files));
	check->files[check->file_count++] = name;
}

/* config is the pocketci.yaml that names the file; NULL: none does. */
static void check_hooks(struct check *check, const struct given *file, const struct config *config, struct hooks *set)
{
	const struct hooks_options options = {
		.strict = true,
		.name_open = true,
		.template = config && config->template,
		.check = true,
		.secrets = config ? &config->secrets : NULL,
	};

	add_file(check, file->path);
	if (file->error.kind == ERROR_NONE)
		hooks_read(&check->arena, set, file->text, file->path, &options, &check->problems);
	else
		problem_add(&check->problems, (struct position){file->path, 0, 0}, "%s", file->error.message);
}

/* A file that pocketci.yaml names; by the name that the command line has for it, if any. */
static void check_named_hooks(struct check *check, const char *path, const struct config *config, struct hooks *set)
{
	struct given file = {.path = path};

	for (size_t i = 0; i < check->given_count; i++) {
		struct given *given = &check->given[i];
		if (!given->is_config && is_same_file(given->path, path)) {
			given->named = true;
			check_hooks(check, given, config, set);
			return;
		}
	}
	file.text = read_text(check, path, &file.error);
	check_hooks(check, &file, config, set);
}

/* Without hooks files they stand in the repositories, and then the server refuses an entry that has no secret. */
static void check_entries(struct check *check, const struct config *config)
{
	for (size_t i = 0; config->hooks.count == 0 && i < config->repositories.count; i++) {
		const struct repository *entry = &config->repositories.items[i];
		if (entry->secret.kind == SECRET_NONE)
			problem_warn(&check->problems, entry->position,
			             "repository \"%.*s\": secret is missing: without hooks files no delivery can be "
			             "believed",
			             STR_ARGS(str_head(entry->match, 100)));
	}
}

static void check_config(struct check *check, const char *path)
{
	struct config config;
	struct hooks set = {0};

	config_init(&config);
	add_file(check, path);
	config_check_file(&check->arena, &config, path, path, &check->problems);
	check_entries(check, &config);
	for (size_t i = 0; i < config.hooks.count; i++)
		check_named_hooks(check, config.hooks.items[i].data, &config, &set);
	check->hook_count += set.id_count;
}

static void check_files(struct check *check)
{
	struct hooks set = {0};

	for (size_t i = 0; i < check->given_count; i++)
		load(check, &check->given[i]);
	for (size_t i = 0; i < check->given_count; i++) {
		if (check->given[i].is_config)
			check_config(check, check->given[i].path);
	}
	for (size_t i = 0; i < check->given_count; i++) {
		if (!check->given[i].is_config && !check->given[i].named)
			check_hooks(check, &check->given[i], NULL, &set);
	}
	check->hook_count += set.id_count;
}

static void write_report(struct check *check, struct buf *out)
{
	check_files(check);
	const struct check_report report = {
		.arena = &check->arena,
		.problems = &check->problems,
		.files = check->files,
		.file_count = check->file_count,
		.hook_count = check->hook_count,
	};
	if (check->flags.json)
		check_report_json(&report, out);
	else
		check_report_text(&report, terminal_wants_colour(), isatty(STDOUT_FILENO), out);
}

int cli_check(int argc, char **argv)
{
	struct check check = {.arena = ARENA_INIT};
	struct error error = ERROR_INIT;
	struct buf out = BUF_INIT;
	int status = 0;

	check.problems.arena = &check.arena;
	if (!read_arguments(&check, argc, argv, &error)) {
		status = cli_misused("%s", error.message);
		goto cleanup;
	}
	if (check.flags.schema)
		schema_write(&out);
	else
		write_report(&check, &out);
	if (check.problems.errors > 0 || (check.flags.strict && check.problems.count > 0))
		status = 1;
	if (!file_write_all(STDOUT_FILENO, out.data, out.len, "standard output", &error)) {
		fprintf(stderr, "pocketci: %s\n", error.message);
		status = 1;
	}
cleanup:
	buf_release(&out);
	arena_release(&check.arena);
	return status;
}
