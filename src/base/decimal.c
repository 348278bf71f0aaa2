/*
 * Decimal numbers: the sign, the power of ten of the first digit that counts, then digit by digit.
 */
#include "base/decimal.h"

#include "base/number.h"

/* Takes the digits that *rest begins with. */
static struct str take_digits(struct str *rest)
{
	size_t count = 0;

	while (count < rest->len && rest->data[count] >= '0' && rest->data[count] <= '9')
		count++;
	struct str digits = str_head(*rest, count);
	*rest = str_from_index(*rest, count);
	return digits;
}

/* Takes this byte, or the other one, where *rest begins with it. */
static bool take_byte(struct str *rest, char byte, char other)
{
	if (rest->len == 0 || (rest->data[0] != byte && rest->data[0] != other))
		return false;
	*rest = str_from_index(*rest, 1);
	return true;
}

static struct str without_zeros(struct str digits)
{
	size_t zeros = 0;

	while (zeros < digits.len && digits.data[zeros] == '0')
		zeros++;
	return str_from_index(digits, zeros);
}

/* What stands behind the digits, to the end of the text. */
static bool parse_exponent(struct str rest, int64_t *exponent)
{
	*exponent = 0;
	if (rest.len == 0)
		return true;
	if (!take_byte(&rest, 'e', 'E'))
		return false;
	bool negative = rest.len > 0 && rest.data[0] == '-';
	take_byte(&rest, '-', '+');
	if (rest.len == 0)
		return false;

	struct str digits = without_zeros(rest);
	uint64_t size = 0;
	if (digits.len > 0 && !number_parse_unsigned(digits, 0, DECIMAL_EXPONENT_MAX, &size))
		return false;
	*exponent = negative ? -(int64_t)size : (int64_t)size;
	return true;
}

bool decimal_parse(struct str text, struct decimal *number)
{
	bool negative = take_byte(&text, '-', '-');
	struct str whole = take_digits(&text), fraction = STR("");
	int64_t exponent;

	if (whole.len == 0 || (whole.len > 1 && whole.data[0] == '0'))
		return false;
	if (take_byte(&text, '.', '.')) {
		fraction = take_digits(&text);
		if (fraction.len == 0)
			return false;
	}
	if (!parse_exponent(text, &exponent))
		return false;

	struct str counted = without_zeros(whole);
	struct str below = counted.len > 0 ? fraction : without_zeros(fraction);
	*number = (struct decimal){
		.negative = negative,
		.whole = counted,
		.fraction = below,
		/* Of 250 it is 2, of 0.05 it is -2. */
		.magnitude = exponent +
	                     (counted.len > 0 ? (int64_t)counted.len - 1 : -(int64_t)(fraction.len - below.len) - 1),
	};
	return true;
}

static size_t digit_count(const struct decimal *number)
{
	return number->whole.len + number->fraction.len;
}

/* The digit at this index from the first; 0 behind the last. */
static char digit_at(const struct decimal *number, size_t index)
{
	if (index < number->whole.len)
		return number->whole.data[index];
	index -= number->whole.len;
	return index < number->fraction.len ? number->fraction.data[index] : '0';
}

static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
	size_t count = digit_count(a) > digit_count(b) ? digit_count(a) : digit_count(b);

	if (a->magnitude != b->magnitude)
		return a->magnitude < b->magnitude ? -1 : 1;
	for (size_t i = 0; i < count; i++) {
		int difference = digit_at(a, i) - digit_at(b, i);
		if (difference != 0)
			return difference;
	}
	return 0;
}

/* -1, 0 or 1. */
static int sign_of(const struct decimal *number)
{
	if (digit_count(number) == 0)
		return 0;
	return number->negative ? -1 : 1;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int sign = sign_of(a);

	if (sign != sign_of(b))
		return sign - sign_of(b);
	return sign * (sign == 0 ? 0 : compare_sizes(a, b));
}
