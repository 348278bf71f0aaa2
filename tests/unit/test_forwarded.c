/* Which entry of X-Forwarded-For is believed. */
#include "gateway/forwarded.h"

#include "check.h"
#include "config/keys.h"

static struct str trusted_items[] = {{"192.0.2.0/24", 12}, {"2001:db8::1", 11}};
static const struct text_list trusted = {trusted_items, 2};

static void test_who_the_client_is(void **state)
{
	static const struct {
		const char *remote, *forwarded, *client;
	} cases[] = {
		{"198.51.100.7", "", "198.51.100.7"},
		{"198.51.100.7", "203.0.113.9", "198.51.100.7"}, /* nobody we trust wrote it */
		{"192.0.2.1", "", "192.0.2.1"},
		{"192.0.2.1", "203.0.113.9", "203.0.113.9"},
		{"192.0.2.1", "10.0.0.1, 203.0.113.9", "203.0.113.9"}, /* the left one is the client's own word */
		{"192.0.2.1", "203.0.113.9,192.0.2.2", "203.0.113.9"}, /* two proxies of ours */
		{"192.0.2.1", " 203.0.113.9 , 192.0.2.2 ", "203.0.113.9"},
		{"192.0.2.1", "192.0.2.3, 192.0.2.2", "192.0.2.3"},
		{"192.0.2.1", "203.0.113.9, junk, 192.0.2.2", "192.0.2.2"},
		{"192.0.2.1", "junk", "192.0.2.1"},
		{"192.0.2.1", ",", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::2", "2001:db8::2"},
		{"2001:db8::2", "203.0.113.9", "2001:db8::2"},
		{"unix:", "203.0.113.9", "unix:"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str client = forwarded_client(str_from(cases[i].remote), str_from(cases[i].forwarded), &trusted);
		if (!str_equal_c(client, cases[i].client))
			fail_msg("%s through %s: %.*s", cases[i].remote, cases[i].forwarded, STR_ARGS(client));
	}
}

static void test_nobody_is_trusted_unless_listed(void **state)
{
	static const struct text_list nobody = {NULL, 0};
	(void)state;
	assert_true(str_equal_c(forwarded_client(STR("192.0.2.1"), STR("203.0.113.9"), &nobody), "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_the_client_is),
		TEST(test_nobody_is_trusted_unless_listed),
	};
	return cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);
}
