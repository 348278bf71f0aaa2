/* hook/address.h: addresses with and without a port, ranges of both families, and what is none. */
#include "check.h"

#include "base/error.h"
#include "base/address.h"

static void test_ranges(void **state)
{
	static const struct {
		const char *range, *remote;
		bool inside;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1:4711", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2:4711", false},
		{"192.0.2.0/24", "192.0.2.255:1", true},
		{"192.0.2.0/24", "192.0.3.0:1", false},
		{"192.0.2.77/24", "192.0.2.1:1", true},
		{"192.0.2.128/25", "192.0.2.127:1", false},
		{"192.0.2.128/25", "192.0.2.128:1", true},
		{"192.0.2.4/30", "192.0.2.7:1", true},
		{"192.0.2.4/30", "192.0.2.8:1", false},
		{"0.0.0.0/0", "203.0.113.9:1", true},
		{"0.0.0.0/0", "[2001:db8::1]:1", false},
		{"::/0", "203.0.113.9:1", false},
		{"::/0", "[2001:db8::1]:1", true},
		/* An address alone is all of its bits: with the reference's /32 both of these would be let in. */
		{"2001:db8::1", "[2001:db8::1]:4711", true},
		{"2001:db8::1", "[2001:db8::2]:4711", false},
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::/32", "[2001:db8:ffff::9]:1", true},
		{"2001:db8::/33", "[2001:db8:8000::]:1", false},
		{"2001:db8::1/128", "[2001:DB8:0::1]:1", true},
		/* IPv4 within IPv6. */
		{"192.0.2.1", "[::ffff:192.0.2.1]:1", true},
		{"::ffff:192.0.2.0/120", "192.0.2.9:1", true},
		{"::ffff:192.0.2.1", "192.0.2.2:1", false},
		{"::ffff:0.0.0.0/90", "192.0.2.1:1", false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address_range range;
		struct address address;
		struct error error = ERROR_INIT;
		if (!address_range_parse(str_from(cases[i].range), &range, &error) ||
		    !address_parse(str_from(cases[i].remote), &address, &error))
			fail_msg("%s", error.message);
		if (address_in_range(&address, &range) != cases[i].inside)
			fail_msg("%s in %s is not %d", cases[i].remote, cases[i].range, cases[i].inside);
	}
}

static void test_no_range(void **state)
{
	static const struct {
		const char *range, *message;
	} cases[] = {
		{"", "\"\" is no IP address or range such as 192.0.2.0/24"},
		{"/8", "\"/8\" is no IP address or range such as 192.0.2.0/24"},
		{"localhost", "\"localhost\" is no IP address or range such as 192.0.2.0/24"},
		{"192.0.2", "\"192.0.2\" is no IP address or range such as 192.0.2.0/24"},
		{"192.0.2.256", "\"192.0.2.256\" is no IP address or range such as 192.0.2.0/24"},
		{"192.0.2.01", "\"192.0.2.01\" is no IP address or range such as 192.0.2.0/24"},
		{"[::1]", "\"[::1]\" is no IP address or range such as 192.0.2.0/24"},
		{"192.0.2.0/33", "\"192.0.2.0/33\": what follows the / is a number from 0 to 32"},
		{"192.0.2.0/", "\"192.0.2.0/\": what follows the / is a number from 0 to 32"},
		{"192.0.2.0/-1", "\"192.0.2.0/-1\": what follows the / is a number from 0 to 32"},
		{"2001:db8::/129", "\"2001:db8::/129\": what follows the / is a number from 0 to 128"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address_range range;
		struct error error = ERROR_INIT;
		assert_false(address_range_parse(str_from(cases[i].range), &range, &error));
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_string_equal(error.message, cases[i].message);
	}
}

static void test_no_address(void **state)
{
	static const struct str texts[] = {
		{"", 0},
		{"[", 1},
		{"[]", 2},
		{":", 1},
		{"unix:", 5},
		{"fe80::1%eth0", 12},
		{"192.0.2.1\0", 10},
		/* What stands behind the address is a port or nothing. */
		{"192.0.2.1:", 10},
		{"192.0.2.1:x", 11},
		{"192.0.2.1:65536", 15},
		{"[::1", 4},
		{"[::1]x", 6},
		{"[::1]:", 6},
		{"[::1]:-1", 8},
		{"[::1]]:1", 8},
	};
	struct address address;
	struct error error = ERROR_INIT;
	(void)state;

	assert_true(address_parse(STR(" [::1]:80 "), &address, &error));
	assert_true(address_parse(STR("[192.0.2.1]"), &address, &error));
	assert_true(address_parse(STR("192.0.2.1:65535"), &address, &error));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		error = (struct error)ERROR_INIT;
		if (address_parse(texts[i], &address, &error))
			fail_msg("case %zu is taken for an address", i);
	}
	assert_false(address_parse(STR("unix:@/run/x"), &address, &error));
	assert_string_equal(error.message, "the request comes from no IP address: \"unix:@/run/x\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ranges),
		TEST(test_no_range),
		TEST(test_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
