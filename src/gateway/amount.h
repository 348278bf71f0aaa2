/* Sizes as people write them, for sentences. */
#ifndef POCKETCI_GATEWAY_AMOUNT_H
#define POCKETCI_GATEWAY_AMOUNT_H

#include <stdint.h>

struct arena;

/* "25 MiB", "1536 KiB", "1000 bytes": the largest unit that keeps the number whole. */
const char *amount_size(struct arena *arena, int64_t bytes);

#endif
