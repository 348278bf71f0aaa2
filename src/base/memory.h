/* The end of a process that has no memory left, for those who allocate. */
#ifndef POCKETCI_BASE_MEMORY_H
#define POCKETCI_BASE_MEMORY_H

#include <stddef.h>

/* Writes one line to standard error and aborts. size is what could not be had; SIZE_MAX where a sum overflowed. */
_Noreturn void memory_exhausted(size_t size);

/* a + b and a * b, which end the process where they overflow. */
size_t memory_sum(size_t a, size_t b);
size_t memory_product(size_t a, size_t b);

#endif
