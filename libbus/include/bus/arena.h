/*
 * An arena: memory for one message or one batch, given back all at once.
 * Blocks are kept on reset, so a loop that has warmed up allocates nothing.
 */
#ifndef BUS_ARENA_H
#define BUS_ARENA_H

#include "bus/base.h"

struct bus_arena_block;

struct bus_arena {
	struct bus_arena_block *first; /* owned, chained */
	struct bus_arena_block *current;
	size_t used;  /* bytes handed out since the last reset */
	size_t total; /* bytes of all blocks */
};

void bus_arena_init(struct bus_arena *arena);
void bus_arena_release(struct bus_arena *arena);
/* Everything handed out so far becomes invalid. Keeps at most `keep` bytes of blocks. */
void bus_arena_reset(struct bus_arena *arena, size_t keep);
/* 16-byte aligned, not zeroed / zeroed; never NULL. Valid until the next reset. */
void *bus_arena_alloc(struct bus_arena *arena, size_t size);
void *bus_arena_zalloc(struct bus_arena *arena, size_t size);
void *bus_arena_copy(struct bus_arena *arena, const void *data, size_t size);
char *bus_arena_strndup(struct bus_arena *arena, const char *text, size_t len);
char *bus_arena_printf(struct bus_arena *arena, const char *fmt, ...) BUS_PRINTF(2, 3);

#endif
