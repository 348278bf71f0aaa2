/*
 * What a hooks file in a repository may use: the tables are walked, so that a new key is decided upon here as well.
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/problem.h"
#include "config/secret.h"
#include "hook/checkout.h"
#include "hook/dagger.h"
#include "hook/file.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/match.h"
#include "hook/response_header.h"
#include "hook/rule.h"
#include "hook/shape.h"
#include "hook/source.h"
#include "hook/upload.h"

struct row {
	const char *key;
	enum key_trust trust;
	const char *sample; /* of a hook's key: a value that a server's file may have */
};

#define VALUES "[{source: payload, name: ref}]"

static const struct row hook_rows[] = {
	{"id", KEY_REPOSITORY, "a"},
	{"execute-command", KEY_REPOSITORY, "make"},
	{"run", KEY_REPOSITORY, "make"},
	{"dagger", KEY_REPOSITORY, "{call: test}"},
	{"command-working-directory", KEY_REPOSITORY_BOUNDED, "src"},
	{"response-message", KEY_REPOSITORY, "x"},
	{"response-headers", KEY_SERVER_ONLY, "[{name: A, value: b}]"},
	{"success-http-response-code", KEY_REPOSITORY, "201"},
	{"incoming-payload-content-type", KEY_REPOSITORY, "application/json"},
	{"http-methods", KEY_REPOSITORY, "[POST]"},
	{"include-command-output-in-response", KEY_REPOSITORY, "false"},
	{"include-command-output-in-response-on-error", KEY_REPOSITORY, "false"},
	{"parse-parameters-as-json", KEY_REPOSITORY, VALUES},
	{"pass-arguments-to-command", KEY_REPOSITORY, VALUES},
	{"pass-environment-to-command", KEY_REPOSITORY, VALUES},
	{"pass-file-to-command", KEY_REPOSITORY, VALUES},
	{"trigger-rule", KEY_REPOSITORY, "{match: {type: exists, parameter: {source: payload, name: ref}}}"},
	{"trigger-rule-mismatch-http-response-code", KEY_REPOSITORY, "418"},
	{"trigger-signature-soft-failures", KEY_REPOSITORY, "true"},
	{"on", KEY_REPOSITORY, "[push]"},
	{"branches", KEY_REPOSITORY, "[main]"},
	{"tags", KEY_REPOSITORY, "['*']"},
	{"paths", KEY_REPOSITORY, "['src/**']"},
	{"checkout", KEY_REPOSITORY_BOUNDED, "true"},
	{"pass-stdin-to-command", KEY_REPOSITORY, "{source: entire-payload}"},
	{"pass-uploads-to-command", KEY_REPOSITORY, "true"},
	{"exit-codes", KEY_REPOSITORY, "{3: 422}"},
	{"stream-command-output", KEY_REPOSITORY, "true"},
	{"when-client-leaves", KEY_REPOSITORY, "stop"},
	{"timeout", KEY_REPOSITORY_BOUNDED, "1m"},
	{"stop-signal", KEY_REPOSITORY, "INT"},
	{"keep-processes", KEY_SERVER_ONLY, "true"},
	{"inherit-environment", KEY_SERVER_ONLY, "true"},
};

static const struct row rule_rows[] = {
	{"and", KEY_REPOSITORY, NULL},
	{"or", KEY_REPOSITORY, NULL},
	{"not", KEY_REPOSITORY, NULL},
	{"match", KEY_REPOSITORY, NULL},
};

static const struct row match_rows[] = {
	{"type", KEY_REPOSITORY, NULL},  {"parameter", KEY_REPOSITORY, NULL}, {"value", KEY_REPOSITORY, NULL},
	{"regex", KEY_REPOSITORY, NULL}, {"secret", KEY_REPOSITORY, NULL},    {"ip-range", KEY_REPOSITORY, NULL},
};

