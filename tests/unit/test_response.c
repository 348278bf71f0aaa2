/* gateway/response.h: what goes out, byte by byte, and what is kept from going out. */
#include "check.h"

#include "base/http_status.h"
#include "gateway/response.h"
#include "memory_exchange.h"

static struct memory_exchange memory;
static struct response response;

static int begin(void **state)
{
	(void)state;
	memory_exchange_init(&memory, NULL, "");
	response_init(&response, &memory.exchange, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	memory_exchange_release(&memory);
	return 0;
}

static void begin_again(bool head)
{
	end(NULL);
	begin(NULL);
	response.head = head;
}

static void test_short(void **state)
{
	(void)state;
	response_send(&response, 404, STR("Hook not found."));
	assert_str(buf_str(&memory.output), "Status: 404 Not Found\r\n"
	                                    "Content-Type: text/plain; charset=utf-8\r\n"
	                                    "X-Content-Type-Options: nosniff\r\n"
	                                    "Content-Length: 15\r\n\r\nHook not found.");
}

static void test_empty_body_has_no_type(void **state)
{
	(void)state;
	response_send(&response, 405, STR(""));
	assert_str(buf_str(&memory.output), "Status: 405 Method Not Allowed\r\n"
	                                    "X-Content-Type-Options: nosniff\r\n"
	                                    "Content-Length: 0\r\n\r\n");
}

static void test_sentence(void **state)
{
	(void)state;
	response_explain(&response, 413, "too much");
	assert_contains(memory.output.data, "Content-Length: 9\r\n\r\ntoo much\n");
}

static void test_headers(void **state)
{
	(void)state;
	assert_true(response_set_header(&response, STR("X-A"), STR("1")));
	assert_true(response_set_header(&response, STR("content-type"), STR("text/html")));
	assert_true(response_set_header(&response, STR("x-content-type-options"), STR("")));
	assert_true(response_set_header(&response, STR("x-a"), STR("2\t3")));
	response_send(&response, 200, STR("hi"));
	assert_str(buf_str(&memory.output), "Status: 200 OK\r\nx-a: 2\t3\r\ncontent-type: text/html\r\n"
	                                    "x-content-type-options: \r\nContent-Length: 2\r\n\r\nhi");
	assert_false(response_set_header(&response, STR("X-Late"), STR("1")));
}

static void test_refused_headers(void **state)
{
	static const struct {
		const char *name;
		struct str value;
	} cases[] = {
		{"X-A", {"a\r\nX-B: 1", 9}},
		{"X-A", {"a\n", 2}},
		{"X-A", {"\r", 1}},
		{"X-A", {"a\0b", 3}},
		{"X-A", {"\x1B[31m", 5}},
		{"X-A", {"\x7F", 1}},
		{"", {"1", 1}},
		{"X A", {"1", 1}},
		{"X-A:", {"1", 1}},
		{"X-A\r\nX-B", {"1", 1}},
		{"X-\xC3\xA4", {"1", 1}},
		{"Status", {"404", 3}},
		{"STATUS", {"404", 3}},
		{"X-Accel-Redirect", {"/secret", 7}},
		{"x-accel-anything", {"1", 1}},
		{"X-Sendfile", {"/etc/passwd", 11}},
		{"X-Sendfile-Temporary", {"/etc/passwd", 11}},
		{"X-LIGHTTPD-send-file", {"/etc/passwd", 11}},
		{"Transfer-Encoding", {"chunked", 7}},
		{"content-length", {"7", 1}},
		{"Connection", {"close", 5}},
		{"Upgrade", {"h2c", 3}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_false(response_set_header(&response, str_from(cases[i].name), cases[i].value));
	assert_false(response_set_header(&response, (struct str){"X\0A", 3}, STR("1")));
	response_send(&response, 200, STR("hi"));
	assert_str(buf_str(&memory.output), "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
	                                    "X-Content-Type-Options: nosniff\r\nContent-Length: 2\r\n\r\nhi");
}

static void test_allowed_headers(void **state)
{
	static const char *const names[] = {"Location", "X-Accelerate", "X-Status", "Accept", "Retry-After",
	                                    "T",        "X-Sendfiles"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_true(response_set_header(&response, str_from(names[i]), STR("a \t\xC3\xA4")));
}

static void test_status(void **state)
{
	static const struct {
		int64_t given;
		const char *line;
	} cases[] = {
		{200, "Status: 200 OK\r\n"},
		{201, "Status: 201 Created\r\n"},
		{418, "Status: 418 I'm a teapot\r\n"},
		{999, "Status: 200 OK\r\n"},
		{0, "Status: 200 OK\r\n"},
		{-1, "Status: 200 OK\r\n"},
		{103, "Status: 200 OK\r\n"},
		{306, "Status: 200 OK\r\n"},
		{INT64_C(1) << 32 | 404, "Status: 200 OK\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		begin_again(false);
		response_send(&response, cases[i].given, STR("x"));
		assert_ptr_equal(strstr(memory.output.data, cases[i].line), memory.output.data);
	}
	assert_null(http_status_reason(999));
	assert_string_equal(http_status_reason(422), "Unprocessable Content");
}

static void test_head_has_length_and_no_body(void **state)
{
	(void)state;
	begin_again(true);
	response_send(&response, 200, STR("hello"));
	assert_str(buf_str(&memory.output), "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
	                                    "X-Content-Type-Options: nosniff\r\nContent-Length: 5\r\n\r\n");
}

static void test_statuses_without_body(void **state)
{
	(void)state;
	response_send(&response, 204, STR("hello"));
	assert_str(buf_str(&memory.output), "Status: 204 No Content\r\n\r\n");
	begin_again(false);
	response_set_header(&response, STR("content-type"), STR("text/html"));
	response_set_header(&response, STR("X-A"), STR("1"));
	response_send(&response, 304, STR("hello"));
	assert_str(buf_str(&memory.output), "Status: 304 Not Modified\r\nX-A: 1\r\n\r\n");
}

static void test_unknown_length(void **state)
{
	(void)state;
	response_write(&response, STR("one"));
	response_flush(&response);
	assert_int_equal(memory.flushed, memory.output.len);
	response_write(&response, STR("two"));
	assert_str(buf_str(&memory.output), "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
	                                    "X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\n\r\nonetwo");
}

static void test_only_one_response(void **state)
{
	(void)state;
	response_send(&response, 404, STR("x"));
	size_t sent = memory.output.len;
	response_send(&response, 200, STR("y"));
	response_set_status(&response, 500);
	assert_int_equal(memory.output.len, sent);
	assert_int_equal(response.status, 404);
}

static void test_gone(void **state)
{
	(void)state;
	response_start(&response, -1);
	memory.exchange.gone = true;
	memory_exchange_take(&memory);
	response_write(&response, STR("hi"));
	response_flush(&response);
	assert_int_equal(memory.output.len, 0);
	assert_int_equal(memory.flushes, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_short),
		CASE(test_empty_body_has_no_type),
		CASE(test_sentence),
		CASE(test_headers),
		CASE(test_refused_headers),
		CASE(test_allowed_headers),
		CASE(test_status),
		CASE(test_head_has_length_and_no_body),
		CASE(test_statuses_without_body),
		CASE(test_unknown_length),
		CASE(test_only_one_response),
		CASE(test_gone),
	};
	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
