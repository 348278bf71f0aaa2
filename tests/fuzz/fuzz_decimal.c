/*
 * Decimal numbers, a line each, against two others who know numbers: the JSON reader says what is one, and long double
 * what is less, as far as its digits reach. Whatever they are, their order is one.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/error.h"
#include "payload/payload.h"

#define NUMBERS_MAX 8
#define DIGITS_MAX 18 /* LDBL_DIG where a long double has 64 bits for them */

static int sign_of(int order)
{
	return (order > 0) - (order < 0);
}

static size_t digit_count(const struct decimal *number)
{
	return number->whole.len + number->fraction.len;
}

static bool is_json_number(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *map;
	bool begins = text.len > 0 && (text.data[0] == '-' || (text.data[0] >= '0' && text.data[0] <= '9'));
	struct str document = str_printf(&arena, "{\"n\":%.*s}", STR_ARGS(text));
	bool good = begins && !str_has_nul(text) && str_equal(str_trim(text), text) &&
	            str_find(text, ',') == text.len && str_find(text, '}') == text.len &&
	            payload_parse_json_map(&arena, document, &map, &error);

	arena_release(&arena);
	return good;
}

static void check_against_floats(const struct decimal *a, const struct decimal *b, struct str first, struct str second)
{
	struct arena arena = ARENA_INIT;
	long double x = strtold(str_to_c(&arena, first), NULL), y = strtold(str_to_c(&arena, second), NULL);
	int order = sign_of(decimal_compare(a, b));

	arena_release(&arena);
	if (x < y || x > y)
		PROMISE(order == (x > y) - (x < y));
	else if (digit_count(a) <= DIGITS_MAX && digit_count(b) <= DIGITS_MAX && llabs(a->magnitude) < 4000 &&
	         llabs(b->magnitude) < 4000)
		PROMISE(order == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size), texts[NUMBERS_MAX], line;
	struct decimal numbers[NUMBERS_MAX];
	size_t count = 0;

	while (count < NUMBERS_MAX && str_split_next(&rest, '\n', &line)) {
		bool taken = decimal_parse(line, &numbers[count]);
		PROMISE(!taken || is_json_number(line));
		PROMISE(taken || line.len > 18 ||
		        !is_json_number(line)); /* an exponent that is too large has 19 digits */
		texts[count] = line;
		count += taken;
	}
	for (size_t i = 0; i < count; i++) {
		PROMISE(decimal_compare(&numbers[i], &numbers[i]) == 0);
		for (size_t j = 0; j < count; j++) {
			int order = sign_of(decimal_compare(&numbers[i], &numbers[j]));
			PROMISE(order == -sign_of(decimal_compare(&numbers[j], &numbers[i])));
			check_against_floats(&numbers[i], &numbers[j], texts[i], texts[j]);
			for (size_t k = 0; k < count; k++) {
				if (order <= 0 && decimal_compare(&numbers[j], &numbers[k]) <= 0)
					PROMISE(decimal_compare(&numbers[i], &numbers[k]) <= 0);
			}
		}
	}
	return 0;
}
