/* hook/file.h: hooks files into hooks, key by key; every problem with its place, word for word. */
#include "check.h"

#include <errno.h>
#include <signal.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "config/problem.h"
#include "config/secret.h"
#include "hook/file.h"
#include "hook/hook.h"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct hooks hooks;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT};
	f->problems.arena = &f->arena;
}

static bool read_hooks(struct fixture *f, const char *text, const struct hooks_options *options)
{
	static const struct hooks_options none;
	return hooks_read(&f->arena, &f->hooks, str_from(text), "h.yaml", options ? options : &none, &f->problems);
}

/* All problems, a line each. */
static const char *all_problems(struct fixture *f)
{
	const char *text = "";
	for (size_t i = 0; i < f->problems.count; i++)
		text = arena_printf(&f->arena, "%s%s%s%s", text, i > 0 ? "\n" : "",
		                    f->problems.items[i].warning ? "warning: " : "",
		                    problem_text(&f->arena, &f->problems.items[i]));
	return text;
}

static const char push_example[] =
	"- id: git-push\n"
	"  execute-command: \"/bin/dagger\"\n"
	"  include-command-output-in-response: true\n"
	"  command-working-directory: \"/hooks-test\"\n"
	"  pass-arguments-to-command:\n"
	"  - {source: string, name: call}\n"
	"  - {source: string, name: container-echo}\n"
	"  - {source: string, name: \"--string-arg\"}\n"
	"  - {source: payload, name: commits.0.message}\n"
	"  trigger-rule:\n"
	"    and:\n"
	"    - match: {type: payload-hmac-sha1, secret: itsasecret, parameter: {source: header, name: X-Hub-Signature}}\n"
	"    - match: {type: value, value: refs/heads/main, parameter: {source: payload, name: ref}}\n";

static const char values_example[] = "- id: webhook\n"
				     "  execute-command: dagger\n"
				     "  include-command-output-in-response: true\n"
				     "  response-headers:\n"
				     "    - {name: \"Access-Control-Allow-Origin\", value: \"*\"}\n"
				     "  pass-arguments-to-command:\n"
				     "    - {source: \"string\", value: \"--debug\"}\n"
				     "    - {source: \"string\", value: \"--progress=plain\"}\n"
				     "    - {source: \"string\", value: \"call\"}\n"
				     "    - {source: \"string\", value: \"-m\"}\n"
				     "    - {source: \"string\", value: \"github.com/shykes/daggerverse/hello\"}\n"
				     "    - {source: \"string\", value: \"Hello World!\"}\n";

static void test_examples(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_true(read_hooks(&f, push_example, NULL));
	assert_true(read_hooks(&f, values_example, NULL));
	assert_string_equal(all_problems(&f), "");
	assert_int_equal(f.hooks.count, 2);

	const struct hook *hook = hooks_find(&f.hooks, STR("git-push"));
	assert_non_null(hook);
	assert_str(hook->execute_command, "/bin/dagger");
	assert_str(hook->command_working_directory, "/hooks-test");
	assert_true(hook->include_command_output_in_response);
	assert_int_equal(hook->pass_arguments_to_command.count, 4);
	assert_int_equal(hook->pass_arguments_to_command.items[0].kind, SOURCE_STRING);
	assert_str(hook->pass_arguments_to_command.items[2].name, "--string-arg");
	assert_str(hook->pass_arguments_to_command.items[3].name, "commits.0.message");
	assert_int_equal(hook->pass_arguments_to_command.items[3].position.line, 9);
	assert_int_equal(hook->trigger_rule->kind, RULE_AND);
	assert_int_equal(hook->trigger_rule->children[0]->match.type, MATCH_HMAC_SHA1);
	assert_str(hook->trigger_rule->children[0]->match.secrets.items[0], "itsasecret");
	assert_str(hook->trigger_rule->children[1]->match.value, "refs/heads/main");

	hook = hooks_find(&f.hooks, STR("webhook"));
	assert_non_null(hook);
	assert_null(hook->trigger_rule);
	assert_int_equal(hook->response_header_count, 1);
	assert_str(hook->response_headers[0].name, "Access-Control-Allow-Origin");
	assert_str(hook->response_headers[0].value, "*");
	assert_int_equal(hook->pass_arguments_to_command.count, 6);
	assert_str(hook->pass_arguments_to_command.items[5].name, "Hello World!");
	assert_null(hooks_find(&f.hooks, STR("webhook/")));
	assert_null(hooks_find(&f.hooks, STR("web")));
	arena_release(&f.arena);
}

static void test_defaults(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_true(read_hooks(&f, "- id: a/b c\n  execute-command: /bin/true\n", NULL));
	const struct hook *hook = hooks_find(&f.hooks, STR("a/b c"));
	assert_int_equal(hook->position.line, 1);
	assert_str(hook->response_message, "");
	assert_str(hook->incoming_payload_content_type, "");
	assert_int_equal(hook->success_http_response_code, 0);
	assert_int_equal(hook->http_methods.count, 0);
	assert_int_equal(hook->timeout, HOOK_TIMEOUT_DEFAULT);
	assert_int_equal(hook->stop_signal, SIGTERM);
	assert_false(hook->checkout.enabled);
	assert_false(hook->include_command_output_in_response);
	assert_null(hook->trigger_rule);
	arena_release(&f.arena);
}

