/*
 * gateway/deliver.h and start.h: from a request to the answer of a hook, with hooks as people write them and real
 * commands.
 */
#include "check.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/problem.h"
#include "gateway/scoreboard.h"
#include "gateway/serve.h"
#include "gateway/service.h"
#include "hook/file.h"
#include "memory_exchange.h"

#define LIST(...) ((char *const[]){__VA_ARGS__, NULL})

static const char hooks_text[] =
	"- id: signed\n"
	"  execute-command: /bin/echo\n"
	"  include-command-output-in-response: true\n"
	"  success-http-response-code: 201\n"
	"  response-headers: [{name: X-Fired, value: fired}]\n"
	"  pass-arguments-to-command: [{source: payload, name: ref}]\n"
	"  trigger-rule:\n"
	"    and:\n"
	"    - match: {type: payload-hmac-sha256, secret: key, parameter: {source: header, name: X-Signature}}\n"
	"    - match: {type: value, value: main, parameter: {source: payload, name: ref}}\n"
	"- id: typed\n"
	"  execute-command: /bin/echo\n"
	"  include-command-output-in-response: true\n"
	"  incoming-payload-content-type: application/json\n"
	"  pass-arguments-to-command: [{source: payload, name: ref}]\n"
	"- id: inner\n"
	"  execute-command: /bin/echo\n"
	"  include-command-output-in-response: true\n"
	"  parse-parameters-as-json: [{source: url, name: p}]\n"
	"  pass-arguments-to-command: [{source: url, name: p.ref}]\n"
	"- id: uploaded\n"
	"  execute-command: /bin/echo\n"
	"  include-command-output-in-response: true\n"
	"  parse-parameters-as-json: [{source: payload, name: named}]\n"
	"  pass-arguments-to-command: [{source: entire-payload}]\n"
	"- id: closed\n"
	"  execute-command: /bin/true\n"
	"  trigger-rule: {match: {type: value, value: open, parameter: {source: url, name: sesame}}}\n"
	"- id: touching\n"
	"  execute-command: /usr/bin/touch\n"
	"  include-command-output-in-response: true\n"
	"  pass-arguments-to-command: [{source: url, name: path}]\n"
	"- id: failing\n"
	"  execute-command: /bin/sh\n"
	"  include-command-output-in-response: true\n"
	"  include-command-output-in-response-on-error: true\n"
	"  pass-arguments-to-command: [{source: string, name: -c}, {source: string, name: echo no; exit 3}]\n"
	"- id: streamed\n"
	"  execute-command: /bin/sh\n"
	"  stream-command-output: true\n"
	"  pass-arguments-to-command:\n"
	"  - {source: string, name: -c}\n"
	"  - {source: string, name: head -c 8192 /dev/zero | tr '\\0' x; exit 3}\n"
	"- id: unlisted\n"
	"  execute-command: /bin/true\n"
	"  include-command-output-in-response: true\n"
	"  response-headers: [{name: X-Fired, value: fired}]\n"
	"  checkout: {repository: 'https://example.org/acme/app', ref: refs/heads/main}\n"
	"- id: pushed\n"
	"  execute-command: /bin/true\n"
	"  checkout: true\n"
	"- id: silent\n"
	"  execute-command: /bin/false\n"
	"  response-message: on its way\n"
	"  success-http-response-code: 202\n"
	"  response-headers: [{name: X-Fired, value: fired}]\n";

static struct service service;
static struct memory_exchange memory;

static int begin(void **state)
{
	struct hooks_options options = {.strict = true, .repository = false};
	(void)state;
	service = (struct service){.arena = ARENA_INIT};
	config_init(&service.config);
	struct problems problems = {.arena = &service.arena};
	assert_true(
		hooks_read(&service.arena, &service.hooks, str_from(hooks_text), "hooks.yaml", &options, &problems));
	memory = (struct memory_exchange){.output = BUF_INIT};
	return 0;
}

static int end(void **state)
{
	(void)state;
	memory_exchange_release(&memory);
	arena_release(&service.arena);
	return 0;
}

static const char *call(char *const *parameters, const char *body)
{
	memory_exchange_release(&memory);
	memory_exchange_init(&memory, parameters, body);
	serve(&memory.exchange, &service);
	return memory.output.data;
}

#define JSON "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json"

/* The status of the response and its body. */
#define assert_answer(response, status, body) \
	do { \
		const char *answer = (response); \
		const char *behind = strstr(answer, "\r\n\r\n"); \
		assert_ptr_equal(strstr(answer, "Status: " status " "), answer); \
		assert_non_null(behind); \
		assert_string_equal(behind + 4, body); \
	} while (0)

/* openssl dgst -sha256 -hmac key, over {"ref":"main"} and over nothing. */
#define SIGNATURE_MAIN "HTTP_X_SIGNATURE=sha256=72dd7b6f618de12a74e3b605a0a4ec3c3eb8c4f74ac31f32b8e43a43771ee162"
#define SIGNATURE_NOTHING "HTTP_X_SIGNATURE=sha256=b798264dde563e6253e78d573f04d03f0389bd4a8f83b94ddcc374cee21042da"

