/* hook/signature.h: HMACs as forges send them, and the ways in which one is not good. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "hook/signature.h"
#include "payload/request.h"

/* GitHub's own example of a signed delivery. */
#define SECRET "It's a Secret to Everybody"
#define BODY "Hello, World!"
#define SHA256 "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
/* The others by openssl dgst -hmac. */
#define SHA1 "01dc10d0c83e72ed246219cdd91669667fe2ca59"
#define SHA512 \
	"11ed355a617e98134e842012a7944ccf59c10256cb182357bd7e3a42013ff07c" \
	"376f8c14cf5cc1923da20b51d64256b2fb8ebbf100aa67a61326f61fea8111bc"

static void test_matches(void **state)
{
	static const struct {
		enum crypto_hash hash;
		const char *given;
		bool good;
	} cases[] = {
		{CRYPTO_SHA256, "sha256=" SHA256, true},
		{CRYPTO_SHA256, SHA256, true},
		{CRYPTO_SHA1, "sha1=" SHA1, true},
		{CRYPTO_SHA1, SHA1, true},
		{CRYPTO_SHA512, "sha512=" SHA512, true},
		/* Lists: only what has the prefix counts, just behind the comma. */
		{CRYPTO_SHA256, "sha256=00,sha256=" SHA256, true},
		{CRYPTO_SHA256, "sha256=" SHA256 ",sha256=00", true},
		{CRYPTO_SHA256, "sha1=" SHA1 ",sha256=" SHA256, true},
		{CRYPTO_SHA256, "sha256=" SHA256 ",", true},
		{CRYPTO_SHA256, "," SHA256, false},
		{CRYPTO_SHA256, SHA256 "," SHA256, false},
		{CRYPTO_SHA256, "x, sha256=" SHA256, false},
		{CRYPTO_SHA256, "x,sha999=" SHA256, false},
		{CRYPTO_SHA256, ",", false},
		/* Another algorithm's, another prefix, another form. */
		{CRYPTO_SHA256, "sha1=" SHA1, false},
		{CRYPTO_SHA256, "sha1=" SHA256, false},
		{CRYPTO_SHA1, "sha256=" SHA256, false},
		{CRYPTO_SHA256, "SHA256=" SHA256, false},
		{CRYPTO_SHA256, "sha256=sha256=" SHA256, false},
		{CRYPTO_SHA256, "757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17", false},
		{CRYPTO_SHA256, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e16", false},
		{CRYPTO_SHA256, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1", false},
		{CRYPTO_SHA256, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e170", false},
		{CRYPTO_SHA256, "g57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", false},
		{CRYPTO_SHA256, " " SHA256, false},
		{CRYPTO_SHA256, "sha256=", false},
		{CRYPTO_SHA256, "", false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (signature_matches(cases[i].hash, STR(SECRET), str_from(cases[i].given), STR(BODY)) != cases[i].good)
			fail_msg("case %zu: \"%s\" is taken for %s", i, cases[i].given,
			         cases[i].good ? "wrong" : "good");
	}
	assert_false(signature_matches(CRYPTO_SHA256, STR(SECRET), STR(SHA256), STR("Hello, World")));
	assert_false(signature_matches(CRYPTO_SHA256, STR("another"), STR(SHA256), STR(BODY)));
}

/* Gitea and Gogs sign the JSON also where they send it as a form. */
static void test_form(void **state)
{
	static const struct {
		const char *type, *body;
		bool good;
	} cases[] = {
		{"application/x-www-form-urlencoded", "payload=Hello%2C+World%21", true},
		{"application/x-www-form-urlencoded", "payload=Hello%2C+World%21&ref=main", false},
		{"application/x-www-form-urlencoded", "payload=Hello%2C+World%21&payload=evil", false},
		{"application/x-www-form-urlencoded", "payload=evil&payload=Hello%2C+World%21", false},
		{"application/x-www-form-urlencoded", "ref=main&payload=Hello%2C+World%21", false},
		{"application/x-www-form-urlencoded", "other=Hello%2C+World%21", false},
		{"application/x-www-form-urlencoded", "payload=Hello%2C+World%2", false},
		{"application/json", "payload=Hello%2C+World%21", false},
		{"", "payload=Hello%2C+World%21", false},
		{"application/x-www-form-urlencoded", BODY, true}, /* the raw body, as always */
		{"multipart/form-data; boundary=x", BODY, true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {
			.arena = &arena,
			.body = str_from(cases[i].body),
			.content_type = str_from(cases[i].type),
		};
		if (signature_matches_request(CRYPTO_SHA256, STR(SECRET), STR(SHA256), &request) != cases[i].good)
			fail_msg("%s as \"%s\"", cases[i].body, cases[i].type);
		arena_release(&arena);
	}
}

#define SCALR_DATE "Fri 08 Sep 2017 11:24:32 UTC"
#define SCALR_TIME INT64_C(1504869872000)
#define SCALR_BODY "{\"eventId\": 7}"
#define SCALR_SIGNATURE "137d3936a24f5370ce6e259a05623bbaa6e7d81a"
#define SCALR_KEY "a key of Scalr"

static void test_scalr(void **state)
{
	static const struct {
		const char *signature, *date;
		int64_t later; /* than the date, ms */
		enum scalr_result result;
	} cases[] = {
		{SCALR_SIGNATURE, SCALR_DATE, 0, SCALR_GOOD},
		{SCALR_SIGNATURE, SCALR_DATE, 300 * 1000, SCALR_GOOD},
		{SCALR_SIGNATURE, SCALR_DATE, -300 * 1000, SCALR_GOOD},
		{SCALR_SIGNATURE, SCALR_DATE, 301 * 1000, SCALR_OUTDATED},
		{SCALR_SIGNATURE, SCALR_DATE, -301 * 1000, SCALR_OUTDATED},
		{"137d3936a24f5370ce6e259a05623bbaa6e7d810", SCALR_DATE, 0, SCALR_WRONG},
		{"sha1=" SCALR_SIGNATURE, SCALR_DATE, 0, SCALR_WRONG},
		{"sha1=x,sha1=" SCALR_SIGNATURE, SCALR_DATE, 0, SCALR_WRONG},
		{SCALR_SIGNATURE, "Fri 08 Sep 2017 11:24:33 UTC", 0, SCALR_WRONG},
		{NULL, SCALR_DATE, 0, SCALR_ABSENT},
		{SCALR_SIGNATURE, NULL, 0, SCALR_ABSENT},
		{"", "", 0, SCALR_WRONG},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena, .body = STR(SCALR_BODY)};
		if (cases[i].signature)
			request_add_header(&request, STR("x-signature"), str_from(cases[i].signature));
		if (cases[i].date)
			request_add_header(&request, STR("date"), str_from(cases[i].date));
		assert_int_equal(signature_check_scalr(STR(SCALR_KEY), &request, SCALR_TIME + cases[i].later),
		                 cases[i].result);
		arena_release(&arena);
	}
}

/* A date that is signed but cannot be read. */
static void test_scalr_date(void **state)
{
	static const char *const dates[] = {"",
	                                    "yesterday",
	                                    "2017-09-08T11:24:32Z",
	                                    "Fri 08 Sep 2017 11:24:32",
	                                    "Fri 08 Sep 2017 11:24:32 MST",
	                                    "Fri 08 Sep 2017 11:24:32 UTC x"};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(dates); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena, .body = STR("")};
		uint8_t digest[CRYPTO_DIGEST_MAX];
		size_t size = crypto_hmac(CRYPTO_SHA1, STR("key"), str_from(dates[i]), digest);
		request_add_header(&request, STR("X-Signature"), crypto_hex(&arena, digest, size));
		request_add_header(&request, STR("Date"), str_from(dates[i]));
		assert_int_equal(signature_check_scalr(STR("key"), &request, SCALR_TIME), SCALR_BAD_DATE);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_matches),
		TEST(test_form),
		TEST(test_scalr),
		TEST(test_scalr_date),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
