/* gateway/receive.h: parameters and body as web servers hand them over. */
#include "check.h"

#include "base/error.h"
#include "config/config.h"
#include "gateway/receive.h"
#include "memory_exchange.h"
#include "payload/request.h"

#define LIST(...) ((char *const[]){__VA_ARGS__, NULL})

static struct config config;

static int begin(void **state)
{
	(void)state;
	config = (struct config){.request_id_limit = 0};
	return 0;
}

static struct memory_exchange memory;
static struct request request;

static void receive_as(bool cgi, char *const *parameters)
{
	struct error error = ERROR_INIT;
	memory_exchange_release(&memory);
	memory_exchange_init(&memory, parameters, "");
	memory.exchange.cgi = cgi;
	assert_true(receive_head(&memory.exchange, &config, &request, &error));
}

static void receive(char *const *parameters)
{
	receive_as(false, parameters);
}

static int end(void **state)
{
	(void)state;
	memory_exchange_release(&memory);
	memory = (struct memory_exchange){.output = BUF_INIT};
	return 0;
}

/* --- Head --------------------------------------------------------------------------------------------------------- */

static void test_paths(void **state)
{
	static const struct {
		bool cgi;
		char *path_info, *script_name;
		const char *expected;
	} cases[] = {
		/* nginx: at the root PATH_INFO is empty, under a prefix it is what stands behind it. */
		{false, "PATH_INFO=", "SCRIPT_NAME=/hooks/a b", "/hooks/a b"},
		{false, "PATH_INFO=/hooks/x", "SCRIPT_NAME=/ci", "/hooks/x"},
		/* mod_proxy_fcgi gives no PATH_INFO unless told to. */
		{false, "X=", "SCRIPT_NAME=/hooks/x", "/hooks/x"},
		{false, "PATH_INFO=/", "SCRIPT_NAME=/ci/", "/"},
		/* A CGI program's SCRIPT_NAME is its own address. */
		{true, "X=", "SCRIPT_NAME=/cgi-bin/pocketci.fcgi", "/"},
		{true, "PATH_INFO=/hooks/x", "SCRIPT_NAME=/cgi-bin/pocketci.fcgi", "/hooks/x"},
		{false, "PATH_INFO=hooks/x", "SCRIPT_NAME=", "/hooks/x"},
		{false, "X=", "Y=", "/"},
		{false, "PATH_INFO=/hooks/a\nb", "SCRIPT_NAME=", "/hooks/a\nb"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		receive_as(cases[i].cgi, LIST("REQUEST_METHOD=GET", cases[i].path_info, cases[i].script_name));
		assert_str(request.path, cases[i].expected);
	}
}

static void test_remote_addresses(void **state)
{
	static const struct {
		char *address, *port;
		const char *expected;
	} cases[] = {
		{"REMOTE_ADDR=192.0.2.1", "REMOTE_PORT=4711", "192.0.2.1:4711"},
		{"REMOTE_ADDR=2001:db8::1", "REMOTE_PORT=4711", "[2001:db8::1]:4711"},
		{"REMOTE_ADDR=192.0.2.1", "X=", "192.0.2.1:0"},
		{"REMOTE_ADDR=::1", "REMOTE_PORT=", "[::1]:0"},
		{"REMOTE_ADDR=unix:", "REMOTE_PORT=", "unix:"},
		{"X=", "Y=", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		receive(LIST("REQUEST_METHOD=GET", cases[i].address, cases[i].port));
		assert_str(request.remote_address, cases[i].expected);
	}
}

/* nginx hands a header that came twice over as two variables: the proxy's own is the last. */
static void test_forwarded_twice(void **state)
{
	static struct str proxies[] = {{"192.0.2.1", 9}};
	(void)state;
	config.trusted_proxies = (struct text_list){proxies, 1};
	receive(LIST("REQUEST_METHOD=GET", "REMOTE_ADDR=192.0.2.1", "REMOTE_PORT=4711",
	             "HTTP_X_FORWARDED_FOR=198.51.100.7", "HTTP_X_FORWARDED_FOR=203.0.113.9"));
	config.trusted_proxies = (struct text_list){NULL, 0};
	assert_str(request.remote_address, "203.0.113.9:0");
}

static void test_head(void **state)
{
	(void)state;
	receive(LIST("REQUEST_METHOD=POST", "QUERY_STRING=a=1&b=%32", "CONTENT_TYPE=application/json",
	             "CONTENT_LENGTH=7", "HTTP_X_HUB_SIGNATURE=sha1=00", "HTTP_EMPTY=", "SERVER_NAME=x"));
	assert_str(request.method, "POST");
	assert_str(request.query, "a=1&b=%32");
	assert_str(request.content_type, "application/json");
	assert_int_equal(request.body.len, 0);
	assert_str(*request_find_header(&request, STR("X-Hub-Signature")), "sha1=00");
	assert_str(*request_find_header(&request, STR("Content-Type")), "application/json");
	assert_str(*request_find_header(&request, STR("Content-Length")), "7");
	assert_str(*request_find_header(&request, STR("Empty")), "");
	assert_int_equal(request.header_count, 4);
}

static void test_hidden_headers(void **state)
{
	(void)state;
	receive(LIST("REQUEST_METHOD=GET", "HTTP_HOST=x", "HTTP_PROXY=evil", "HTTP_TRANSFER_ENCODING=chunked",
	             "HTTP_TRAILER=x", "HTTP_Proxy=evil", "HTTP_CONTENT-TYPE=x", "CONTENT_TYPE=", "CONTENT_LENGTH=",
	             "HTTP_PROXY_AUTHORIZATION=seen"));
	assert_int_equal(request.header_count, 1);
	assert_str(request.headers[0].name, "Proxy-Authorization");
	assert_str(request.content_type, "");
}

static void test_doubled_headers(void **state)
{
	(void)state;
	/* nginx hands Content-Type over twice, and a header that came twice as two parameters. */
	receive(LIST("REQUEST_METHOD=POST", "CONTENT_TYPE=text/a", "HTTP_CONTENT_TYPE=text/b", "HTTP_CONTENT_LENGTH=9",
	             "HTTP_X_A=1", "HTTP_X_A=2"));
	assert_str(request.content_type, "text/a");
	assert_int_equal(request_count_header(&request, STR("Content-Type")), 1);
	assert_str(*request_find_header(&request, STR("Content-Length")), "9");
	assert_int_equal(request_count_header(&request, STR("X-A")), 2);
	assert_str(*request_find_header(&request, STR("X-A")), "1");
}

static void test_no_method(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	memory_exchange_init(&memory, LIST("PATH_INFO=/"), "");
	assert_false(receive_head(&memory.exchange, &config, &request, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_true(request.id.len > 0);
}

static bool is_own_id(struct str id)
{
	return id.len == 8 && strspn(id.data, "0123456789abcdef") == 8;
}

static void test_ids(void **state)
{
	static const struct {
		bool wanted;
		int64_t limit;
		char *header;
		const char *expected; /* NULL: one of our own */
	} cases[] = {
		{false, 0, "HTTP_X_REQUEST_ID=abc", NULL},     {true, 0, "HTTP_X_REQUEST_ID=abc", "abc"},
		{true, 2, "HTTP_X_REQUEST_ID=abc", "ab"},      {true, 0, "X=", NULL},
		{true, 0, "HTTP_X_REQUEST_ID=", NULL},         {true, 0, "HTTP_X_REQUEST_ID=a\nb", NULL},
		{true, 0, "HTTP_X_REQUEST_ID=a] x [b", NULL},  {true, 1, "HTTP_X_REQUEST_ID=a] x [b", "a"},
		{true, 0, "HTTP_X_REQUEST_ID=\xC3\xA4", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		config.request_id_from_header = cases[i].wanted;
		config.request_id_limit = cases[i].limit;
		receive(LIST("REQUEST_METHOD=GET", cases[i].header));
		if (cases[i].expected)
			assert_str(request.id, cases[i].expected);
		else
			assert_true(is_own_id(request.id));
	}
}

static void test_ids_differ(void **state)
{
	char first[16];
	(void)state;
	receive(LIST("REQUEST_METHOD=GET"));
	memcpy(first, request.id.data, 9);
	receive(LIST("REQUEST_METHOD=GET"));
	assert_string_not_equal(request.id.data, first);
}

/* --- Body --------------------------------------------------------------------------------------------------------- */

static void test_bodies(void **state)
{
	static const struct {
		char *length;
		const char *input;
		size_t piece;
		bool breaks;
		enum error_kind kind;
	} cases[] = {
		{"CONTENT_LENGTH=5", "hello", 100, false, ERROR_NONE},
		{"CONTENT_LENGTH=5", "hello", 1, false, ERROR_NONE},
		{"CONTENT_LENGTH=", "", 100, false, ERROR_NONE},
		{"CONTENT_LENGTH=", "hello", 2, false, ERROR_NONE},
		{"X=", "hello", 2, false, ERROR_NONE},
		{"CONTENT_LENGTH=0", "", 100, false, ERROR_NONE},
		{"CONTENT_LENGTH=10", "0123456789", 100, false, ERROR_NONE},
		{"CONTENT_LENGTH=6", "hello", 100, false, ERROR_INVALID},
		{"CONTENT_LENGTH=4", "hello", 100, false, ERROR_INVALID},
		{"CONTENT_LENGTH=0", "hello", 100, false, ERROR_INVALID},
		{"CONTENT_LENGTH=five", "hello", 100, false, ERROR_INVALID},
		{"CONTENT_LENGTH=-1", "hello", 100, false, ERROR_INVALID},
		{"CONTENT_LENGTH=11", "", 100, false, ERROR_TOO_LARGE},
		{"CONTENT_LENGTH=11", "01234567890", 100, false, ERROR_TOO_LARGE},
		{"X=", "01234567890", 100, false, ERROR_TOO_LARGE},
		{"X=", "01234567890", 3, false, ERROR_TOO_LARGE},
		{"CONTENT_LENGTH=5", "he", 100, true, ERROR_TIMEOUT},
		{"X=", "he", 100, true, ERROR_TIMEOUT},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		struct buf body = BUF_INIT;
		memory_exchange_release(&memory);
		memory_exchange_init(&memory, LIST(cases[i].length), cases[i].input);
		memory.piece = cases[i].piece;
		memory.breaks = cases[i].breaks;
		bool good = receive_body(&memory.exchange, 10, &body, &error);
		assert_int_equal(good, cases[i].kind == ERROR_NONE);
		assert_int_equal(error.kind, cases[i].kind);
		if (good) {
			assert_str(buf_str(&body), cases[i].input);
			assert_true(memory.ended);
		}
		buf_release(&body);
	}
}

static void test_the_limit_is_named(void **state)
{
	struct error error = ERROR_INIT;
	struct buf body = BUF_INIT;
	(void)state;
	memory_exchange_init(&memory, LIST("CONTENT_LENGTH=99999999999"), "");
	assert_false(receive_body(&memory.exchange, 25 * 1024 * 1024, &body, &error));
	assert_contains(error.message, "25 MiB");
	buf_release(&body);
}

static void test_drain(void **state)
{
	(void)state;
	memory_exchange_init(&memory, NULL, "0123456789");
	memory.piece = 3;
	receive_drain(&memory.exchange, 100);
	assert_int_equal(memory.read, 10);
	assert_true(memory.ended);

	memory.read = 0;
	receive_drain(&memory.exchange, 4); /* two reads pass the cap */
	assert_int_equal(memory.read, 6);

	memory.breaks = true;
	receive_drain(&memory.exchange, 100);
	assert_int_equal(memory.read, 10);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_paths),           CASE(test_remote_addresses), CASE(test_forwarded_twice),   CASE(test_head),  CASE(test_hidden_headers),
		CASE(test_doubled_headers), CASE(test_no_method),          CASE(test_ids),   CASE(test_ids_differ),
		CASE(test_bodies),          CASE(test_the_limit_is_named), CASE(test_drain),
	};
	return cmocka_run_group_tests_name("receive", tests, NULL, NULL);
}
