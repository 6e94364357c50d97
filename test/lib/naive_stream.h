/*
 * Streams of commands for a book: made from a seed, of every kind and with hostile values among
 * them; made as short as they can be when they show a difference; and printed as rows of C.
 */
#ifndef TEST_NAIVE_STREAM_H
#define TEST_NAIVE_STREAM_H

#include <stdio.h>

#include "naive_exchange.h"

#define NAIVE_STREAM_RECENT 64

/* Where a stream stands. Zeroed but for the seed by naive_stream_init(). */
struct naive_stream {
	uint64_t seed;
	/* How this stream is: drawn from the seed. */
	uint64_t accounts, width, hostile, market, stops, classes, auctions;
	uint64_t last_id;
	struct naive_command recent[NAIVE_STREAM_RECENT]; /* new orders and replacements */
	struct naive_command second; /* the leg that is to follow; op 0: none */
	/* The market as its facts say. */
	int session;
	int32_t date;
	bool halted, opening_held;
	int64_t actions;
	int64_t now;
};

void naive_stream_init(struct naive_stream *stream, uint64_t seed);
struct naive_command naive_stream_next(struct naive_stream *stream);

/* A number below `below`, > 0; and the state after it. */
uint64_t naive_draw(uint64_t *state, uint64_t below);

/* Whether these commands show the difference. */
typedef bool (*naive_shows_fn)(void *arg, const struct naive_command *commands, size_t count);
/* Takes away and simplifies what is not needed to show it. Returns how many are left. */
size_t naive_shrink(struct naive_command *commands, size_t count, naive_shows_fn shows, void *arg);

void naive_print_commands(FILE *out, const struct naive_command *commands, size_t count);
void naive_print_event(FILE *out, const struct naive_event *event);

bool naive_same(const struct naive_event *a, const struct naive_event *b);
/*
 * The first event in which two logs differ, or -1. Events that may stand at different places of a
 * step (what siblings do, where trailing stops go) are compared among themselves; orders that one
 * sweep ends, in any order. Sorts both.
 */
long naive_log_differs(struct naive_log *a, struct naive_log *b);

#endif
