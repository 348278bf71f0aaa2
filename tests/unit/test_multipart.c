/*
 * payload/multipart.c and multipart_reader.h. Each answer is webhook 2.8.0's unless a comment says otherwise, asked with
 * the source entire-payload. NULL is its 500, "Error occurred while parsing multipart form."
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "payload/multipart_reader.h"
#include "payload/payload.h"
#include "payload/value.h"

#define TYPE "multipart/form-data; boundary=x"
#define A "Content-Disposition: form-data; name=\"a\"\r\n"
#define B "Content-Disposition: form-data; name=b\r\n"
#define FILE_F "Content-Disposition: form-data; name=\"f\"; filename=\"f.json\"\r\n"
#define IS_JSON "Content-Type: application/json\r\n"
#define ENCODED "Content-Transfer-Encoding: Quoted-Printable\r\n"
#define PART(headers, content) "--x\r\n" headers "\r\n" content "\r\n"
#define ONE PART(A, "1")
#define LAST "--x--\r\n"

static struct payload_uploads uploads; /* of the last body */

static bool parse(struct arena *arena, const char *type, struct str body, struct value **value, struct error *error)
{
	static const struct str named[] = {{"other", 5}, {"named", 5}};
	const struct payload_input input = {.content_type = STR("multipart/form-data;"),
	                                    .header_type = str_from(type),
	                                    .body = body,
	                                    .json_parts = named,
	                                    .json_part_count = COUNT_OF(named),
	                                    .uploads = &uploads};

	uploads = (struct payload_uploads){NULL, 0, 0};

	return payload_parse(arena, &input, value, error);
}

static void check(const char *type, const char *body, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	struct buf out = BUF_INIT;
	bool good = parse(&arena, type, str_from(body), &value, &error);

	assert_int_equal(error.kind, good ? ERROR_NONE : ERROR_INVALID);
	if (good != (expected != NULL))
		fail_msg("%s: %s", body, good ? "taken" : error.message);
	value_write_json(&out, value);
	assert_str(buf_str(&out), expected == NULL ? "null" : expected);
	buf_release(&out);
	arena_release(&arena);
}

struct body {
	const char *text, *expected;
};

#define CHECK_ALL(bodies) \
	do { \
		for (size_t i = 0; i < COUNT_OF(bodies); i++) \
			check(TYPE, (bodies)[i].text, (bodies)[i].expected); \
	} while (0)

static void test_boundaries(void **state)
{
	static const struct body bodies[] = {
		{ONE LAST, "{\"a\":\"1\"}"},
		{ONE "--x--", "{\"a\":\"1\"}"},
		{ONE "--x-- \t", "{\"a\":\"1\"}"},
		{ONE "--x-- \t\r\nepilogue", "{\"a\":\"1\"}"},
		{"preamble--x\r\n\r\n" ONE LAST, "{\"a\":\"1\"}"},
		{LAST, "null"},
		{"--x--", "null"},
		{"--x \t \r\n" A "\r\n1\r\n" LAST, "{\"a\":\"1\"}"},
		{ONE PART(B, "2") LAST, "{\"a\":\"1\",\"b\":\"2\"}"},
		{"", NULL},
		{"--x", NULL},
		{ONE, NULL},
		{ONE "--x", NULL},
		{ONE "--x--\n", NULL},
		{ONE "--x--junk", NULL},
		{ONE "--x--junk\r\n", NULL},
		{"--x\r\n" ONE LAST, NULL},
		/* Lines end as the first boundary's does. */
		{"--x\n" A "\n1\n--x--\n", "{\"a\":\"1\"}"},
		{"--x\n" A "\n1\r\n--x--\n", "{\"a\":\"1\\r\"}"},
		{"--x\n" A "\n1\n" LAST, NULL},
		{"--x\n" A "\n1\r\n" LAST, NULL},
		{"--x\r\n" A "\r\n1\n" LAST, NULL},
	};

	(void)state;
	CHECK_ALL(bodies);
}

