/* gateway/route.h, deliver.h and serve.h: which path is answered by what, and what is refused before anything runs. */
#include "check.h"

#include "base/error.h"
#include "gateway/exchange.h"
#include "gateway/route.h"
#include "gateway/serve.h"
#include "gateway/service.h"
#include "memory_exchange.h"

#define LIST(...) ((char *const[]){__VA_ARGS__, NULL})
#define TEXT(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

static struct rule never = {.kind = RULE_NEVER};

static struct hook deploy = {
	.id = TEXT("deploy"),
	.execute_command = TEXT("/bin/false"),
	.http_methods = {(struct str[]){TEXT("POST")}, 1},
	.trigger_rule = &never,
	.trigger_rule_mismatch_http_response_code = 418,
	.response_headers = (struct hook_header[]){{TEXT("X-Fired"), TEXT("1")}},
	.response_header_count = 1,
};
static struct hook slashes = {.id = TEXT("a/b c"), .execute_command = TEXT("/bin/false"), .trigger_rule = &never};
static struct hook health = {.id = TEXT("health"), .execute_command = TEXT("/bin/false"), .trigger_rule = &never};

static struct service service;
static struct memory_exchange memory;

static int begin(void **state)
{
	static struct hook *hooks[] = {&deploy, &slashes, &health};
	(void)state;
	service = (struct service){.hooks = {hooks, COUNT_OF(hooks), COUNT_OF(hooks)}};
	config_init(&service.config);
	service.config.limits.body = 10;
	memory = (struct memory_exchange){.output = BUF_INIT};
	return 0;
}

static int end(void **state)
{
	(void)state;
	memory_exchange_release(&memory);
	return 0;
}

static const char *serve_as(char *const *parameters, const char *body)
{
	memory_exchange_release(&memory);
	memory_exchange_init(&memory, parameters, body);
	serve(&memory.exchange, &service);
	return memory.output.data;
}

static const char *body_of(const char *response)
{
	const char *behind = strstr(response, "\r\n\r\n");
	assert_non_null(behind);
	return behind + 4;
}

#define assert_answer(text, status, body) \
	do { \
		const char *answer = (text); \
		assert_ptr_equal(strstr(answer, "Status: " status " "), answer); \
		assert_string_equal(body_of(answer), body); \
	} while (0)

/* --- Routes ------------------------------------------------------------------------------------------------------- */

static void test_paths(void **state)
{
	static const struct {
		const char *prefix, *path;
		const char *route; /* path of the row; "hooks", or NULL: none */
		const char *below;
	} cases[] = {
		{"hooks", "/", "/", ""},
		{"hooks", "/health", "/health", ""},
		{"hooks", "/hooks", NULL, ""},
		{"hooks", "/hooks/", "hooks", ""},
		{"hooks", "/hooks/deploy", "hooks", "deploy"},
		{"hooks", "/hooks/deploy/", "hooks", "deploy/"},
		{"hooks", "/hooks/a/b c", "hooks", "a/b c"},
		{"hooks", "/hooks//deploy", "hooks", "/deploy"},
		{"hooks", "/hooksdeploy", NULL, ""},
		{"hooks", "/Hooks/deploy", NULL, ""},
		{"hooks", "/health/", NULL, ""},
		{"hooks", "/nothing", NULL, ""},
		{"ci/hooks", "/ci/hooks/deploy", "hooks", "deploy"},
		{"ci/hooks", "/hooks/deploy", NULL, ""},
		{"/ci/", "/ci/deploy", "hooks", "deploy"},
		{"", "/", "/", ""},
		{"", "/deploy", "hooks", "deploy"},
		{"", "/nothing", "hooks", "nothing"},
		{"", "/health", "hooks", "health"}, /* there is a hook of that name */
		{"health", "/health", "/health", ""},
		{"health", "/health/deploy", "hooks", "deploy"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str below;
		service.config.url_prefix = str_from(cases[i].prefix);
		const struct route *route = route_find(&service, str_from(cases[i].path), &below);
		const char *expected = cases[i].route && strcmp(cases[i].route, "hooks") != 0 ? cases[i].route : NULL;
		assert_non_null(route);
		if (expected)
			assert_string_equal(route->path, expected);
		else
			assert_null(route->path);
		assert_str(below, cases[i].below);
	}
}

static void test_health_without_a_hook_of_that_name(void **state)
{
	struct str below;
	(void)state;
	service.hooks.count = 2;
	service.config.url_prefix = STR("");
	assert_string_equal(route_find(&service, STR("/health"), &below)->path, "/health");
}

static void test_own_answers(void **state)
{
	(void)state;
	service.config.headers = (struct config_header[]){{TEXT("X-Global"), TEXT("1")}};
	service.config.header_count = 1;
	assert_answer(serve_as(LIST("REQUEST_METHOD=GET", "PATH_INFO=/"), ""), "200", "OK");
	assert_null(strstr(memory.output.data, "X-Global")); /* it is for hooks */
	assert_answer(serve_as(LIST("REQUEST_METHOD=POST", "PATH_INFO=/"), "x"), "200", "OK");
	assert_answer(serve_as(LIST("REQUEST_METHOD=HEAD", "PATH_INFO=/"), ""), "200", "");
	assert_contains(memory.output.data, "Content-Length: 2\r\n");
	assert_answer(serve_as(LIST("REQUEST_METHOD=GET", "PATH_INFO=/health"), ""), "200", "ok");
	assert_answer(serve_as(LIST("REQUEST_METHOD=POST", "PATH_INFO=/health"), ""), "405", "");
	assert_contains(memory.output.data, "\r\nAllow: GET, HEAD\r\n");
	assert_answer(serve_as(LIST("REQUEST_METHOD=GET", "PATH_INFO=/zzz"), ""), "404", "404 page not found\n");
	assert_answer(serve_as(LIST("PATH_INFO=/"), ""), "400",
	              "the web server sent no REQUEST_METHOD; nothing was done\n");
}

/* --- Hooks -------------------------------------------------------------------------------------------------------- */

static void test_unknown_hooks(void **state)
{
	static char *const paths[] = {"PATH_INFO=/hooks/nope", "PATH_INFO=/hooks/", "PATH_INFO=/hooks/deploy/",
	                              "PATH_INFO=/hooks/DEPLOY", "PATH_INFO=/hooks/a"};
	(void)state;
	service.config.headers = (struct config_header[]){{TEXT("X-Global"), TEXT("1")}};
	service.config.header_count = 1;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		assert_answer(serve_as(LIST("REQUEST_METHOD=POST", paths[i]), ""), "404", "Hook not found.");
		assert_null(strstr(memory.output.data, "X-Global"));
	}
}

