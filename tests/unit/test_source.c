/* hook/source.h: what each source gives, what is missing and what fails; reading them. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "config/problem.h"
#include "config/secret.h"
#include "hook/hook.h"
#include "hook/kept_text.h"
#include "hook/source.h"
#include "payload/request.h"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct request request;
	struct hooks_context context;
	bool repository, private;
};

static void set_up(struct fixture *f, const char *body)
{
	*f = (struct fixture){.arena = ARENA_INIT};
	f->problems.arena = &f->arena;
	f->request = (struct request){
		.arena = &f->arena,
		.method = STR("PUT"),
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR("token=a%20b&token=c&empty="),
		.body = str_from(body),
		.content_type = STR("application/json"),
	};
	request_add_header(&f->request, STR("x-gitHub-event"), STR("push"));
	request_add_header(&f->request, STR("x-gitHub-event"), STR("ping"));
	request_add_header(&f->request, STR("X-Dotted.Name"), STR("dotted"));
}

/* Reads a source out of flow YAML. */
static bool read_source(struct fixture *f, const char *text, struct source *source)
{
	struct key_reader reader = {
		.arena = &f->arena, .problems = &f->problems, .context = &f->context, .repository = f->repository};
	struct yaml_node *node = yaml_parse(&f->arena, str_from(text), "f", &yaml_limits_server, &f->problems);
	return node && (f->private ? source_read_private : source_read)(&reader, node, source);
}

#define BODY \
	"{\"ref\":\"refs/heads/main\",\"num\":1.0,\"big\":12345678901234567890,\"t\":true,\"z\":null," \
	"\"commits\":[{\"message\":\"first\"},{\"message\":\"<b>\"}],\"a.b\":\"whole\",\"a\":{\"b\":\"parts\"," \
	"\"c\":{}}}"

