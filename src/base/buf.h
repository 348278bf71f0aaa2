/*
 * A growable run of bytes on the heap. data is never NULL and always has a NUL behind the last byte, which len does not
 * count. There is no limit in it: whoever fills it from outside has a cap.
 */
#ifndef POCKETCI_BASE_BUF_H
#define POCKETCI_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *data;
	size_t len;
	size_t capacity; /* 0 while data points to the shared empty string */
};

extern char buf_empty[1];
#define BUF_INIT {buf_empty, 0, 0}

/* Room for extra more bytes behind len; ends the process where memory runs out. */
void buf_reserve(struct buf *buf, size_t extra);

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_str(struct buf *buf, struct str s);
void buf_append_c(struct buf *buf, const char *text);
void buf_append_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Removes the first len bytes (at most all) and moves the rest to the front. */
void buf_consume(struct buf *buf, size_t len);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);

/* Frees the memory; the buf is empty and can be used again. */
void buf_release(struct buf *buf);

/* The content, valid until the buf changes. */
struct str buf_str(const struct buf *buf);

#endif
