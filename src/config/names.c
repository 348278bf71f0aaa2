/*
 * Open addressing, at most half full. A slot belongs to the table's present round or is free, so that forgetting is
 * counting one up.
 */
#include "config/names.h"

#include "base/arena.h"

/* FNV-1a, 32 bits. */
static uint32_t name_hash(struct str name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
	return hash;
}

/* The slot that has the name, or the free one where it belongs. capacity is a power of two. */
static struct name_slot *names_slot(const struct names *names, struct str name, uint32_t hash)
{
	for (size_t at = hash;; at++) {
		struct name_slot *slot = &names->slots[at & (names->capacity - 1)];
		if (slot->round != names->round || (slot->hash == hash && str_equal(slot->name, name)))
			return slot;
	}
}

bool names_get(const struct names *names, struct str name, size_t *value)
{
	if (names->count == 0)
		return false;
	const struct name_slot *slot = names_slot(names, name, name_hash(name));
	if (slot->round != names->round)
		return false;
	*value = slot->value;
	return true;
}

static void names_grow(struct arena *arena, struct names *names)
{
	struct names old = *names;

	names->capacity = old.capacity == 0 ? 32 : old.capacity * 2;
	names->slots = arena_array(arena, names->capacity, sizeof(*names->slots));
	names->round = 1;
	for (size_t i = 0; i < old.capacity; i++) {
		struct name_slot slot = old.slots[i];
		if (slot.round != old.round)
			continue;
		slot.round = names->round;
		*names_slot(names, slot.name, slot.hash) = slot;
	}
}

void names_set(struct arena *arena, struct names *names, struct str name, size_t value)
{
	if (names->count * 2 >= names->capacity)
		names_grow(arena, names);

	uint32_t hash = name_hash(name);
	struct name_slot *slot = names_slot(names, name, hash);
	if (slot->round != names->round)
		names->count++;
	*slot = (struct name_slot){name, hash, names->round, value};
}

void names_clear(struct names *names)
{
	names->count = 0;
	names->round++;
}
