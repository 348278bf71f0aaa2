/*
 * What a plain scalar is, and what is left of it where a text is expected, as webhook 2.8.0 has it (yaml.v2 2.0.0,
 * ghodss/yaml 1.0.0, Go's strconv). Tried with that program:
 *
 *     yes, y, On, TRUE     true         1_000           1000          1e3, 1., 0x     as written
 *     no, N, off           false        1.10            1.1           1:30            as written
 *     ~, null, (nothing)   (nothing)    1.5e+3          1500          2001-01-01      as written
 *     0123, 0o123          83           1234567.0       1.234567e+06  tRUE, nUll      as written
 *     0x1F, 0b11111        31           16777217.0      1.6777216e+07 "0123", !!str   as written
 *     +5, -0               5, 0         .inf, .nan      +Inf, NaN     .5_0            0.5
 *
 * (2.8.2 has a newer parser, which also takes 1e3 and 1. for numbers.)
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/yaml.h"

#define NUMBER_MAX 512 /* bytes of a scalar that may be a number; longer ones are texts */

struct number {
	enum yaml_scalar class; /* YAML_INTEGER, YAML_FLOAT, or YAML_TEXT where it is none */
	bool negative;          /* of an integer */
	uint64_t magnitude;
	double real;
};

struct word {
	enum yaml_scalar class;
	bool value;
	double real;
	const char *spellings[10];
};

/* clang-format off */
static const struct word words[] = {
	{YAML_NULL, false, 0, {"", "~", "null", "Null", "NULL"}},
	{YAML_BOOL, true, 0, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}},
	{YAML_BOOL, true, 0, {"y", "Y"}},
	{YAML_BOOL, false, 0, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}},
	{YAML_BOOL, false, 0, {"n", "N"}},
	{YAML_FLOAT, false, NAN, {".nan", ".NaN", ".NAN"}},
	{YAML_FLOAT, false, INFINITY, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"}},
	{YAML_FLOAT, false, -INFINITY, {"-.inf", "-.Inf", "-.INF"}},
};
/* clang-format on */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static const struct word *word_find(struct str text)
{
	static const char first_bytes[] = "~nNyYtToOfF.+-";

	if (text.len > 5 || (text.len > 0 && !memchr(first_bytes, text.data[0], sizeof(first_bytes) - 1)))
		return NULL; /* no word is longer, or begins with another byte */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (const char *const *spelling = words[i].spellings; *spelling; spelling++) {
			if (text.len == 0 ? !**spelling : **spelling == text.data[0] && str_equal_c(text, *spelling))
				return &words[i];
		}
	}
	return NULL;
}

/* Takes 0x, 0o, 0b or a leading 0 off the digits and returns the base they mean. */
static unsigned take_base(struct str *digits)
{
	if (digits->len == 0 || digits->data[0] != '0')
		return 10;

	static const struct {
		char letter;
		unsigned base;
	} prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};
	for (size_t i = 0; digits->len > 2 && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if ((digits->data[1] | 0x20) == prefixes[i].letter) {
			*digits = str_from_index(*digits, 2);
			return prefixes[i].base;
		}
	}
	return 8;
}

static unsigned digit_value(char byte)
{
	if (is_digit(byte))
		return (unsigned)(byte - '0');
	char small = (char)(byte | 0x20);
	return small >= 'a' && small <= 'z' ? (unsigned)(small - 'a') + 10 : 99;
}

/* Go's strconv.ParseInt and ParseUint with base 0. */
static bool parse_integer(struct str text, struct number *number)
{
	bool sign = text.len > 0 && (text.data[0] == '+' || text.data[0] == '-');
	bool negative = sign && text.data[0] == '-';
	struct str digits = str_from_index(text, sign ? 1 : 0);
	uint64_t magnitude = 0;

	if (digits.len == 0)
		return false;
	unsigned base = take_base(&digits);
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = digit_value(digits.data[i]);
		if (digit >= base || __builtin_mul_overflow(magnitude, base, &magnitude) ||
		    __builtin_add_overflow(magnitude, digit, &magnitude))
			return false;
	}
	if (sign && magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*number = (struct number){YAML_INTEGER, negative && magnitude != 0, magnitude, 0};
	return true;
}

static size_t count_digits(struct str s)
{
	size_t count = 0;

	while (count < s.len && is_digit(s.data[count]))
		count++;
	return count;
}

/*
 * [-+]? digits* .? digits+ ([eE][-+]digits+)?, as the reference's parser has it; where the scalar begins with a dot
 * Go's own grammar counts, in which an exponent needs no sign.
 */
static bool is_float(struct str text, bool begins_with_dot)
{
	struct str rest = str_from_index(text, text.len > 0 && (text.data[0] == '+' || text.data[0] == '-') ? 1 : 0);
	size_t whole = count_digits(rest);

	rest = str_from_index(rest, whole);
	if (rest.len > 0 && rest.data[0] == '.') {
		rest = str_from_index(rest, 1);
		whole = count_digits(rest);
		rest = str_from_index(rest, whole);
	}
	if (whole == 0)
		return false;
	if (rest.len == 0)
		return true;
	if (rest.data[0] != 'e' && rest.data[0] != 'E')
		return false;
	rest = str_from_index(rest, 1);
	bool sign = rest.len > 0 && (rest.data[0] == '+' || rest.data[0] == '-');
	if (!sign && !begins_with_dot)
		return false;
	rest = str_from_index(rest, sign ? 1 : 0);
	return rest.len > 0 && count_digits(rest) == rest.len;
}

