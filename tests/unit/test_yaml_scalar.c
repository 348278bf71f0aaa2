/*
 * config/yaml_scalar.c: what plain scalars are, and the text that is kept of them. Each expected text was the answer of
 * webhook 2.8.0 to a hook with `response-message: SCALAR`.
 */
#include "check.h"

#include "base/arena.h"
#include "config/yaml.h"

struct scalar_case {
	const char *written;
	enum yaml_scalar class;
	const char *text; /* NULL: as written */
};

static const struct scalar_case cases[] = {
	{"yes", YAML_BOOL, "true"},
	{"Yes", YAML_BOOL, "true"},
	{"y", YAML_BOOL, "true"},
	{"N", YAML_BOOL, "false"},
	{"on", YAML_BOOL, "true"},
	{"OFF", YAML_BOOL, "false"},
	{"true", YAML_BOOL, "true"},
	{"False", YAML_BOOL, "false"},
	{"tRUE", YAML_TEXT, NULL},
	{"yess", YAML_TEXT, NULL},
	{"~", YAML_NULL, ""},
	{"", YAML_NULL, ""},
	{"null", YAML_NULL, ""},
	{"NULL", YAML_NULL, ""},
	{"nUll", YAML_TEXT, NULL},
	{"0", YAML_INTEGER, "0"},
	{"00", YAML_INTEGER, "0"},
	{"0_0", YAML_INTEGER, "0"},
	{"0123", YAML_INTEGER, "83"},
	{"-0123", YAML_INTEGER, "-83"},
	{"0o17", YAML_INTEGER, "15"},
	{"0O17", YAML_INTEGER, "15"},
	{"0o", YAML_TEXT, NULL},
	{"0o8", YAML_TEXT, NULL},
	{"0x1F", YAML_INTEGER, "31"},
	{"0X1f", YAML_INTEGER, "31"},
	{"-0x1F", YAML_INTEGER, "-31"},
	{"+0x1F", YAML_INTEGER, "31"},
	{"0x", YAML_TEXT, NULL},
	{"0x_1", YAML_INTEGER, "1"},
	{"0_x1", YAML_INTEGER, "1"},
	{"0x1p4", YAML_TEXT, NULL},
	{"0x1.8p1", YAML_TEXT, NULL},
	{"0b101", YAML_INTEGER, "5"},
	{"0B101", YAML_INTEGER, "5"},
	{"-0b101", YAML_INTEGER, "-5"},
	{"0b2", YAML_TEXT, NULL},
	{"08", YAML_FLOAT, "8"},
	{"09.5", YAML_FLOAT, "9.5"},
	{"1_000", YAML_INTEGER, "1000"},
	{"1__0", YAML_INTEGER, "10"},
	{"_1", YAML_TEXT, NULL},
	{"1_", YAML_INTEGER, "1"},
	{"-_5", YAML_INTEGER, "-5"},
	{"+5", YAML_INTEGER, "5"},
	{"-5", YAML_INTEGER, "-5"},
	{"-0", YAML_INTEGER, "0"},
	{"+", YAML_TEXT, NULL},
	{"-", YAML_TEXT, NULL},
	{"--5", YAML_TEXT, NULL},
	{"+-5", YAML_TEXT, NULL},
	{"9223372036854775807", YAML_INTEGER, "9223372036854775807"},
	{"9223372036854775808", YAML_INTEGER, "9223372036854775808"},
	{"18446744073709551615", YAML_INTEGER, "18446744073709551615"},
	{"18446744073709551616", YAML_FLOAT, "1.8446744e+19"},
	{"-9223372036854775808", YAML_INTEGER, "-9223372036854775808"},
	{"-9223372036854775809", YAML_FLOAT, "-9.223372e+18"},
	{"0xFFFFFFFFFFFFFFFF", YAML_INTEGER, "18446744073709551615"},
	{"0x1FFFFFFFFFFFFFFFF", YAML_TEXT, NULL},
	{"01777777777777777777777", YAML_INTEGER, "18446744073709551615"},
	{"99999999999999999999", YAML_FLOAT, "1e+20"},
	{"1.10", YAML_FLOAT, "1.1"},
	{"1.0", YAML_FLOAT, "1"},
	{"0.0", YAML_FLOAT, "0"},
	{"-0.0", YAML_FLOAT, "-0"},
	{"1.", YAML_TEXT, NULL},
	{"1.e3", YAML_TEXT, NULL},
	{"1.2.3", YAML_TEXT, NULL},
	{"1_0.5_0", YAML_FLOAT, "10.5"},
	{"1e3", YAML_TEXT, NULL},
	{"1E3", YAML_TEXT, NULL},
	{"0.1e1", YAML_TEXT, NULL},
	{"1e+3", YAML_FLOAT, "1000"},
	{"1e-5", YAML_FLOAT, "1e-05"},
	{"1e", YAML_TEXT, NULL},
	{"1e+", YAML_TEXT, NULL},
	{"1e+400", YAML_TEXT, NULL},
	{"1e-400", YAML_FLOAT, "0"},
	{"5e-324", YAML_FLOAT, "0"},
	{"1.17549435e-38", YAML_FLOAT, "1.1754944e-38"},
	{"1e-45", YAML_FLOAT, "1e-45"},
	{"3.14159265358979", YAML_FLOAT, "3.1415927"},
	{"0.1", YAML_FLOAT, "0.1"},
	{"0.0001", YAML_FLOAT, "0.0001"},
	{"0.00001", YAML_FLOAT, "1e-05"},
	{"0.000123", YAML_FLOAT, "0.000123"},
	{"100000.5", YAML_FLOAT, "100000.5"},
	{"999999.9", YAML_FLOAT, "999999.9"},
	{"9999999.9", YAML_FLOAT, "1e+07"},
	{"123456.0", YAML_FLOAT, "123456"},
	{"1234567.0", YAML_FLOAT, "1.234567e+06"},
	{"1234567", YAML_INTEGER, "1234567"},
	{"16777217.0", YAML_FLOAT, "1.6777216e+07"},
	{".5", YAML_FLOAT, "0.5"},
	{"-.5", YAML_FLOAT, "-0.5"},
	{"+.5", YAML_FLOAT, "0.5"},
	{".5e3", YAML_FLOAT, "500"},
	{".5_0", YAML_FLOAT, "0.5"},
	{"._5", YAML_TEXT, NULL},
	{".5.", YAML_TEXT, NULL},
	{".", YAML_TEXT, NULL},
	{"..", YAML_TEXT, NULL},
	{".e3", YAML_TEXT, NULL},
	{".inf", YAML_FLOAT, "+Inf"},
	{"+.INF", YAML_FLOAT, "+Inf"},
	{"-.inf", YAML_FLOAT, "-Inf"},
	{".nan", YAML_FLOAT, "NaN"},
	{"Infinity", YAML_TEXT, NULL},
	{"inf", YAML_TEXT, NULL},
	{"+inf", YAML_TEXT, NULL},
	{"nan", YAML_TEXT, NULL},
	{"1:30", YAML_TEXT, NULL},
	{"190:20:30", YAML_TEXT, NULL},
	{"2001-01-01", YAML_TEXT, NULL},
	{"2001-1-1 10:00:00", YAML_TEXT, NULL},
	{"10.0.0.1", YAML_TEXT, NULL},
	{"deploy", YAML_TEXT, NULL},
	{"<<", YAML_TEXT, NULL},
};

