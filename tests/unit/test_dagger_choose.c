/* run/dagger_choose.h and run/dagger_module.h: which functions an event calls, and with what; queries and replies. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "run/dagger_choose.h"
#include "run/dagger_module.h"

/* A reply of one module, "ci", with these functions. */
#define REPLY(functions) \
	"{\"host\":{\"directory\":{\"asModule\":{\"name\":\"ci\",\"objects\":[{\"asObject\":null},{\"asObject\":{\"name\":" \
	"\"Other\",\"functions\":[{\"name\":\"dispatch\",\"args\":[]}]}},{\"asObject\":{\"name\":\"Ci\",\"functions\":[" functions \
	"]}}]}}}}"
#define FUNCTION(name, arguments) "{\"name\":\"" name "\",\"description\":\"\",\"args\":[" arguments "]}"
#define NEEDED(name) \
	"{\"name\":\"" name "\",\"defaultValue\":\"\",\"typeDef\":{\"kind\":\"STRING_KIND\",\"optional\":false}}"
#define OPTIONAL(name) \
	"{\"name\":\"" name "\",\"defaultValue\":null,\"typeDef\":{\"kind\":\"STRING_KIND\",\"optional\":true}}"
#define DEFAULT(name, text) \
	"{\"name\":\"" name "\",\"defaultValue\":\"\\\"" text "\\\"\",\"typeDef\":{\"kind\":\"STRING_KIND\"}}"

#define PUSH "github", "push", "main"

struct chosen_case {
	const char *functions, *vendor, *event, *filter;
	const char *changes; /* with spaces apart; NULL: not known */
	const char *calls;   /* a line each; "!NAME" where it needs that */
};

static const struct chosen_case chosen_cases[] = {
	/* Tiers. */
	{FUNCTION("onGithubPushMain", "") "," FUNCTION("onGithubPush", "") "," FUNCTION("dispatch", ""), PUSH, "",
         "on-github-push-main\n"},
	{FUNCTION("onGithubPush", OPTIONAL("filter")) "," FUNCTION("onGithub", ""), PUSH, "",
         "on-github-push --filter=main\n"},
	{FUNCTION("onGithub", OPTIONAL("filter") "," OPTIONAL("event") "," OPTIONAL("vendor")), PUSH, "",
         "on-github --filter=main --event=push\n"},
	{FUNCTION("dispatch", NEEDED("filter") "," NEEDED("event") "," NEEDED("vendor")), PUSH, "",
         "dispatch --filter=main --event=push --vendor=github\n"},
	{FUNCTION("onGitlabPush", "") "," FUNCTION("test", ""), PUSH, "", ""},
	/* Names end with the tier's, and are in order. */
	{FUNCTION("testOnGithubPush", "") "," FUNCTION("lintOnGithubPush", "") "," FUNCTION("onGithubPushToo", ""),
         PUSH, "", "lint-on-github-push\ntest-on-github-push\n"},
	{FUNCTION("lintCIOnGithubPush", "") "," FUNCTION("salmongithubpush", ""), PUSH, "", "lint-ci-on-github-push\n"},
	{FUNCTION("onGithubPullRequestOpened", ""), "github", "pull_request", "opened", "",
         "on-github-pull-request-opened\n"},
	{FUNCTION("onBitbucketCloudPushRelease10X", ""), "bitbucket-cloud", "push", "release-1.0_x", "",
         "on-bitbucket-cloud-push-release-10-x\n"},
	{FUNCTION("onGithubPushRefstagsv10", ""), "github", "push", "refs/tags/v1.0", "",
         "on-github-push-refstagsv-10\n"},
	{FUNCTION("onGithubPing", ""), "github", "ping", "", "", "on-github-ping\n"},
	/* Defaults must hold what the event is; what does not fit is passed over, also for a later tier. */
	{FUNCTION("onGithubPush", DEFAULT("filter", "main, dev")), PUSH, "", "on-github-push --filter=main\n"},
	{FUNCTION("onGithubPush", DEFAULT("filter", "dev")) "," FUNCTION("dispatch", ""), PUSH, "", "dispatch\n"},
	{FUNCTION("onGithub", DEFAULT("event", "pull_request")), PUSH, "", ""},
	{FUNCTION("onGithub", DEFAULT("event", "pull-request,release")), "github", "pull_request", "opened", "",
         "on-github --event=pull_request\n"},
	{FUNCTION("dispatch", DEFAULT("vendor", "gitlab,github")), PUSH, "", "dispatch --vendor=github\n"},
	{FUNCTION("dispatch", DEFAULT("vendor", "gitlab")), PUSH, "", ""},
	/* Changed files. */
	{FUNCTION("onGithubPush", DEFAULT("onChanges", "src/**,*.md")), PUSH, "README.md a,b",
         "on-github-push "
         "--on-changes=README.md,\"a,b\"\n"},
	{FUNCTION("onGithubPush", DEFAULT("onChanges", "src/**")), PUSH, "README.md", ""},
	{FUNCTION("onGithubPush", DEFAULT("onChanges", "[")), PUSH, "README.md", ""},
	{FUNCTION("onGithubPush", OPTIONAL("onChanges")), PUSH, "x", "on-github-push --on-changes=x\n"},
	{FUNCTION("onGithubPush", DEFAULT("onChanges", "src/**")), PUSH, NULL, "on-github-push\n"},
	{FUNCTION("onGithubPush", NEEDED("onChanges")), PUSH, NULL, "on-github-push !onChanges\n"},
	/* What is offered goes to those that take it; who needs more is named, and the others run. */
	{FUNCTION("aOnGithubPush", NEEDED("src") "," OPTIONAL("apiToken")) "," FUNCTION(
		 "bOnGithubPush", NEEDED("image")) "," FUNCTION("cOnGithubPush", NEEDED("eventTrigger")),
         PUSH, "",
         "a-on-github-push --src=. --api-token=env:T\nb-on-github-push !image\nc-on-github-push "
         "--event-trigger=/e.json\n"},
	/* The first tier gives no filter. */
	{FUNCTION("onGithubPushMain", NEEDED("filter")), PUSH, "", "on-github-push-main !filter\n"},
};

