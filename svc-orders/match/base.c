/* What the engine needs of the system, for the library that has nothing else: it ends loudly. */
#include "bus/base.h"

#include <stdio.h>
#include <stdlib.h>

void bus_assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "bourse-match: %s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

static void *check(void *memory)
{
	if (memory == NULL) {
		fputs("bourse-match: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *bus_malloc(size_t size)
{
	return check(malloc(size > 0 ? size : 1));
}

void *bus_calloc(size_t count, size_t size)
{
	return check(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *bus_realloc(void *memory, size_t size)
{
	return check(realloc(memory, size > 0 ? size : 1));
}