static const struct row source_rows[] = {
	{"source", KEY_REPOSITORY, NULL},  {"name", KEY_REPOSITORY, NULL},         {"value", KEY_REPOSITORY, NULL},
	{"envname", KEY_REPOSITORY, NULL}, {"base64decode", KEY_REPOSITORY, NULL}, {"default", KEY_REPOSITORY, NULL},
};

static const struct row upload_rows[] = {
	{"name", KEY_REPOSITORY, NULL},
	{"envname", KEY_REPOSITORY, NULL},
};

/* A repository's hooks run in a checkout of that repository, at the commit that they were read at. */
static const struct row checkout_rows[] = {
	{"repository", KEY_SERVER_ONLY, NULL},
	{"ref", KEY_SERVER_ONLY, NULL},
	{"commit", KEY_SERVER_ONLY, NULL},
};

/* What another engine than the server's own would do with secrets is the server's affair. */
static const struct row dagger_rows[] = {
	{"module", KEY_REPOSITORY, NULL},       {"call", KEY_REPOSITORY, NULL},
	{"arguments", KEY_REPOSITORY, NULL},    {"constructor", KEY_REPOSITORY, NULL},
	{"secrets", KEY_REPOSITORY, NULL},      {"dispatch", KEY_REPOSITORY, NULL},
	{"cloud-token", KEY_SERVER_ONLY, NULL}, {"runner-host", KEY_SERVER_ONLY, NULL},
};

static const struct row step_rows[] = {
	{"call", KEY_REPOSITORY, NULL},
	{"arguments", KEY_REPOSITORY, NULL},
};

static const struct row header_rows[] = {
	{"name", KEY_SERVER_ONLY, NULL},
	{"value", KEY_SERVER_ONLY, NULL},
};

/* Where the server keeps what. */
static const struct row kept_rows[] = {
	{"env", KEY_SERVER_ONLY, NULL},
	{"file", KEY_SERVER_ONLY, NULL},
	{"credential", KEY_SERVER_ONLY, NULL},
};

#define ROWS(map, rows) \
	{ \
		&(map), rows, COUNT_OF(rows) \
	}

static const struct {
	const struct key_map *map;
	const struct row *rows;
	size_t count;
} tables[] = {
	ROWS(hook_map, hook_rows),         ROWS(rule_map, rule_rows),
	ROWS(match_map, match_rows),       ROWS(source_map, source_rows),
	ROWS(upload_map, upload_rows),     ROWS(source_private_map, source_rows),
	ROWS(checkout_map, checkout_rows), ROWS(response_header_map, header_rows),
	ROWS(kept_text_map, kept_rows),    ROWS(dagger_map, dagger_rows),
	ROWS(dagger_step_map, step_rows),
};

static const struct row *find_row(const struct row *rows, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		assert_int_equal(tables[i].map->count, tables[i].count);
		for (size_t k = 0; k < tables[i].map->count; k++) {
			const struct key *key = &tables[i].map->keys[k];
			const struct row *row = find_row(tables[i].rows, tables[i].count, key->name);
			if (!row || row->trust != key->repository)
				fail_msg("%s: %s: may a repository's file use it?", tables[i].map->name, key->name);
		}
	}
}

/* The first problem, or "". */
static const char *read_text(struct arena *arena, const char *text, const struct hooks_options *options,
                             struct hooks *hooks)
{
	struct problems problems = {.arena = arena};

	*hooks = (struct hooks){0};
	hooks_read(arena, hooks, str_from(text), "h.yaml", options, &problems);
	return problems.count > 0 ? problem_text(arena, &problems.items[0]) : "";
}

static const struct hooks_options of_repository = {
	.strict = true,
	.repository = true,
	.workspace = {"app", 3},
	.timeout_max = 60 * 1000,
};

