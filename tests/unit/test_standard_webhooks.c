/* forge/standard_webhooks.h: the scheme's own example, and everything beside it. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "forge/standard_webhooks.h"
#include "payload/request.h"

/* The scheme's own example. */
#define STANDARD_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define STANDARD_ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define STANDARD_SECONDS "1614265330"
#define STANDARD_TIME INT64_C(1614265330000)
#define STANDARD_BODY "{\"test\": 2432232314}"
#define STANDARD_SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct str standard_key(struct arena *arena, const char *secret)
{
	struct buf key = BUF_INIT;
	assert_true(standard_webhooks_key(str_from(secret), &key));
	struct str copy = str_copy(arena, buf_str(&key));
	buf_release(&key);
	return copy;
}

static void test_check(void **state)
{
	static const struct {
		const char *id, *time, *signature;
		int64_t later; /* than the timestamp, ms */
		enum standard_webhooks result;
	} cases[] = {
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_GOOD},
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE, 300999, STANDARD_WEBHOOKS_GOOD},
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE, -300000, STANDARD_WEBHOOKS_GOOD},
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE, 301000, STANDARD_WEBHOOKS_OUTDATED},
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE, -301000, STANDARD_WEBHOOKS_OUTDATED},
		{STANDARD_ID, STANDARD_SECONDS, "v1,AAAA v1a,AAAA " STANDARD_SIGNATURE " v2,x", 0,
	         STANDARD_WEBHOOKS_GOOD},
		{STANDARD_ID, STANDARD_SECONDS, "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 0,
	         STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 0,
	         STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", 0,
	         STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, STANDARD_SIGNATURE "AAAA", 0, STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, "v1," STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, "v1,", 0, STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, STANDARD_SECONDS, "", 0, STANDARD_WEBHOOKS_WRONG},
		{STANDARD_ID, "1614265331", STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_WRONG},
		{"msg_another", STANDARD_SECONDS, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_WRONG},
		{"", STANDARD_SECONDS, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_WRONG},
		{"msg.p5", STANDARD_SECONDS, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_BAD_ID},
		{STANDARD_ID, "", STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_BAD_TIME},
		{STANDARD_ID, "-1614265330", STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_BAD_TIME},
		{STANDARD_ID, "1614265330.0", STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_BAD_TIME},
		{STANDARD_ID, "99999999999999999999", STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_BAD_TIME},
		{NULL, STANDARD_SECONDS, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_ABSENT},
		{STANDARD_ID, NULL, STANDARD_SIGNATURE, 0, STANDARD_WEBHOOKS_ABSENT},
		{STANDARD_ID, STANDARD_SECONDS, NULL, 0, STANDARD_WEBHOOKS_ABSENT},
	};
	static const char *const names[] = {"webhook-id", "webhook-timestamp", "webhook-signature"};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena, .body = STR(STANDARD_BODY)};
		const char *const values[] = {cases[i].id, cases[i].time, cases[i].signature};
		for (size_t j = 0; j < COUNT_OF(names); j++) {
			if (values[j])
				request_add_header(&request, str_from(names[j]), str_from(values[j]));
		}
		struct str key = standard_key(&arena, STANDARD_SECRET);
		enum standard_webhooks result = standard_webhooks_check(&request, key, STANDARD_TIME + cases[i].later);
		if (result != cases[i].result)
			fail_msg("case %zu is %d", i, (int)result);
		request.body = STR("{\"test\": 2432232315}");
		assert_int_not_equal(standard_webhooks_check(&request, key, STANDARD_TIME), STANDARD_WEBHOOKS_GOOD);
		arena_release(&arena);
	}
}

static void test_keys(void **state)
{
	static const struct {
		const char *secret;
		const char *key; /* NULL: none */
	} cases[] = {
		{"whsec_a2V5", "key"},      {"a2V5", "key"},     {"whsec_", NULL},    {"", NULL},
		{"whsec_whsec_a2V5", NULL}, {"whsk_a2V5", NULL}, {"whpk_a2V5", NULL}, {"a2V5MQ", NULL},
		{"a text", NULL},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf key = BUF_INIT;
		if (standard_webhooks_key(str_from(cases[i].secret), &key) != (cases[i].key != NULL))
			fail_msg("%s", cases[i].secret);
		if (cases[i].key)
			assert_str(buf_str(&key), cases[i].key);
		buf_release(&key);
	}
}

static void test_twice(void **state)
{
	static const char *const headers[][2] = {
		{"Webhook-Id", STANDARD_ID},
		{"Webhook-Timestamp", STANDARD_SECONDS},
		{"Webhook-Signature", STANDARD_SIGNATURE},
	};
	(void)state;

	for (size_t twice = 0; twice < COUNT_OF(headers); twice++) {
		struct arena arena = ARENA_INIT;
		struct request request = {.arena = &arena, .body = STR(STANDARD_BODY)};
		for (size_t i = 0; i < COUNT_OF(headers); i++) {
			for (size_t times = 0; times < (i == twice ? 2 : 1); times++)
				request_add_header(&request, str_from(headers[i][0]), str_from(headers[i][1]));
		}
		assert_int_equal(
			standard_webhooks_check(&request, standard_key(&arena, STANDARD_SECRET), STANDARD_TIME),
			STANDARD_WEBHOOKS_TWICE);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_check), TEST(test_keys), TEST(test_twice)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
