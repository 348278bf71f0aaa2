/*
 * A borrowed run of bytes: a pointer and a length. It may hold NUL bytes and is not terminated unless the function
 * that made it says so. Whoever made the bytes owns them.
 */
#ifndef POCKETCI_BASE_STR_H
#define POCKETCI_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct str {
	const char *data; /* never NULL in a str made by these functions */
	size_t len;
};

/* A string literal as a str. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* For printf: `%.*s`, STR_ARGS(s). */
#define STR_ARGS(s) (int)(s).len, (s).data

/* A C string as a str; NULL is the empty string. */
struct str str_from(const char *text);

bool str_equal(struct str a, struct str b);
bool str_equal_c(struct str a, const char *b);

/* Without regard to the case of ASCII letters. */
bool str_equal_nocase(struct str a, struct str b);

/* Bytewise order, a prefix first: less than, equal to or greater than 0. */
int str_compare(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str part);

/* The index of the first such byte, or s.len. */
size_t str_find(struct str s, char byte);
/* The index of the last such byte, or s.len. */
size_t str_find_last(struct str s, char byte);

/* s from index `from` (at most s.len) to its end. */
struct str str_from_index(struct str s, size_t from);
/* The first len bytes (all where s is shorter). */
struct str str_head(struct str s, size_t len);

/* Without white space (space, tab, CR, LF, VT, FF) at both ends. */
struct str str_trim(struct str s);

/*
 * Takes the part of *rest before the next separator and moves *rest behind it. False when nothing is left; an empty
 * last part after a trailing separator is given. Start with a copy of the text; for empty text nothing is given.
 */
bool str_split_next(struct str *rest, char separator, struct str *part);

/* A NUL-terminated copy. A NUL byte inside s stays where it is: see str_has_nul. */
char *str_to_c(struct arena *arena, struct str s);

/* Whether a C interface would cut s short. */
bool str_has_nul(struct str s);

/* A copy whose bytes belong to the arena, NUL-terminated. */
struct str str_copy(struct arena *arena, struct str s);

/* a followed by b, NUL-terminated, in the arena. */
struct str str_join(struct arena *arena, struct str a, struct str b);

/* arena_printf as a str. */
struct str str_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ASCII upper and lower case copies. */
struct str str_upper(struct arena *arena, struct str s);
struct str str_lower(struct arena *arena, struct str s);

/*
 * The number of single edits (insert, delete, replace, swap of neighbours) between two words of at most 64 bytes, for
 * "did you mean"; longer words give a large number.
 */
unsigned str_distance(struct str a, struct str b);

#endif
