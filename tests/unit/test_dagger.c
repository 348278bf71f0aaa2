/* hook/dagger.h and run/dagger_name.h: names, the command line of `dagger call`, what a request may not name. */
#include "check.h"

#include <signal.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "config/problem.h"
#include "hook/dagger.h"
#include "hook/file.h"
#include "hook/invocation.h"
#include "payload/request.h"
#include "run/dagger_name.h"
#include "run/job.h"

static void test_names(void **state)
{
	static const struct {
		const char *name, *option, *camel;
	} cases[] = {
		{"test", "test", "Test"},
		{"buildV2", "build-v-2", "BuildV2"},
		{"build-v-2", "build-v-2", "BuildV2"},
		{"JSONData", "json-data", "JSONData"},
		{"containerEcho", "container-echo", "ContainerEcho"},
		{"container-echo", "container-echo", "ContainerEcho"},
		{"string_arg", "string-arg", "StringArg"},
		{"onGithubPush", "on-github-push", "OnGithubPush"},
		{"sha256sum", "sha-256-sum", "Sha256Sum"},
		{"A", "a", "A"},
		{"URL", "url", "URL"},
		{"release/1.0", "release/1-0", "Release10"},
		{"pull_request", "pull-request", "PullRequest"},
		{"", "", ""},
	};
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str name = str_from(cases[i].name);
		assert_str(dagger_name_camel(&arena, name), cases[i].camel);
		if (!str_contains(name, STR("/")))
			assert_str(dagger_name_option(&arena, name), cases[i].option);
	}
	assert_str(dagger_name_variable(&arena, STR("api-token")), "POCKETCI_SECRET_API_TOKEN");
	assert_str(dagger_name_of_variable(&arena, STR("POCKETCI_SECRET_API_TOKEN")), "api-token");
	arena_release(&arena);
}

static void test_references(void **state)
{
	static const char *const bad[] = {
		"cmd:id",
		"CMD:id",
		"env:HOME",
		"file:/etc/passwd",
		"file://x",
		"op://a/b",
		"vault:a",
		"/etc",
		"~",
		"~root",
		"..",
		"../x",
		".",
		"./x",
		"a/../../etc",
		"a,cmd:id",
		"a,/etc/",
		"\"/etc",
		"a,\"env:HOME",
		"https://x.org/a",
		"git@x:y",
		"unix:/run/docker.sock",
	};
	static const char *const good[] = {
		"",     "Hello from a push", "fix: the door", "refs/heads/main", "v1.0",       "...",
		"a..b", "src/main.c",        "a, /b",         "command: x",      ".gitignore", "0",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (!dagger_text_is_reference(str_from(bad[i])))
			fail_msg("%s is taken", bad[i]);
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (dagger_text_is_reference(str_from(good[i])))
			fail_msg("%s is refused", good[i]);
	}
}

struct fixture {
	struct arena arena;
	struct problems problems;
	struct hooks hooks;
	struct request request;
	struct config config;
	struct job job;
	struct error error;
};

static void set_up(struct fixture *f, const char *body)
{
	*f = (struct fixture){.arena = ARENA_INIT, .error = ERROR_INIT};
	log_set_level(LOG_LEVEL_ERROR);
	f->problems.arena = &f->arena;
	config_init(&f->config);
	f->request = (struct request){
		.arena = &f->arena,
		.method = STR("POST"),
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR(""),
		.body = str_from(body),
		.content_type = STR("application/json"),
	};
}

static bool read_hook(struct fixture *f, const char *lines)
{
	struct named_secret secret = {STR("t"), {SECRET_TEXT, STR("hunter2")}};
	const struct named_secrets secrets = {&secret, 1};
	const struct hooks_options options = {.strict = true, .secrets = &secrets};
	const char *text = arena_printf(&f->arena, "- id: d\n  command-working-directory: /srv\n%s", lines);
	return hooks_read(&f->arena, &f->hooks, str_from(text), "h.yaml", &options, &f->problems);
}

/* The job's arguments in one line each. */
static const char *plan(struct fixture *f, enum invocation wanted)
{
	const char *text = "";
	enum invocation got = invocation_plan(f->hooks.items[0], &f->request, &f->config, &f->job, &f->error);
	assert_int_equal(got, wanted);
	for (size_t i = 0; i < f->job.argument_count; i++)
		text = arena_printf(&f->arena, "%s%.*s\n", text, STR_ARGS(f->job.arguments[i]));
	return text;
}

