/* Price levels in sorted chunks, see book_ladder.h. */
#include "book_ladder.h"

#include <stdlib.h>
#include <string.h>

/* A chunk that has become small joins its neighbour when both leave this much room. */
#define MERGED_RUNGS (BOOK_CHUNK_RUNGS * 3 / 4)

void book_ladder_release(struct book_ladder *ladder, struct book_memory *memory)
{
	for (size_t i = 0; i < ladder->count; i++) {
		struct book_chunk *chunk = ladder->chunks[i];

		for (size_t k = 0; k < chunk->count; k++)
			book_pool_give(&memory->levels, chunk->rungs[k].level);
		book_pool_give(&memory->chunks, chunk);
	}
	free(ladder->chunks);
	*ladder = (struct book_ladder){ 0 };
}

/* The last rung of the last chunk. */
static void find_best(struct book_ladder *ladder)
{
	const struct book_chunk *last;

	ladder->best = NULL;
	if (ladder->count == 0)
		return;
	last = ladder->chunks[ladder->count - 1];
	ladder->best = last->rungs[last->count - 1].level;
}

/* The last chunk whose first key is not above `key`, or the first chunk. The ladder has chunks. */
static size_t find_chunk(const struct book_ladder *ladder, int64_t key)
{
	size_t low = 0, high = ladder->count - 1;

	if (ladder->chunks[high]->rungs[0].key <= key)
		return high;
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (ladder->chunks[middle]->rungs[0].key <= key)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* How many rungs of the chunk have a key below `key`; the search begins at the better end. */
static size_t rungs_below(const struct book_chunk *chunk, int64_t key)
{
	size_t n = chunk->count;

	while (n > 0 && chunk->rungs[n - 1].key >= key)
		n--;
	return n;
}

static void insert_chunk(struct book_ladder *ladder, size_t at, struct book_chunk *chunk)
{
	if (ladder->count == ladder->capacity) {
		ladder->capacity = ladder->capacity == 0 ? 4 : 2 * ladder->capacity;
		ladder->chunks =
			bus_realloc(ladder->chunks, ladder->capacity * sizeof(struct book_chunk *));
	}
	memmove(ladder->chunks + at + 1, ladder->chunks + at,
		(ladder->count - at) * sizeof(struct book_chunk *));
	ladder->chunks[at] = chunk;
	ladder->count++;
}

static void remove_chunk(struct book_ladder *ladder, size_t at, struct book_memory *memory)
{
	book_pool_give(&memory->chunks, ladder->chunks[at]);
	ladder->count--;
	memmove(ladder->chunks + at, ladder->chunks + at + 1,
		(ladder->count - at) * sizeof(struct book_chunk *));
}

/* Moves the better half of a full chunk into a new one behind it. */
static void split_chunk(struct book_ladder *ladder, size_t at, struct book_memory *memory)
{
	struct book_chunk *worse = ladder->chunks[at];
	struct book_chunk *better = book_pool_take(&memory->chunks);

	better->count = worse->count / 2;
	worse->count -= better->count;
	memcpy(better->rungs, worse->rungs + worse->count,
	       better->count * sizeof(better->rungs[0]));
	insert_chunk(ladder, at + 1, better);
}

struct book_level *book_ladder_level(struct book_ladder *ladder, int64_t key,
				     struct book_memory *memory)
{
	struct book_chunk *chunk;
	struct book_level *level;
	size_t at, rung;

	if (ladder->count == 0) {
		chunk = book_pool_take(&memory->chunks);
		chunk->count = 0;
		insert_chunk(ladder, 0, chunk);
	}
	at = find_chunk(ladder, key);
	chunk = ladder->chunks[at];
	rung = rungs_below(chunk, key);
	if (rung < chunk->count && chunk->rungs[rung].key == key)
		return chunk->rungs[rung].level;
	if (chunk->count == BOOK_CHUNK_RUNGS) {
		split_chunk(ladder, at, memory);
		if (rung > chunk->count) {
			rung -= chunk->count;
			chunk = ladder->chunks[at + 1];
		}
	}
	memmove(chunk->rungs + rung + 1, chunk->rungs + rung,
		(chunk->count - rung) * sizeof(chunk->rungs[0]));
	level = book_pool_take(&memory->levels);
	*level = (struct book_level){ .key = key };
	chunk->rungs[rung] = (struct book_rung){ key, level };
	chunk->count++;
	if (ladder->best == NULL || key > ladder->best->key)
		ladder->best = level;
	return level;
}

/* Joins chunk `at` with the one behind it when both are small. */
static void merge_chunk(struct book_ladder *ladder, size_t at, struct book_memory *memory)
{
	struct book_chunk *worse, *better;

	if (at + 1 >= ladder->count)
		return;
	worse = ladder->chunks[at];
	better = ladder->chunks[at + 1];
	if (worse->count + better->count > MERGED_RUNGS)
		return;
	memcpy(worse->rungs + worse->count, better->rungs, better->count * sizeof(worse->rungs[0]));
	worse->count += better->count;
	remove_chunk(ladder, at + 1, memory);
}

void book_ladder_remove(struct book_ladder *ladder, struct book_level *level,
			struct book_memory *memory)
{
	size_t at = find_chunk(ladder, level->key);
	struct book_chunk *chunk = ladder->chunks[at];
	size_t rung = rungs_below(chunk, level->key);

	bus_assert(rung < chunk->count && chunk->rungs[rung].level == level);
	bus_assert(level->head == NULL);
	chunk->count--;
	memmove(chunk->rungs + rung, chunk->rungs + rung + 1,
		(chunk->count - rung) * sizeof(chunk->rungs[0]));
	if (chunk->count == 0)
		remove_chunk(ladder, at, memory);
	else if (chunk->count < BOOK_CHUNK_RUNGS / 4)
		merge_chunk(ladder, at, memory);
	if (ladder->best == level)
		find_best(ladder);
	book_pool_give(&memory->levels, level);
}

size_t book_ladder_depth(const struct book_ladder *ladder)
{
	size_t depth = 0;

	for (size_t i = 0; i < ladder->count; i++)
		depth += ladder->chunks[i]->count;
	return depth;
}

const struct book_level *book_ladder_first(const struct book_ladder *ladder, struct book_spot *spot)
{
	if (ladder->count == 0)
		return NULL;
	spot->chunk = ladder->count - 1;
	spot->rung = ladder->chunks[spot->chunk]->count - 1;
	return ladder->chunks[spot->chunk]->rungs[spot->rung].level;
}

const struct book_level *book_ladder_next(const struct book_ladder *ladder, struct book_spot *spot)
{
	if (spot->rung == 0) {
		if (spot->chunk == 0)
			return NULL;
		spot->chunk--;
		spot->rung = ladder->chunks[spot->chunk]->count;
	}
	spot->rung--;
	return ladder->chunks[spot->chunk]->rungs[spot->rung].level;
}

const struct book_level *book_ladder_prev(const struct book_ladder *ladder, struct book_spot *spot)
{
	spot->rung++;
	if (spot->rung == ladder->chunks[spot->chunk]->count) {
		if (spot->chunk + 1 == ladder->count)
			return NULL;
		spot->chunk++;
		spot->rung = 0;
	}
	return ladder->chunks[spot->chunk]->rungs[spot->rung].level;
}
