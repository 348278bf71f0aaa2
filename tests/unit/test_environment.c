/* run/environment.h: what reaches a command and what does not, and which value wins. */
#include "check.h"

#include "base/arena.h"
#include "run/command.h"
#include "run/environment.h"
#include "run/job.h"

static struct job make_job(void)
{
	struct job job;
	job_init(&job);
	job.id = STR("01kapwaz5w0000000000000000");
	job.hook = STR("deploy");
	return job;
}

/* The one value of a name; fails where it comes twice. NULL where it does not come. */
static const char *value_of(char **environment, const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);
	for (char **entry = environment; *entry; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=') {
			assert_null(found);
			found = *entry + len + 1;
		}
	}
	return found;
}

static int prepare(void **state)
{
	const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");
	char *kept = format ? strdup(format) : NULL;
	(void)state;
	clearenv();
	if (kept)
		setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1);
	free(kept);
	setenv("PATH", "/opt/bin", 1);
	setenv("HOME", "/home/ci", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("DATABASE_PASSWORD", "hunter2", 1);
	setenv("LD_PRELOAD_X", "evil", 1);
	setenv("PATHS", "no", 1);
	setenv("HTTP_PROXY", "http://proxy", 1);
	setenv("QUERY_STRING", "a=b", 1);
	return 0;
}

static void test_allow_list(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_job();
	(void)state;
	char **environment = environment_make(&arena, &job, NULL, NULL);
	assert_string_equal(value_of(environment, "PATH"), "/opt/bin");
	assert_string_equal(value_of(environment, "HOME"), "/home/ci");
	assert_string_equal(value_of(environment, "LC_ALL"), "C.UTF-8");
	assert_string_equal(value_of(environment, "TZ"), "UTC");
	assert_null(value_of(environment, "DATABASE_PASSWORD"));
	assert_null(value_of(environment, "LD_PRELOAD_X"));
	assert_null(value_of(environment, "PATHS"));
	assert_null(value_of(environment, "HTTP_PROXY"));
	assert_null(value_of(environment, "LANG"));
	assert_string_equal(value_of(environment, "POCKETCI"), "1");
	assert_string_equal(value_of(environment, "POCKETCI_RUN_ID"), "01kapwaz5w0000000000000000");
	assert_string_equal(value_of(environment, "POCKETCI_HOOK"), "deploy");
	assert_null(value_of(environment, "POCKETCI_RUN_URL"));
	assert_null(value_of(environment, "CI"));
	arena_release(&arena);
}

static void test_path_has_a_default(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_job();
	(void)state;
	unsetenv("PATH");
	char **environment = environment_make(&arena, &job, NULL, NULL);
	assert_string_equal(value_of(environment, "PATH"), "/usr/local/bin:/usr/bin:/bin");
	arena_release(&arena);
}

static void test_inherited(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_job();
	(void)state;
	job.inherit_environment = true;
	char **environment = environment_make(&arena, &job, NULL, NULL);
	assert_string_equal(value_of(environment, "DATABASE_PASSWORD"), "hunter2");
	assert_string_equal(value_of(environment, "HTTP_PROXY"), "http://proxy");

	/* As CGI the request is in our environment: none of it is the operator's. */
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	environment = environment_make(&arena, &job, NULL, NULL);
	assert_string_equal(value_of(environment, "DATABASE_PASSWORD"), "hunter2");
	assert_null(value_of(environment, "HTTP_PROXY"));
	assert_null(value_of(environment, "QUERY_STRING"));
	assert_null(value_of(environment, "GATEWAY_INTERFACE"));
	arena_release(&arena);
}

static void test_own(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	setenv("REDIRECT_HTTP_AUTHORIZATION", "secret", 1);
	char **environment = environment_own(&arena);
	assert_string_equal(value_of(environment, "DATABASE_PASSWORD"), "hunter2");
	assert_null(value_of(environment, "HTTP_PROXY"));
	assert_null(value_of(environment, "REDIRECT_HTTP_AUTHORIZATION"));
	assert_null(value_of(environment, "POCKETCI"));
	arena_release(&arena);
}

static void test_the_hook_wins(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_job();
	struct job_variable variables[] = {
		{STR("PATH"), STR("/hook")},    {STR("A"), STR("")}, {STR("B"), STR("x=y")}, {STR("B"), STR("second")},
		{STR("FILE"), STR("variable")},
	};
	struct job_file file = {STR("FILE"), STR("data")};
	struct str path = STR("/tmp/FILE1");
	(void)state;
	job.variables = variables;
	job.variable_count = COUNT_OF(variables);
	job.files = &file;
	job.file_count = 1;
	job.run_url = STR("https://ci/1");
	char **environment = environment_make(&arena, &job, NULL, &path);
	assert_string_equal(value_of(environment, "PATH"), "/hook");
	assert_string_equal(value_of(environment, "A"), "");
	assert_string_equal(value_of(environment, "B"), "second");
	assert_string_equal(value_of(environment, "FILE"), "/tmp/FILE1");
	assert_string_equal(value_of(environment, "POCKETCI_RUN_URL"), "https://ci/1");
	arena_release(&arena);
}

