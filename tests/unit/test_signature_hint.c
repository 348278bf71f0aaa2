/* hook/signature_hint.h: each mistake is made once and must be named; no hint tells a digest or a secret. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/keys.h"
#include "hook/json_style.h"
#include "hook/signature.h"
#include "hook/signature_hint.h"
#include "payload/payload.h"
#include "payload/request.h"

#define SECRET "It's a Secret to Everybody"
/* What was signed: a part of it is in each of the styles. Not sorted; with a slash, HTML, and text beyond ASCII and the BMP. */
#define COMPACT "{\"ref\":\"a/b\",\"a\":[1.0,{},[],null,true],\"t\":\"<é\xf0\x9f\x98\x80\\n\\u0001\"}"
#define SPACED "{\"ref\": \"a/b\", \"a\": [1.0, {}, [], null, true], \"t\": \"<\\u00e9\\ud83d\\ude00\\n\\u0001\"}"
#define PHP "{\"ref\":\"a\\/b\",\"a\":[1.0,{},[],null,true],\"t\":\"<\\u00e9\\ud83d\\ude00\\n\\u0001\"}"
#define SORTED "{\"a\":[1.0,{},[],null,true],\"ref\":\"a/b\",\"t\":\"<é\xf0\x9f\x98\x80\\n\\u0001\"}"
#define GO "{\"a\":[1.0,{},[],null,true],\"ref\":\"a/b\",\"t\":\"\\u003cé\xf0\x9f\x98\x80\\n\\u0001\"}"
#define INDENTED(i) \
	"{\n" i "\"ref\": \"a/b\",\n" i "\"a\": [\n" i i "1.0,\n" i i "{},\n" i i "[],\n" i i "null,\n" i i "true\n" i \
	"],\n" i "\"t\": \"<é\xf0\x9f\x98\x80\\n\\u0001\"\n}"

struct sent {
	enum crypto_hash signed_with;
	const char *secret; /* of the sender */
	const char *body;   /* as it was signed */
	const char *prefix;
	enum { LOWER, UPPER, BASE64 } way;
};

static struct str encode_base64(struct arena *arena, const uint8_t *data, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_alloc(arena, size * 2);
	size_t len = 0;
	for (size_t i = 0; i < size; i += 3) {
		unsigned bits = (unsigned)data[i] << 16 | (i + 1 < size ? (unsigned)data[i + 1] << 8 : 0) |
		                (i + 2 < size ? data[i + 2] : 0);
		for (unsigned j = 0; j < 4; j++)
			out[len++] = i + j > size ? '=' : digits[bits >> (18 - 6 * j) & 63];
	}
	return (struct str){out, len};
}

static struct str sign(struct arena *arena, const struct sent *sent)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(sent->signed_with, str_from(sent->secret), str_from(sent->body), digest);
	struct str text = sent->way == BASE64 ? encode_base64(arena, digest, size) : crypto_hex(arena, digest, size);
	if (sent->way == UPPER)
		text = str_upper(arena, text);
	return str_printf(arena, "%s%s", sent->prefix ? sent->prefix : "", text.data);
}

static void check(const struct sent *sent, const char *secret, const char *type, const char *body, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct request request = {
		.arena = &arena,
		.query = STR(""),
		.content_type = str_from(type),
		.body = str_from(body),
	};
	struct str given = sign(&arena, sent);
	assert_false(signature_matches_request(CRYPTO_SHA256, str_from(secret), given, &request));
	struct str texts[] = {STR("one more"), str_from(secret)};
	const struct text_list secrets = {texts, COUNT_OF(texts)};
	struct str hint = signature_hint(CRYPTO_SHA256, &secrets, given, &request);
	if (!strstr(hint.data, expected))
		fail_msg("\"%s\" does not hold \"%s\"", hint.data, expected);
	assert_null(strstr(hint.data, str_from_index(given, given.len - 12).data));
	assert_null(strstr(hint.data, "Everybody"));
	arena_release(&arena);
}

#define JSON "application/json"