#define HEAD "dagger\ncall\n-m=.\n--progress=plain\n"

static void test_command_line(void **state)
{
	static const struct {
		const char *hook, *body, *arguments;
	} cases[] = {
		{"dagger: {call: test}", "{}", HEAD "test\n"},
		{"dagger: {module: github.com/acme/m@v1, call: buildV2, arguments: {source: ., fast: yes, n: 3}}", "{}",
	         "dagger\ncall\n-m=github.com/acme/m@v1\n--progress=plain\nbuild-v-2\n--source=.\n--fast=true\n--n=3\n"},
		{"dagger: {call: echo, arguments: {stringArg: {source: payload, name: m}}}", "{\"m\":\"--help x\"}",
	         HEAD "echo\n--string-arg=--help x\n"},
		/* What the request lacks is left out; the function's own default holds. */
		{"dagger: {call: echo, arguments: {a: {source: payload, name: m}, b: c}}", "{}", HEAD "echo\n--b=c\n"},
		{"dagger: {call: [container, {call: withExec, arguments: {args: [make, 'a,b', 'say \"x\"', ' y']}}, "
	         "stdout], arguments: {base: debian}}",
	         "{}",
	         HEAD "container\n--base=debian\nwith-exec\n--args=make,\"a,b\",\"say \"\"x\"\"\",\" y\"\nstdout\n"},
		{"dagger: {call: t, constructor: {dir: {source: string, name: ci}}, secrets: {apiToken: t}}", "{}",
	         HEAD "--dir=ci\nt\n--api-token=env:POCKETCI_SECRET_API_TOKEN\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f, cases[i].body);
		if (!read_hook(&f, arena_printf(&f.arena, "  %s\n", cases[i].hook)))
			fail_msg("%s", problem_text(&f.arena, &f.problems.items[0]));
		assert_string_equal(plan(&f, INVOCATION_RUN), cases[i].arguments);
		assert_true(f.job.dagger);
		assert_int_equal(f.job.stop_signal, SIGINT);
		assert_int_equal(f.job.stop_grace, 20000);
		arena_release(&f.arena);
	}
}

static const struct job_variable *find_variable(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->variable_count; i++) {
		if (str_equal_c(job->variables[i].name, name))
			return &job->variables[i];
	}
	return NULL;
}

static void test_environment(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f, "{}");
	assert_true(read_hook(&f, "  stop-signal: TERM\n  dagger: {call: t, secrets: {token: t}, cloud-token: t, "
	                          "runner-host: 'tcp://e:1'}\n"));
	assert_null(strstr(plan(&f, INVOCATION_RUN), "hunter2"));
	assert_str(find_variable(&f.job, "POCKETCI_SECRET_TOKEN")->value, "hunter2");
	assert_str(find_variable(&f.job, "DAGGER_CLOUD_TOKEN")->value, "hunter2");
	assert_str(find_variable(&f.job, "_EXPERIMENTAL_DAGGER_RUNNER_HOST")->value, "tcp://e:1");
	assert_str(find_variable(&f.job, "DAGGER_NO_NAG")->value, "1");
	assert_str(find_variable(&f.job, "DAGGER_NO_UPDATE_CHECK")->value, "1");
	assert_str(find_variable(&f.job, "NO_COLOR")->value, "1");
	assert_int_equal(f.job.stop_signal, SIGTERM);
	arena_release(&f.arena);
}

/* No value of a request becomes a place that dagger reads. */
static void test_refused_values(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f, "{\"m\":\"cmd:cat /etc/passwd\"}");
	assert_true(read_hook(&f, "  dagger: {call: t, arguments: {token: {source: payload, name: m}}}\n"));
	plan(&f, INVOCATION_REFUSED);
	assert_int_equal(f.error.kind, ERROR_INVALID);
	assert_string_equal(f.error.message,
	                    "dagger: the value for --token (payload m) may be taken for the place of a secret, a file "
	                    "or a folder, which a request must not name");
	arena_release(&f.arena);

	/* The file's author may. */
	set_up(&f, "{}");
	assert_true(read_hook(&f, "  dagger: {call: t, arguments: {token: 'file:/run/token'}}\n"));
	assert_non_null(strstr(plan(&f, INVOCATION_RUN), "--token=file:/run/token\n"));
	arena_release(&f.arena);
}