static void test_every_key(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_true(read_hooks(
		&f,
		"[{\"ID\": \"all\", \"execute-command\": \"make\", \"command-working-directory\": \"sub\",\n"
		"\"response-message\": \"m\", \"success-http-response-code\": 201,\n"
		"\"incoming-payload-content-type\": \"application/json\", \"http-methods\": [\" post\", "
		"\"Get \"],\n"
		"\"include-command-output-in-response-on-error\": true,\n"
		"\"parse-parameters-as-json\": [{\"source\": \"payload\", \"name\": \"p\"}],\n"
		"\"pass-environment-to-command\": [{\"source\": \"url\", \"name\": \"e\", \"envname\": \"E\"}],\n"
		"\"pass-file-to-command\": [{\"source\": \"raw-request-body\", \"envname\": \"F\", "
		"\"base64decode\": true}],\n"
		"\"trigger-rule-mismatch-http-response-code\": 400, "
		"\"trigger-signature-soft-failures\": true,\n"
		"\"checkout\": {\"repository\": \"https://github.com/acme/app.git\",\n"
		"  \"ref\": {\"source\": \"url\", \"name\": \"ref\"},\n"
		"  \"commit\": \"0123456789abcdef0123456789abcdef01234567\"},\n"
		"\"pass-stdin-to-command\": {\"source\": \"entire-payload\"},\n"
		"\"pass-uploads-to-command\": [{\"name\": \"report\", \"envname\": \"REPORT\"}, {\"name\": \"b\"}],\n"
		"\"exit-codes\": {\"3\": 422, \"255\": 200},\n"
		"\"stream-command-output\": true, \"when-client-leaves\": \"stop\", \"timeout\": \"90s\",\n"
		"\"stop-signal\": \"SIGINT\", \"keep-processes\": true, \"inherit-environment\": true}]",
		NULL));
	assert_string_equal(all_problems(&f), "");
	const struct hook *hook = hooks_find(&f.hooks, STR("all"));
	assert_str(hook->execute_command, "make");
	assert_str(hook->command_working_directory, "sub");
	assert_str(hook->response_message, "m");
	assert_int_equal(hook->success_http_response_code, 201);
	assert_str(hook->incoming_payload_content_type, "application/json");
	assert_int_equal(hook->http_methods.count, 2);
	assert_str(hook->http_methods.items[0], "POST");
	assert_str(hook->http_methods.items[1], "GET");
	assert_true(hook->include_command_output_in_response_on_error);
	assert_false(hook->include_command_output_in_response);
	assert_str(hook->parse_parameters_as_json.items[0].name, "p");
	assert_str(hook->pass_environment_to_command.items[0].envname, "E");
	assert_true(hook->pass_file_to_command.items[0].base64decode);
	assert_int_equal(hook->trigger_rule_mismatch_http_response_code, 400);
	assert_true(hook->trigger_signature_soft_failures);
	assert_true(hook->checkout.enabled);
	assert_int_equal(hook->checkout.repository->kind, SOURCE_STRING);
	assert_str(hook->checkout.repository->name, "https://github.com/acme/app.git");
	assert_int_equal(hook->checkout.ref->kind, SOURCE_QUERY);
	assert_str(hook->checkout.commit->name, "0123456789abcdef0123456789abcdef01234567");
	assert_str(hook->script, "");
	assert_int_equal(hook->input->kind, SOURCE_ENTIRE_PAYLOAD);
	assert_false(hook->uploads.all);
	assert_int_equal(hook->uploads.count, 2);
	assert_str(hook->uploads.items[0].name, "report");
	assert_str(hook->uploads.items[0].envname, "REPORT");
	assert_str(hook->uploads.items[1].envname, "");
	assert_int_equal(hook->exit_codes.count, 2);
	assert_int_equal(hook->exit_codes.items[0].code, 3);
	assert_int_equal(hook->exit_codes.items[0].status, 422);
	assert_int_equal(hook->exit_codes.items[1].code, 255);
	assert_int_equal(hook->exit_codes.items[1].status, 200);
	assert_true(hook->stream_command_output);
	assert_true(hook->stop_when_client_leaves);
	assert_int_equal(hook->timeout, 90000);
	assert_int_equal(hook->stop_signal, SIGINT);
	assert_true(hook->keep_processes);
	assert_true(hook->inherit_environment);
	arena_release(&f.arena);
}

/* One more line of a hook, and what is said of it. */
#define HOOK "- id: a\n  execute-command: x\n  "
#define IN_HOOK(line) HOOK line "\n"

static void test_scripts(void **state)
{
	static const char text[] = "- id: a\n  run: |\n    cd sub\n    echo \"$1\"\n  pass-uploads-to-command: true\n"
				   "- {id: b, run: make, pass-uploads-to-command: false}\n";
	struct hooks_options options = {.repository = true, .strict = true};
	struct fixture f;
	(void)state;

	set_up(&f);
	if (!read_hooks(&f, text, &options)) /* a repository may have all of them */
		fail_msg("%s", all_problems(&f));
	assert_str(f.hooks.items[0]->script, "cd sub\necho \"$1\"\n");
	assert_str(f.hooks.items[0]->execute_command, "");
	assert_true(f.hooks.items[0]->uploads.all);
	assert_null(f.hooks.items[0]->input);
	assert_str(f.hooks.items[1]->script, "make");
	assert_false(f.hooks.items[1]->uploads.all);
	arena_release(&f.arena);
}

