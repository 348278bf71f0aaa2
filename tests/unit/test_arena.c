/* base/arena.h: alignment, zeroing, growth, reuse after a reset, and sizes that overflow. */
#include "check.h"

#include "base/arena.h"

static void test_alloc_is_aligned_and_zeroed(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t size = 1; size < 3000; size = size * 3 / 2 + 1) {
		char *piece = arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xAA, size);
	}
	arena_release(&arena);
}

static void test_pieces_do_not_overlap(void **state)
{
	enum { PIECES = 1000 };
	unsigned char *pieces[PIECES];
	struct arena arena = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = arena_alloc(&arena, i + 1);
		memset(pieces[i], (int)(i % 251), i + 1);
	}
	for (size_t i = 0; i < PIECES; i++) {
		for (size_t j = 0; j <= i; j++)
			assert_int_equal(pieces[i][j], i % 251);
	}
	arena_release(&arena);
}

/* Whatever is left in a block, the next piece does not reach behind it: malloc's own checks would end the test. */
static void test_pieces_end_with_their_block(void **state)
{
	(void)state;
	for (size_t first = 8000; first < 8300; first++) {
		struct arena arena = ARENA_INIT;
		memset(arena_alloc(&arena, first), 0xFF, first);
		for (int i = 0; i < 20; i++)
			memset(arena_alloc(&arena, 16), 0xFF, 16);
		arena_release(&arena);
	}
}

static void test_size_zero(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	void *a = arena_alloc(&arena, 0);
	void *b = arena_alloc(&arena, 0);
	assert_non_null(a);
	assert_non_null(b);
	assert_true(a != b);
	assert_non_null(arena_array(&arena, 0, 100));
	assert_non_null(arena_array(&arena, 100, 0));
	assert_int_equal(arena.used, 0);
	arena_release(&arena);
}

static void test_large_piece(void **state)
{
	struct arena arena = ARENA_INIT;
	const size_t size = (size_t)40 * 1024 * 1024;
	(void)state;
	arena_alloc(&arena, 1);
	char *large = arena_alloc(&arena, size);
	large[0] = 'a';
	large[size - 1] = 'z';
	char *small = arena_alloc(&arena, 10);
	assert_int_equal(small[9], 0);
	assert_int_equal(arena.used, 1 + size + 10);
	arena_release(&arena);
	assert_int_equal(arena.used, 0);
	assert_null(arena.blocks);
}

static void test_copies(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_memory_equal(arena_copy(&arena, "a\0bX", 3), "a\0b", 4);
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	assert_string_equal(arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(arena_strdup(&arena, ""), "");
	arena_release(&arena);
}

static void test_printf(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	assert_string_equal(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
	assert_string_equal(arena_printf(&arena, "%s", ""), "");
	char *wide = arena_printf(&arena, "%100000d", 1);
	assert_int_equal(strlen(wide), 100000);
	assert_int_equal(wide[99999], '1');
	arena_release(&arena);
}

static void test_grow(void **state)
{
	struct arena arena = ARENA_INIT;
	size_t capacity = 0;
	unsigned *items = NULL;
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		unsigned *before = items;
		size_t had = capacity;
		items = arena_grow(&arena, items, i, &capacity, sizeof(*items));
		assert_true(capacity > i);
		if (i < had)
			assert_ptr_equal(items, before);
		items[i] = i;
		if (before && before != items)
			assert_int_equal(before[i - 1], i - 1); /* the old array stays valid */
	}
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(items[i], i);
	assert_true(arena.used < 5000 * sizeof(unsigned) * 5);
	arena_release(&arena);
}

static void test_reset_keeps_one_block_and_zeroes_again(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	char *first = arena_alloc(&arena, 100);
	memset(first, 0xAA, 100);
	for (int i = 0; i < 1000; i++)
		arena_alloc(&arena, 1000);
	arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	assert_non_null(arena.blocks);
	char *again = arena_alloc(&arena, 100);
	assert_ptr_equal(again, first);
	for (int i = 0; i < 100; i++)
		assert_int_equal(again[i], 0);
	arena_release(&arena);
}

static void test_reset_gives_back_an_outsized_block(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	arena_alloc(&arena, (size_t)25 * 1024 * 1024);
	arena_reset(&arena);
	assert_null(arena.blocks);
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, 1));
	arena_release(&arena);
	arena_release(&arena);
}

static int array_overflows(void *argument)
{
	(void)argument;
	struct arena arena = ARENA_INIT;
	arena_array(&arena, SIZE_MAX / 16 + 2, 16); /* would wrap to 16 bytes */
	return 0;
}

static int alloc_overflows(void *argument)
{
	(void)argument;
	struct arena arena = ARENA_INIT;
	arena_alloc(&arena, SIZE_MAX - 3);
	return 0;
}

static int copy_overflows(void *argument)
{
	(void)argument;
	struct arena arena = ARENA_INIT;
	arena_copy(&arena, "", SIZE_MAX);
	return 0;
}

static int grow_overflows(void *argument)
{
	(void)argument;
	struct arena arena = ARENA_INIT;
	size_t capacity = SIZE_MAX / 2 + 1;
	arena_grow(&arena, NULL, capacity, &capacity, 1);
	return 0;
}

static void test_overflow_ends_the_process(void **state)
{
	(void)state;
	assert_aborts(array_overflows, NULL);
	assert_aborts(alloc_overflows, NULL);
	assert_aborts(copy_overflows, NULL);
	assert_aborts(grow_overflows, NULL);
}

#ifdef __SANITIZE_ADDRESS__
static int reads_behind_a_piece(void *argument)
{
	struct arena arena = ARENA_INIT;
	volatile char *piece = arena_alloc(&arena, 24);
	arena_alloc(&arena, 24);
	size_t *behind = argument;
	close(STDERR_FILENO);
	return piece[*behind];
}

/* The arena's own poison: without it an overrun from one piece into the next would not be seen. */
static void test_sanitizer_sees_overruns(void **state)
{
	size_t inside = 23, behind = 24;
	(void)state;
	assert_int_equal(status_in_child(reads_behind_a_piece, &inside), 0);
	assert_int_not_equal(status_in_child(reads_behind_a_piece, &behind), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alloc_is_aligned_and_zeroed),
		TEST(test_pieces_do_not_overlap),
		TEST(test_pieces_end_with_their_block),
		TEST(test_size_zero),
		TEST(test_large_piece),
		TEST(test_copies),
		TEST(test_printf),
		TEST(test_grow),
		TEST(test_reset_keeps_one_block_and_zeroes_again),
		TEST(test_reset_gives_back_an_outsized_block),
		TEST(test_overflow_ends_the_process),
#ifdef __SANITIZE_ADDRESS__
		TEST(test_sanitizer_sees_overruns),
#endif
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