static const char *post(const char *method, char *path)
{
	char parameter[64] = "REQUEST_METHOD=";
	strncat(parameter, method, 32);
	return serve_as(LIST(parameter, path), "");
}

static void test_methods(void **state)
{
	(void)state;
	assert_answer(post("GET", "PATH_INFO=/hooks/deploy"), "405", "");
	assert_answer(post("post", "PATH_INFO=/hooks/deploy"), "405", "");
	assert_answer(post("POST", "PATH_INFO=/hooks/deploy"), "418", "Hook rules were not satisfied.");
	assert_answer(post("PATCH", "PATH_INFO=/hooks/a/b c"), "200", "Hook rules were not satisfied.");

	/* -http-methods counts where the hook says nothing. */
	service.config.http_methods.items = (struct str[]){TEXT("put"), TEXT(" patch ")};
	service.config.http_methods.count = 2;
	assert_answer(post("POST", "PATH_INFO=/hooks/deploy"), "418", "Hook rules were not satisfied.");
	assert_answer(post("PUT", "PATH_INFO=/hooks/deploy"), "405", "");
	assert_answer(post("PATCH", "PATH_INFO=/hooks/a/b c"), "200", "Hook rules were not satisfied.");
	assert_answer(post("POST", "PATH_INFO=/hooks/a/b c"), "405", "");
}

static void test_headers(void **state)
{
	(void)state;
	service.config.headers = (struct config_header[]){{TEXT("X-Global"), TEXT("1")}};
	service.config.header_count = 1;
	post("POST", "PATH_INFO=/hooks/deploy");
	assert_contains(memory.output.data, "\r\nX-Global: 1\r\n");
	assert_null(strstr(memory.output.data, "X-Fired")); /* it did not */
	post("GET", "PATH_INFO=/hooks/deploy");
	assert_null(strstr(memory.output.data, "X-Global"));
}

static void test_bodies(void **state)
{
	(void)state;
	assert_answer(
		serve_as(LIST("REQUEST_METHOD=POST", "PATH_INFO=/hooks/deploy", "CONTENT_LENGTH=12"), "0123456789ab"),
		"413", "the body is larger than the limit of 10 bytes; nothing was done\n");
	assert_int_equal(memory.read, 12); /* drained */
	assert_answer(serve_as(LIST("REQUEST_METHOD=POST", "PATH_INFO=/hooks/deploy", "CONTENT_LENGTH=5"), "0123"),
	              "400", "the body has 4 bytes where Content-Length says 5; nothing was done\n");
	memory_exchange_release(&memory);
	memory_exchange_init(&memory, LIST("REQUEST_METHOD=POST", "PATH_INFO=/hooks/deploy"), "0123");
	memory.breaks = true;
	serve(&memory.exchange, &service);
	assert_answer(memory.output.data, "408", "the body did not arrive in time; nothing was done\n");
}

static void test_bodies_are_drained_on_refusals(void **state)
{
	static char *const paths[] = {"PATH_INFO=/", "PATH_INFO=/zzz", "PATH_INFO=/hooks/nope",
	                              "PATH_INFO=/hooks/deploy"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		serve_as(LIST("REQUEST_METHOD=GET", paths[i]), "01234567");
		assert_int_equal(memory.read, 8);
		assert_true(memory.ended);
	}
}

static void test_broken(void **state)
{
	(void)state;
	memory_exchange_init(&memory, LIST("REQUEST_METHOD=GET"), "0123");
	serve_broken(&memory.exchange);
	assert_answer(memory.output.data, "500", "This server is not configured correctly. Its log says why.\n");
	assert_int_equal(memory.read, 4);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_paths),       CASE(test_health_without_a_hook_of_that_name),
		CASE(test_own_answers), CASE(test_unknown_hooks),
		CASE(test_methods),     CASE(test_headers),
		CASE(test_bodies),      CASE(test_bodies_are_drained_on_refusals),
		CASE(test_broken),
	};
	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