static void test_content(void **state)
{
	static const struct body bodies[] = {
		{PART(A, "") LAST, "{\"a\":\"\"}"},
		{"--x\r\n" A "\r\n" LAST, "{\"a\":\"\"}"},
		{"--x\r\n" A "\r\n--x--", "{\"a\":\"\"}"},
		{PART(A, "\r\nu\r\n\r\n") LAST, "{\"a\":\"\\r\\nu\\r\\n\\r\\n\"}"},
		{PART(A, "--xx") LAST, "{\"a\":\"--xx\"}"},
		{PART(A, "--x-y") LAST, "{\"a\":\"--x-y\"}"},
		{PART(A, "u\r\n--xy\r\nv") LAST, "{\"a\":\"u\\r\\n--xy\\r\\nv\"}"},
		{PART(A, "u\r\n--x-y\r\nv") LAST, "{\"a\":\"u\\r\\n--x-y\\r\\nv\"}"},
		{PART(A, "u\n--x\nv") LAST, "{\"a\":\"u\\n--x\\nv\"}"},
		{PART(A, "u\r--x\rv") LAST, "{\"a\":\"u\\r--x\\rv\"}"},
		{PART(A, "u\r\n--x y\r\nv") LAST, NULL},
		{PART(A, "u\r\n--x--y\r\nv") LAST, NULL},
		{PART(A, "u\r\n--x\rv") LAST, NULL},
		{ONE "--x\r\n" B "\r\n", NULL},
		{ONE "--x\r\n" B "\r\nv", NULL},
		{ONE "--x\r\n" B "\r\nv\r\n--x", NULL},
	};

	(void)state;
	CHECK_ALL(bodies);
}

static void test_headers(void **state)
{
	static const struct body bodies[] = {
		{PART("content-DISPOSITION:form-data; name=a\r\n", "v") LAST, "{\"a\":\"v\"}"},
		{PART("Content-Disposition:\r\n form-data;\r\n\t name=a\r\n", "v") LAST, "{\"a\":\"v\"}"},
		{PART("Content-Disposition: form-data;name=a \t\r\n  \r\n", "v") LAST, "{\"a\":\"v\"}"},
		{PART(A B, "v") LAST, "{\"a\":\"v\"}"},
		{PART("X: \x01\xff\r\n: empty\r\nA b: c\r\nY:\r\n" A, "v") LAST, "{\"a\":\"v\"}"},
		{"--x\nContent-Disposition: form-data; name=a\r\n\nv\n--x--\n", "{\"a\":\"v\"}"},
		{PART("Content-Disposition : form-data; name=a\r\n", "v") LAST, "null"},
		{PART("Content-Disposition: form-data; name=a\rX: y\r\n", "v") LAST, "null"},
		{PART("Content-Disposition:\r\n" A, "v") LAST, "null"},
		{PART("", "v") LAST, "null"},
		{"--x\r\n\r\n" LAST, "null"},
		{PART("nocolon\r\n" A, "v") LAST, NULL},
		{PART("X\r\n : y\r\n" A, "v") LAST, NULL},
		{PART(" " A, "v") LAST, NULL},
		{PART("\r\r\n" A, "v") LAST, NULL},
		/* It ends among headers. */
		{"--x\r\n", "null"},
		{ONE "--x\r\nContent-Disposition: form-data; name=b", "{\"a\":\"1\"}"},
		{ONE "--x\r\n" B, "{\"a\":\"1\"}"},
		{ONE "--x\r\n" B " ", "{\"a\":\"1\"}"},
		{ONE "--x\r\nConte", NULL},
	};

	(void)state;
	CHECK_ALL(bodies);
}