/* A file with this key in its third line. */
static const char *file_with(struct arena *arena, const struct row *row)
{
	bool is_command = strcmp(row->key, "execute-command") == 0 || strcmp(row->key, "run") == 0 ||
	                  strcmp(row->key, "dagger") == 0;
	if (strcmp(row->key, "id") == 0)
		return "- id: a\n  run: x\n";
	/* What a server's file needs beside it, and a repository's has anyway. */
	const char *more = strcmp(row->key, "exit-codes") == 0 ? "  include-command-output-in-response: true\n"
	                   : strcmp(row->key, "paths") == 0    ? "  checkout: true\n"
	                   : strcmp(row->key, "dagger") == 0   ? "  checkout: true\n"
	                                                       : "";
	return arena_printf(arena, "- id: a\n%s  %s: %s\n%s", is_command ? "" : "  run: x\n", row->key, row->sample,
	                    more);
}

static void test_keys_of_a_hook(void **state)
{
	static const struct hooks_options of_server = {.strict = true};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hook_rows); i++) {
		struct arena arena = ARENA_INIT;
		struct hooks hooks;
		const struct row *row = &hook_rows[i];
		const char *text = file_with(&arena, row);
		assert_string_equal(read_text(&arena, text, &of_server, &hooks), "");
		assert_string_equal(
			read_text(&arena, text, &of_repository, &hooks),
			row->trust == KEY_SERVER_ONLY
				? arena_printf(&arena,
		                               "h.yaml:3:3: hook \"a\": %s may not be used in a repository's file",
		                               row->key)
				: "");
		assert_int_equal(hooks.count, row->trust != KEY_SERVER_ONLY);
		arena_release(&arena);
	}
}

