/* Whatever it writes is exact, so that a sentence names the very number of the configuration. */
#include "gateway/amount.h"

#include <stddef.h>

#include "base/arena.h"

struct unit {
	int64_t size;
	const char *name;
};

static const struct unit sizes[] = {{INT64_C(1) << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " bytes"}};

const char *amount_size(struct arena *arena, int64_t bytes)
{
	size_t last = sizeof(sizes) / sizeof(sizes[0]) - 1;
	size_t i = 0;
	while (i < last && (bytes == 0 || bytes % sizes[i].size != 0))
		i++;
	return arena_printf(arena, "%lld%s", (long long)(bytes / sizes[i].size), sizes[i].name);
}