static void test_names(void **state)
{
	static const struct body bodies[] = {
		{ONE PART(A, "2") LAST, "{\"a\":\"1\"}"},
		{PART("Content-Disposition: form-data; name=\"\"\r\n", "v") LAST, "null"},
		{PART("Content-Disposition: attachment; name=a\r\n", "v") LAST, "null"},
		{PART("Content-Disposition: form-data; name=a; filename=\"\"\r\n", "v") LAST, "{\"a\":\"v\"}"},
		{PART("Content-Disposition: form-data; name=a; filename*=bad\r\n", "v") LAST, "{\"a\":\"v\"}"},
		{PART("Content-Disposition: form-data; name=a; filename*=utf-8''n\r\n", "v") LAST, "null"},
		{PART(A IS_JSON, "{\"k\":1}") LAST, "{\"a\":\"{\\\"k\\\":1}\"}"},
	};

	(void)state;
	CHECK_ALL(bodies);
}

static void test_encodings(void **state)
{
	static const struct body bodies[] = {
		{PART(A ENCODED, "a=3Db=\r\nc") LAST, "{\"a\":\"a=bc\"}"},
		{PART(A "Content-Transfer-Encoding: quoted-printable \r\n", "=41") LAST, "{\"a\":\"A\"}"},
		{PART(A "Content-Transfer-Encoding: quoted-printable; x\r\n", "=41") LAST, "{\"a\":\"=41\"}"},
		{PART(A "Content-Transfer-Encoding: 7bit\r\n" ENCODED, "=41") LAST, "{\"a\":\"=41\"}"},
		{PART(A "Content-Transfer-Encoding: base64\r\n", "YQ==") LAST, "{\"a\":\"YQ==\"}"},
		{PART(A ENCODED, "=") LAST, NULL},
		{PART(FILE_F ENCODED, "=") LAST, NULL},
		{PART(FILE_F IS_JSON ENCODED, "{\"a\":\"=3d\"}") LAST, "{\"f\":{\"a\":\"=\"}}"},
	};

	(void)state;
	CHECK_ALL(bodies);
}

static void test_files(void **state)
{
#define NAMED "Content-Disposition: form-data; name=named; filename=n\r\n"
	static const struct body bodies[] = {
		{PART(FILE_F IS_JSON, "{\"a\":1.50}") LAST, "{\"f\":{\"a\":1.50}}"},
		{PART(FILE_F IS_JSON, "{\"a\":1.50} x") LAST, "{\"f\":{\"a\":1.50}}"},
		{PART(FILE_F, "{\"a\":1}") LAST, "null"},
		{PART(FILE_F "Content-Type: application/json; charset=utf-8\r\n", "{\"a\":1}") LAST, "null"},
		{PART(FILE_F "Content-Type: Application/JSON\r\n", "{\"a\":1}") LAST, "null"},
		{PART(FILE_F "Content-Type: text/plain\r\n" IS_JSON, "{\"a\":1}") LAST, "{\"f\":{\"a\":1}}"},
		{PART("Content-Disposition: form-data; filename=f\r\n" IS_JSON, "{\"a\":1}") LAST, "null"},
		/* No map of JSON. */
		{PART(FILE_F IS_JSON, "[1]") LAST, "{\"f\":null}"},
		{PART(FILE_F IS_JSON, "null") LAST, "{\"f\":null}"},
		{PART(FILE_F IS_JSON, "{\"a\":1") LAST, "{\"f\":null}"},
		{PART(FILE_F IS_JSON, "") LAST, "{\"f\":null}"},
		{ONE PART(FILE_F IS_JSON, "x") LAST, "{\"a\":\"1\",\"f\":null}"},
		/* The hook names it: whatever its type. */
		{PART(NAMED, "{\"a\":1}") LAST, "{\"named\":{\"a\":1}}"},
		{PART(NAMED "Content-Type: text/plain\r\n", "[1]") LAST, "{\"named\":null}"},
		/* Of several of one name. */
		{PART("Content-Disposition: form-data; name=f\r\n", "v") PART(FILE_F IS_JSON, "{}") LAST, "{\"f\":{}}"},
		{PART(FILE_F IS_JSON, "{}") PART("Content-Disposition: form-data; name=f\r\n", "v") LAST, "{\"f\":{}}"},
		{PART(FILE_F, "{}") PART("Content-Disposition: form-data; name=f\r\n", "v") LAST, "{\"f\":\"v\"}"},
		{PART(FILE_F, "{}") PART(FILE_F IS_JSON, "{}") LAST, "null"},
		{PART(FILE_F IS_JSON, "{\"a\":1}") PART(FILE_F IS_JSON, "{\"a\":2}") LAST, "{\"f\":{\"a\":1}}"},
	};

	(void)state;
	CHECK_ALL(bodies);
}