static void test_fires(void **state)
{
	(void)state;
	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_MAIN), "{\"ref\":\"main\"}"), "201",
	              "main\n");
	assert_contains(memory.output.data, "\r\nX-Fired: fired\r\n");
}

static void test_rules(void **state)
{
	(void)state;
	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_NOTHING), "{\"ref\":\"main\"}"), "500",
	              "Error occurred while evaluating hook rules.");
	assert_null(strstr(memory.output.data, "X-Fired"));
	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/signed"), "{\"ref\":\"main\"}"), "200",
	              "Hook rules were not satisfied.");
	assert_null(strstr(memory.output.data, "X-Fired"));
	/* Signed, but no JSON: the rule finds no ref. */
	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_NOTHING), "nothing"), "200",
	              "Hook rules were not satisfied.");
}

/* The lines of the log, one behind the other. */
static void take_line(void *context, enum log_level level, const char *text)
{
	(void)level;
	buf_append_c(context, text);
	buf_append_byte(context, '\n');
}

/* Why is told, values are not. */
static void test_log_says_why(void **state)
{
	struct buf log = BUF_INIT;
	(void)state;

	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(take_line, &log);
	call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_MAIN), "{\"ref\":\"main\"}");
	assert_contains(log.data, "hook \"signed\": its trigger rule holds: and: all 2 of its rules hold\n");
	buf_clear(&log);
	call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/closed", "QUERY_STRING=sesame=5ecret"), "");
	assert_contains(log.data, "hook \"closed\": its trigger rule was not satisfied: match value, query sesame: is not the "
	                          "value wanted (hooks.yaml:");
	assert_null(strstr(log.data, "5ecret"));
	assert_null(strstr(log.data, "open"));
	buf_clear(&log);
	call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_NOTHING), "{}");
	assert_contains(log.data, "hook \"signed\": the signature in header X-Signature is wrong\n");
	assert_contains(log.data, "not satisfied: and › match payload-hmac-sha256: the signature in header X-Signature is "
	                          "wrong (HMAC-SHA256 over 2 bytes) (hooks.yaml:");
	buf_clear(&log);
	log_set_level(LOG_LEVEL_DEBUG);
	call(LIST(JSON, "PATH_INFO=/hooks/signed", SIGNATURE_NOTHING), "{}");
	assert_contains(log.data, "; none of the usual mistakes fits");
	log_set_sink(NULL, NULL);
	log_set_level(LOG_LEVEL_WARNING);
	buf_release(&log);
}

static void test_the_hook_says_what_the_body_is(void **state)
{
	(void)state;
	assert_answer(call(LIST("REQUEST_METHOD=POST", "CONTENT_TYPE=text/plain", "PATH_INFO=/hooks/typed"),
	                   "{\"ref\":\"main\"}"),
	              "200", "main\n");
	assert_answer(call(LIST("REQUEST_METHOD=POST", "CONTENT_TYPE=text/plain", "PATH_INFO=/hooks/typed"), "{"),
	              "200", "\n");
}

static void test_xml(void **state)
{
	(void)state;
	assert_answer(call(LIST("REQUEST_METHOD=POST", "CONTENT_TYPE=text/xml", "PATH_INFO=/hooks/uploaded"),
	                   "<push n='1'><ref>main</ref></push>"),
	              "200", "{\"push\":{\"-n\":\"1\",\"ref\":\"main\"}}\n");
}

#define MULTIPART "REQUEST_METHOD=POST", "CONTENT_TYPE=multipart/form-data; boundary=x"
#define FORM "--x\r\nContent-Disposition: form-data; name=\"ref\"\r\n\r\nmain\r\n--x--\r\n"
#define UNREADABLE "Error occurred while parsing multipart form."

static void test_multipart(void **state)
{
	static const char files[] = "--x\r\nContent-Disposition: form-data; name=typed; filename=a\r\n"
				    "Content-Type: application/json\r\n\r\n{\"a\":1.0}\r\n"
				    "--x\r\nContent-Disposition: form-data; name=named; filename=b\r\n\r\n{\"b\":2}\r\n"
				    "--x\r\nContent-Disposition: form-data; name=other; filename=c\r\n\r\n{}\r\n--x--";
	(void)state;
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/uploaded"), FORM), "200", "{\"ref\":\"main\"}\n");
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/uploaded"), files), "200",
	              "{\"named\":{\"b\":2},\"typed\":{\"a\":1.0}}\n");
}

/* openssl dgst -sha256 -hmac key, over FORM. The reference takes it over nothing. */
#define SIGNATURE_FORM "HTTP_X_SIGNATURE=sha256=193379dd279cd7bb6355c77c3a3907907029a2d55428b35be74191e030dea435"

static void test_signature_over_a_multipart_body(void **state)
{
	(void)state;
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/signed", SIGNATURE_FORM), FORM), "201", "main\n");
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/signed", SIGNATURE_NOTHING), FORM), "500",
	              "Error occurred while evaluating hook rules.");
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/signed", SIGNATURE_MAIN), "--x"), "500",
	              "Error occurred while evaluating hook rules.");
}

