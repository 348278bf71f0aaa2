/*
 * An exchange (gateway/exchange.h) made of memory: what is read comes out of a string, what is written can be looked
 * at.
 */
#ifndef POCKETCI_TESTS_UNIT_MEMORY_EXCHANGE_H
#define POCKETCI_TESTS_UNIT_MEMORY_EXCHANGE_H

#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/exchange.h"

struct memory_exchange {
	struct exchange exchange; /* first: its functions find the rest by it */
	struct arena arena;
	struct str input;
	size_t piece; /* bytes a read gives at most */
	size_t read;  /* bytes of input that were read */
	bool breaks;  /* the end of input is a broken connection */
	bool ended;   /* the reader has seen the end */
	struct buf output;
	size_t flushed; /* bytes of output that were flushed */
	int flushes;
};

static inline ssize_t memory_exchange_read(struct exchange *exchange, void *buffer, size_t size)
{
	struct memory_exchange *memory = (struct memory_exchange *)exchange;
	struct str rest = str_from_index(memory->input, memory->read);
	struct str given = str_head(rest, size < memory->piece ? size : memory->piece);
	memcpy(buffer, given.data, given.len);
	memory->read += given.len;
	memory->ended = memory->ended || given.len == 0;
	return given.len == 0 && memory->breaks ? -1 : (ssize_t)given.len;
}

static inline bool memory_exchange_write(struct exchange *exchange, const void *data, size_t len)
{
	struct memory_exchange *memory = (struct memory_exchange *)exchange;
	if (!exchange->gone)
		buf_append(&memory->output, data, len);
	return !exchange->gone;
}

static inline bool memory_exchange_flush(struct exchange *exchange)
{
	struct memory_exchange *memory = (struct memory_exchange *)exchange;
	memory->flushed = memory->output.len;
	memory->flushes++;
	return !exchange->gone;
}

/* parameters: a NULL-terminated list, or NULL for none. */
static inline void memory_exchange_init(struct memory_exchange *memory, char *const *parameters, const char *input)
{
	static char *const none[] = {NULL};
	*memory = (struct memory_exchange){.input = str_from(input), .piece = SIZE_MAX, .output = BUF_INIT};
	memory->exchange.arena = &memory->arena;
	memory->exchange.parameters = parameters ? parameters : none;
	memory->exchange.client = -1;
	memory->exchange.cancel = -1;
	memory->exchange.read = memory_exchange_read;
	memory->exchange.write = memory_exchange_write;
	memory->exchange.flush = memory_exchange_flush;
}

static inline void memory_exchange_release(struct memory_exchange *memory)
{
	buf_release(&memory->output);
	arena_release(&memory->arena);
}

/* What was written so far, forgotten after: NUL-terminated, in the arena. */
static inline const char *memory_exchange_take(struct memory_exchange *memory)
{
	const char *text = arena_copy(&memory->arena, memory->output.data, memory->output.len);
	buf_clear(&memory->output);
	memory->flushed = 0;
	return text;
}

#endif
