/*
 * What the children do, as atomic integers in shared memory. The right to wait is a token: a cell that holds its owner's
 * slot. So there is no counter that a child killed between two steps could leave wrong, and no lock that it could hold.
 */
#include "gateway/scoreboard.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/memory.h"

#define NOBODY (-1)

struct scoreboard {
	int children; /* slots */
	int tokens;   /* of waiting */
	atomic_bool retired;
	/* The state of each slot, then the owner of each token. */
	_Atomic int cells[];
};

static size_t size_for(int children, int tokens)
{
	return sizeof(struct scoreboard) + ((size_t)children + (size_t)tokens) * sizeof(_Atomic int);
}

struct scoreboard *scoreboard_new(int children)
{
	int tokens = children * 3 / 4;
	if (tokens < 1)
		tokens = 1;
	size_t size = size_for(children, tokens);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		memory_exhausted(size);

	struct scoreboard *scoreboard = memory;
	scoreboard->children = children;
	scoreboard->tokens = tokens;
	atomic_init(&scoreboard->retired, false);
	for (int i = 0; i < children; i++)
		atomic_init(&scoreboard->cells[i], CHILD_NONE);
	for (int i = 0; i < tokens; i++)
		atomic_init(&scoreboard->cells[children + i], NOBODY);
	return scoreboard;
}

void scoreboard_free(struct scoreboard *scoreboard)
{
	if (scoreboard != NULL)
		munmap(scoreboard, size_for(scoreboard->children, scoreboard->tokens));
}

void scoreboard_retire(struct scoreboard *scoreboard)
{
	atomic_store(&scoreboard->retired, true);
}

bool scoreboard_is_retired(const struct scoreboard *scoreboard)
{
	return atomic_load(&scoreboard->retired);
}

static void give_back_token(struct scoreboard *scoreboard, int slot)
{
	_Atomic int *tokens = scoreboard->cells + scoreboard->children;

	for (int i = 0; i < scoreboard->tokens; i++) {
		int owner = slot;
		atomic_compare_exchange_strong(&tokens[i], &owner, NOBODY);
	}
}

static bool take_token(struct scoreboard *scoreboard, int slot)
{
	_Atomic int *tokens = scoreboard->cells + scoreboard->children;

	for (int i = 0; i < scoreboard->tokens; i++) {
		int owner = NOBODY;
		if (atomic_compare_exchange_strong(&tokens[i], &owner, slot))
			return true;
	}
	return false;
}

int scoreboard_take(struct scoreboard *scoreboard)
{
	for (int slot = 0; slot < scoreboard->children; slot++) {
		int state = CHILD_NONE;
		if (atomic_compare_exchange_strong(&scoreboard->cells[slot], &state, CHILD_IDLE))
			return slot;
	}
	return -1;
}

void scoreboard_release(struct scoreboard *scoreboard, int slot)
{
	give_back_token(scoreboard, slot);
	atomic_store(&scoreboard->cells[slot], CHILD_NONE);
}

void scoreboard_set(struct scoreboard *scoreboard, int slot, enum child_state state)
{
	if (atomic_exchange(&scoreboard->cells[slot], (int)state) == CHILD_WAITING)
		give_back_token(scoreboard, slot);
}

enum child_state scoreboard_get(const struct scoreboard *scoreboard, int slot)
{
	return (enum child_state)atomic_load(&scoreboard->cells[slot]);
}

int scoreboard_count(const struct scoreboard *scoreboard, enum child_state state)
{
	int count = 0;

	for (int slot = 0; slot < scoreboard->children; slot++)
		count += atomic_load(&scoreboard->cells[slot]) == (int)state;
	return count;
}

bool scoreboard_may_wait(struct scoreboard *scoreboard, int slot)
{
	if (scoreboard_get(scoreboard, slot) == CHILD_WAITING)
		return true;
	if (!take_token(scoreboard, slot))
		return false;
	atomic_store(&scoreboard->cells[slot], CHILD_WAITING);
	return true;
}
