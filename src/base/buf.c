/*
 * A buffer doubles when it is full. Before its first byte it points to one shared empty string, so that an empty
 * buffer costs nothing and can still be read as text; nothing ever writes there.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_CAPACITY 64

char buf_empty[1] = "";

void buf_reserve(struct buf *buf, size_t extra)
{
	size_t needed = memory_sum(memory_sum(buf->len, extra), 1);
	if (needed <= buf->capacity)
		return;

	size_t larger = buf->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buf->capacity;
	while (larger < needed)
		larger = larger > SIZE_MAX / 2 ? needed : larger * 2;

	char *data = realloc(buf->capacity > 0 ? buf->data : NULL, larger);
	if (!data)
		memory_exhausted(larger);
	buf->data = data;
	buf->capacity = larger;
	buf->data[buf->len] = '\0';
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
	if (len == 0)
		return;
	buf_reserve(buf, len);
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_append_str(struct buf *buf, struct str s)
{
	buf_append(buf, s.data, s.len);
}

void buf_append_c(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_append_byte(struct buf *buf, char byte)
{
	buf_append(buf, &byte, 1);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		memory_exhausted(SIZE_MAX); /* longer than INT_MAX: no text of ours is */
	if (len > 0) {
		buf_reserve(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_clear(buf);
		return;
	}
	buf->len -= len;
	memmove(buf->data, buf->data + len, buf->len + 1);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->capacity > 0)
		buf->data[0] = '\0';
}

void buf_release(struct buf *buf)
{
	if (buf->capacity > 0)
		free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->data, buf->len};
}
