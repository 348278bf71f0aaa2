/* base/decimal.h: what is a number, the order of numbers of any size, and that it agrees with digits written out. */
#include "check.h"

#include <stdio.h>

#include "base/decimal.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"0", true},
		{"-0", true},
		{"7", true},
		{"10", true},
		{"-12.50", true},
		{"0.05", true},
		{"1e5", true},
		{"1E+05", true},
		{"1.5e-7", true},
		{"1e1000000000000000000", true},
		{"1e-1000000000000000000", true},
		{"0e00000000000000000000000000000005", true},
		{"123456789012345678901234567890.123456789012345678901234567890", true},
		{"", false},
		{"-", false},
		{"+1", false},
		{"--1", false},
		{"01", false},
		{"-00", false},
		{".5", false},
		{"5.", false},
		{"1.e5", false},
		{"1e", false},
		{"1e+", false},
		{"1e+-5", false},
		{"1e5.0", false},
		{"1e1000000000000000001", false},
		{"1e99999999999999999999999", false},
		{"1.2.3", false},
		{"0x10", false},
		{"1_000", false},
		{"1,5", false},
		{" 1", false},
		{"1 ", false},
		{"1\n", false},
		{"NaN", false},
		{"Infinity", false},
		{"<nil>", false},
		{"true", false},
		{"\xD9\xA1", false}, /* an Arabic-Indic one */
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct decimal number = {.magnitude = 4711};
		bool valid = decimal_parse(str_from(cases[i].text), &number);
		if (valid != cases[i].valid)
			fail_msg("\"%s\" is %s", cases[i].text, valid ? "taken" : "refused");
		assert_true(valid || number.magnitude == 4711);
	}
	struct decimal number;
	assert_false(decimal_parse((struct str){"1\0002", 3}, &number));
	assert_true(decimal_parse((struct str){"12x", 2}, &number));
}

static int order(const char *a, const char *b)
{
	struct decimal first, second;

	if (!decimal_parse(str_from(a), &first) || !decimal_parse(str_from(b), &second))
		fail_msg("%s or %s is no number", a, b);
	int result = decimal_compare(&first, &second);
	return (result > 0) - (result < 0);
}

/* Each line holds spellings of one number, less than those of the next. */
static void test_order(void **state)
{
	static const char *const rising[][4] = {
		{"-1e401", "-10E400"},
		{"-1e400"},
		{"-123456789012345678901234567890"},
		{"-100", "-1e2", "-100.000", "-0.1e3"},
		{"-10.01"},
		{"-10"},
		{"-9.999999999999999999999999"},
		{"-0.05", "-5e-2"},
		{"-1e-1000000000000000000"},
		{"0", "-0", "0.000", "-0e5"},
		{"1e-1000000000000000000"},
		{"0.05", "5e-2", "0.050", "0.5E-1"},
		{"0.0500000000000000000000000000001"},
		{"0.5"},
		{"1", "1.0", "10e-1", "0.001e3"},
		{"9.999999999999999999999999"},
		{"10", "1e1", "1e+01", "10.0"},
		{"10.01"},
		{"9007199254740992"},
		{"9007199254740993"}, /* a double takes it for the one before */
		{"18446744073709551615"},
		{"18446744073709551616", "18446744073709551616.000"},
		{"123456789012345678901234567890"},
		{"123456789012345678901234567890.5"},
		{"123456789012345678901234567891", "123456789012345678901234567891.0"},
		{"1e400"},
		{"1e401", "10e400"},
		{"1e1000000000000000000"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rising); i++) {
		for (size_t j = 0; j < COUNT_OF(rising); j++) {
			for (size_t k = 0; k < 16; k++) {
				const char *a = rising[i][k / 4], *b = rising[j][k % 4];
				if (a && b && order(a, b) != (i > j) - (i < j))
					fail_msg("%s against %s is %d", a, b, order(a, b));
			}
		}
	}
}

/* A number as digits written out: 60 before the point and 60 behind it. */
#define DIGITS 60

struct written {
	char text[200];
	char digits[2 * DIGITS + 1];
	bool negative, zero;
};

static unsigned next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

/* Some digits, a point among them, an exponent; few different digits, so that many numbers are near each other. */
static void write_number(uint64_t *seed, struct written *number)
{
	char mantissa[41];
	int count = 1 + (int)(next(seed) % 20), point = 1 + (int)(next(seed) % (unsigned)count);
	int exponent = (int)(next(seed) % 31) - 15;

	for (int i = 0; i < count; i++)
		mantissa[i] = "0019"[next(seed) % 4];
	if (point > 1 && mantissa[0] == '0')
		mantissa[0] = '1';
	mantissa[count] = '\0';
	number->negative = next(seed) % 2;
	snprintf(number->text, sizeof(number->text), "%s%.*s%s%se%d", number->negative ? "-" : "", point, mantissa,
	         point < count ? "." : "", mantissa + point, exponent);
	memset(number->digits, '0', 2 * DIGITS);
	number->digits[2 * DIGITS] = '\0';
	number->zero = true;
	for (int i = 0; i < count; i++) {
		number->digits[DIGITS - point - exponent + i] = mantissa[i];
		number->zero = number->zero && mantissa[i] == '0';
	}
}

static int order_of_digits(const struct written *a, const struct written *b)
{
	int first = a->zero ? 0 : a->negative ? -1 : 1, second = b->zero ? 0 : b->negative ? -1 : 1;
	int sizes = memcmp(a->digits, b->digits, 2 * DIGITS);

	if (first != second)
		return first < second ? -1 : 1;
	return first * ((sizes > 0) - (sizes < 0));
}

static void test_agrees_with_digits_written_out(void **state)
{
	uint64_t seed = 4711;
	size_t equal = 0;
	(void)state;

	for (size_t i = 0; i < 200000; i++) {
		struct written a, b;
		write_number(&seed, &a);
		write_number(&seed, &b);
		int expected = order_of_digits(&a, &b);
		if (order(a.text, b.text) != expected || order(b.text, a.text) != -expected)
			fail_msg("%s against %s is %d, not %d", a.text, b.text, order(a.text, b.text), expected);
		equal += expected == 0;
	}
	assert_true(equal > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),
		TEST(test_order),
		TEST(test_agrees_with_digits_written_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