static void test_values(void **state)
{
	static const struct {
		const char *line;
		int64_t timeout;
		bool checkout, stop;
		int signal;
	} cases[] = {
		{"timeout: none", -1, false, false, SIGTERM},
		{"timeout: 1h30m", 5400000, false, false, SIGTERM},
		{"checkout: true", HOOK_TIMEOUT_DEFAULT, true, false, SIGTERM},
		{"checkout: no", HOOK_TIMEOUT_DEFAULT, false, false, SIGTERM},
		{"checkout: {ref: refs/heads/main}", HOOK_TIMEOUT_DEFAULT, true, false, SIGTERM},
		{"when-client-leaves: continue", HOOK_TIMEOUT_DEFAULT, false, false, SIGTERM},
		{"when-client-leaves: stop", HOOK_TIMEOUT_DEFAULT, false, true, SIGTERM},
		{"stop-signal: HUP", HOOK_TIMEOUT_DEFAULT, false, false, SIGHUP},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		if (!read_hooks(&f, arena_printf(&f.arena, HOOK "%s\n", cases[i].line), NULL))
			fail_msg("%s: %s", cases[i].line, all_problems(&f));
		const struct hook *hook = f.hooks.items[0];
		assert_int_equal(hook->timeout, cases[i].timeout);
		assert_int_equal(hook->checkout.enabled, cases[i].checkout);
		assert_int_equal(hook->stop_when_client_leaves, cases[i].stop);
		assert_int_equal(hook->stop_signal, cases[i].signal);
		arena_release(&f.arena);
	}
}

