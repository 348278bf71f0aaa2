/*
 * An arena is a list of blocks; the newest is the one that is filled. What does not fit opens a new block, at least
 * twice as large as the one before, so that n bytes cost some log(n) calls of malloc. Under AddressSanitizer the
 * unused rest of a block is poisoned, with a gap behind each piece, so that an overrun is found as on the heap.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

#ifndef __has_feature
#define __has_feature(feature) 0 /* how clang says what gcc says by a macro */
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define GAP 0
#endif

/* The block that arena_reset keeps is at most as large as this; a larger one was for a rare request. */
#define KEPT_MAX ((size_t)1024 * 1024)
#define BLOCK_MIN ((size_t)8 * 1024)
#define BLOCK_DOUBLED_MAX ((size_t)1024 * 1024)
#define POPULATED_MIN ((size_t)256 * 1024)

struct arena_block {
	struct arena_block *older;
	size_t size; /* of data */
	size_t used; /* of data, a multiple of the alignment */
	max_align_t data[];
};

static char *block_bytes(struct arena_block *block)
{
	return (char *)block->data;
}

static size_t round_up(size_t size)
{
	const size_t step = _Alignof(max_align_t);
	return memory_sum(size, step - 1) / step * step;
}

/*
 * The kernel gives memory a page at a time, at each first touch, unless it is told; then 1 MiB costs a quarter. What
 * it does not know (before Linux 5.14) does not matter.
 */
static void populate(char *memory, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)memory + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)memory + size) / page * page;

	madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

static struct arena_block *block_new(struct arena_block *older, size_t needed)
{
	size_t size = BLOCK_MIN;
	if (older)
		size = older->size < BLOCK_DOUBLED_MAX / 2 ? older->size * 2 : BLOCK_DOUBLED_MAX;
	if (size < needed)
		size = needed;

	struct arena_block *block = malloc(memory_sum(sizeof(*block), size));
	if (!block)
		memory_exhausted(size);
	if (size >= POPULATED_MIN)
		populate((char *)block, size);
	block->older = older;
	block->size = size;
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->data, size);
	return block;
}

static void block_free(struct arena_block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
	free(block);
}

/* The same as arena_alloc, not zeroed. */
static char *take(struct arena *arena, size_t size)
{
	size_t total = round_up(memory_sum(size, size == 0 ? 1 : GAP));
	struct arena_block *block = arena->blocks;
	if (!block || block->size - block->used < total)
		block = arena->blocks = block_new(block, total);

	char *piece = block_bytes(block) + block->used;
	block->used += total;
	arena->used += size;
	ASAN_UNPOISON_MEMORY_REGION(piece, size);
	return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	return arena_alloc(arena, memory_product(count, size));
}

char *arena_copy(struct arena *arena, const void *data, size_t len)
{
	char *copy = take(arena, memory_sum(len, 1));
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		memory_exhausted(SIZE_MAX); /* longer than INT_MAX: no text of ours is */

	size_t size = (size_t)len + 1;
	char *text = take(arena, size);
	vsnprintf(text, size, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;

	size_t larger = *capacity < 4 ? 8 : memory_product(*capacity, 2);
	if (larger <= count)
		larger = memory_sum(count, 1);
	void *grown = arena_array(arena, larger, size);
	if (count > 0)
		memcpy(grown, items, count * size);
	*capacity = larger;
	return grown;
}

void arena_release(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->older;
		block_free(block);
	}
	arena->used = 0;
}

void arena_reset(struct arena *arena)
{
	while (arena->blocks && (arena->blocks->older || arena->blocks->size > KEPT_MAX)) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->older;
		block_free(block);
	}
	if (arena->blocks) {
		arena->blocks->used = 0;
		ASAN_POISON_MEMORY_REGION(arena->blocks->data, arena->blocks->size);
	}
	arena->used = 0;
}