static const char *choose(struct arena *arena, const struct chosen_case *chosen)
{
	static const char *const words[][2] = {{"src", "."}, {"event-trigger", "/e.json"}, {"api-token", "env:T"}};
	struct dagger_offer offers[COUNT_OF(words)];
	struct str changes[10], rest = str_from(chosen->changes);
	struct dagger_event event = {str_from(chosen->vendor),
	                             str_from(chosen->event),
	                             str_from(chosen->filter),
	                             chosen->changes != NULL,
	                             changes,
	                             0};
	struct error error = ERROR_INIT;
	struct dagger_module module;
	const char *text = "";

	for (size_t i = 0; i < COUNT_OF(words); i++)
		offers[i] = (struct dagger_offer){str_from(words[i][0]), str_from(words[i][1])};
	while (str_split_next(&rest, ' ', &changes[event.change_count]))
		event.change_count++;
	const char *reply = arena_printf(arena, REPLY("%s"), chosen->functions);
	if (!dagger_module_read(arena, str_from(reply), &module, &error))
		fail_msg("%s", error.message);
	struct dagger_calls calls = dagger_choose(arena, &module, &event, offers, COUNT_OF(words));
	for (size_t i = 0; i < calls.count; i++) {
		const struct dagger_call *call = &calls.items[i];
		text = arena_printf(arena, "%s%.*s", text, STR_ARGS(call->name));
		for (size_t k = 0; k < call->argument_count; k++)
			text = arena_printf(arena, "%s %.*s", text, STR_ARGS(call->arguments[k]));
		if (call->missing.len > 0)
			text = arena_printf(arena, "%s !%.*s", text, STR_ARGS(call->missing));
		text = arena_printf(arena, "%s\n", text);
	}
	return text;
}

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(chosen_cases); i++) {
		struct arena arena = ARENA_INIT;
		const char *calls = choose(&arena, &chosen_cases[i]);
		if (strcmp(calls, chosen_cases[i].calls) != 0)
			fail_msg("case %zu: %s\nwanted: %s", i, calls, chosen_cases[i].calls);
		arena_release(&arena);
	}
}