static void test_problems(void **state)
{
	static const struct {
		const char *text, *problems;
	} cases[] = {
		/* The file. */
		{"", "h.yaml:1:1: the file is empty: expected a list of hooks"},
		{"# nothing\n", "h.yaml:1:1: the file is empty: expected a list of hooks"},
		{"[]", "h.yaml:1:1: the list is empty: expected hooks"},
		{"id: a\n", "h.yaml:1:1: expected a list of hooks such as \"- id: …\", found a map"},
		{"hooks", "h.yaml:1:1: expected a list of hooks such as \"- id: …\", found a text"},
		/* The hook. */
		{"- a\n", "h.yaml:1:3: hook 1: expected a map of keys such as \"id: …\", found a text"},
		{"- ~\n", "h.yaml:1:3: hook 1: expected a map of keys such as \"id: …\", found nothing"},
		{"- id: a\n", "h.yaml:1:3: hook \"a\": execute-command is missing, or in its place run or dagger"},
		{"- execute-command: a\n", "h.yaml:1:3: hook 1: id is missing"},
		{"- id: ''\n  execute-command: a\n", "h.yaml:1:7: hook 1: id is empty"},
		{"- id: a\n  execute-command: ''\n", "h.yaml:2:20: hook \"a\": execute-command is empty"},
		{"- id: a\n  execute-command:\n", "h.yaml:2:3: hook \"a\": execute-command has no value"},
		{"- id: [a]\n  execute-command: a\n", "h.yaml:1:7: hook 1: id: expected a text, found a list"},
		{"- id: a\n  execute-command: a\n- id: b\n  execute-command: b\n- id: a\n  execute-command: c\n",
	         "h.yaml:5:7: hook \"a\": this id is taken by the hook at h.yaml:1:3"},
		{IN_HOOK("include-command-output-in-response: 'true'"),
	         "h.yaml:3:39: hook \"a\": include-command-output-in-response: expected true or false without quotes, "
	         "found a text"},
		{IN_HOOK("success-http-response-code: ok"),
	         "h.yaml:3:31: hook \"a\": success-http-response-code: expected a whole number, found a text"},
		{IN_HOOK("http-methods: {a: b}"),
	         "h.yaml:3:17: hook \"a\": http-methods: expected a list of texts, found a map"},
		{IN_HOOK("pass-arguments-to-command: {source: payload}"),
	         "h.yaml:3:30: hook \"a\": pass-arguments-to-command: expected a list of values, found a map"},
		{IN_HOOK("pass-arguments-to-command: [{source: payload}, {source: nope, name: b}]"),
	         "h.yaml:3:31: hook \"a\": name is missing: which payload?\n"
	         "h.yaml:3:59: hook \"a\": source: there is no \"nope\": expected one of header, url, query, payload, "
	         "request, event, string, raw-request-body, entire-payload, entire-headers, entire-query, secret"},
		{IN_HOOK("pass-environment-to-command: [a]"),
	         "h.yaml:3:33: hook \"a\": expected a value such as {source: payload, name: ref}, found a text"},
		{IN_HOOK("response-headers: {name: a}"),
	         "h.yaml:3:21: hook \"a\": response-headers: expected a list of {name, value}, found a map"},
		{IN_HOOK("response-headers: [{value: a}]"), "h.yaml:3:22: hook \"a\": name is missing"},
		{IN_HOOK("response-headers: [{name: 'a b', value: c}]"),
	         "h.yaml:3:29: hook \"a\": name: a byte that no header's name may hold"},
		{IN_HOOK("response-headers: [{name: '', value: c}]"),
	         "h.yaml:3:29: hook \"a\": name: a header's name cannot be empty"},
		{IN_HOOK("response-headers: [{name: X-A, value: \"b\\r\\nSet-Cookie: c\"}]"),
	         "h.yaml:3:41: hook \"a\": value: a line break or control character in a header"},
		{IN_HOOK("when-client-leaves: stpo"),
	         "h.yaml:3:23: hook \"a\": when-client-leaves: there is no \"stpo\": did you mean \"stop\"?"},
		{IN_HOOK("stop-signal: SEGV"),
	         "h.yaml:3:16: hook \"a\": stop-signal: there is no \"SEGV\": expected one of TERM, INT, QUIT, HUP, USR1, "
	         "USR2, KILL, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL"},
		{IN_HOOK("timeout: 0"),
	         "h.yaml:3:12: hook \"a\": timeout: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, "
	         "found 0"},
		{IN_HOOK("timeout: soon"),
	         "h.yaml:3:12: hook \"a\": timeout: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, "
	         "found \"soon\""},
		/* What to run, and what it gets. */
		{"- id: a\n  run: ''\n", "h.yaml:2:8: hook \"a\": run is empty"},
		{"- id: a\n  run: [make]\n", "h.yaml:2:8: hook \"a\": run: expected a text, found a list"},
		{IN_HOOK("run: make"),
	         "h.yaml:3:3: hook \"a\": run cannot stand beside execute-command: write one of the two"},
		{IN_HOOK("pass-stdin-to-command: [{source: entire-payload}]"),
	         "h.yaml:3:26: hook \"a\": expected a value such as {source: payload, name: ref}, found a list"},
		{IN_HOOK("pass-stdin-to-command: {source: payload, name: a, envname: A}"),
	         "warning: h.yaml:3:26: hook \"a\": envname has no effect in pass-stdin-to-command"},
		{IN_HOOK("pass-uploads-to-command: report"),
	         "h.yaml:3:28: hook \"a\": pass-uploads-to-command: expected true, false or a list of {name, envname}, "
	         "found a text"},
		{IN_HOOK("pass-uploads-to-command: [{envname: A}]"), "h.yaml:3:29: hook \"a\": name is missing"},
		{IN_HOOK("pass-uploads-to-command: [{name: ''}]"),
	         "h.yaml:3:36: hook \"a\": name: an upload's name cannot be empty"},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: ''}]"),
	         "h.yaml:3:48: hook \"a\": envname: a variable's name cannot be empty"},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: A-B}]"),
	         "h.yaml:3:48: hook \"a\": envname: expected a variable's name of letters, digits and '_', found \"A-B\""},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: 1st}]"),
	         "h.yaml:3:48: hook \"a\": envname: expected a variable's name of letters, digits and '_', found \"1st\""},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: LD_PRELOAD}]"),
	         "h.yaml:3:48: hook \"a\": envname: programs act upon LD_PRELOAD: choose another name for an upload's path"},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: http_proxy}]"),
	         "h.yaml:3:48: hook \"a\": envname: programs act upon http_proxy: choose another name for an upload's path"},
		{IN_HOOK("pass-uploads-to-command: [{name: a, envname: PATHS}]"), ""},
		{IN_HOOK("exit-codes: [3, 422]"),
	         "h.yaml:3:15: hook \"a\": exit-codes: expected a map from exit statuses to HTTP statuses such as "
	         "{3: 422}, found a list"},
		{IN_HOOK("exit-codes: {0: 200}"),
	         "h.yaml:3:16: hook \"a\": exit-codes: 0 is success, and its status is success-http-response-code"},
		{IN_HOOK("exit-codes: {256: 422}"),
	         "h.yaml:3:16: hook \"a\": exit-codes: expected an exit status from 1 to 255, found \"256\""},
		{IN_HOOK("exit-codes: {007: 422}"),
	         "h.yaml:3:16: hook \"a\": exit-codes: expected an exit status from 1 to 255, found \"007\""},
		{IN_HOOK("exit-codes: {default: 422}"),
	         "h.yaml:3:16: hook \"a\": exit-codes: expected an exit status from 1 to 255, found \"default\""},
		{IN_HOOK("exit-codes: {3: 101}"),
	         "h.yaml:3:19: hook \"a\": exit-codes: expected a whole number from 200 to 599, found 101"},
		{IN_HOOK("exit-codes: {3: 599}"), "h.yaml:3:19: hook \"a\": exit-codes: HTTP knows no status 599"},
		{IN_HOOK("exit-codes: {3: 422}"),
	         "warning: h.yaml:3:15: hook \"a\": exit-codes has no effect where the reply does not wait: it needs "
	         "include-command-output-in-response or stream-command-output"},
		{IN_HOOK("exit-codes: {3: 422}\n  stream-command-output: true"), ""},
		/* Rules. */
		{IN_HOOK("trigger-rule: []"),
	         "h.yaml:3:17: hook \"a\": expected a rule, which is a map with and, or, not or match, found a list"},
		{IN_HOOK("trigger-rule: {match: {type: value, secret: hidden, parameter: {source: header, name: X-Token}}}"),
	         "h.yaml:3:47: hook \"a\": a match of type value compares with value, not with secret: write value in its "
	         "place"},
		{IN_HOOK("trigger-rule: {match: {type: regex, regex: '(', parameter: {source: header, name: X-Token}}}"),
	         "h.yaml:3:46: hook \"a\": regex: at character 1: there is no ) for this ("},
		{IN_HOOK("pass-environment-to-command: [{source: string, value: {env: PATH}}]"),
	         "h.yaml:3:33: hook \"a\": envname is missing: which variable is the secret to be in?"},
		{IN_HOOK("trigger-rule: {match: {type: weather-vane, secret: hidden}}"),
	         "h.yaml:3:32: hook \"a\": type: there is no \"weather-vane\": expected one of value, regex, "
	         "payload-hmac-sha1, payload-hmac-sha256, payload-hmac-sha512, ip-whitelist, scalr-signature, forge-signature, "
	         "standard-webhooks, exists, less, greater"},
		{IN_HOOK("trigger-rule: {or: [{match: {type: value}}, {match: {type: nothing}}]}"),
	         "h.yaml:3:31: hook \"a\": parameter is missing: a match of type value needs it\n"
	         "h.yaml:3:31: hook \"a\": value is missing: a match of type value needs it\n"
	         "h.yaml:3:62: hook \"a\": type: there is no \"nothing\": expected one of value, regex, payload-hmac-sha1, "
	         "payload-hmac-sha256, payload-hmac-sha512, ip-whitelist, scalr-signature, forge-signature, "
	         "standard-webhooks, exists, less, greater"},
		/* Checkouts. */
		{IN_HOOK("checkout: yes please"),
	         "h.yaml:3:13: hook \"a\": checkout: expected true, false or a map with repository, ref, commit, found a "
	         "text"},
		{IN_HOOK("checkout: {ref: main}"),
	         "h.yaml:3:19: hook \"a\": ref: expected the full name of a ref such as refs/heads/main, found \"main\""},
		{IN_HOOK("checkout: {commit: abc}"),
	         "h.yaml:3:22: hook \"a\": commit: expected a full commit id of 40 or 64 lower-case hexadecimal digits, "
	         "found \"abc\""},
		{IN_HOOK("checkout: {repository: [a]}"),
	         "h.yaml:3:26: hook \"a\": expected a value such as {source: payload, name: ref}, found a list"},
		{IN_HOOK("checkout: {ref: {source: payload}}"),
	         "h.yaml:3:19: hook \"a\": name is missing: which payload?"},
		/* Several at once, and what is only a warning. */
		{"- id: a\n  excute-command: b\n  timeout: x\n- id: b\n",
	         "warning: h.yaml:2:3: hook \"a\": unknown key \"excute-command\": did you mean \"execute-command\"?\n"
	         "h.yaml:3:12: hook \"a\": timeout: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, "
	         "found \"x\"\n"
	         "h.yaml:1:3: hook \"a\": execute-command is missing, or in its place run or dagger\n"
	         "h.yaml:4:3: hook \"b\": execute-command is missing, or in its place run or dagger"},
		{IN_HOOK("artifacts: [src]"), "warning: h.yaml:3:3: hook \"a\": unknown key \"artifacts\" is ignored"},
		{IN_HOOK("trigger-rule:"),
	         "warning: h.yaml:3:3: hook \"a\": trigger-rule has no value and is taken as if it were not there"},
		{IN_HOOK("trigger-rule: {}"),
	         "warning: h.yaml:3:17: hook \"a\": this rule never holds: it has none of and, or, not, match"},
		{IN_HOOK("parse-parameters-as-json: [{source: raw-request-body}]"),
	         "warning: h.yaml:3:30: hook \"a\": parse-parameters-as-json has no effect on this source, only on header, "
	         "url and payload"},
		{IN_HOOK("parse-parameters-as-json: [{source: payload, name: a, default: '{}'}]"),
	         "warning: h.yaml:3:30: hook \"a\": default has no effect in parse-parameters-as-json"},
		{"- id: yes\n  execute-command: a\n",
	         "warning: h.yaml:1:7: hook \"yes\": id: YAML reads this as true or false and keeps it in another form: "
	         "put it in quotes to keep it as it is"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		bool good = read_hooks(&f, cases[i].text, NULL);
		assert_string_equal(all_problems(&f), cases[i].problems);
		assert_int_equal(good, f.problems.errors == 0);
		arena_release(&f.arena);
	}
}

