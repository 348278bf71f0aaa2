/* Form bodies and queries: names are found again, and each is there once. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "payload/payload.h"
#include "payload/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct value *map = NULL;
	bool good = payload_parse_form(&arena, fuzz_text(data, size), &map, &error);

	PROMISE(good == (error.kind == ERROR_NONE));
	PROMISE(map != NULL && map->kind == VALUE_MAP);
	for (size_t i = 0; i < map->as.map.count; i++) {
		const struct value_entry *entry = &map->as.map.entries[i];

		PROMISE(entry->value->kind == VALUE_STRING && entry->value->as.text.len <= size);
		PROMISE(value_map_get(map, entry->key) == entry->value);
		value_find(map, entry->key);
	}
	arena_release(&arena);
	return 0;
}
