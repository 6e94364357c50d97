/*
 * What every file of Bourse may rely on: attributes and assertions.
 *
 * bus_assert() is for programmer errors only and stays in release builds; input
 * from outside is checked and answered with an enum bus_err instead.
 */
#ifndef BUS_BASE_H
#define BUS_BASE_H

#include <stddef.h>
#include <stdint.h>

#define BUS_MUST_CHECK	      __attribute__((warn_unused_result))
#define BUS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BUS_NORETURN	      __attribute__((noreturn))

#define BUS_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A borrowed run of bytes; it owns nothing and need not end in NUL. */
struct bus_bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct bus_bytes bus_bytes(const void *data, size_t len)
{
	return (struct bus_bytes){ (const uint8_t *)data, len };
}

BUS_NORETURN void bus_assert_failed(const char *expr, const char *file, int line);

#define bus_assert(expr) ((expr) ? (void)0 : bus_assert_failed(#expr, __FILE__, __LINE__))

/* Allocation that aborts when memory is out. The caller owns what is returned. */
void *bus_malloc(size_t size);
void *bus_calloc(size_t count, size_t size);
void *bus_realloc(void *ptr, size_t size);
char *bus_strdup(const char *text);

#endif