/* Not the YAML reader's own words, which its tests have, but that they arrive with a place. */
static void test_broken_yaml(void **state)
{
	static const char *const texts[] = {"- id: a\n  b: [", "- id: \"a", "{", "- id: a\n id: b", "\t- id", "- *a"};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct fixture f;
		set_up(&f);
		assert_false(read_hooks(&f, texts[i], NULL));
		assert_int_equal(f.hooks.count, 0);
		assert_contains(all_problems(&f), "h.yaml:");
		arena_release(&f.arena);
	}
}

static void test_options(void **state)
{
	static const struct {
		struct hooks_options options;
		const char *text, *problems;
	} cases[] = {
		{{.strict = true}, IN_HOOK("path: x"), "h.yaml:3:3: hook \"a\": unknown key \"path\": did you mean \"paths\"?"},
		{{.strict = true},
	         IN_HOOK("response-headers: [{name: a, valeu: b}]"),
	         "h.yaml:3:32: hook \"a\": unknown key \"valeu\": did you mean \"value\"?"},
		{{.template = true},
	         IN_HOOK("timeout: {{timeout}}"),
	         "h.yaml:3:14: template: there is no function \"timeout\""},
		{{.template = true},
	         IN_HOOK("{{/* gone */ -}}\n  timeout: 1s\n  {{`http-methods: {a: b}`}}"),
	         "h.yaml: line 4, column 17 after the template: hook \"a\": http-methods: expected a list of texts, found a map"},
		{{.template = true},
	         "- {id: a, execute-command: x}\n{{print `- {id: a, execute-command: z}`}}",
	         "h.yaml: line 2, column 8 after the template: hook \"a\": this id is taken by the hook at "
	         "h.yaml after the template:1:3"},
		{{.template = true, .repository = true},
	         "- {id: '{{print `a`}}', execute-command: x, keep-processes: true}",
	         "h.yaml:1:45: hook \"{{print `a`}}\": keep-processes may not be used in a repository's file"},
		{{.repository = true},
	         IN_HOOK("keep-processes: true"),
	         "h.yaml:3:3: hook \"a\": keep-processes may not be used in a repository's file"},
		{{.repository = true},
	         IN_HOOK("inherit-environment: true"),
	         "h.yaml:3:3: hook \"a\": inherit-environment may not be used in a repository's file"},
		{{.repository = true},
	         IN_HOOK("response-headers: []"),
	         "h.yaml:3:3: hook \"a\": response-headers may not be used in a repository's file"},
		{{.repository = true}, IN_HOOK("trigger-rule: {and: []}"), ""},
		{{.repository = true},
	         IN_HOOK("trigger-rule: {match: {type: scalr-signature, secret: [a, {env: PATH}]}}"),
	         "h.yaml:3:61: hook \"a\": secret: a repository's file may not read environment, files or credentials of "
	         "the server"},
		{{.repository = true},
	         IN_HOOK("pass-environment-to-command: [{source: secret, name: a}]"),
	         "h.yaml:3:56: hook \"a\": there is no secret \"a\" that this repository may use: its entry under "
	         "repositories in pocketci.yaml lists those under secrets"},
		{{.check = true}, IN_HOOK("pass-environment-to-command: [{source: secret, name: a}]"), ""},
		{{.strict = true},
	         IN_HOOK("pass-arguments-to-command: [{source: string, value: {env: PATH}, envname: A}]"),
	         "h.yaml:3:31: hook \"a\": a secret cannot stand here, only in pass-environment-to-command, "
	         "pass-file-to-command and pass-stdin-to-command: arguments, for one, can be seen by every user of the machine"},
		{{.repository = true},
	         IN_HOOK("trigger-rule: {match: {type: value, value: a, parameter: {source: url, name: b, envname: c}}}"),
	         ""},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		bool good = read_hooks(&f, cases[i].text, &cases[i].options);
		assert_string_equal(all_problems(&f), cases[i].problems);
		assert_int_equal(good, cases[i].problems[0] == '\0');
		arena_release(&f.arena);
	}
}