static void test_class_and_text(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct scalar_case *c = &cases[i];
		struct yaml_node node = {.kind = YAML_SCALAR, .text = str_from(c->written)};
		node.scalar = yaml_scalar_class(node.text);
		if (node.scalar != c->class)
			fail_msg("\"%s\" is of class %d, not %d", c->written, (int)node.scalar, (int)c->class);
		assert_str(yaml_scalar_text(&arena, &node), c->text ? c->text : c->written);
	}
	arena_release(&arena);
}

static void test_stays_inside(void **state)
{
	(void)state;
	assert_int_equal(yaml_scalar_class((struct str){"123x", 3}), YAML_INTEGER);
	assert_int_equal(yaml_scalar_class((struct str){"1\0", 2}), YAML_TEXT);
	char long_number[2000];
	memset(long_number, '9', sizeof(long_number));
	assert_int_equal(yaml_scalar_class((struct str){long_number, sizeof(long_number)}), YAML_TEXT);
}

static void test_integer(void **state)
{
	static const struct {
		const char *written;
		bool fits;
		int64_t value;
	} numbers[] = {
		{"202", true, 202},
		{"202.0", true, 202},
		{"2.02e+2", true, 202},
		{"0xCA", true, 202},
		{"0312", true, 202},
		{"+202", true, 202},
		{"2_02", true, 202},
		{"-1", true, -1},
		{"-0.0", true, 0},
		{"202.5", false, 0},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"99999999999999999999", false, 0},
		{".nan", false, 0},
		{".inf", false, 0},
		{"yes", false, 0},
		{"1e3", false, 0},
		{"", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct yaml_node node = {.kind = YAML_SCALAR, .text = str_from(numbers[i].written)};
		int64_t value = 77;
		node.scalar = yaml_scalar_class(node.text);
		assert_int_equal(yaml_scalar_integer(&node, &value), numbers[i].fits);
		assert_int_equal(value, numbers[i].fits ? numbers[i].value : 77);
	}
}

static void test_true(void **state)
{
	struct yaml_node yes = {.scalar = YAML_BOOL, .text = STR("On")};
	struct yaml_node no = {.scalar = YAML_BOOL, .text = STR("n")};
	(void)state;
	assert_true(yaml_scalar_true(&yes));
	assert_false(yaml_scalar_true(&no));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_class_and_text),
		TEST(test_stays_inside),
		TEST(test_integer),
		TEST(test_true),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