static void test_mistakes(void **state)
{
	static const struct {
		struct sent sent;
		const char *secret; /* of the match; NULL: SECRET */
		const char *body;   /* as it arrived */
		const char *hint;
	} cases[] = {
		/* The algorithm, and how the digest is written. */
		{{CRYPTO_SHA1, SECRET, COMPACT, "sha1=", LOWER},
	         NULL,
	         COMPACT,
	         "it would be right for HMAC-SHA1: the match says HMAC-SHA256"},
		{{CRYPTO_SHA512, SECRET, COMPACT, NULL, LOWER}, NULL, COMPACT, "it would be right for HMAC-SHA512"},
		{{CRYPTO_SHA512, SECRET, COMPACT, NULL, BASE64}, NULL, COMPACT, "it would be right for HMAC-SHA512"},
		{{CRYPTO_SHA256, SECRET, COMPACT, "sha1=", LOWER},
	         NULL,
	         COMPACT,
	         "something else than sha256= stands before it"},
		{{CRYPTO_SHA256, SECRET, COMPACT, "hmac-sha256 ", LOWER}, NULL, COMPACT, "something else than sha256="},
		{{CRYPTO_SHA256, SECRET, COMPACT, "t=1,v1=", LOWER}, NULL, COMPACT, "something else than sha256="},
		{{CRYPTO_SHA256, SECRET, COMPACT, " ", LOWER}, NULL, COMPACT, "something around it"},
		{{CRYPTO_SHA256, SECRET, COMPACT, "sha256=", UPPER},
	         NULL,
	         COMPACT,
	         "in upper-case hexadecimal: lower case is wanted"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, BASE64}, NULL, COMPACT, "in base64: hexadecimal is wanted"},
		{{CRYPTO_SHA256, SECRET, COMPACT, "sha256=", BASE64}, NULL, COMPACT, "in base64"},
		{{CRYPTO_SHA256, SECRET, COMPACT, "v1,", BASE64}, NULL, COMPACT, "in base64"},
		/* The secret. */
		{{CRYPTO_SHA256, SECRET "\n", COMPACT, NULL, LOWER},
	         NULL,
	         COMPACT,
	         "the sender's secret ends in a newline"},
		{{CRYPTO_SHA256, SECRET "\r\n", COMPACT, NULL, LOWER},
	         NULL,
	         COMPACT,
	         "the sender's secret ends in CR LF"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, LOWER},
	         SECRET "\n",
	         COMPACT,
	         "the secret of the match has white space at its ends"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, LOWER},
	         " " SECRET,
	         COMPACT,
	         "the secret of the match has white space at its ends"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, LOWER},
	         "'" SECRET "'",
	         COMPACT,
	         "the secret of the match has quotes around it"},
		{{CRYPTO_SHA256, "\"" SECRET "\"", COMPACT, NULL, LOWER},
	         NULL,
	         COMPACT,
	         "the sender's secret has double quotes"},
		{{CRYPTO_SHA256, "'" SECRET "'", COMPACT, NULL, LOWER},
	         NULL,
	         COMPACT,
	         "the sender's secret has single quotes"},
		{{CRYPTO_SHA256, SECRET " ", COMPACT, NULL, LOWER}, NULL, COMPACT, "has a space at its end"},
		{{CRYPTO_SHA256, "abcdef", COMPACT, NULL, LOWER},
	         "whsec_YWJjZGVm",
	         COMPACT,
	         "takes the secret for base64"},
		{{CRYPTO_SHA256, "", COMPACT, NULL, LOWER}, NULL, COMPACT, "signs with an empty secret"},
		/* The body. */
		{{CRYPTO_SHA256, SECRET, "", NULL, LOWER}, NULL, COMPACT, "an empty body"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, LOWER}, NULL, COMPACT "\r\n", "without the newline at its end"},
		{{CRYPTO_SHA256, SECRET, COMPACT "\n", NULL, LOWER}, NULL, COMPACT, "with a newline at its end"},
		{{CRYPTO_SHA256, SECRET, COMPACT "\r\n", NULL, LOWER}, NULL, COMPACT, "with CR LF at its end"},
		{{CRYPTO_SHA256, SECRET, "{\r\n}\r\n", NULL, LOWER}, NULL, "{\n}\n", "the other line ends"},
		{{CRYPTO_SHA256, SECRET, "{\n}\n", NULL, LOWER}, NULL, "{\r\n}\r\n", "the other line ends"},
		{{CRYPTO_SHA256, SECRET, COMPACT, NULL, LOWER},
	         NULL,
	         SPACED,
	         "as compact JSON; something on the way parses"},
		{{CRYPTO_SHA256, SECRET, SPACED, NULL, LOWER},
	         NULL,
	         COMPACT,
	         "in ASCII with a space behind each comma and colon (Python)"},
		{{CRYPTO_SHA256, SECRET, PHP, NULL, LOWER}, NULL, COMPACT, "(PHP)"},
		{{CRYPTO_SHA256, SECRET, INDENTED("  "), NULL, LOWER}, NULL, COMPACT, "indented by 2 spaces"},
		{{CRYPTO_SHA256, SECRET, INDENTED("    "), NULL, LOWER}, NULL, COMPACT, "indented by 4 spaces"},
		{{CRYPTO_SHA256, SECRET, SORTED, NULL, LOWER}, NULL, COMPACT, "with sorted keys; something"},
		{{CRYPTO_SHA256, SECRET, GO, NULL, LOWER}, NULL, COMPACT, "with sorted keys, < > & escaped (Go)"},
		{{CRYPTO_SHA256, SECRET, "[1,{\"a\":2}]", NULL, LOWER}, NULL, "[1, {\"a\": 2}]\n", "as compact JSON"},
		{{CRYPTO_SHA256, SECRET, "{\"root\":[1]}", NULL, LOWER}, NULL, "{\"root\": [1]}", "as compact JSON"},
		/* None of them. */
		{{CRYPTO_SHA256, "another", COMPACT, NULL, LOWER}, NULL, COMPACT, "none of the usual mistakes fits"},
		{{CRYPTO_SHA1, "another", COMPACT, NULL, LOWER}, NULL, COMPACT, "what came is as long as an HMAC-SHA1"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(&cases[i].sent, cases[i].secret ? cases[i].secret : SECRET, JSON, cases[i].body, cases[i].hint);
}