/* A hook with a problem is left out, and one without is there all the same: for a check of the whole file. */
static void test_goes_on(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_false(
		read_hooks(&f, "- id: a\n- id: b\n  execute-command: x\n- 7\n- id: c\n  execute-command: y\n", NULL));
	assert_int_equal(f.hooks.count, 2);
	assert_non_null(hooks_find(&f.hooks, STR("b")));
	assert_non_null(hooks_find(&f.hooks, STR("c")));
	assert_int_equal(f.problems.errors, 2);
	arena_release(&f.arena);
}

/* An id is taken by a hook with a problem as well, and what only the whole hook tells is told beside other problems. */
static void test_tells_all(void **state)
{
	const struct hooks_options options = {.strict = true};
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_false(
		read_hooks(&f,
	                   "- {id: a, execute-command: x, timeout: 1}\n- {id: a, execute-command: '', timeout: 2}\n"
	                   "- {id: '', execute-command: ''}\n",
	                   &options));
	assert_int_equal(f.problems.errors, 6);
	assert_contains(all_problems(&f), "h.yaml:1:40: hook \"a\": timeout: ");
	assert_contains(all_problems(&f), "h.yaml:2:41: hook \"a\": timeout: ");
	assert_contains(all_problems(&f), "h.yaml:2:28: hook \"a\": execute-command is empty");
	assert_contains(all_problems(&f), "h.yaml:2:8: hook \"a\": this id is taken by the hook at h.yaml:1:3");
	assert_contains(all_problems(&f), "h.yaml:3:8: hook 3: id is empty");
	assert_contains(all_problems(&f), "h.yaml:3:29: hook 3: execute-command is empty");
	assert_string_equal(f.problems.items[0].hook, "a");
	assert_null(f.problems.items[5].hook);
	assert_false(
		hooks_read(&f.arena, &f.hooks, STR("- {id: a, execute-command: x}"), "i.yaml", &options, &f.problems));
	assert_contains(all_problems(&f), "i.yaml:1:8: hook \"a\": this id is taken by the hook at h.yaml:1:3");
	assert_null(f.problems.hook);
	arena_release(&f.arena);
}