/* Every file is listed, whatever becomes of it in the payload; the reference has nothing of this kind. */
static void test_uploads(void **state)
{
	static const char body[] = ONE PART(FILE_F IS_JSON, "{}") PART(FILE_F "Content-Type: text/plain\r\n", "second")
		PART("Content-Disposition: form-data; name=q; filename*=UTF-8''%2e%2e%2fa%20b\r\n" ENCODED, "=00=41")
			PART("Content-Disposition: form-data; name=r; filename=r\r\n" ENCODED, "=42")
				PART("Content-Disposition: form-data; name=none; filename=\"\"\r\n", "v")
					PART("Content-Disposition: form-data; filename=g\r\n", "no name") LAST;
	static const struct {
		const char *name, *filename, *type;
		struct str content;
	} expected[] = {
		{"f", "f.json", "application/json", {"{}", 2}},
		{"f", "f.json", "text/plain", {"second", 6}},
		{"q", "../a b", "", {"\0A", 2}},
		{"r", "r", "", {"B", 1}},
	};
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;

	(void)state;
	assert_true(parse(&arena, TYPE, str_from(body), &value, &error));
	assert_int_equal(uploads.count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_str(uploads.items[i].name, expected[i].name);
		assert_str(uploads.items[i].filename, expected[i].filename);
		assert_str(uploads.items[i].type, expected[i].type);
		assert_int_equal(uploads.items[i].content.len, expected[i].content.len);
		assert_memory_equal(uploads.items[i].content.data, expected[i].content.data, expected[i].content.len);
	}
	arena_release(&arena);
}

/* A file that is no map is "null" as text too, and has nothing in it; a null of JSON would be "<nil>". */
static void test_file_without_map(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;

	(void)state;
	assert_true(parse(&arena, TYPE, STR(PART(FILE_F IS_JSON, "x") LAST), &value, &error));
	assert_str(value_text(&arena, value_find(value, STR("f"))), "null");
	assert_null(value_find(value, STR("f.a")));
	arena_release(&arena);
}