#define FORM "application/x-www-form-urlencoded"

static void test_forms(void **state)
{
	const struct sent field = {CRYPTO_SHA256, SECRET, "{\"a\":1}", NULL, LOWER};
	const struct sent encoded = {CRYPTO_SHA256, SECRET, "%7B%22a%22%3A1%7D", NULL, LOWER};
	const struct sent indented = {CRYPTO_SHA256, SECRET, "{\n  \"a\": 1\n}", NULL, LOWER};
	(void)state;

	check(&field, SECRET, FORM, "payload=%7B%22a%22%3A1%7D&x=1", "the form's field `payload` alone");
	check(&encoded, SECRET, FORM, "payload=%7B%22a%22%3A1%7D", "with its percent escapes");
	check(&indented, SECRET, FORM, "payload=%7B%22a%22%3A1%7D", "indented by 2 spaces");
}

static struct str hint_for(struct request *request, struct str given)
{
	struct str text = STR(SECRET);
	const struct text_list secrets = {&text, 1};
	return signature_hint(CRYPTO_SHA256, &secrets, given, request);
}

static void test_what_is_no_digest(void **state)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR(""), .content_type = STR(JSON), .body = STR("{}")};
	static const char *const texts[] = {"",     "sha256=",          "x",    "sha256=00",
	                                    ",,,,", "================", "\"\"", "===="};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_contains(hint_for(&request, str_from(texts[i])).data,
		                "what came is no digest: an HMAC-SHA256 is 64");
	arena_release(&arena);
}

/* What is hashed and written has a bound, whatever arrives. */
static void test_work_is_bounded(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf body = BUF_INIT;
	struct request request = {.arena = &arena, .query = STR(""), .content_type = STR(JSON)};
	uint8_t digest[CRYPTO_DIGEST_MAX];
	(void)state;

	buf_append_byte(&body, '"');
	while (body.len < 30 * 1024 * 1024)
		buf_append_c(&body, "                                                                ");
	buf_append_byte(&body, '"');
	request.body = buf_str(&body);
	size_t size = crypto_hmac(CRYPTO_SHA1, STR(SECRET), request.body, digest);
	assert_contains(hint_for(&request, crypto_hex(&arena, digest, size)).data, "it would be right for HMAC-SHA1");
	size = crypto_hmac(CRYPTO_SHA256, STR(SECRET "\n"), request.body, digest);
	assert_contains(hint_for(&request, crypto_hex(&arena, digest, size)).data, "none of the usual mistakes");
	assert_true(arena.used < 1024 * 1024);

	/* Nested as deep as it may be, a short text would be half a gigabyte when indented. */
	buf_clear(&body);
	for (size_t i = 0; i < 120; i++)
		buf_append_byte(&body, '[');
	for (size_t i = 0; i < 100000; i++)
		buf_append_c(&body, "1,");
	buf_append_byte(&body, '1');
	for (size_t i = 0; i < 120; i++)
		buf_append_byte(&body, ']');
	request.body = buf_str(&body);
	assert_contains(
		hint_for(&request, STR("0000000000000000000000000000000000000000000000000000000000000000")).data,
		"none of the usual mistakes");
	struct value *tree;
	struct error error = ERROR_INIT;
	struct buf written = BUF_INIT;
	assert_true(payload_parse_json(&arena, request.body, &tree, &error));
	assert_false(json_style_write(&written, tree, &(struct json_style){.indent = 4}));
	assert_true(written.len < JSON_STYLE_MAX + 128 * 1024);
	buf_release(&written);
	buf_release(&body);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mistakes),
		TEST(test_forms),
		TEST(test_what_is_no_digest),
		TEST(test_work_is_bounded),
	};
	return cmocka_run_group_tests_name("signature_hint", tests, NULL, NULL);
}
