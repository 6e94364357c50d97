/*
 * A chain of blocks of growing size; an allocation moves a mark within the current one. Blocks
 * before `current` are spent, blocks behind it are empty, until a reset makes all of them empty.
 * What has not been handed out is poisoned for AddressSanitizer, so use after a reset is caught.
 */
#include "bus/arena.h"

#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN	16
#define ARENA_BLOCK_MIN ((size_t)16 << 10)
#define ARENA_BLOCK_MAX ((size_t)1 << 20) /* blocks double up to here; larger on demand */

struct bus_arena_block {
	struct bus_arena_block *next;
	size_t size; /* of data */
	size_t used;
	alignas(ARENA_ALIGN) unsigned char data[];
};

void bus_arena_init(struct bus_arena *arena)
{
	*arena = (struct bus_arena){ 0 };
}

static void free_blocks(struct bus_arena *arena, struct bus_arena_block *block)
{
	while (block) {
		struct bus_arena_block *next = block->next;

		arena->total -= block->size;
		ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
		free(block);
		block = next;
	}
}

void bus_arena_release(struct bus_arena *arena)
{
	free_blocks(arena, arena->first);
	bus_arena_init(arena);
}

void bus_arena_reset(struct bus_arena *arena, size_t keep)
{
	struct bus_arena_block **link = &arena->first;
	size_t kept = 0;

	while (*link && (*link)->size <= keep - kept) {
		struct bus_arena_block *block = *link;

		block->used = 0;
		ASAN_POISON_MEMORY_REGION(block->data, block->size);
		kept += block->size;
		link = &block->next;
	}
	free_blocks(arena, *link);
	*link = NULL;
	arena->current = arena->first;
	arena->used = 0;
}

static struct bus_arena_block *append_block(struct bus_arena *arena, size_t need)
{
	struct bus_arena_block *last = arena->current, *block;
	size_t size = ARENA_BLOCK_MIN;

	if (last)
		size = last->size < ARENA_BLOCK_MAX / 2 ? last->size * 2 : ARENA_BLOCK_MAX;
	if (size < need)
		size = need;
	block = bus_malloc(sizeof(*block) + size);
	block->next = NULL;
	block->size = size;
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->data, block->size);
	if (last)
		last->next = block;
	else
		arena->first = block;
	arena->total += size;
	return block;
}

/* Moves on to a block with room. A block that is too small is passed over until the next reset. */
static void make_room(struct bus_arena *arena, size_t need)
{
	struct bus_arena_block *block = arena->current;

	while (block && block->size - block->used < need) {
		if (!block->next) {
			arena->current = block;
			block = NULL;
		} else {
			block = block->next;
		}
	}
	arena->current = block ? block : append_block(arena, need);
}

void *bus_arena_alloc(struct bus_arena *arena, size_t size)
{
	size_t need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	struct bus_arena_block *block;
	void *ptr;

	bus_assert(size <= SIZE_MAX / 4); /* also keeps the sums above from wrapping */
	make_room(arena, need);
	block = arena->current;
	ptr = block->data + block->used;
	block->used += need;
	arena->used += need;
	ASAN_UNPOISON_MEMORY_REGION(ptr, size);
	return ptr;
}

void *bus_arena_zalloc(struct bus_arena *arena, size_t size)
{
	return memset(bus_arena_alloc(arena, size), 0, size);
}

void *bus_arena_copy(struct bus_arena *arena, const void *data, size_t size)
{
	void *ptr = bus_arena_alloc(arena, size);

	if (size)
		memcpy(ptr, data, size);
	return ptr;
}

char *bus_arena_strndup(struct bus_arena *arena, const char *text, size_t len)
{
	char *copy = bus_arena_alloc(arena, len + 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *bus_arena_printf(struct bus_arena *arena, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	bus_assert(len >= 0);
	text = bus_arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}