/* A fork gets no secret, and no option that says where one is. */
static void test_fork(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f, "{\"m\":\"text\",\"token\":\"hidden\"}");
	assert_true(read_hook(&f, "  dagger: {call: t, secrets: {token: t}, arguments: {a: {source: payload, name: m}, "
	                          "b: {source: payload, name: token}, c: d}}\n"));
	job_init(&f.job);
	f.job.fork = true;
	assert_true(dagger_arguments(f.hooks.items[0], &f.request, &f.job, &f.error));
	assert_int_equal(f.job.argument_count, 7);
	assert_str(f.job.arguments[4], "t");
	assert_str(f.job.arguments[5], "--a=text");
	assert_str(f.job.arguments[6], "--c=d");
	arena_release(&f.arena);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *lines, *problem;
	} cases[] = {
		{"dagger: {}", "dagger: write either call or dispatch: true"},
		{"dagger: {call: a, dispatch: true}", "dagger: write either call or dispatch: true"},
		{"dagger: {call: build image}",
	         "call: expected the name of one function such as build-image, found \"build image\"; a chain is a list"},
		{"dagger: {call: -x}", "call: expected the name of one function"},
		{"dagger: {call: []}", "call: the chain is empty"},
		{"dagger: {call: a, module: -x}", "module: expected a folder"},
		{"dagger: {call: a, arguments: {--x: 1}}", "expected the name of an argument, found \"--x\""},
		{"dagger: {call: a, arguments: {fooBar: 1, foo-bar: 2}}", "the argument foo-bar comes twice"},
		{"dagger: {call: a, arguments: {x: []}}", "the list of x is empty"},
		{"dagger: {call: a, arguments: {x: ~}}", "x: expected a text, {source, name} or a list of them"},
		{"dagger: {call: a, arguments: {x: {source: secret, name: t}}}", "a secret cannot stand here"},
		{"dagger: {call: a, secrets: {x: none}}", "there is no secret \"none\""},
		{"dagger: {call: a}\n  run: b", "dagger cannot stand beside run"},
		{"dagger: {call: a}\n  execute-command: b", "dagger cannot stand beside execute-command"},
		{"dagger: {call: a}\n  pass-arguments-to-command: []", "pass-arguments-to-command has no effect"},
		{"dagger: {dispatch: true}", "dispatch needs a checkout"},
		{"dagger: {dispatch: true, module: ../x}\n  checkout: true", "dispatch needs a module of the checkout"},
		{"dagger: {dispatch: true, arguments: {a: b}}\n  checkout: true",
	         "arguments has no effect beside dispatch"},
		{"dagger: {dispatch: true}\n  checkout: true",
	         "command-working-directory cannot stand beside dispatch"},
		{"checkout: true", "execute-command is missing, or in its place run or dagger"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f, "{}");
		assert_false(read_hook(&f, arena_printf(&f.arena, "  %s\n", cases[i].lines)));
		if (!strstr(f.problems.items[0].text, cases[i].problem))
			fail_msg("%s: %s", cases[i].lines, f.problems.items[0].text);
		arena_release(&f.arena);
	}
}

/* A module that is a folder is looked for where the command starts, and without a checkout that must be said. */
static void test_module_without_folder(void **state)
{
	static const struct hooks_options options = {.strict = true};
	struct fixture f;
	(void)state;
	set_up(&f, "{}");
	assert_false(hooks_read(&f.arena, &f.hooks, STR("- {id: a, dagger: {call: t}}\n"), "h", &options, &f.problems));
	assert_non_null(strstr(f.problems.items[0].text, "is a folder of a checkout: write checkout: true"));
	assert_true(hooks_read(&f.arena, &f.hooks, STR("- {id: b, dagger: {call: t, module: /srv/ci}}\n"), "h",
	                       &options, &f.problems));
	arena_release(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),          TEST(test_references),
		TEST(test_command_line),   TEST(test_environment),
		TEST(test_refused_values), TEST(test_mistakes),
		TEST(test_fork),           TEST(test_module_without_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
