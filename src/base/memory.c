/*
 * Out of memory, and sizes that do not fit: nothing here allocates.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void memory_exhausted(size_t size)
{
	char line[80];
	int len = snprintf(line, sizeof(line), "pocketci: out of memory: %zu bytes cannot be had\n", size);
	ssize_t ignored = write(STDERR_FILENO, line, (size_t)len);
	(void)ignored;
	abort();
}

size_t memory_sum(size_t a, size_t b)
{
	if (a > SIZE_MAX - b)
		memory_exhausted(SIZE_MAX);
	return a + b;
}

size_t memory_product(size_t a, size_t b)
{
	if (b != 0 && a > SIZE_MAX / b)
		memory_exhausted(SIZE_MAX);
	return a * b;
}