static void test_bounds(void **state)
{
	static const struct {
		const char *line, *problem;
	} cases[] = {
		{"timeout: 60s", ""},
		{"timeout: 61s",
	         "h.yaml:3:12: hook \"a\": timeout: at most what timeout in pocketci.yaml says, here 60 s"},
		{"timeout: none",
	         "h.yaml:3:12: hook \"a\": timeout: at most what timeout in pocketci.yaml says, here 60 s"},
		{"checkout: false",
	         "h.yaml:3:13: hook \"a\": checkout: a repository's hook is always run in a checkout of it"},
		{"checkout: {commit: 1111111111111111111111111111111111111111}",
	         "h.yaml:3:14: hook \"a\": commit may not be used in a repository's file"},
		{"command-working-directory: /etc",
	         "h.yaml:3:30: hook \"a\": command-working-directory: a repository's hook is started in its checkout: write a "
	         "folder of the repository, such as src, or /app for its root"},
		{"command-working-directory: /application",
	         "h.yaml:3:30: hook \"a\": command-working-directory: a repository's hook is started in its checkout: write a "
	         "folder of the repository, such as src, or /app for its root"},
		{"pass-environment-to-command: [{source: string, name: {file: /etc/passwd}, envname: A}]",
	         "h.yaml:3:56: hook \"a\": name: a repository's file may not read environment, files or credentials of the "
	         "server"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct hooks hooks;
		const char *text = arena_printf(&arena, "- id: a\n  run: x\n  %s\n", cases[i].line);
		assert_string_equal(read_text(&arena, text, &of_repository, &hooks), cases[i].problem);
		arena_release(&arena);
	}
}

static void test_folders(void **state)
{
	static const char *const cases[][2] = {
		{"/app", ""}, {"/app/", ""}, {"/", ""}, {"/app/src", "src"}, {"/app//src/x", "src/x"}, {"src", "src"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct hooks hooks;
		const char *text =
			arena_printf(&arena, "- {id: a, run: x, command-working-directory: %s}\n", cases[i][0]);
		assert_string_equal(read_text(&arena, text, &of_repository, &hooks), "");
		assert_str(hooks.items[0]->command_working_directory, cases[i][1]);
		arena_release(&arena);
	}
}

/* What a repository's hook is where it says nothing. */
static void test_defaults(void **state)
{
	struct arena arena = ARENA_INIT;
	struct hooks hooks;
	(void)state;
	assert_string_equal(read_text(&arena, "- {id: a, run: x}\n", &of_repository, &hooks), "");
	assert_true(hooks.items[0]->checkout.enabled);
	assert_true(hooks.items[0]->include_command_output_in_response);
	assert_true(hooks.items[0]->include_command_output_in_response_on_error);
	assert_string_equal(read_text(&arena, "- {id: a, run: x, include-command-output-in-response: false}\n",
	                              &of_repository, &hooks),
	                    "");
	assert_false(hooks.items[0]->include_command_output_in_response);
	arena_release(&arena);
}

static void test_secrets(void **state)
{
	static struct named_secret listed[] = {
		{{"token", 5}, {SECRET_TEXT, {"hunter2", 7}}},
		{{"gone", 4}, {SECRET_FILE, {"/nonexistent/secret", 19}}},
	};
	static const struct named_secrets secrets = {listed, COUNT_OF(listed)};
	static const struct {
		const char *name, *problem;
	} cases[] = {
		{"token", ""},
		{"tokn",
	         "h.yaml:1:72: hook \"a\": there is no secret \"tokn\" that this repository may use: its entry under "
	         "repositories in pocketci.yaml lists those under secrets: did you mean \"token\"?"},
		{"gone", "h.yaml:1:72: hook \"a\": secret \"gone\": the server cannot read it; its log says why"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct hooks_options options = of_repository;
		struct hooks hooks;
		options.secrets = &secrets;
		const char *text = arena_printf(
			&arena, "- {id: a, run: x, pass-environment-to-command: [{source: secret, name: %s}]}\n",
			cases[i].name);
		assert_string_equal(read_text(&arena, text, &options, &hooks), cases[i].problem);
		arena_release(&arena);
	}
}

/* A template of a repository would read the server's environment. */
static void test_no_template(void **state)
{
	struct arena arena = ARENA_INIT;
	struct hooks_options options = of_repository;
	struct hooks hooks;
	(void)state;
	options.template = true;
	assert_string_equal(read_text(&arena, "- {id: a, run: 'echo {{ getenv \"HOME\" }}'}\n", &options, &hooks), "");
	assert_str(hooks.items[0]->script, "echo {{ getenv \"HOME\" }}");
	arena_release(&arena);
}

/* --- The manual --------------------------------------------------------------------------------------------------- */

/* Whether the line is an item of the list, ".It Cm a , b", that names the key. */
static bool names_key(struct str line, const char *key)
{
	struct str word;
	if (!str_starts(line, STR(".It Cm ")))
		return false;
	while (str_split_next(&line, ' ', &word)) {
		if (str_equal_c(word, key))
			return true;
	}
	return false;
}

static bool manual_names(struct str section, const char *key)
{
	struct str line;
	while (str_split_next(&section, '\n', &line)) {
		if (names_key(line, key))
			return true;
	}
	return false;
}

/* What is refused or bounded stands there, and nothing else. Tests are run from the project's own folder. */
static void test_manual(void **state)
{
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	(void)state;
	if (!file_read("man/hooks.yaml.5", 1024 * 1024, &text, &error))
		fail_msg("%s", error.message);
	const char *begin = strstr(text.data, ".Sh HOOKS IN A REPOSITORY\n");
	assert_non_null(begin);
	const char *end = strstr(begin + 1, "\n.Sh ");
	assert_non_null(end);
	struct str section = {begin, (size_t)(end - begin)};
	for (size_t i = 0; i < COUNT_OF(hook_rows); i++) {
		if (manual_names(section, hook_rows[i].key) != (hook_rows[i].trust != KEY_REPOSITORY))
			fail_msg("man/hooks.yaml.5: HOOKS IN A REPOSITORY: %s", hook_rows[i].key);
	}
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tables),   TEST(test_keys_of_a_hook), TEST(test_bounds),      TEST(test_folders),
		TEST(test_defaults), TEST(test_secrets),        TEST(test_no_template), TEST(test_manual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