static void test_multipart_that_cannot_be_read(void **state)
{
	(void)state;
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/uploaded"), "--x"), "500", UNREADABLE);
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/signed"), "--x"), "500", UNREADABLE);
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/closed"), "--x"), "500", UNREADABLE);
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/closed"), FORM), "200", "Hook rules were not satisfied.");
	/* The query is part of the form. */
	assert_answer(call(LIST(MULTIPART, "PATH_INFO=/hooks/uploaded", "QUERY_STRING=a=%zz"), FORM), "500",
	              UNREADABLE);
}

static void test_parameters_as_json(void **state)
{
	(void)state;
	assert_answer(
		call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/inner", "QUERY_STRING=p=%7B%22ref%22:%22x%22%7D"),
	             ""),
		"200", "x\n");
}

static void test_nothing_runs_for_a_body_that_is_not_whole(void **state)
{
	char folder[64], query[128], *path = query + strlen("QUERY_STRING=path=");
	(void)state;
	make_temporary_folder(folder);
	snprintf(query, sizeof(query), "QUERY_STRING=path=%s/file", folder);
	const char *text = call(LIST(JSON, "PATH_INFO=/hooks/touching", query, "CONTENT_LENGTH=5"), "{}");
	assert_ptr_equal(strstr(text, "Status: 400 "), text);
	assert_int_not_equal(access(path, F_OK), 0);

	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/touching", query, "CONTENT_LENGTH=2"), "{}"), "200", "");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_cgi_runs_in_a_keeper(void **state)
{
	(void)state;
	memory_exchange_init(&memory, LIST(JSON, "PATH_INFO=/hooks/typed"), "{\"ref\":\"main\"}");
	memory.exchange.cgi = true;
	serve(&memory.exchange, &service);
	assert_answer(memory.output.data, "200", "main\n");
}

static void test_failures(void **state)
{
	(void)state;
	assert_answer(call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/failing"), ""), "500", "no\n");
	const char *text = call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/streamed"), "");
	assert_ptr_equal(strstr(text, "Status: 200 "), text);
	assert_contains(text, "xxx\npocketci: the command failed: exit status 3\n");
}

static void test_refused(void **state)
{
	const char *text = call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/unlisted"), "");
	(void)state;
	assert_ptr_equal(strstr(text, "Status: 403 "), text);
	assert_contains(text, "example.org/acme/app");
	assert_null(strstr(text, "X-Fired"));
}

static void test_nothing_to_do(void **state)
{
	const char *text = call(LIST(JSON, "PATH_INFO=/hooks/pushed", "HTTP_X_GITHUB_EVENT=push"),
	                        "{\"ref\":\"refs/heads/gone\",\"deleted\":true,"
	                        "\"before\":\"1111111111111111111111111111111111111111\","
	                        "\"after\":\"0000000000000000000000000000000000000000\","
	                        "\"repository\":{\"full_name\":\"acme/app\","
	                        "\"clone_url\":\"https://example.org/acme/app.git\"}}");
	(void)state;
	assert_ptr_equal(strstr(text, "Status: 200 "), text);
	assert_contains(text, "refs/heads/gone was deleted\n");
}

static void test_without_output(void **state)
{
	(void)state;
	assert_answer(call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/silent"), ""), "202", "on its way");
	assert_contains(memory.output.data, "\r\nX-Fired: fired\r\n");
}

static void test_no_more_replies_that_wait(void **state)
{
	(void)state;
	service.scoreboard = scoreboard_new(2);
	int other = scoreboard_take(service.scoreboard);
	service.slot = scoreboard_take(service.scoreboard);
	scoreboard_set(service.scoreboard, other, CHILD_BUSY);
	scoreboard_set(service.scoreboard, service.slot, CHILD_BUSY);
	assert_true(scoreboard_may_wait(service.scoreboard, other));

	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/typed"), "{}"), "503",
	              "too many replies wait for their commands already; nothing was started\n");
	assert_contains(memory.output.data, "\r\nRetry-After: 5\r\n");
	assert_answer(call(LIST("REQUEST_METHOD=GET", "PATH_INFO=/hooks/silent"), ""), "202", "on its way");

	scoreboard_set(service.scoreboard, other, CHILD_BUSY);
	assert_answer(call(LIST(JSON, "PATH_INFO=/hooks/typed"), "{}"), "200", "\n");
	assert_int_equal(scoreboard_count(service.scoreboard, CHILD_WAITING), 0);
	scoreboard_free(service.scoreboard);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_fires),
		CASE(test_rules),
		CASE(test_log_says_why),
		CASE(test_the_hook_says_what_the_body_is),
		CASE(test_parameters_as_json),
		CASE(test_xml),
		CASE(test_multipart),
		CASE(test_signature_over_a_multipart_body),
		CASE(test_multipart_that_cannot_be_read),
		CASE(test_nothing_runs_for_a_body_that_is_not_whole),
		CASE(test_cgi_runs_in_a_keeper),
		CASE(test_failures),
		CASE(test_refused),
		CASE(test_nothing_to_do),
		CASE(test_without_output),
		CASE(test_no_more_replies_that_wait),
	};
	return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}
