/*
 * Assertions and allocation. Both end the process by abort(): after a broken invariant or without
 * memory nothing that this process would still write can be trusted, and recovery is the same as
 * after any crash. Logging here uses the stack alone.
 */
#include "bus/base.h"

#include <stdlib.h>
#include <string.h>

#include "bus/log.h"

void bus_assert_failed(const char *expr, const char *file, int line)
{
	bus_log(BUS_LOG_ERROR, "assertion failed", "expr=\"%s\" at=%s:%d", expr, file, line);
	abort();
}

BUS_NORETURN static void out_of_memory(size_t size)
{
	bus_log(BUS_LOG_ERROR, "out of memory", "bytes=%zu", size);
	abort();
}

/* Never NULL, also for a size of 0, so that callers have one case. */
static void *check(void *ptr, size_t size)
{
	if (!ptr)
		out_of_memory(size);
	return ptr;
}

void *bus_malloc(size_t size)
{
	return check(malloc(size ? size : 1), size);
}

void *bus_calloc(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return check(calloc(count, size), size);
}

void *bus_realloc(void *ptr, size_t size)
{
	return check(realloc(ptr, size ? size : 1), size);
}

char *bus_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(bus_malloc(size), text, size);
}
