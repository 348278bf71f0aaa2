/* payload/http_request.h: requests as people save them, and each way in which a file is none, with its place. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "payload/http_request.h"
#include "payload/request.h"

struct fixture {
	struct arena arena;
	struct request request;
	struct error error;
};

static bool read_text(struct fixture *f, struct str text)
{
	*f = (struct fixture){.arena = ARENA_INIT, .error = ERROR_INIT};
	f->request.arena = &f->arena;
	return http_request_read(&f->request, text, "r", &f->error);
}

static void assert_header(const struct request *request, struct str name, const char *value)
{
	const struct str *found = request_find_header(request, name);
	if (value)
		assert_non_null(found);
	else
		assert_null(found);
	if (found)
		assert_str(*found, value);
}

static void test_good(void **state)
{
	static const char *const texts[] = {
		"POST /hooks/a%20b?x=1&y HTTP/1.1\r\nHost: h\r\ncontent-type: application/json\r\nX-Hub-Signature:  a:b \r\n"
		"Proxy: p\r\n\r\n{}\r\n",
		"\nPOST http://h:80/hooks/a%20b?x=1&y HTTP/2\nContent-Type: application/json\nCONTENT-type: text/plain\n"
		"x-hub-signature:a:b\n\n{}\r\n",
		"POST HTTPS://h/hooks/a%20b?x=1&y HTTP/1.0\nContent-Length: 4\nContent-Type:\tapplication/json\t\n"
		"X-Hub-Signature: a:b\r\n\r\n{}\r\n\n\r\n",
		"POST /hooks/a%20b?x=1&y HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nContent-Type: application/json\r\n"
		"X-Hub-Signature: a:b\r\n\r\n1;ext=1\r\n{\r\n03\r\n}\r\n\r\n0\r\nTrailer: x\r\n\r\n",
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct fixture f;
		if (!read_text(&f, str_from(texts[i])))
			fail_msg("case %zu: %s", i, f.error.message);
		assert_str(f.request.method, "POST");
		assert_str(f.request.path, "/hooks/a b");
		assert_str(f.request.query, "x=1&y");
		assert_str(f.request.content_type, "application/json");
		assert_str(f.request.body, "{}\r\n");
		assert_header(&f.request, STR("X-Hub-Signature"), "a:b");
		assert_header(&f.request, STR("Host"), NULL);
		assert_header(&f.request, STR("Proxy"), NULL);
		assert_header(&f.request, STR("Transfer-Encoding"), NULL);
		assert_int_equal(request_count_header(&f.request, STR("Content-Type")), 1);
		arena_release(&f.arena);
	}
}

static void test_without_body(void **state)
{
	static const char *const texts[] = {"GET / HTTP/1.1", "GET / HTTP/1.1\n",
	                                    "GET http://h HTTP/1.1\r\nA: b\r\n\r\n"};
	struct fixture f;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_true(read_text(&f, str_from(texts[i])));
		assert_str(f.request.path, "/");
		assert_str(f.request.query, "");
		assert_str(f.request.body, "");
		arena_release(&f.arena);
	}
}

/* As nginx and Apache: else X_A and X-A would be one header, and either could stand for the other. */
static void take_line(void *context, enum log_level level, const char *text)
{
	(void)level;
	strncpy(context, text, 200);
}

static void test_underscores(void **state)
{
	struct fixture f;
	char line[201] = "";
	(void)state;

	log_set_sink(take_line, line);
	assert_true(read_text(&f, STR("GET / HTTP/1.1\nX_A: 5ecret\nHTTP_X_B: 1\nX-C: 2\n\n")));
	log_set_sink(NULL, NULL);
	assert_int_equal(f.request.header_count, 1);
	assert_string_equal(line, "r:3: header HTTP_X_B is left out: web servers drop names with a '_'");
	arena_release(&f.arena);
}

