/*
 * Memory for one unit of work (a request, a run, a loaded configuration): allocated piece by piece, given back at once.
 *
 * An arena never moves what it handed out, and nothing in it is freed alone. Out of memory ends the process with a
 * message: every size that comes from outside is capped before it reaches an arena.
 */
#ifndef POCKETCI_BASE_ARENA_H
#define POCKETCI_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/* A value: `struct arena a = ARENA_INIT;` … arena_release(&a). */
struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes handed out so far, for limits and tests */
};

#define ARENA_INIT {NULL, 0}

/* size bytes, zeroed, aligned for any type. size 0 gives a pointer that may be compared but not read. */
void *arena_alloc(struct arena *arena, size_t size);

/* count elements of size bytes each, zeroed; ends the process where the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of len bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const void *data, size_t len);

/* A copy of a C string. */
char *arena_strdup(struct arena *arena, const char *text);

/* The text that printf would write. */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/*
 * Grows an array that is filled one element at a time: returns items with room for at least count + 1 elements of
 * size bytes. *capacity is the caller's, 0 at first. The old array stays valid until the arena is released.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);

/* Frees everything; the arena is empty and can be used again. */
void arena_release(struct arena *arena);

/* Forgets everything but keeps the first block, so that the next request does not ask malloc again. */
void arena_reset(struct arena *arena);

#endif
