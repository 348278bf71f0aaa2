/* base/number.h: what is a number, what is not, the bounds on both sides, and that a failure changes nothing. */
#include "check.h"

#include "base/arena.h"
#include "base/number.h"

/* A value that no case expects: it must still be there after a failure. */
#define UNTOUCHED 0x5A5A5A5A

static void test_unsigned(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		bool valid;
		uint64_t value;
	} cases[] = {
		{"0", 0, UINT64_MAX, true, 0},
		{"42", 0, 100, true, 42},
		{"00042", 0, 100, true, 42},
		{"10", 10, 20, true, 10},
		{"20", 10, 20, true, 20},
		{"9", 10, 20, false, 0},
		{"21", 10, 20, false, 0},
		{"18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", 0, UINT64_MAX, false, 0},
		{"18446744073709551620", 0, UINT64_MAX, false, 0},
		{"99999999999999999999999", 0, UINT64_MAX, false, 0},
		{"", 0, 10, false, 0},
		{"-1", 0, UINT64_MAX, false, 0},
		{"+1", 0, 10, false, 0},
		{" 1", 0, 10, false, 0},
		{"1 ", 0, 10, false, 0},
		{"1\n", 0, 10, false, 0},
		{"1x", 0, 10, false, 0},
		{"0x1", 0, 10, false, 0},
		{"1.0", 0, 10, false, 0},
		{"1e1", 0, 10, false, 0},
		{"/", 0, 10, false, 0},
		{":", 0, 10, false, 0},
		{"\xD9\xA1", 0, 10, false, 0}, /* an Arabic-Indic one */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t value = UNTOUCHED;
		bool valid = number_parse_unsigned(str_from(cases[i].text), cases[i].min, cases[i].max, &value);
		assert_int_equal(valid, cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : UNTOUCHED);
	}
}

static void test_stays_inside(void **state)
{
	uint64_t value = UNTOUCHED;
	(void)state;
	assert_true(number_parse_unsigned((struct str){"1234", 2}, 0, 100, &value));
	assert_int_equal(value, 12);
	assert_false(number_parse_unsigned(STR("1\0"), 0, 100, &value));
	assert_false(number_parse_unsigned((struct str){NULL, 0}, 0, 100, &value));
	assert_int_equal(value, 12);
}

static void test_signed(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool valid;
		int64_t value;
	} cases[] = {
		{"0", -1, 1, true, 0},
		{"-0", -1, 1, true, 0},
		{"-1", -1, 1, true, -1},
		{"-2", -1, 1, false, 0},
		{"2", -1, 1, false, 0},
		{"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
		{"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
		{"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
		{"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
		{"18446744073709551615", INT64_MIN, INT64_MAX, false, 0},
		{"--1", -10, 10, false, 0},
		{"-", -10, 10, false, 0},
		{"- 1", -10, 10, false, 0},
		{"+1", -10, 10, false, 0},
		{"", -10, 10, false, 0},
		{"1-", -10, 10, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t value = UNTOUCHED;
		bool valid = number_parse_signed(str_from(cases[i].text), cases[i].min, cases[i].max, &value);
		assert_int_equal(valid, cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : UNTOUCHED);
	}
}

/* What they match is tried against real values with the schema of hooks.yaml; here: that no unit is left out. */
static void test_patterns(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_string_equal(number_duration_pattern(&arena),
	                    "(0|(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)");
	assert_string_equal(number_size_pattern(&arena),
	                    "[0-9]+(|[bB]|[kK]|[kK][bB]|[kK][iI][bB]|[mM]|[mM][bB]|[mM][iI][bB]|[gG]|[gG][bB]|[gG][iI][bB])");
	arena_release(&arena);
}

static void test_mode(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		unsigned value;
	} cases[] = {
		{"0660", true, 0660}, {"660", true, 0660}, {"7777", true, 07777}, {"000", true, 0}, {"1777", true, 01777},
		{"66", false, 0},     {"00660", false, 0}, {"668", false, 0},     {"", false, 0},   {"-660", false, 0},
		{"rw-", false, 0},    {"0o66", false, 0},  {"66 ", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned value = UNTOUCHED;
		assert_int_equal(number_parse_mode(str_from(cases[i].text), &value), cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : UNTOUCHED);
	}
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t value;
	} cases[] = {
		{"0", true, 0},
		{"1", true, 1},
		{"7B", true, 7},
		{"1K", true, 1024},
		{"1kb", true, 1024},
		{"1KiB", true, 1024},
		{"25MiB", true, 25 * 1048576},
		{"25m", true, 25 * 1048576},
		{"25mB", true, 25 * 1048576},
		{"3g", true, 3221225472},
		{"3GB", true, 3221225472},
		{"3gib", true, 3221225472},
		{"18446744073709551615", true, UINT64_MAX},
		{"17179869183G", true, 18446744072635809792U},
		{"17179869184G", false, 0},
		{"18014398509481984K", false, 0},
		{"18014398509481983K", true, 18446744073709550592U},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"K", false, 0},
		{"1 K", false, 0},
		{"1K ", false, 0},
		{"1T", false, 0},
		{"1KK", false, 0},
		{"1iB", false, 0},
		{"-1", false, 0},
		{"1.5M", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t value = UNTOUCHED;
		assert_int_equal(number_parse_size(str_from(cases[i].text), &value), cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : UNTOUCHED);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"0s", true, 0},
		{"500ms", true, 500},
		{"8s", true, 8000},
		{"30m", true, 1800000},
		{"2h", true, 7200000},
		{"1d", true, 86400000},
		{"1h30m", true, 5400000},
		{"1d2h3m4s5ms", true, 93784005},
		{"90m", true, 5400000},
		{"1s0ms", true, 1000},
		{"3650d", true, 315360000000},
		{"3650d1ms", false, 0},
		{"3651d", false, 0},
		{"315360000000ms", true, 315360000000},
		{"3650d3650d", false, 0},
		{"3650d87600h5256000m315360000s", false, 0},
		{"18446744073709551615s", false, 0},
		{"213503982335d", false, 0}, /* wraps to less than a day */
		{"99999999999999999999ms", false, 0},
		{"", false, 0},
		{"1", false, 0},
		{"00", false, 0},
		{"s", false, 0},
		{"1h30", false, 0},
		{"30m1h", false, 0},
		{"1h1h", false, 0},
		{"1ms1s", false, 0},
		{"1H", false, 0},
		{"1 h", false, 0},
		{"-1s", false, 0},
		{"1.5h", false, 0},
		{"1w", false, 0},
		{"1mss", false, 0},
		{"none", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t value = UNTOUCHED;
		assert_int_equal(number_parse_duration(str_from(cases[i].text), &value), cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : UNTOUCHED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unsigned), TEST(test_stays_inside), TEST(test_signed),
		TEST(test_mode),
		TEST(test_patterns),     TEST(test_size),         TEST(test_duration),
	};
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
