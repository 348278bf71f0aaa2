/*
 * Comparing, searching and cutting borrowed bytes; nothing here looks past len, and white space and case are ASCII's in
 * every locale. memcmp and its kin must not see a NULL pointer, so empty strings never reach them.
 */
#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"

static char upper(char byte)
{
	return byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
}

static char lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static bool is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int compare_bytes(const char *a, const char *b, size_t len)
{
	return len == 0 ? 0 : memcmp(a, b, len);
}

struct str str_from(const char *text)
{
	return text ? (struct str){text, strlen(text)} : STR("");
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && compare_bytes(a.data, b.data, a.len) == 0;
}

bool str_equal_c(struct str a, const char *b)
{
	return str_equal(a, str_from(b));
}

bool str_equal_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	if (compare_bytes(a.data, b.data, a.len) == 0)
		return true; /* mostly */
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}

int str_compare(struct str a, struct str b)
{
	int order = compare_bytes(a.data, b.data, a.len < b.len ? a.len : b.len);
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && compare_bytes(s.data, prefix.data, prefix.len) == 0;
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_equal(str_from_index(s, s.len - suffix.len), suffix);
}

bool str_contains(struct str s, struct str part)
{
	if (part.len == 0)
		return true;
	return s.len >= part.len && memmem(s.data, s.len, part.data, part.len) != NULL;
}

size_t str_find(struct str s, char byte)
{
	const char *found = s.len == 0 ? NULL : memchr(s.data, byte, s.len);
	return found ? (size_t)(found - s.data) : s.len;
}

size_t str_find_last(struct str s, char byte)
{
	const char *found = s.len == 0 ? NULL : memrchr(s.data, byte, s.len);
	return found ? (size_t)(found - s.data) : s.len;
}

struct str str_from_index(struct str s, size_t from)
{
	if (s.len == 0 || from == 0)
		return s;
	if (from > s.len)
		from = s.len;
	return (struct str){s.data + from, s.len - from};
}

struct str str_head(struct str s, size_t len)
{
	return (struct str){s.data, len < s.len ? len : s.len};
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && is_space(s.data[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_space(s.data[0]))
		s = str_from_index(s, 1);
	return s;
}

bool str_split_next(struct str *rest, char separator, struct str *part)
{
	/* What rest points to while an empty part behind a trailing separator is still to be given. */
	static const char empty_part[1] = "";

	if (rest->len == 0) {
		if (rest->data != empty_part)
			return false;
		*part = *rest;
		*rest = STR("");
		return true;
	}

	size_t end = str_find(*rest, separator);
	*part = str_head(*rest, end);
	if (end + 1 == rest->len)
		*rest = (struct str){empty_part, 0};
	else
		*rest = str_from_index(*rest, end + 1);
	return true;
}

bool str_has_nul(struct str s)
{
	return str_find(s, '\0') < s.len;
}

char *str_to_c(struct arena *arena, struct str s)
{
	return arena_copy(arena, s.data, s.len);
}

struct str str_copy(struct arena *arena, struct str s)
{
	return (struct str){arena_copy(arena, s.data, s.len), s.len};
}

struct str str_join(struct arena *arena, struct str a, struct str b)
{
	/* Two things that are both in memory cannot overflow a size, one byte more neither. */
	char *joined = arena_alloc(arena, a.len + b.len + 1);
	if (a.len > 0)
		memcpy(joined, a.data, a.len);
	if (b.len > 0)
		memcpy(joined + a.len, b.data, b.len);
	return (struct str){joined, a.len + b.len};
}

struct str str_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str s = str_from(arena_vprintf(arena, format, args));
	va_end(args);
	return s;
}

struct str str_upper(struct arena *arena, struct str s)
{
	char *copy = arena_copy(arena, s.data, s.len);
	for (size_t i = 0; i < s.len; i++)
		copy[i] = upper(copy[i]);
	return (struct str){copy, s.len};
}

struct str str_lower(struct arena *arena, struct str s)
{
	char *copy = arena_copy(arena, s.data, s.len);
	for (size_t i = 0; i < s.len; i++)
		copy[i] = lower(copy[i]);
	return (struct str){copy, s.len};
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Row by row of the table of distances between heads of a and b; a swap looks two rows back. */
unsigned str_distance(struct str a, struct str b)
{
	enum { LONGEST = 64 };
	unsigned rows[3][LONGEST + 1];
	if (a.len > LONGEST || b.len > LONGEST)
		return UINT_MAX;

	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3];
		const unsigned *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			bool same = a.data[i - 1] == b.data[j - 1];
			row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
				row[j] = smaller(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}