static void test_version(void **state)
{
	static const struct {
		const char *text;
		unsigned major, minor, patch;
	} good[] = {
		{"dagger v0.18.12 (registry.dagger.io/engine:v0.18.12) linux/amd64\n", 0, 18, 12},
		{"dagger v0.13.0\n", 0, 13, 0},
		{"a warning\ndagger v1.0.0-beta.1 (x)\n", 1, 0, 0},
	};
	static const char *const bad[] = {"", "dagger devel\n", "dagger v0.18\n", "dagger vx.y.z\n", "v0.18.12\n"};
	struct dagger_version version;
	struct error error = ERROR_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(dagger_version_read(str_from(good[i].text), &version, &error));
		assert_int_equal(version.major, good[i].major);
		assert_int_equal(version.minor, good[i].minor);
		assert_int_equal(version.patch, good[i].patch);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(dagger_version_read(str_from(bad[i]), &version, &error));
	version = (struct dagger_version){0, 18, 11};
	assert_true(dagger_version_is_at_least(&version, 0, 18, 11));
	assert_true(dagger_version_is_at_least(&version, 0, 16, 20));
	assert_false(dagger_version_is_at_least(&version, 0, 18, 12));
	assert_false(dagger_version_is_at_least(&version, 1, 0, 0));
}

static void test_query(void **state)
{
	static const struct dagger_version old = {0, 15, 4}, current = {0, 18, 12};
	struct arena arena = ARENA_INIT;
	(void)state;
	struct str text = dagger_module_query(&arena, "/w/a\"b", STR("./ci"), &current);
	assert_true(str_starts(
		text, STR("{host{directory(path:\"/w/a\\\"b\"){asModule(sourceRootPath:\"ci\"){name objects{")));
	assert_false(str_contains(text, STR("initialize")));
	text = dagger_module_query(&arena, "/w", STR("."), &old);
	assert_true(
		str_starts(text, STR("{host{directory(path:\"/w\"){asModule(sourceRootPath:\".\"){initialize{name ")));
	int depth = 0;
	for (size_t i = 0; i < text.len; i++)
		depth += text.data[i] == '{' ? 1 : text.data[i] == '}' ? -1 : 0;
	assert_int_equal(depth, 0);
	arena_release(&arena);
}

static void test_replies(void **state)
{
	static const struct {
		const char *reply, *message;
	} bad[] = {
		{"", "is no JSON"},
		{"[1]", "names no module"},
		{"{\"host\":null}", "names no module"},
		{"{\"host\":{\"directory\":{\"asModule\":{\"name\":\"ci\"}}}}", "the module ci has no main object"},
		{REPLY(FUNCTION("--help", "")), "a function that cannot be called"},
		{REPLY(FUNCTION("a", NEEDED("b c"))), "a function that cannot be called"},
		{REPLY(FUNCTION("a", "7")), "a function that cannot be called"},
	};
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct dagger_module module;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(dagger_module_read(&arena, str_from(bad[i].reply), &module, &error));
		assert_int_equal(error.kind, ERROR_COMMAND);
		if (!strstr(error.message, bad[i].message))
			fail_msg("%s", error.message);
	}

	/* Lists and words as defaults; within initialize, as up to 0.15. */
	static const char old[] =
		"{\"host\":{\"directory\":{\"asModule\":{\"initialize\":{\"name\":\"my-ci\",\"objects\":[{\"asObject\":{\"name\":"
		"\"MyCi\",\"functions\":[{\"name\":\"a\",\"args\":[{\"name\":\"l\",\"defaultValue\":\"[\\\"x\\\",\\\"y\\\"]\"},"
		"{\"name\":\"b\",\"defaultValue\":\"false\"},{\"name\":\"n\",\"defaultValue\":\"null\"}]}]}}]}}}}}";
	assert_true(dagger_module_read(&arena, str_from(old), &module, &error));
	assert_int_equal(module.function_count, 1);
	const struct dagger_argument *arguments = module.functions[0].arguments;
	assert_str(arguments[0].default_value, "x,y");
	assert_str(arguments[1].default_value, "false");
	assert_false(arguments[1].required);
	assert_true(arguments[2].required);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_choose),
		TEST(test_version),
		TEST(test_query),
		TEST(test_replies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
