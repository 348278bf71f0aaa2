/* payload/request.h: names of headers, and the trees that are made when asked for. */
#include "check.h"

#include "base/arena.h"
#include "payload/request.h"
#include "payload/value.h"

static void test_header_name(void **state)
{
	static const struct {
		struct str name;
		const char *canonical;
	} cases[] = {
		{{"HTTP_X_HUB_SIGNATURE", 20}, "X-Hub-Signature"},
		{{"HTTP_X_HUB_SIGNATURE_256", 24}, "X-Hub-Signature-256"},
		{{"HTTP_ETAG", 9}, "Etag"},
		{{"HTTP_X__Y", 9}, "X--Y"},
		{{"HTTP__X", 7}, "-X"},
		{{"CONTENT_TYPE", 12}, "Content-Type"},
		{{"CONTENT_LENGTH", 14}, "Content-Length"},
		{{"x-hub-signature", 15}, "X-Hub-Signature"},
		{{"X-HUB-SIGNATURE", 15}, "X-Hub-Signature"},
		{{"X-GitHub-Event", 14}, "X-Github-Event"},
		{{"www-authenticate", 16}, "Www-Authenticate"},
		{{"x-1a-b2", 7}, "X-1a-B2"},
		{{"x_under_score", 13}, "X_under_score"},
		{{"http_x", 6}, "Http_x"},
		{{"x.DOT!y", 7}, "X.dot!y"},
		{{"a b", 3}, "a b"},
		{{"x-\xc3\xa9", 4}, "x-\xc3\xa9"},
		{{"x:y", 3}, "x:y"},
		{{"HTTP_X Y", 8}, "HTTP_X Y"},
		{{"HTTP_", 5}, "HTTP_"},
		{{"", 0}, ""},
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_str(request_header_name(&arena, cases[i].name), cases[i].canonical);
	arena_release(&arena);
}

static void test_headers(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR("")};
	struct value *values;

	(void)state;
	assert_null(request_find_header(&request, STR("Host")));
	request_add_header(&request, STR("HTTP_X_HUB_SIGNATURE"), STR("a"));
	request_add_header(&request, STR("x-hub-signature"), STR("b"));
	request_add_header(&request, STR("HTTP_HOST"), STR("example.test"));
	request_add_header(&request, STR("HTTP_TRANSFER_ENCODING"), STR("chunked"));
	request_add_header(&request, STR("CONTENT_TYPE"), STR("text/plain"));
	request_add_header(&request, STR("HTTP_X_EMPTY"), STR(""));
	for (char letter = 'A'; letter <= 'Z'; letter++)
		request_add_header(&request, (struct str){&letter, 1}, (struct str){&letter, 1});

	assert_str(*request_find_header(&request, STR("X-Hub-Signature")), "a");
	assert_null(request_find_header(&request, STR("x-hub-signature")));
	assert_str(*request_find_header(&request, STR("Host")), "example.test");
	assert_int_equal(request_count_header(&request, STR("X-Hub-Signature")), 2);
	assert_int_equal(request_count_header(&request, STR("X-Empty")), 1);
	assert_int_equal(request_count_header(&request, STR("X-Other")), 0);

	values = request_header_values(&request);
	assert_ptr_equal(values, request_header_values(&request));
	assert_int_equal(values->as.map.count, 3 + 26);
	assert_str(value_map_get(values, STR("X-Hub-Signature"))->as.text, "a");
	assert_str(value_map_get(values, STR("Content-Type"))->as.text, "text/plain");
	assert_str(value_map_get(values, STR("X-Empty"))->as.text, "");
	assert_str(value_map_get(values, STR("Q"))->as.text, "Q");
	assert_null(value_map_get(values, STR("Host")));
	assert_null(value_map_get(values, STR("Transfer-Encoding")));
	arena_release(&arena);
}