static void test_types(void **state)
{
	static const struct {
		const char *type;
		bool good;
	} cases[] = {
		{"multipart/form-data; boundary=x", true},
		{"multipart/form-data;boundary=\"x\"", true},
		{"Multipart/Form-Data ; charset=utf-8; BOUNDARY=x;", true},
		{"multipart/form-data; boundary*=utf-8''x", true},
		{"multipart/form-data;", false},
		{"multipart/form-data; boundary=\"\"", false},
		{"multipart/form-data; boundary=x; y", false},
		{"multipart/form-data; boundary=x y", false},
		{"multipart/form-data; boundary=x; boundary=y", false},
		{"multipart/form-data; boundary=y", false},
		{"multipart/form-data;;boundary=x", false},
		{"multipart/mixed; boundary=x", false},
		{"text/plain", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(cases[i].type, ONE LAST, cases[i].good ? "{\"a\":\"1\"}" : NULL);
}

/* NUL bytes and bytes that are no UTF-8 stay. */
static void test_bytes(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;

	(void)state;
	assert_true(parse(&arena, TYPE, STR(PART(A, "\0\xff\0") LAST), &value, &error));
	assert_true(str_equal(value_map_get(value, STR("a"))->as.text, STR("\0\xff\0")));
	arena_release(&arena);
}

/* --- Limits --------------------------------------------------------------------------------------------------------- */

static void check_limit(const struct buf *body, const char *message)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *value = NULL;
	bool good = parse(&arena, TYPE, buf_str(body), &value, &error);

	assert_int_equal(error.kind, message == NULL ? ERROR_NONE : ERROR_TOO_LARGE);
	assert_int_equal(good, message == NULL);
	assert_contains(error.message, message == NULL ? "" : message);
	arena_release(&arena);
}

static void repeat(struct buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_c(out, text);
}

static void test_parts(void **state)
{
	struct buf body = BUF_INIT;

	(void)state;
	repeat(&body, PART("", ""), MULTIPART_PARTS);
	buf_append_c(&body, LAST);
	check_limit(&body, NULL);
	body.len -= strlen(LAST);
	buf_append_c(&body, PART("", "") LAST);
	check_limit(&body, "multipart body: more than 1000 parts");
	buf_release(&body);
}

static void test_lines(void **state)
{
	struct buf body = BUF_INIT;

	(void)state;
	repeat(&body, "a", MULTIPART_LINE - 1);
	buf_append_c(&body, "\n" ONE LAST);
	check_limit(&body, NULL);
	buf_clear(&body);
	repeat(&body, "a", MULTIPART_LINE);
	buf_append_c(&body, "\n" ONE LAST);
	check_limit(&body, "a line of more than 4096 bytes outside of parts");
	buf_clear(&body);
	buf_append_c(&body, ONE "--x--");
	repeat(&body, " ", MULTIPART_LINE);
	check_limit(&body, "a line of more than 4096 bytes outside of parts");
	buf_release(&body);
}

/* The reference has 10 MiB. */
static void test_header_bytes(void **state)
{
	struct buf body = BUF_INIT;
	size_t start;

	(void)state;
	buf_append_c(&body, ONE "--x\r\n");
	start = body.len;
	buf_append_c(&body, "X: ");
	repeat(&body, "y", MULTIPART_HEADERS - strlen("X: \r\n\r\n"));
	buf_append_c(&body, "\r\n\r\n\r\n" LAST);
	check_limit(&body, NULL);
	body.len = start;
	buf_append_c(&body, "X: y");
	repeat(&body, "y", MULTIPART_HEADERS - strlen("X: \r\n\r\n"));
	buf_append_c(&body, "\r\n\r\n\r\n" LAST);
	check_limit(&body, "part 2: more than 16384 bytes of headers");
	body.len = start;
	repeat(&body, "X: y\r\n ", 3000);
	check_limit(&body, "part 2: more than 16384 bytes of headers");
	buf_release(&body);
}

static void append_file(struct buf *body, int number, size_t items)
{
	buf_printf(body, "--x\r\nContent-Disposition: form-data; name=f%d; filename=f\r\n" IS_JSON "\r\n{\"a\":[",
	           number);
	repeat(body, "1,", items);
	buf_append_c(body, "1]}\r\n");
}

/* What all files hold together is bounded as one JSON body is. */
static void test_values(void **state)
{
	struct buf body = BUF_INIT;

	(void)state;
	append_file(&body, 1, PAYLOAD_VALUES / 2);
	append_file(&body, 2, PAYLOAD_VALUES / 2 - 100);
	buf_append_c(&body, LAST);
	check_limit(&body, NULL);
	body.len -= strlen(LAST);
	append_file(&body, 3, 200);
	buf_append_c(&body, LAST);
	check_limit(&body, "more than 500000 values");
	buf_release(&body);
}

static int quietly(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_boundaries), TEST(test_content), TEST(test_headers),
		TEST(test_names),      TEST(test_files),   TEST(test_file_without_map),
		TEST(test_encodings),  TEST(test_types),   TEST(test_bytes),
		TEST(test_parts),      TEST(test_lines),   TEST(test_header_bytes),
		TEST(test_values),      TEST(test_uploads),
	};

	return cmocka_run_group_tests(tests, quietly, NULL);
}
