/* hook/source.h: what each source gives, what is missing and what fails; reading them. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"
#include "config/problem.h"
#include "hook/hook.h"
#include "hook/source.h"
#include "payload/request.h"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct request request;
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
	struct key_reader reader = {.arena = &f->arena, .problems = &f->problems};
	struct yaml_node *node = yaml_parse(&f->arena, str_from(text), "f", &yaml_limits_server, &f->problems);
	return node && source_read(&reader, node, source);
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
	         "string, raw-request-body, entire-payload, entire-headers, entire-query"},
		{"{source: [a]}",
	         "f:1:10: source: expected one of header, url, query, payload, request, event, string, "
	         "raw-request-body, entire-payload, entire-headers, entire-query, found a list"},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values), TEST(test_entire_payload), TEST(test_missing),
		TEST(test_fields), TEST(test_event),          TEST(test_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