static void test_query(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR("a=1&a=2&b=%zz&c=x+y")};
	struct value *values = request_query_values(&request);

	(void)state;
	assert_ptr_equal(values, request_query_values(&request));
	assert_int_equal(values->as.map.count, 2);
	assert_str(value_map_get(values, STR("a"))->as.text, "1");
	assert_str(value_map_get(values, STR("c"))->as.text, "x y");

	request = (struct request){.arena = &arena, .query = STR("")};
	assert_int_equal(request_query_values(&request)->as.map.count, 0);
	arena_release(&arena);
}

static void test_payload(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .body = STR("{\"a\":1}"), .content_type = STR("application/json")};
	struct value *payload = request_payload(&request);

	(void)state;
	assert_str(value_map_get(payload, STR("a"))->as.text, "1");
	assert_ptr_equal(payload, request_payload(&request));
	assert_int_equal(request.payload_error.kind, ERROR_NONE);
	arena_release(&arena);
}

/* A body that does not parse is looked at once, and why it does not is kept. */
static void test_payload_error(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {
		.arena = &arena, .body = STR("{\"a\":\n1,}"), .content_type = STR("application/json")};

	(void)state;
	assert_null(request_payload(&request));
	assert_int_equal(request.payload_error.kind, ERROR_INVALID);
	assert_string_equal(request.payload_error.message, "JSON body: 2:3: unexpected character");
	request.body = STR("{}");
	assert_null(request_payload(&request));
	arena_release(&arena);
}

static void test_no_payload(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .body = STR("{}"), .content_type = STR("text/plain")};

	(void)state;
	assert_null(request_payload(&request));
	assert_int_equal(request.payload_error.kind, ERROR_NONE);
	arena_release(&arena);
}

#define FORM "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--"

/* What chooses the parser may be the hook's; the boundary is the header's. */
static void test_boundary_is_the_headers(void **state)
{
	static const struct {
		const char *hook, *header;
		bool good;
	} cases[] = {
		{"multipart/form-data; boundary=x", "multipart/form-data; boundary=x", true},
		{"multipart/form-data;", "Multipart/Form-Data; boundary=x", true},
		{"multipart/form-data; boundary=y", "multipart/form-data; boundary=x", true},
		{"multipart/form-data; boundary=x", "multipart/mixed; boundary=x", false},
		{"multipart/form-data; boundary=x", "text/plain", false},
		{"multipart/form-data; boundary=x", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena, .body = STR(FORM), .content_type = str_from(cases[i].hook)};

		if (cases[i].header != NULL)
			request_add_header(&request, STR("content-type"), str_from(cases[i].header));
		if ((request_payload(&request) != NULL) != cases[i].good)
			fail_msg("%s over %s: %s", cases[i].hook, cases[i].header, request.payload_error.message);
		assert_int_equal(request.payload_error.kind, cases[i].good ? ERROR_NONE : ERROR_INVALID);
		arena_release(&arena);
	}
}

/* Beside a multipart body, and beside no other. */
static void test_query_that_cannot_be_read(void **state)
{
	static const struct {
		const char *type, *body;
		bool good;
	} cases[] = {
		{"multipart/form-data; boundary=x", FORM, false},
		{"application/json", "{}", true},
		{"application/x-www-form-urlencoded", "a=1", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena,
		                          .body = str_from(cases[i].body),
		                          .query = STR("a=%zz&b=1"),
		                          .content_type = str_from(cases[i].type)};

		request_add_header(&request, STR("Content-Type"), request.content_type);
		assert_int_equal(request_payload(&request) != NULL, cases[i].good);
		assert_string_equal(request.payload_error.message,
		                    cases[i].good ? "" : "query: \"%zz\" is no percent escape");
		assert_non_null(value_map_get(request_query_values(&request), STR("b")));
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header_name),
		TEST(test_headers),
		TEST(test_query),
		TEST(test_payload),
		TEST(test_payload_error),
		TEST(test_no_payload),
		TEST(test_boundary_is_the_headers),
		TEST(test_query_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