static void test_open_hooks(void **state)
{
	static const char open_hook[] =
		"h.yaml:1:3: hook \"a\": there is no trigger-rule, so whoever reaches its URL runs "
		"the command: add a rule that checks a signature or a token";
	static const struct {
		const char *text;
		bool open;
	} cases[] = {
		{IN_HOOK("timeout: 1s"), true},
		{IN_HOOK("trigger-rule: ~"), true},
		{IN_HOOK("trigger-rule: {and: []}"), false},
		{IN_HOOK("Trigger-Rule: {match: {type: scalr-signature, secret: s}}"), false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases) * 2; i++) {
		const struct hooks_options options = {.name_open = i % 2 == 0};
		struct fixture f;
		set_up(&f);
		assert_true(read_hooks(&f, cases[i / 2].text, &options));
		assert_int_equal(strstr(all_problems(&f), open_hook) != NULL, cases[i / 2].open && options.name_open);
		arena_release(&f.arena);
	}
}

static void test_files(void **state)
{
	struct fixture f;
	struct error error = ERROR_INIT;
	const struct hooks_options options = {.strict = true};
	char folder[64];
	(void)state;

	set_up(&f);
	make_temporary_folder(folder);
	const char *one = arena_printf(&f.arena, "%s/one.yaml", folder);
	const char *two = arena_printf(&f.arena, "%s/two.json", folder);
	assert_true(file_create(one, STR("- id: a\n  execute-command: x\n"), 0600, &error));
	assert_true(file_create(two, STR("[{\"id\": \"a\", \"execute-command\": \"x\"}]"), 0600, &error));

	assert_true(hooks_read_file(&f.arena, &f.hooks, one, &options, &f.problems));
	assert_false(hooks_read_file(&f.arena, &f.hooks, two, &options, &f.problems));
	assert_string_equal(
		all_problems(&f),
		arena_printf(&f.arena, "%s:1:9: hook \"a\": this id is taken by the hook at %s:1:3", two, one));
	f.problems.count = 0;
	assert_false(
		hooks_read_file(&f.arena, &f.hooks, arena_printf(&f.arena, "%s/none", folder), &options, &f.problems));
	assert_int_equal(f.problems.count, 1);
	assert_contains(all_problems(&f), arena_printf(&f.arena, "%s/none", folder));
	assert_false(hooks_read_file(&f.arena, &f.hooks, folder, &options, &f.problems));
	assert_true(file_remove_tree(folder, &error));
	arena_release(&f.arena);
}

/* What is to be watched: the files, and what their templates name, whether it is there or not. Broken ones as well. */
static void test_files_that_count(void **state)
{
	struct fixture f;
	struct error error = ERROR_INIT;
	const struct hooks_options options = {.template = true};
	char folder[64];
	(void)state;

	make_temporary_folder(folder);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	for (int broken = 0; broken < 2; broken++) {
		set_up(&f);
		const char *path = arena_printf(&f.arena, "%s/hooks.yaml", folder);
		const char *cat = arena_printf(&f.arena, "%s/secret", folder);
		const char *text = arena_printf(&f.arena,
		                                "- id: a\n  execute-command: {{ cat \"%s\" }}{{ cat \"%s\" }}\n"
		                                "  response-message: x{{ credential \"none\" }}{{ cat \"\" }}\n%s",
		                                cat, cat, broken ? "{{ slice 1 }}" : "");
		assert_true(file_replace(cat, STR("command"), 0600, &error));
		assert_true(file_replace(path, str_from(text), 0600, &error));
		assert_int_equal(hooks_read_file(&f.arena, &f.hooks, path, &options, &f.problems), !broken);
		assert_int_equal(f.hooks.file_count, 3);
		assert_str(f.hooks.files[0], path);
		assert_str(f.hooks.files[1], cat);
		assert_str(f.hooks.files[2], arena_printf(&f.arena, "%s/none", folder));
		for (size_t i = 0; i < 3; i++) {
			struct file_identity now = file_identify(f.hooks.files[i].data);
			assert_true(file_identity_equal(&now, &f.hooks.identities[i]));
			assert_int_equal(now.error, i == 2 ? ENOENT : 0);
		}
		arena_release(&f.arena);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(file_remove_tree(folder, &error));
}

static const char kept_hooks[] =
	"- id: a\n"
	"  execute-command: x\n"
	"  trigger-rule:\n"
	"    or:\n"
	"    - match: {type: payload-hmac-sha256, secret: [{file: keys/new}, {file: keys/old}], parameter: {source: header, "
	"name: X-S}}\n"
	"    - match: {type: value, value: {credential: token}, parameter: {source: header, name: X-T}}\n"
	"  pass-environment-to-command:\n"
	"  - {source: string, value: {file: keys/old}, envname: OLD}\n"
	"  - {source: secret, name: deploy}\n"
	"  pass-file-to-command:\n"
	"  - {source: secret, name: deploy, envname: TOKEN_FILE}\n";

/* Texts kept elsewhere, relative to the file that names them; the files are noted, each once. */
static void test_kept_texts(void **state)
{
	struct fixture f;
	struct error error = ERROR_INIT;
	struct named_secret named = {STR("deploy"), {SECRET_ENVIRONMENT, STR("POCKETCI_TEST_SECRET")}};
	struct named_secrets secrets = {&named, 1};
	const struct hooks_options options = {.strict = true, .secrets = &secrets};
	char folder[64];
	(void)state;

	set_up(&f);
	make_temporary_folder(folder);
	const char *path = arena_printf(&f.arena, "%s/hooks.yaml", folder);
	const char *old = arena_printf(&f.arena, "%s/keys/old", folder);
	const char *new = arena_printf(&f.arena, "%s/keys/new", folder);
	const char *token = arena_printf(&f.arena, "%s/token", folder);
	assert_true(file_make_folders(arena_printf(&f.arena, "%s/keys", folder), 0700, &error));
	assert_true(file_create(path, str_from(kept_hooks), 0600, &error));
	assert_true(file_create(old, STR("old one\n"), 0600, &error));
	assert_true(file_create(token, STR("t0ken"), 0600, &error));
	setenv("POCKETCI_TEST_SECRET", "hunter2", 1);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);

	assert_false(hooks_read_file(&f.arena, &f.hooks, path, &options, &f.problems));
	assert_string_equal(
		all_problems(&f),
		arena_printf(&f.arena,
	                     "%s:5:51: hook \"a\": secret: the secret should be in a file: cannot open %s: No "
	                     "such file or directory",
	                     path, new));
	assert_int_equal(f.hooks.file_count, 4); /* a new attempt is worth it once one of them changes */

	assert_true(file_create(new, STR("new one"), 0600, &error));
	f.hooks = (struct hooks){0};
	f.problems.count = 0;
	assert_true(hooks_read_file(&f.arena, &f.hooks, path, &options, &f.problems));
	const char *const files[] = {path, new, old, token};
	assert_int_equal(f.hooks.file_count, COUNT_OF(files));
	for (size_t i = 0; i < COUNT_OF(files); i++)
		assert_str(f.hooks.files[i], files[i]);
	const struct hook *hook = f.hooks.items[0];
	const struct match *match = &hook->trigger_rule->children[0]->match;
	assert_int_equal(match->secrets.count, 2);
	assert_str(match->secrets.items[0], "new one");
	assert_str(match->secrets.items[1], "old one");
	assert_str(hook->trigger_rule->children[1]->match.value, "t0ken");
	assert_true(hook->trigger_rule->children[1]->match.value_secret);
	assert_str(hook->pass_environment_to_command.items[0].name, "old one");
	assert_true(hook->pass_environment_to_command.items[0].secret);
	assert_str(hook->pass_environment_to_command.items[1].name, "hunter2");
	assert_str(hook->pass_file_to_command.items[0].name, "hunter2");
	unsetenv("POCKETCI_TEST_SECRET");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(file_remove_tree(folder, &error));
	arena_release(&f.arena);
}