static struct job make_push(void)
{
	struct job job = make_job();
	job.checkout = true;
	job.forge = STR("github");
	job.event = STR("push");
	job.forge_event = STR("push");
	job.repository = STR("acme/app");
	job.ref = STR("refs/heads/main");
	job.branch = STR("main");
	job.commit = STR("asked");
	job.before = STR("earlier");
	return job;
}

static void test_checkout(void **state)
{
	static const struct {
		const char *name, *value;
	} expected[] = {
		{"CI", "true"},
		{"POCKETCI_EVENT", "push"},
		{"POCKETCI_EVENT_FILE", "/s/event.json"},
		{"POCKETCI_REPOSITORY", "acme/app"},
		{"POCKETCI_REF", "refs/heads/main"},
		{"POCKETCI_BRANCH", "main"},
		{"POCKETCI_TAG", ""},
		{"POCKETCI_COMMIT", "found"},
		{"POCKETCI_BEFORE", "earlier"},
		{"GITHUB_SHA", "found"},
		{"GITHUB_REF", "refs/heads/main"},
		{"GITHUB_EVENT_NAME", "push"},
		{"GITHUB_EVENT_PATH", "/s/event.json"},
		{"GITHUB_REPOSITORY", "acme/app"},
	};
	struct arena arena = ARENA_INIT;
	struct job job = make_push();
	struct command_place place = {
		.workspace = "/w", .files = "/s", .event_file = "/s/event.json", .commit = "found"};
	(void)state;
	char **environment = environment_make(&arena, &job, &place, NULL);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const char *value = value_of(environment, expected[i].name);
		assert_non_null(value);
		assert_string_equal(value, expected[i].value);
	}
	arena_release(&arena);
}

static void test_github_words_are_of_github_pushes(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_push();
	struct command_place place = {.workspace = "/w", .files = "/s", .commit = "found"};
	(void)state;
	job.forge_event = STR("pull_request");
	char **environment = environment_make(&arena, &job, &place, NULL);
	assert_null(value_of(environment, "GITHUB_REF"));
	assert_string_equal(value_of(environment, "GITHUB_SHA"), "found");
	assert_null(value_of(environment, "GITHUB_EVENT_PATH"));
	assert_string_equal(value_of(environment, "POCKETCI_EVENT_FILE"), "");

	job.forge_event = STR("push");
	job.ref = STR("refs/pull/1/merge");
	assert_null(value_of(environment_make(&arena, &job, &place, NULL), "GITHUB_REF"));

	job.forge = STR("");
	environment = environment_make(&arena, &job, &place, NULL);
	assert_null(value_of(environment, "GITHUB_SHA"));
	assert_string_equal(value_of(environment, "POCKETCI_REF"), "refs/pull/1/merge");
	arena_release(&arena);
}

static void test_find(void **state)
{
	char *environment[] = {(char[]){"AB=1"}, (char[]){"A="}, (char[]){"B"}, (char[]){"C=x=y"}, NULL};
	(void)state;
	assert_string_equal(environment_find(environment, "A"), "");
	assert_string_equal(environment_find(environment, "AB"), "1");
	assert_string_equal(environment_find(environment, "C"), "x=y");
	assert_null(environment_find(environment, "B"));
	assert_null(environment_find(environment, "D"));
	assert_null(environment_find(NULL, "D"));
}

/* What a server's own session of dagger left behind; and HOME, without which it has no place for its files. */
static void test_dagger(void **state)
{
	static const char *const names[] = {"DAGGER_SESSION_PORT", "DAGGER_SESSION_TOKEN", "DAGGER_CLOUD_TOKEN",
	                                    "TRACEPARENT",         "OTEL_SERVICE_NAME",    "_EXPERIMENTAL_DAGGER_RUNNER_HOST"};
	struct arena arena = ARENA_INIT;
	struct job_variable handed_on = {STR("DAGGER_CLOUD_TOKEN"), STR("t")};
	struct job job = make_job();
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		setenv(names[i], "left", 1);
	unsetenv("HOME");
	job.inherit_environment = true;
	char **environment = environment_make(&arena, &job, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(value_of(environment, names[i]), "left");
	assert_null(value_of(environment, "HOME"));

	job.dagger = true;
	environment = environment_make(&arena, &job, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_null(value_of(environment, names[i]));
	assert_non_null(value_of(environment, "HOME"));
	assert_string_equal(value_of(environment, "DATABASE_PASSWORD"), "hunter2");

	/* What the hook hands on counts. */
	job.variables = &handed_on;
	job.variable_count = 1;
	environment = environment_make(&arena, &job, NULL, NULL);
	assert_string_equal(value_of(environment, "DAGGER_CLOUD_TOKEN"), "t");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_allow_list, prepare),
		cmocka_unit_test_setup(test_path_has_a_default, prepare),
		cmocka_unit_test_setup(test_inherited, prepare),
		cmocka_unit_test_setup(test_own, prepare),
		cmocka_unit_test_setup(test_the_hook_wins, prepare),
		cmocka_unit_test_setup(test_checkout, prepare),
		cmocka_unit_test_setup(test_github_words_are_of_github_pushes, prepare),
		cmocka_unit_test_setup(test_dagger, prepare),
		TEST(test_find),
	};
	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
