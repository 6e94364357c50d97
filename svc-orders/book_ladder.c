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
			book_pool_give(&memory->levels, chunk->levels[k]);
		book_pool_give(&memory->chunks, chunk);
	}
	free(ladder->chunks);
	free(ladder->firsts);
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
	ladder->best = last->levels[last->count - 1];
}

/* The last chunk whose first key is not above `key`, or the first chunk. The ladder has chunks. */
static size_t find_chunk(const struct book_ladder *ladder, int64_t key)
{
	const int64_t *firsts = ladder->firsts;
	size_t low = 0, n = ladder->count;

	if (firsts[n - 1] <= key)
		return n - 1;
	while (n > 1) {
		size_t half = n / 2;

		low += firsts[low + half] <= key ? half : 0;
		n -= half;
	}
	return low;
}

/* How many rungs of the chunk have a key below `key`. */
static size_t rungs_below(const struct book_chunk *chunk, int64_t key)
{
	const int64_t *keys = chunk->keys;
	size_t low = 0, n = chunk->count;

	/* Nearly all that happens is close to the better end. */
	for (size_t near = 0; near < 4 && n > 0; near++, n--)
		if (keys[n - 1] < key)
			return n;
	if (n == 0)
		return 0;
	while (n > 1) {
		size_t half = n / 2;

		low += keys[low + half - 1] < key ? half : 0;
		n -= half;
	}
	return low + (keys[low] < key);
}

static void insert_chunk(struct book_ladder *ladder, size_t at, struct book_chunk *chunk)
{
	size_t behind = ladder->count - at;

	if (ladder->count == ladder->capacity) {
		ladder->capacity = ladder->capacity == 0 ? 4 : 2 * ladder->capacity;
		ladder->chunks =
			bus_realloc(ladder->chunks, ladder->capacity * sizeof(struct book_chunk *));
		ladder->firsts = bus_realloc(ladder->firsts, ladder->capacity * sizeof(int64_t));
	}
	memmove(ladder->chunks + at + 1, ladder->chunks + at, behind * sizeof(struct book_chunk *));
	memmove(ladder->firsts + at + 1, ladder->firsts + at, behind * sizeof(int64_t));
	ladder->chunks[at] = chunk;
	ladder->firsts[at] = chunk->keys[0];
	ladder->count++;
}

static void remove_chunk(struct book_ladder *ladder, size_t at, struct book_memory *memory)
{
	size_t behind = --ladder->count - at;

	book_pool_give(&memory->chunks, ladder->chunks[at]);
	memmove(ladder->chunks + at, ladder->chunks + at + 1, behind * sizeof(struct book_chunk *));
	memmove(ladder->firsts + at, ladder->firsts + at + 1, behind * sizeof(int64_t));
}

/* Copies `n` rungs from one chunk to another. */
static void copy_rungs(struct book_chunk *to, size_t at, const struct book_chunk *from,
		       size_t start, size_t n)
{
	memcpy(to->keys + at, from->keys + start, n * sizeof(to->keys[0]));
	memcpy(to->levels + at, from->levels + start, n * sizeof(to->levels[0]));
}

/* Moves the rungs from `from` on to where `to` is, within the chunk. */
static void move_rungs(struct book_chunk *chunk, size_t to, size_t from)
{
	size_t n = chunk->count - from;

	memmove(chunk->keys + to, chunk->keys + from, n * sizeof(chunk->keys[0]));
	memmove(chunk->levels + to, chunk->levels + from, n * sizeof(chunk->levels[0]));
}

/* Moves the better half of a full chunk into a new one behind it. */
static void split_chunk(struct book_ladder *ladder, size_t at, struct book_memory *memory)
{
	struct book_chunk *worse = ladder->chunks[at];
	struct book_chunk *better = book_pool_take(&memory->chunks);

	better->count = worse->count / 2;
	worse->count -= better->count;
	copy_rungs(better, 0, worse, worse->count, better->count);
	insert_chunk(ladder, at + 1, better);
}

static struct book_level *insert_level(struct book_ladder *ladder, size_t at, size_t rung,
				       int64_t key, struct book_memory *memory)
{
	struct book_chunk *chunk = ladder->chunks[at];
	struct book_level *level = book_pool_take(&memory->levels);

	*level = (struct book_level){ .key = key };
	move_rungs(chunk, rung + 1, rung);
	chunk->keys[rung] = key;
	chunk->levels[rung] = level;
	chunk->count++;
	ladder->firsts[at] = chunk->keys[0];
	if (ladder->best == NULL || key > ladder->best->key)
		ladder->best = level;
	return level;
}

struct book_level *book_ladder_level(struct book_ladder *ladder, int64_t key,
				     struct book_memory *memory)
{
	struct book_chunk *chunk;
	size_t at, rung;

	if (ladder->best != NULL && ladder->best->key == key)
		return ladder->best;
	if (ladder->count == 0) {
		chunk = book_pool_take(&memory->chunks);
		chunk->count = 0;
		chunk->keys[0] = key;
		insert_chunk(ladder, 0, chunk);
	}
	at = find_chunk(ladder, key);
	chunk = ladder->chunks[at];
	rung = rungs_below(chunk, key);
	if (rung < chunk->count && chunk->keys[rung] == key)
		return chunk->levels[rung];
	if (chunk->count == BOOK_CHUNK_RUNGS) {
		split_chunk(ladder, at, memory);
		if (rung > chunk->count) {
			rung -= chunk->count;
			at++;
		}
	}
	return insert_level(ladder, at, rung, key, memory);
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
	copy_rungs(worse, worse->count, better, 0, better->count);
	worse->count += better->count;
	remove_chunk(ladder, at + 1, memory);
}

void book_ladder_remove(struct book_ladder *ladder, struct book_level *level,
			struct book_memory *memory)
{
	size_t at = find_chunk(ladder, level->key);
	struct book_chunk *chunk = ladder->chunks[at];
	size_t rung = rungs_below(chunk, level->key);

	bus_assert(rung < chunk->count && chunk->levels[rung] == level);
	bus_assert(level->head == NULL);
	move_rungs(chunk, rung, rung + 1);
	chunk->count--;
	ladder->firsts[at] = chunk->keys[0];
	if (chunk->count == 0)
		remove_chunk(ladder, at, memory);
	else if (chunk->count < BOOK_CHUNK_RUNGS / 4)
		merge_chunk(ladder, at, memory);
	if (ladder->best == level)
		find_best(ladder);
	book_pool_give(&memory->levels, level);
}

const struct book_level *book_ladder_find(const struct book_ladder *ladder, int64_t key)
{
	const struct book_chunk *chunk;
	size_t rung;

	if (ladder->count == 0)
		return NULL;
	chunk = ladder->chunks[find_chunk(ladder, key)];
	rung = rungs_below(chunk, key);
	return rung < chunk->count && chunk->keys[rung] == key ? chunk->levels[rung] : NULL;
}

void book_ladder_prefetch(const struct book_ladder *ladder, int64_t key)
{
	const struct book_chunk *chunk;

	if (ladder->count == 0)
		return;
	chunk = ladder->chunks[find_chunk(ladder, key)];
	for (size_t i = 0; i < BOOK_CHUNK_RUNGS; i += 64 / sizeof(chunk->keys[0]))
		__builtin_prefetch(&chunk->keys[i]);
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
	return ladder->chunks[spot->chunk]->levels[spot->rung];
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
	return ladder->chunks[spot->chunk]->levels[spot->rung];
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
	return ladder->chunks[spot->chunk]->levels[spot->rung];
}