/* A check by somebody who cannot read the secrets, in a file that would do for the server. */
static void test_kept_texts_in_a_check(void **state)
{
	static const char text[] = IN_HOOK("trigger-rule: {and: ["
	                                   "{match: {type: standard-webhooks, secret: {credential: a}}}, "
	                                   "{match: {type: less, value: {env: POCKETCI_TEST_NONE}, parameter: {source: "
	                                   "url, name: b}}}]}");
	const struct hooks_options options = {.strict = true, .check = true};
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_true(read_hooks(&f, text, &options));
	assert_string_equal(
		all_problems(&f),
		"warning: h.yaml:3:66: hook \"a\": secret: cannot be read here, and the server must be able to: the secret "
		"should be the credential a, but CREDENTIALS_DIRECTORY is not set: systemd sets it where the unit has "
		"LoadCredential=a:FILE\n"
		"warning: h.yaml:3:113: hook \"a\": value: cannot be read here, and the server must be able to: the secret "
		"should be in the environment variable POCKETCI_TEST_NONE, which is not set");
	arena_release(&f.arena);
}

/* Thousands of hooks do not take the square of it. */
static void test_many(void **state)
{
	struct fixture f;
	struct buf text = BUF_INIT;
	(void)state;

	set_up(&f);
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "- {id: hook-%d, execute-command: x}\n", i);
	assert_true(read_hooks(&f, text.data, NULL));
	assert_int_equal(f.hooks.count, 20000);
	assert_ptr_equal(hooks_find(&f.hooks, STR("hook-19999")), f.hooks.items[19999]);
	buf_release(&text);
	arena_release(&f.arena);
}

/* The table itself: what the manual and the schema will be made from. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < hook_key_count; i++) {
		assert_non_null(hook_keys[i].summary);
		assert_true(hook_keys[i].type != KEY_CUSTOM || (hook_keys[i].read && hook_keys[i].shape));
		assert_true(hook_keys[i].offset < sizeof(struct hook));
		assert_ptr_equal(keys_find(hook_keys, hook_key_count, str_from(hook_keys[i].name)), &hook_keys[i]);
	}
	assert_non_null(keys_find(hook_keys, hook_key_count, STR("Trigger-Rule")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_examples),   TEST(test_defaults),   TEST(test_every_key),
		TEST(test_values),     TEST(test_problems),   TEST(test_broken_yaml),
		TEST(test_options),    TEST(test_goes_on),    TEST(test_files),
		TEST(test_many),       TEST(test_table),      TEST(test_tells_all),
		TEST(test_open_hooks), TEST(test_kept_texts), TEST(test_kept_texts_in_a_check),
		TEST(test_scripts),
		TEST(test_files_that_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