static void test_values(void **state)
{
	static const struct {
		const char *source, *value, *described;
	} cases[] = {
		{"{source: header, name: X-GITHUB-event}", "push", "header X-GITHUB-event"},
		{"{source: header, name: X-Dotted.Name}", "dotted", "header X-Dotted.Name"},
		{"{source: url, name: token}", "a b", "query token"},
		{"{source: query, name: empty}", "", "query empty"},
		{"{source: payload, name: ref}", "refs/heads/main", "payload ref"},
		{"{source: payload, name: num}", "1.0", "payload num"},
		{"{source: payload, name: big}", "12345678901234567890", "payload big"},
		{"{source: payload, name: t}", "true", "payload t"},
		{"{source: payload, name: z}", "<nil>", "payload z"},
		{"{source: payload, name: commits.1.message}", "<b>", "payload commits.1.message"},
		{"{source: payload, name: commits.1}", "{\"message\":\"\\u003cb\\u003e\"}", "payload commits.1"},
		{"{source: payload, name: a.b}", "whole", "payload a.b"},
		{"{source: payload, name: a}", "{\"b\":\"parts\",\"c\":{}}", "payload a"},
		{"{source: request, name: Method}", "PUT", "request Method"},
		{"{source: request, name: remote-addr}", "192.0.2.1:4711", "request remote-addr"},
		{"{source: string, name: some text}", "some text", "string"},
		{"{source: string, value: some text}", "some text", "string"},
		{"{source: string}", "", "string"},
		{"{source: string, name: yes}", "true", "string"},
		{"{source: raw-request-body}", BODY, "raw-request-body"},
		{"{source: entire-headers}", "{\"X-Dotted.name\":\"dotted\",\"X-Github-Event\":\"push\"}",
	         "entire-headers"},
		{"{source: entire-query, name: ignored}", "{\"empty\":\"\",\"token\":\"a b\"}", "entire-query"},
		{"{SOURCE: payload, Name: ref}", "refs/heads/main", "payload ref"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value;
		struct error error = ERROR_INIT;
		set_up(&f, BODY);
		if (!read_source(&f, cases[i].source, &source))
			fail_msg("%s: %s", cases[i].source, f.problems.items[0].text);
		if (source_get(&source, &f.request, &value, &error) != SOURCE_FOUND)
			fail_msg("%s: %s", cases[i].source, error.message);
		assert_str(value, cases[i].value);
		assert_str(source_describe(&source, &f.request), cases[i].described);
		arena_release(&f.arena);
	}
}

static void test_entire_payload(void **state)
{
	static const struct {
		const char *body, *value;
	} cases[] = {
		{"{\"b\":[1.50,\"\xE2\x80\xA8&\"],\"a\":null}", "{\"a\":null,\"b\":[1.50,\"\\u2028\\u0026\"]}"},
		{"[1,2]", "{\"root\":[1,2]}"},
		{"", "null"},
		{"{\"a\":", "null"},
		{"null", "null"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value;
		struct error error = ERROR_INIT;
		set_up(&f, cases[i].body);
		assert_true(read_source(&f, "{source: entire-payload}", &source));
		assert_int_equal(source_get(&source, &f.request, &value, &error), SOURCE_FOUND);
		assert_str(value, cases[i].value);
		arena_release(&f.arena);
	}
}

static void test_missing(void **state)
{
	static const struct {
		const char *source, *body;
		enum source_result result;
		const char *message;
	} cases[] = {
		{"{source: header, name: x-token}", BODY, SOURCE_MISSING, "there is no header x-token"},
		{"{source: url, name: Token}", BODY, SOURCE_MISSING, "there is no query Token"},
		{"{source: payload, name: REF}", BODY, SOURCE_MISSING, "there is no payload REF"},
		{"{source: payload, name: commits.2.message}", BODY, SOURCE_MISSING,
	         "there is no payload commits.2.message"},
		{"{source: payload, name: commits.x}", BODY, SOURCE_MISSING, "there is no payload commits.x"},
		{"{source: payload, name: ref.x}", BODY, SOURCE_MISSING, "there is no payload ref.x"},
		{"{source: payload, name: a.x.y}", BODY, SOURCE_MISSING, "there is no payload a.x.y"},
		/* The way through a null is an error of its own, as in the reference. */
		{"{source: payload, name: z.x}", BODY, SOURCE_FAILED, "payload z.x: a part before its end is null"},
		{"{source: payload, name: z.x.y}", BODY, SOURCE_FAILED, "payload z.x.y: a part before its end is null"},
		{"{source: payload, name: ref}", "", SOURCE_MISSING, NULL},
		{"{source: payload, name: ref}", "null", SOURCE_MISSING, "there is no payload ref"},
		{"{source: payload, name: ref.x}", "null", SOURCE_MISSING, "there is no payload ref.x"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value = STR("untouched");
		struct error error = ERROR_INIT;
		set_up(&f, cases[i].body);
		assert_true(read_source(&f, cases[i].source, &source));
		assert_int_equal(source_get(&source, &f.request, &value, &error), cases[i].result);
		assert_str(value, "");
		if (cases[i].message)
			assert_string_equal(error.message, cases[i].message);
		else
			assert_contains(error.message,
			                "there is no payload ref, since the payload could not be read: ");
		arena_release(&f.arena);
	}
}

static void test_fields(void **state)
{
	struct fixture f;
	struct source source;
	(void)state;

	set_up(&f, "");
	assert_true(read_source(&f, "\n\n  {source: header, name: x-hub, envname: SIG, base64decode: true}", &source));
	assert_int_equal(source.kind, SOURCE_HEADER);
	assert_str(source.name, "X-Hub");
	assert_str(source.written_name, "x-hub");
	assert_str(source.envname, "SIG");
	assert_true(source.base64decode);
	assert_int_equal(source.position.line, 3);
	assert_int_equal(source.position.column, 3);
	assert_true(read_source(&f, "{source: payload, name: a}", &source));
	assert_false(source.base64decode);
	assert_str(source.envname, "");
	assert_int_equal(f.problems.count, 0);
	arena_release(&f.arena);
}

#define PUSH \
	"{\"ref\":\"refs/heads/main\",\"after\":\"6113728f27ae82c7b1a177c8d03f9e96e0adf246\",\"repository\":{\"full_name\":" \
	"\"acme/app\",\"clone_url\":\"https://github.com/acme/app.git\"}}"

static void test_event(void **state)
{
	static const struct {
		const char *name, *header, *body;
		enum source_result result;
		const char *value, *problem;
	} cases[] = {
		{"type", "X-GitHub-Event", PUSH, SOURCE_FOUND, "push", ""},
		{"forge", "X-GitHub-Event", PUSH, SOURCE_FOUND, "github", ""},
		{"branch", "X-GitHub-Event", PUSH, SOURCE_FOUND, "main", ""},
		{"Clone-URL", "X-GitHub-Event", PUSH, SOURCE_FOUND, "https://github.com/acme/app.git", ""},
		{"before", "X-GitHub-Event", PUSH, SOURCE_MISSING, "", "there is no event before"},
		{"fork", "X-GitHub-Event", PUSH, SOURCE_MISSING, "", "there is no event fork"},
		{"type", "X-Other", PUSH, SOURCE_MISSING, "",
	         "there is no event type: the request is no event of a forge that is known here"},
		{"type", "X-GitHub-Event", "{\"ref\":", SOURCE_FAILED, "",
	         "event type: github event push: JSON body: 1:8: the text ends before its value does"},
		{"ref", "X-GitHub-Event", "{}", SOURCE_FAILED, "", "event ref: github event push: ref is missing"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value;
		struct error error = ERROR_INIT;
		set_up(&f, cases[i].body);
		f.request.header_count = 0;
		request_add_header(&f.request, str_from(cases[i].header), STR("push"));
		assert_true(
			read_source(&f, arena_printf(&f.arena, "{source: event, name: %s}", cases[i].name), &source));
		assert_int_equal(source_get(&source, &f.request, &value, &error), cases[i].result);
		assert_str(value, cases[i].value);
		assert_string_equal(error.message, cases[i].problem);
		assert_false(source_has_tree(&source));
		assert_true(source_can_be_missing(&source));

		/* A default stands for what is missing, not for what cannot be read. */
		error = (struct error)ERROR_INIT;
		assert_true(read_source(
			&f, arena_printf(&f.arena, "{source: event, name: %s, default: d}", cases[i].name), &source));
		assert_int_equal(f.problems.count, 0);
		bool missing = cases[i].result == SOURCE_MISSING;
		assert_int_equal(source_get(&source, &f.request, &value, &error),
		                 missing ? SOURCE_FOUND : cases[i].result);
		assert_str(value, missing ? "d" : cases[i].value);
		assert_string_equal(error.message, missing ? "" : cases[i].problem);
		arena_release(&f.arena);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *source, *problem;
	} cases[] = {
		{"{source: paylaod, name: ref}", "f:1:10: source: there is no \"paylaod\": did you mean \"payload\"?"},
		{"{source: Header, name: a}", "f:1:10: source: there is no \"Header\": did you mean \"header\"?"},
		{"{source: weather, name: a}",
	         "f:1:10: source: there is no \"weather\": expected one of header, url, query, payload, request, event, "
	         "string, raw-request-body, entire-payload, entire-headers, entire-query, secret"},
		{"{source: [a]}",
	         "f:1:10: source: expected one of header, url, query, payload, request, event, string, "
	         "raw-request-body, entire-payload, entire-headers, entire-query, secret, found a list"},
		{"{name: ref}", "f:1:1: source is missing"},
		{"{source: ~, name: ref}", "f:1:2: source has no value"},
		{"{source: payload}", "f:1:1: name is missing: which payload?"},
		{"{source: url, name: ''}", "f:1:1: name is missing: which url?"},
		{"{source: header, value: x}", "f:1:25: value is for the source string; write name"},
		{"{source: string, name: a, value: b}", "f:1:34: a string has either name or value, not both"},
		{"{source: request, name: path}",
	         "f:1:25: name: expected one of method, remote-addr of the source request"},
		{"{source: request, name: methud}",
	         "f:1:25: name: there is no request \"methud\": did you mean \"method\"?"},
		{"{source: request}", "f:1:1: name is missing: which request?"},
		{"{source: event}", "f:1:1: name is missing: which event?"},
		{"{source: event, name: comit}", "f:1:23: name: there is no event \"comit\": did you mean \"commit\"?"},
		{"{source: event, name: sender-id}",
	         "f:1:23: name: expected one of type, forge, delivery, repository, clone-url, ssh-url, url, ref, branch, "
	         "tag, commit, before, number, action, source-branch, fork, author, message of the source event"},
		{"{source: payload, name: [a]}", "f:1:25: name: expected a text, found a list"},
		{"{source: payload, name: \"a\\0b\"}", "f:1:25: name: a NUL byte in the text"},
		{"{source: payload, name: a, base64decode: 1}",
	         "f:1:42: base64decode: expected true or false, found a number"},
		{"{source: payload, name: {env: A}}", "f:1:25: name: only the text of a string can be kept elsewhere"},
		{"{source: payload, name: a, default: [x]}", "f:1:37: default: expected a text, found a list"},
		{"{source: payload, name: a, default: x, base64decode: true}",
	         "f:1:37: default: with base64decode it is decoded like any value, and this is no base64"},
		{"payload ref", "f:1:1: expected a value such as {source: payload, name: ref}, found a text"},
		{"[payload]", "f:1:1: expected a value such as {source: payload, name: ref}, found a list"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		set_up(&f, "");
		if (read_source(&f, cases[i].source, &source))
			fail_msg("%s is taken", cases[i].source);
		assert_int_equal(f.problems.errors, 1);
		assert_string_equal(problem_text(&f.arena, &f.problems.items[0]), cases[i].problem);
		arena_release(&f.arena);
	}
}

/* Where the parameter is not there, not where it is empty; in place of the way through a null as well. */
static void test_default(void **state)
{
	static const struct {
		const char *source, *value;
	} cases[] = {
		{"{source: header, name: x-none, default: d}", "d"},
		{"{source: url, name: none, default: ''}", ""},
		{"{source: url, name: empty, default: d}", ""},
		{"{source: url, name: token, default: d}", "a b"},
		{"{source: payload, name: a.x.y, default: d}", "d"},
		{"{source: payload, name: z, default: d}", "<nil>"},
		{"{source: payload, name: z.x, default: d}", "d"},
		{"{source: payload, name: none, default: 'ZA==', base64decode: true}", "ZA=="},
		{"{source: string, name: s, default: d}", "s"},
		{"{source: request, name: method, default: d}", "PUT"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value = STR("untouched");
		struct error error = ERROR_INIT;
		bool always = strstr(cases[i].source, "string") || strstr(cases[i].source, "request");
		set_up(&f, BODY);
		assert_true(read_source(&f, cases[i].source, &source));
		assert_int_equal(source_get(&source, &f.request, &value, &error), SOURCE_FOUND);
		assert_str(value, cases[i].value);
		assert_int_equal(f.problems.count, always);
		if (always)
			assert_contains(f.problems.items[0].text,
			                "default has no effect: this source is never missing");
		arena_release(&f.arena);
	}

	struct fixture f;
	struct source source;
	struct str value;
	struct error error = ERROR_INIT;
	set_up(&f, BODY);
	assert_true(read_source(&f, "{source: url, name: none, default: ~}", &source));
	assert_int_equal(source_get(&source, &f.request, &value, &error), SOURCE_MISSING);
	arena_release(&f.arena);
}

static struct named_secret named[] = {
	{{"deploy-token", 12}, {SECRET_ENVIRONMENT, {"POCKETCI_TEST_SECRET", 20}}},
	{{"gone", 4}, {SECRET_FILE, {"/nonexistent/secret", 19}}},
};
static const struct named_secrets secrets = {named, COUNT_OF(named)};

/* A secret reaches the command, and no description shows it. */
static void test_secrets(void **state)
{
	static const struct {
		const char *source, *written_name, *described;
	} cases[] = {
		{"{source: secret, name: deploy-token}", "deploy-token", "secret deploy-token"},
		{"{source: string, value: {env: POCKETCI_TEST_SECRET}, envname: T}", "", "string"},
		{"{source: string, name: {env: POCKETCI_TEST_SECRET}, envname: T}", "", "string"},
	};
	(void)state;

	setenv("POCKETCI_TEST_SECRET", "hunter2", 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		struct str value;
		struct error error = ERROR_INIT;
		set_up(&f, BODY);
		f.context.secrets = &secrets;
		f.private = true;
		if (!read_source(&f, cases[i].source, &source))
			fail_msg("%s: %s", cases[i].source, f.problems.items[0].text);
		assert_true(source.secret);
		assert_int_equal(source_get(&source, &f.request, &value, &error), SOURCE_FOUND);
		assert_str(value, "hunter2");
		assert_str(source.written_name, cases[i].written_name);
		assert_str(source_describe(&source, &f.request), cases[i].described);

		f.private = false; /* in an argument or a rule */
		assert_false(read_source(&f, cases[i].source, &source));
		assert_contains(problem_text(&f.arena, &f.problems.items[0]),
		                "f:1:1: a secret cannot stand here, only in ");
		f.private = f.repository = true; /* only what is listed for it: of a named one that is what there is */
		bool by_name = str_contains(str_from(cases[i].source), STR("source: secret"));
		assert_int_equal(read_source(&f, cases[i].source, &source), by_name);
		if (!by_name)
			assert_contains(f.problems.items[1].text, "a repository's file may not ");
		arena_release(&f.arena);
	}
	unsetenv("POCKETCI_TEST_SECRET");
}

static void test_secrets_refused(void **state)
{
	static const struct {
		const char *source, *problem;
		bool unknown, check, warning;
	} cases[] = {
		{"{source: secret}", "f:1:1: name is missing: which secret?", false, false, false},
		{"{source: secret, value: a}", "f:1:25: value is for the source string; write name", false, false,
	         false},
		{"{source: secret, name: {env: A}}", "f:1:24: name: only the text of a string can be kept elsewhere",
	         false, false, false},
		{"{source: secret, name: deploy-tokn}",
	         "f:1:24: there is no secret \"deploy-tokn\" under secrets in pocketci.yaml: did you mean "
	         "\"deploy-token\"?",
	         false, false, false},
		{"{source: secret, name: another}",
	         "f:1:24: there is no secret \"another\" under secrets in pocketci.yaml", false, true, false},
		{"{source: secret, name: gone}", "f:1:24: there is no secret \"gone\" under secrets in pocketci.yaml",
	         true, false, false},
		{"{source: secret, name: gone}",
	         "f:1:24: secret \"gone\": the secret should be in a file: cannot open /nonexistent/secret: No such file or directory",
	         false, false, false},
		{"{source: secret, name: gone}",
	         "f:1:24: secret \"gone\": cannot be read here, and the server must be able to: the secret should be in "
	         "a file: cannot open /nonexistent/secret: No such file or directory",
	         false, true, true},
		{"{source: secret, name: gone}", NULL, true, true, false},
		{"{source: string, value: {env: POCKETCI_TEST_NONE}, envname: A}",
	         "f:1:25: value: the secret should be in the environment variable POCKETCI_TEST_NONE, which is not set",
	         false, false, false},
		{"{source: string, value: {env: HTTP_TOKEN}, envname: A}",
	         "f:1:31: env: as CGI a variable that begins with HTTP_ is whatever a client sends: take another name",
	         false, false, false},
		{"{source: string, value: {env: A, file: b}, envname: A}",
	         "f:1:25: value: expected one of env, file and credential", false, false, false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct source source;
		set_up(&f, BODY);
		f.private = true;
		f.context.check = cases[i].check;
		f.context.secrets = cases[i].unknown ? NULL : &secrets;
		bool good = read_source(&f, cases[i].source, &source);
		if (good != (cases[i].warning || !cases[i].problem))
			fail_msg("%s", cases[i].source);
		assert_int_equal(f.problems.count, cases[i].problem != NULL);
		if (cases[i].problem) {
			assert_string_equal(problem_text(&f.arena, &f.problems.items[0]), cases[i].problem);
			assert_int_equal(f.problems.items[0].warning, cases[i].warning);
		}
		arena_release(&f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),  TEST(test_entire_payload), TEST(test_missing),
		TEST(test_fields),  TEST(test_event),          TEST(test_refuses),
		TEST(test_default), TEST(test_secrets),        TEST(test_secrets_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