/* In a number that begins with a dot an underscore must stand between two digits; elsewhere it may stand anywhere. */
static bool underscores_between_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '_')
			continue;
		if (i == 0 || i + 1 == text.len || !is_digit(text.data[i - 1]) || !is_digit(text.data[i + 1]))
			return false;
	}
	return true;
}

static struct number number_read(struct str text)
{
	static const struct number none = {YAML_TEXT, false, 0, 0};
	struct number number = none;
	char plain[NUMBER_MAX + 1];
	size_t len = 0;
	bool dot = text.len > 0 && text.data[0] == '.';

	if (text.len > NUMBER_MAX || str_has_nul(text) || (dot && !underscores_between_digits(text)))
		return none;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '_')
			plain[len++] = text.data[i];
	}
	plain[len] = '\0';

	struct str digits = {plain, len};
	if (!dot && parse_integer(digits, &number))
		return number;
	if (!is_float(digits, dot))
		return none;
	number = (struct number){YAML_FLOAT, false, 0, strtod(plain, NULL)};
	return isinf(number.real) ? none : number;
}

static bool may_be_number(struct str text)
{
	char first = text.len > 0 ? text.data[0] : '\0';

	return is_digit(first) || first == '-' || first == '+' || first == '.';
}

enum yaml_scalar yaml_scalar_class(struct str text)
{
	const struct word *word = word_find(text);

	if (word)
		return word->class;
	return may_be_number(text) ? number_read(text).class : YAML_TEXT;
}

/* The number of a node that yaml_parse found to be one. */
static struct number number_of(const struct yaml_node *node)
{
	const struct word *word = word_find(node->text);

	if (word)
		return (struct number){YAML_FLOAT, false, 0, word->real};
	struct number number = number_read(node->text);
	if (node->scalar == YAML_FLOAT && number.class == YAML_INTEGER) { /* !!float 5 */
		number.real = number.negative ? -(double)number.magnitude : (double)number.magnitude;
		number.class = YAML_FLOAT;
	}
	return number;
}

/*
 * The shortest digits that give the same 32-bit float again, and their exponent: Go's strconv.FormatFloat(value, 'g',
 * -1, 32). (For 2^-96, 2^87 and 2^90 Go finds a text with a digit less, which is not the nearest of its length.)
 */
static struct str float_text(struct arena *arena, double real)
{
	float value = (float)real;
	char scientific[32];

	if (isnan(value))
		return STR("NaN");
	if (isinf(value))
		return value > 0 ? STR("+Inf") : STR("-Inf");
	for (int precision = 0; precision <= 8; precision++) {
		snprintf(scientific, sizeof(scientific), "%.*e", precision, (double)value);
		if (strtof(scientific, NULL) == value)
			break;
	}
	char *mark = strchr(scientific, 'e');
	long exponent = strtol(mark + 1, NULL, 10);
	if (exponent < -4 || exponent >= 6)
		return str_copy(arena, str_from(scientific));
	long digits = mark - scientific - (scientific[0] == '-') - (strchr(scientific, '.') ? 1 : 0);
	int decimals = (int)(digits - 1 > exponent ? digits - 1 - exponent : 0);
	return str_printf(arena, "%.*f", decimals, (double)value);
}

bool yaml_scalar_true(const struct yaml_node *node)
{
	const struct word *word = word_find(node->text);

	return word && word->value;
}

bool yaml_scalar_integer(const struct yaml_node *node, int64_t *out)
{
	if (node->scalar != YAML_INTEGER && node->scalar != YAML_FLOAT)
		return false;

	struct number number = number_of(node);
	if (number.class == YAML_FLOAT) {
		if (!(fabs(number.real) < 0x1p63) || number.real != trunc(number.real))
			return false;
		*out = (int64_t)number.real;
		return true;
	}
	if (number.magnitude > (uint64_t)INT64_MAX + (number.negative ? 1 : 0))
		return false;
	*out = number.negative ? (int64_t)(0 - number.magnitude) : (int64_t)number.magnitude;
	return true;
}

struct str yaml_scalar_text(struct arena *arena, const struct yaml_node *node)
{
	switch (node->scalar) {
	case YAML_NULL:
		return STR("");
	case YAML_BOOL:
		return yaml_scalar_true(node) ? STR("true") : STR("false");
	case YAML_INTEGER: {
		struct number number = number_of(node);
		return str_printf(arena, "%s%llu", number.negative ? "-" : "", (unsigned long long)number.magnitude);
	}
	case YAML_FLOAT:
		return float_text(arena, number_of(node).real);
	case YAML_TEXT:
		break;
	}
	return node->text;
}
