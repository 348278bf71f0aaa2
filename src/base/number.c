/*
 * Strict numbers: every byte of the text is accounted for, and every sum is checked before it is made.
 */
#include "base/number.h"

#include <stddef.h>

#include "base/arena.h"

/* Takes the digits that *text begins with; false where there are none or the number does not fit. */
static bool take_digits(struct str *text, uint64_t base, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < text->len && text->data[i] >= '0' && (uint64_t)(text->data[i] - '0') < base; i++) {
		uint64_t digit = (uint64_t)(text->data[i] - '0');
		if (value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (i == 0)
		return false;
	*text = str_from_index(*text, i);
	*out = value;
	return true;
}

bool number_parse_unsigned(struct str text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value;
	if (!take_digits(&text, 10, &value) || text.len > 0 || value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool number_parse_signed(struct str text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = str_starts(text, STR("-"));
	uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint64_t size;
	if (!number_parse_unsigned(str_from_index(text, negative ? 1 : 0), 0, most, &size))
		return false;

	int64_t value = negative ? (int64_t)(0 - size) : (int64_t)size;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool number_parse_mode(struct str text, unsigned *out)
{
	uint64_t value;
	bool right_length = text.len == 3 || text.len == 4;
	if (!right_length || !take_digits(&text, 8, &value) || text.len > 0)
		return false;
	*out = (unsigned)value;
	return true;
}

struct unit {
	struct str name;
	uint64_t size;
};

/* In any case. */
static const struct unit size_units[] = {
	{{"", 0}, 1},
	{{"b", 1}, 1},
	{{"k", 1}, 1ULL << 10},
	{{"kb", 2}, 1ULL << 10},
	{{"kib", 3}, 1ULL << 10},
	{{"m", 1}, 1ULL << 20},
	{{"mb", 2}, 1ULL << 20},
	{{"mib", 3}, 1ULL << 20},
	{{"g", 1}, 1ULL << 30},
	{{"gb", 2}, 1ULL << 30},
	{{"gib", 3}, 1ULL << 30},
};
#define SIZE_UNIT_COUNT (sizeof(size_units) / sizeof(size_units[0]))

bool number_parse_size(struct str text, uint64_t *out)
{
	uint64_t value;
	if (!take_digits(&text, 10, &value))
		return false;

	for (size_t i = 0; i < SIZE_UNIT_COUNT; i++) {
		if (!str_equal_nocase(text, size_units[i].name))
			continue;
		if (value > UINT64_MAX / size_units[i].size)
			return false;
		*out = value * size_units[i].size;
		return true;
	}
	return false;
}

char *number_size_pattern(struct arena *arena)
{
	char *pattern = arena_strdup(arena, "[0-9]+(");
	for (size_t i = 0; i < SIZE_UNIT_COUNT; i++) {
		pattern = arena_printf(arena, "%s%s", pattern, i > 0 ? "|" : "");
		for (size_t at = 0; at < size_units[i].name.len; at++) {
			char small = size_units[i].name.data[at];
			pattern = arena_printf(arena, "%s[%c%c]", pattern, small, small - 'a' + 'A');
		}
	}
	return arena_printf(arena, "%s)", pattern);
}

/* From large to small: a duration names them in this order, each at most once. */
static const struct unit duration_units[] = {
	{{"d", 1}, 24ULL * 60 * 60 * 1000},
	{{"h", 1}, 60ULL * 60 * 1000},
	{{"m", 1}, 60ULL * 1000},
	{{"s", 1}, 1000},
	{{"ms", 2}, 1},
};
#define DURATION_UNIT_COUNT (sizeof(duration_units) / sizeof(duration_units[0]))
#define DURATION_MAX (10ULL * 365 * 24 * 60 * 60 * 1000)

/* Takes the letters that *text begins with; the index of the unit, or DURATION_UNIT_COUNT. */
static size_t take_duration_unit(struct str *text)
{
	size_t len = 0;
	while (len < text->len && text->data[len] >= 'a' && text->data[len] <= 'z')
		len++;
	struct str name = str_head(*text, len);
	*text = str_from_index(*text, len);

	size_t unit = 0;
	while (unit < DURATION_UNIT_COUNT && !str_equal(name, duration_units[unit].name))
		unit++;
	return unit;
}

bool number_parse_duration(struct str text, int64_t *milliseconds)
{
	uint64_t sum = 0;
	size_t smallest_left = 0;
	if (text.len == 0)
		return false;
	if (str_equal(text, STR("0"))) {
		*milliseconds = 0;
		return true;
	}

	while (text.len > 0) {
		uint64_t count;
		if (!take_digits(&text, 10, &count))
			return false;
		size_t unit = take_duration_unit(&text);
		if (unit < smallest_left || unit == DURATION_UNIT_COUNT)
			return false;
		if (count > DURATION_MAX / duration_units[unit].size)
			return false;
		sum += count * duration_units[unit].size;
		smallest_left = unit + 1;
	}
	if (sum > DURATION_MAX)
		return false;
	*milliseconds = (int64_t)sum;
	return true;
}

char *number_duration_pattern(struct arena *arena)
{
	char *pattern = arena_strdup(arena, "(0|(?=[0-9])");
	for (size_t i = 0; i < DURATION_UNIT_COUNT; i++)
		pattern = arena_printf(arena, "%s([0-9]+%.*s)?", pattern, STR_ARGS(duration_units[i].name));
	return arena_printf(arena, "%s)", pattern);
}
