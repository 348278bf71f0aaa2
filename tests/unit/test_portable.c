/*
 * gateway/portable.h: which configurations may serve, which paths are for hooks in repositories, and that what is not
 * believed is answered alike and starts nothing.
 */
#include "check.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "gateway/portable.h"
#include "gateway/serve.h"
#include "gateway/service.h"
#include "lib/crypto.h"
#include "memory_exchange.h"

static struct service service;
static struct memory_exchange memory;
static struct buf logged;

static struct repository entries[3];

static void take_line(void *context, enum log_level level, const char *text)
{
	(void)context;
	(void)level;
	buf_append_c(&logged, text);
	buf_append_byte(&logged, '\n');
}

static int begin(void **state)
{
	(void)state;
	service = (struct service){.arena = ARENA_INIT};
	config_init(&service.config);
	service.program = "/nonexistent/pocketci";
	service.config.state = STR("/tmp");
	entries[0] = (struct repository){
		.position = {"p.yaml", 2, 3},
		.match = STR("example.org/acme/app"),
		.secret = {SECRET_TEXT, STR("secret of app")},
	};
	entries[1] = (struct repository){
		.position = {"p.yaml", 4, 3},
		.match = STR("example.org/acme/other"),
		.secret = {SECRET_TEXT, STR("another secret")},
	};
	entries[2] = (struct repository){.position = {"p.yaml", 6, 3}, .match = STR("example.org/open/*")};
	service.config.repositories = (struct repositories){entries, 2};
	memory = (struct memory_exchange){.output = BUF_INIT};
	logged = (struct buf)BUF_INIT;
	log_set_sink(take_line, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	buf_release(&logged);
	memory_exchange_release(&memory);
	arena_release(&service.arena);
	return 0;
}

/* --- The configuration -------------------------------------------------------------------------------------------- */

static void test_is_on(void **state)
{
	(void)state;
	assert_true(portable_is_on(&service.config));
	service.config.repositories = (struct repositories){&entries[2], 1};
	assert_false(portable_is_on(&service.config));
}

static void load(const char *expected)
{
	struct error error = ERROR_INIT;
	bool loaded = portable_load(&service.arena, &service.config, &error);
	assert_string_equal(error.message, expected);
	assert_int_equal(loaded, expected[0] == '\0');
}

static void test_load(void **state)
{
	(void)state;
	load("");
	assert_str(entries[1].secret_text, "another secret");

	service.config.repositories.count = 3;
	load("p.yaml:6:3: repository \"example.org/open/*\": secret is missing: without hooks files whoever may start "
	     "something is told by the webhook's secret alone");
	struct str file = STR("/etc/hooks.yaml");
	service.config.hooks = (struct text_list){&file, 1};
	load("");

	entries[0].secret = (struct secret){SECRET_ENVIRONMENT, STR("POCKETCI_TEST_NONE")};
	load("p.yaml:2:3: repository \"example.org/acme/app\": secret: the secret should be in the environment variable "
	     "POCKETCI_TEST_NONE, which is not set");
	entries[0].secret = (struct secret){SECRET_TEXT, STR("ed25519:sr.ht")};
	load("p.yaml:2:3: repository \"example.org/acme/app\": secret: a public key says that the forge sent a delivery, not "
	     "who may start something here");
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

#define PUSH_OF(url) \
	"{\"ref\": \"refs/heads/main\", \"before\": \"0000000000000000000000000000000000000000\", " \
	"\"after\": \"1111111111111111111111111111111111111111\", \"repository\": {\"full_name\": \"acme/app\", " \
	"\"clone_url\": \"" url "\"}}"
#define PUSH PUSH_OF("https://example.org/acme/app.git")

static const char *sign(const char *secret, const char *body)
{
	unsigned char digest[CRYPTO_DIGEST_MAX];
	size_t len = crypto_hmac(CRYPTO_SHA256, str_from(secret), str_from(body), digest);
	char *text = arena_alloc(&service.arena, 2 * len + 1);
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* The answer to a request with this signature of GitHub's, and event; NULL: without such a header. */
static const char *send(const char *method, const char *path, const char *event, const char *signature, const char *body)
{
	struct arena *arena = &service.arena;
	char *const parameters[] = {
		arena_printf(arena, "REQUEST_METHOD=%s", method),
		arena_printf(arena, "PATH_INFO=%s", path),
		arena_strdup(arena, "CONTENT_TYPE=application/json"),
		arena_printf(arena, "CONTENT_LENGTH=%zu", strlen(body)),
		event ? arena_printf(arena, "HTTP_X_GITHUB_EVENT=%s", event) : arena_strdup(arena, "A=b"),
		signature ? arena_printf(arena, "HTTP_X_HUB_SIGNATURE_256=sha256=%s", signature) : arena_strdup(arena, "A=b"),
		NULL,
	};
	buf_clear(&logged);
	memory_exchange_release(&memory);
	memory_exchange_init(&memory, parameters, body);
	serve(&memory.exchange, &service);
	return arena_strdup(arena, memory.output.data);
}

static void test_not_allowed(void **state)
{
	const char *unlisted = PUSH_OF("https://example.org/acme/unlisted.git");
	const char *open = PUSH_OF("https://example.org/open/app.git");
	const struct {
		const char *event, *signature, *body, *why;
	} cases[] = {
		{"push", sign("guess", PUSH), PUSH, "signature"},
		{"push", sign("another secret", PUSH), PUSH, "signature"}, /* of another repository */
		{"push", sign("", PUSH), PUSH, "signature"},
		{"push", sign("secret of app", PUSH " "), PUSH, "signature"},
		{"push", NULL, PUSH, "X-Hub-Signature"},
		{NULL, sign("secret of app", PUSH), PUSH, "no event of a forge"},
		{"push", sign("secret of app", unlisted), unlisted, "example.org/acme/unlisted is not listed"},
		{"push", sign("no delivery is signed with this", unlisted), unlisted, "unlisted is not listed"},
		{"push", sign("", open), open, "has no secret"},
		{"push", sign("secret of app", "{"), "{", ""},
		{"push", sign("secret of app", ""), "", ""},
	};
	static const char *const paths[] = {"/", "/hooks", "/hooks/", "/hooks/test"};
	const char *first = NULL;
	(void)state;

	service.config.repositories.count = 3;
	struct str file = STR("/etc/hooks.yaml");
	service.config.hooks = (struct text_list){&file, 1};
	load("");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t k = 0; k < COUNT_OF(paths); k++) {
			const char *answer = send("POST", paths[k], cases[i].event, cases[i].signature, cases[i].body);
			first = first ? first : answer;
			assert_string_equal(answer, first);
			assert_contains(logged.data, "a delivery is not allowed: ");
			assert_contains(logged.data, cases[i].why);
		}
	}
	assert_contains(first, "Status: 403 ");
	assert_contains(first, "\r\n\r\nNot allowed.\n");
}

static void test_believed(void **state)
{
	(void)state;
	load("");
	const char *answer = send("POST", "/hooks", "push", sign("secret of app", PUSH), PUSH);
	assert_contains(answer, "Status: 500 ");
	assert_contains(answer, "/nonexistent/pocketci");
	service.config.async = true;
	answer = send("POST", "/", "push", sign("secret of app", PUSH), PUSH);
	assert_contains(answer, "Status: 500 ");
	answer = send("POST", "/hooks", "ping", sign("secret of app", PUSH), PUSH);
	assert_contains(answer, "Status: 200 ");
	assert_contains(answer, "\r\n\r\npong\n");
}

static void test_other_routes(void **state)
{
	static const struct {
		const char *method, *path, *status;
	} cases[] = {
		{"GET", "/", "Status: 200 "},     {"HEAD", "/", "Status: 200 "},   {"GET", "/hooks", "Status: 404 "},
		{"POST", "/hook", "Status: 404 "}, {"GET", "/health", "Status: 200 "}, {"POST", "/x/hooks", "Status: 404 "},
	};
	(void)state;
	load("");
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_contains(send(cases[i].method, cases[i].path, NULL, NULL, ""), cases[i].status);

	service.config.repositories.count = 0; /* then nothing is as with them */
	assert_contains(send("POST", "/", NULL, NULL, ""), "\r\n\r\nOK");
	assert_contains(send("POST", "/hooks", NULL, NULL, ""), "Status: 404 ");
	assert_contains(send("POST", "/hooks/a", NULL, NULL, ""), "Hook not found.");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_is_on), CASE(test_load), CASE(test_not_allowed), CASE(test_believed), CASE(test_other_routes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
