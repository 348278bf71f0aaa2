/*
 * An open hash table of positions in the map's entries, at most half full. Slots hold a position plus one; 0 is a free
 * one. The hash is SipHash-1-3 (Aumasson and Bernstein, 2012), as other languages use it for their tables.
 */
#include "payload/value_index.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "lib/crypto.h"
#include "payload/value.h"

struct value_index {
	uint64_t seed[2];
	uint32_t *slots;
	size_t size;  /* of slots, a power of two */
	size_t count; /* entries taken in: the first ones of the map */
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t hash_of(const uint64_t seed[static 2], struct str key)
{
	uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d, seed[0] ^ 0x6c7967656e657261,
	                 seed[1] ^ 0x7465646279746573};
	size_t at = 0;

	for (bool last = false; !last;) {
		uint64_t word = 0;
		size_t part = key.len - at < 8 ? key.len - at : 8;

		memcpy(&word, key.data + at, part);
		at += part;
		last = part < 8;
		if (last)
			word |= (uint64_t)key.len << 56;
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The slot that holds the key's position, or the free one where it belongs. */
static uint32_t *find_slot(const struct value_map *map, struct str key)
{
	const struct value_index *index = map->index;
	size_t slot = (size_t)hash_of(index->seed, key) & (index->size - 1);

	while (index->slots[slot] != 0 && !str_equal(map->entries[index->slots[slot] - 1].key, key))
		slot = (slot + 1) & (index->size - 1);
	return &index->slots[slot];
}

/* Four times the entries, so that the next growth is as far away as the last; all entries are then taken in again. */
static void grow(struct arena *arena, struct value_map *map)
{
	struct value_index *index = map->index;

	index->size = index->size > 0 ? index->size : 2 * VALUE_INDEX_FROM;
	while (index->size < 4 * map->count)
		index->size *= 2;
	index->slots = arena_array(arena, index->size, sizeof(*index->slots));
	index->count = 0;
}

void value_index_update(struct arena *arena, struct value_map *map)
{
	if (map->index == NULL) {
		map->index = arena_alloc(arena, sizeof(*map->index));
		crypto_random(map->index->seed, sizeof(map->index->seed));
	}
	if (map->index->size < 2 * map->count)
		grow(arena, map);
	for (; map->index->count < map->count; map->index->count++)
		*find_slot(map, map->entries[map->index->count].key) = (uint32_t)(map->index->count + 1);
}

size_t value_index_find(const struct value_map *map, struct str key)
{
	uint32_t position = *find_slot(map, key);

	return position == 0 ? map->count : position - 1;
}
