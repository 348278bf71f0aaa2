/* base/buf.h: always terminated, never NULL, binary-safe, and consuming from the front. */
#include "check.h"

#include "base/buf.h"

/* What holds of every buffer at every time. */
static void assert_sound(const struct buf *buf)
{
	assert_non_null(buf->data);
	assert_int_equal(buf->data[buf->len], '\0');
	if (buf->capacity > 0)
		assert_true(buf->len < buf->capacity);
	else
		assert_ptr_equal(buf->data, buf_empty);
	assert_int_equal(buf_empty[0], '\0');
}

static void test_empty(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	assert_sound(&buf);
	assert_str(buf_str(&buf), "");
	buf_clear(&buf);
	buf_consume(&buf, 10);
	buf_append(&buf, NULL, 0);
	buf_append_c(&buf, "");
	buf_printf(&buf, "%s", "");
	assert_sound(&buf);
	assert_int_equal(buf.capacity, 0);
	buf_release(&buf);
	buf_release(&buf);
	assert_sound(&buf);
}

static void test_append(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	buf_append(&buf, "a\0b", 3);
	buf_append_c(&buf, "cd");
	buf_append_str(&buf, STR("e\0f"));
	buf_append_byte(&buf, 'g');
	buf_append_byte(&buf, '\0');
	buf_printf(&buf, "%d", -12);
	assert_sound(&buf);
	assert_int_equal(buf.len, 13);
	assert_memory_equal(buf.data, "a\0bcde\0fg\0-12", 14);
	buf_release(&buf);
}

static void test_grows_byte_by_byte(void **state)
{
	struct buf buf = BUF_INIT;
	unsigned moves = 0;
	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		size_t capacity = buf.capacity;
		buf_append_byte(&buf, (char)('a' + i % 26));
		moves += buf.capacity != capacity;
	}
	assert_sound(&buf);
	assert_int_equal(buf.len, 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
	assert_true(moves < 20);
	buf_release(&buf);
}

static void test_reserve(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	buf_append_c(&buf, "abc");
	buf_reserve(&buf, 5000);
	assert_sound(&buf);
	assert_true(buf.capacity > 5003);
	char *data = buf.data;
	memset(buf.data + buf.len, 'x', 5000);
	buf.len += 5000;
	buf_reserve(&buf, 0);
	assert_ptr_equal(buf.data, data);
	buf_release(&buf);

	buf_reserve(&buf, 0); /* also makes it writable */
	assert_true(buf.capacity > 0);
	assert_sound(&buf);
	buf_release(&buf);
}

static void test_printf(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	buf_printf(&buf, "%s", "start ");
	buf_printf(&buf, "%070000d", 5);
	assert_sound(&buf);
	assert_int_equal(buf.len, 70006);
	assert_memory_equal(buf.data, "start 0000", 10);
	assert_int_equal(buf.data[70005], '5');
	buf_release(&buf);

	/* A text that fits to the last byte and one that is one too long. */
	for (int width = 60; width < 70; width++) {
		buf_printf(&buf, "%*d", width, 1);
		assert_sound(&buf);
		assert_int_equal(buf.len, width);
		buf_release(&buf);
	}
}

static void test_consume(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	buf_append_c(&buf, "abcdef");
	buf_consume(&buf, 0);
	assert_str(buf_str(&buf), "abcdef");
	buf_consume(&buf, 2);
	assert_str(buf_str(&buf), "cdef");
	assert_sound(&buf);
	buf_append_c(&buf, "g");
	buf_consume(&buf, 3);
	assert_str(buf_str(&buf), "fg");
	assert_sound(&buf);
	buf_consume(&buf, 2);
	assert_str(buf_str(&buf), "");
	buf_append_c(&buf, "h");
	buf_consume(&buf, SIZE_MAX);
	assert_str(buf_str(&buf), "");
	assert_sound(&buf);
	buf_release(&buf);
}

static void test_clear_keeps_memory(void **state)
{
	struct buf buf = BUF_INIT;
	(void)state;
	buf_append_c(&buf, "abc");
	size_t capacity = buf.capacity;
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.capacity, capacity);
	assert_sound(&buf);
	buf_release(&buf);
	assert_int_equal(buf.capacity, 0);
	buf_append_c(&buf, "again");
	assert_str(buf_str(&buf), "again");
	buf_release(&buf);
}

static int reserve_overflows(void *argument)
{
	struct buf buf = BUF_INIT;
	buf_append_c(&buf, "abc");
	buf_reserve(&buf, *(size_t *)argument);
	return 0;
}

static void test_overflow_ends_the_process(void **state)
{
	size_t sizes[] = {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX - 3};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		assert_aborts(reserve_overflows, &sizes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),   TEST(test_append),  TEST(test_grows_byte_by_byte), TEST(test_reserve),
		TEST(test_printf),  TEST(test_consume), TEST(test_clear_keeps_memory), TEST(test_overflow_ends_the_process),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