static void test_errors(void **state)
{
	static const struct {
		struct str text;
		const char *error;
	} cases[] = {
#define T(literal) {"" literal, sizeof(literal) - 1}
		{T(""), "r:1:1: the file is empty"},
		{T("\n\r\n"), "r:1:1: the file is empty"},
		{T("POST"), "r:1:5: expected HTTP/1.1 at the end"},
		{T("POST /x"), "r:1:8: expected HTTP/1.1 at the end"},
		{T("POST /x HTTP/1"), "r:1:9: expected HTTP/1.1"},
		{T("POST /x HTTP/1.1 "), "r:1:9: expected HTTP/1.1"},
		{T("POST  /x HTTP/1.1"), "r:1:7: expected HTTP/1.1"},
		{T("{\"a\": 1}"), "r:1:1: expected a request line"},
		{T(" POST / HTTP/1.1"), "r:1:1: expected a request line"},
		{T("\n\nPOST hooks HTTP/1.1"), "r:3:6: expected a path such as"},
		{T("POST /a%2 HTTP/1.1"), "r:1:8: two hexadecimal digits"},
		{T("POST / HTTP/1.1\nA: b\n{\"a\": 1}\n"), "r:3:1: the name of a header is"},
		{T("POST / HTTP/1.1\nA: b\n[1]\n"), "r:3:1: expected a header such as"},
		{T("POST / HTTP/1.1\nA: b\n  c\n\n"), "r:3:1: white space at the beginning"},
		{T("POST / HTTP/1.1\nA : b\n\n"), "r:2:1: the name of a header"},
		{T("POST / HTTP/1.1\n: b\n\n"), "r:2:1: the name of a header"},
		{T("POST / HTTP/1.1\r\nA: 5ecret\x01\r\n\r\n"), "r:2:10: a control character"},
		{T("POST / HTTP/1.1\nA: b\rc\n\n"), "r:2:5: a control character"},
		{T("POST / HTTP/1.1\nA: \0\n\n"), "r:2:4: a control character"},
		{T("POST / HTTP/1.1\nContent-Length: 1\n\n"),
	         "r:2:1: Content-Length says 1 where the body has 0 bytes"},
		{T("POST / HTTP/1.1\nA: b\nContent-Length: 1\n\n{}"),
	         "r:3:1: Content-Length says 1 where the body has 2"},
		{T("POST / HTTP/1.1\nContent-Length: -1\n\n"), "r:2:17: Content-Length is no number"},
		{T("POST / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\n"), "r:3:17: Content-Length comes twice"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: gzip\n\n"), "r:2:20: of transfer codings only chunked"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 1\n\n"), "r:4:1: Content-Length and"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n"), "the chunked body ends before its last chunk"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nx\n"), "r:4:1: expected the size of a chunk"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n\n"), "r:4:1: expected the size of a chunk"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n111111111\n"),
	         "r:4:9: expected the size of a chunk"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n5\nabc\n"),
	         "r:4:1: the chunk has 5 bytes, but only 4"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n3\na\nbc\n0\n"),
	         "r:6:1: expected the end of the line"},
		{T("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\n"), "the chunked body ends before"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		assert_false(read_text(&f, cases[i].text));
		assert_int_equal(f.error.kind, ERROR_INVALID);
		assert_contains(f.error.message, cases[i].error);
		assert_null(strstr(f.error.message, "5ecret"));
		arena_release(&f.arena);
	}
}

static void test_what_is_a_request(void **state)
{
	static const char *const requests[] = {"POST /x", "\r\nGET / HTTP/1.1", "DELETE\t"};
	static const char *const bodies[] = {"",    "GET",  "{}",    "[1]", "<a/>", "payload=%7B%7D",
	                                     "--x", "true", "GET=1", "12"};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(requests); i++)
		assert_true(http_request_is(str_from(requests[i])));
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		assert_false(http_request_is(str_from(bodies[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),   TEST(test_without_body),      TEST(test_underscores),
		TEST(test_errors), TEST(test_what_is_a_request),
	};
	return cmocka_run_group_tests_name("http_request", tests, NULL, NULL);
}
