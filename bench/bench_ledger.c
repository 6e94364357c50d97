/*
 * Fills folded into accounts, positions and lots, in process: average cost and first in, first out
 * with what each realises, and the account's balances, by the ledger's own code. 10,000 accounts of
 * 100 symbols each; every fill buys or sells at random, long and short. The result is checked
 * against a naive ledger that shares no code with it; without that there is no figure.
 *
 * Prints an object of JSON; bench/ledger adds what it ran on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "balances.h"
#include "shares.h"

#define ACCOUNTS  10000u
#define SYMBOLS	  100u
#define POSITIONS (ACCOUNTS * SYMBOLS)
#define HUGE_PAGE ((size_t)2 << 20)
#define CHUNK	  65536u
#define AHEAD	  20u /* fills whose memory is asked for before they are folded */

struct fill {
	uint32_t position; /* account * SYMBOLS + symbol */
	int64_t quantity;  /* signed */
	int64_t cash;
};

/* The flow: xorshift64*, so that it can be had twice ******************************************* */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* Lots of 100 and odd lots, around 10 to 500 a share, fees in the cash. */
static void next_fill(uint64_t *state, struct fill *fill)
{
	uint64_t r = next_random(state), s = next_random(state);
	uint32_t position = (uint32_t)(r >> 32) % POSITIONS;
	int64_t price =
		10000000 + (int64_t)(position % SYMBOLS) * 4900000 + (int64_t)(s % 100) * 10000;
	int64_t shares =
		(r & 3) != 0 ? 100 * (int64_t)(1 + (s >> 8) % 5) : 1 + (int64_t)((s >> 8) % 99);
	bool buy = (r & 4) != 0;

	fill->position = position;
	fill->quantity = buy ? shares * 1000000 : -shares * 1000000;
	fill->cash = buy ? -shares * price - 10000 : shares * price - 10000;
}

/* The product ********************************************************************************** */

struct world {
	struct shares *shares;	   /* POSITIONS */
	struct balances *balances; /* ACCOUNTS */
	struct lot_pool pool;
	int64_t folded;
};

/* Positions are met at random, as in a journal; which come next is known. */
static void ask_for(const struct world *world, const struct fill *fills, uint32_t i, uint32_t count)
{
	if (i + AHEAD < count)
		__builtin_prefetch(&world->shares[fills[i + AHEAD].position], 1);
}

static void fold(struct world *world, const struct fill *fill)
{
	struct shares *shares = &world->shares[fill->position];
	struct balances *balances = &world->balances[fill->position / SYMBOLS];
	struct bus_money cash = { fill->cash };
	struct bus_id id = { { 0 } };
	struct shares_plan plan;

	world->folded++;
	memcpy(id.b, &world->folded, sizeof(world->folded));
	bus_assert(shares_plan_trade(shares, (struct bus_quantity){ fill->quantity }, cash,
				     &plan) == POSITION_OK);
	shares_apply(shares, &world->pool, &plan, id, world->folded);
	bus_assert(balances_trade(balances, cash, plan.move.realised, plan.fifo_realised));
}

static int64_t nanos(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds by the clock on the wall, and of the thread's CPU, which other work disturbs less. */
struct spent {
	int64_t wall, cpu;
};

/* Folds `count` fills; says what it took, the making of the flow apart. */
static struct spent fold_all(struct world *world, uint64_t *state, int64_t count)
{
	struct fill *fills = bus_malloc(CHUNK * sizeof(*fills));
	struct spent spent = { 0, 0 };

	for (int64_t done = 0; done < count; done += CHUNK) {
		uint32_t n = count - done < CHUNK ? (uint32_t)(count - done) : CHUNK;
		int64_t start, cpu_start;

		for (uint32_t i = 0; i < n; i++)
			next_fill(state, &fills[i]);
		start = nanos(CLOCK_MONOTONIC);
		cpu_start = nanos(CLOCK_THREAD_CPUTIME_ID);
		for (uint32_t i = 0; i < n; i++) {
			ask_for(world, fills, i, n);
			fold(world, &fills[i]);
		}
		spent.cpu += nanos(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
		spent.wall += nanos(CLOCK_MONOTONIC) - start;
	}
	free(fills);
	return spent;
}

/* One by one, with a clock around each and nothing asked for ahead: nanoseconds, sorted. */
static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint32_t *fold_each(struct world *world, uint64_t *state, uint32_t count)
{
	uint32_t *took = bus_malloc(count * sizeof(*took));

	for (uint32_t i = 0; i < count; i++) {
		struct fill fill;
		int64_t start;

		next_fill(state, &fill);
		start = nanos(CLOCK_MONOTONIC);
		fold(world, &fill);
		took[i] = (uint32_t)(nanos(CLOCK_MONOTONIC) - start);
	}
	qsort(took, count, sizeof(*took), by_value);
	return took;
}

/* The naive ledger: lots in a linked list, products by long division in 128 bits ************** */

__extension__ typedef __int128 wide;

struct naive_lot {
	int64_t quantity, cost;
	struct naive_lot *next;
};

struct naive {
	int64_t quantity, cost, realised, fifo_realised;
	struct naive_lot *oldest, **end;
};

/* cost * part / whole, the nearest, a tie to the even one. */
static int64_t naive_part(int64_t cost, int64_t part, int64_t whole)
{
	wide product = (wide)cost * part, twice = 2 * product + whole, floor;

	floor = twice / (2 * (wide)whole) - (twice % (2 * (wide)whole) < 0);
	if (floor * 2 * whole == twice && floor % 2 != 0)
		floor--;
	return (int64_t)floor;
}

static void naive_close(struct naive *n, int64_t quantity, int64_t cash)
{
	int64_t rest = llabs(quantity);
	int64_t cost = rest == llabs(n->quantity) ? n->cost
						  : naive_part(n->cost, rest, llabs(n->quantity));

	n->realised += cash - cost;
	n->cost -= cost;
	n->quantity += quantity;
	n->fifo_realised += cash;
	while (rest > 0) {
		struct naive_lot *lot = n->oldest;
		int64_t has, takes, lot_cost;

		bus_assert(lot != NULL);
		has = llabs(lot->quantity);
		takes = has < rest ? has : rest;
		lot_cost = takes == has ? lot->cost : naive_part(lot->cost, takes, has);
		n->fifo_realised -= lot_cost;
		lot->cost -= lot_cost;
		lot->quantity += lot->quantity > 0 ? -takes : takes;
		rest -= takes;
		if (lot->quantity == 0) {
			n->oldest = lot->next;
			if (n->oldest == NULL)
				n->end = &n->oldest;
			free(lot);
		}
	}
}

static void naive_open(struct naive *n, int64_t quantity, int64_t cash)
{
	struct naive_lot *lot = bus_malloc(sizeof(*lot));

	*lot = (struct naive_lot){ quantity, -cash, NULL };
	if (n->end == NULL)
		n->end = &n->oldest;
	*n->end = lot;
	n->end = &lot->next;
	n->quantity += quantity;
	n->cost -= cash;
}

static void naive_fold(struct naive *n, int64_t quantity, int64_t cash)
{
	bool closes = (n->quantity > 0 && quantity < 0) || (n->quantity < 0 && quantity > 0);

	if (closes && llabs(quantity) > llabs(n->quantity)) {
		int64_t closing = -n->quantity;
		int64_t part = naive_part(cash, llabs(closing), llabs(quantity));

		naive_close(n, closing, part);
		naive_open(n, quantity - closing, cash - part);
	} else if (closes) {
		naive_close(n, quantity, cash);
	} else {
		naive_open(n, quantity, cash);
	}
}

/* Compares every position and every lot; frees the naive ones. */
static bool same_position(const struct shares *shares, struct naive *n)
{
	bool same = shares->position.quantity.micros == n->quantity &&
		    shares->position.cost.micros == n->cost &&
		    shares->position.realised.micros == n->realised &&
		    shares->fifo_realised.micros == n->fifo_realised;
	int64_t fifo_cost = 0;
	uint32_t i = 0;

	for (struct naive_lot *lot = n->oldest, *next; lot != NULL; lot = next, i++) {
		next = lot->next;
		same = same && i < shares->lots.count &&
		       lots_at(&shares->lots, i)->quantity.micros == lot->quantity &&
		       lots_at(&shares->lots, i)->cost.micros == lot->cost;
		fifo_cost += lot->cost;
		free(lot);
	}
	return same && i == shares->lots.count && fifo_cost == shares->fifo_cost.micros;
}

static bool check(const struct world *world, uint64_t seed)
{
	struct naive *naive = bus_calloc(POSITIONS, sizeof(*naive));
	struct balances *balances = bus_calloc(ACCOUNTS, sizeof(*balances));
	bool same = true;

	for (int64_t i = 0; i < world->folded; i++) {
		struct fill fill;

		next_fill(&seed, &fill);
		naive_fold(&naive[fill.position], fill.quantity, fill.cash);
		balances[fill.position / SYMBOLS].cash.micros += fill.cash;
	}
	for (uint32_t i = 0; i < POSITIONS; i++) {
		balances[i / SYMBOLS].realised.micros += naive[i].realised;
		balances[i / SYMBOLS].fifo_realised.micros += naive[i].fifo_realised;
		same = same_position(&world->shares[i], &naive[i]) && same;
	}
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		same = same && balances[i].cash.micros == world->balances[i].cash.micros &&
		       balances[i].realised.micros == world->balances[i].realised.micros &&
		       balances[i].fifo_realised.micros == world->balances[i].fifo_realised.micros;
	free(naive);
	free(balances);
	return same;
}

/* ********************************************************************************************* */

/* So many of a thousand took no longer. */
static double in_ms(const uint32_t *sorted, uint32_t count, uint32_t of_thousand)
{
	uint64_t rank = (uint64_t)count * of_thousand / 1000;

	return (double)sorted[rank > 0 ? rank - 1 : 0] / 1e6;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static uint64_t count_lots(const struct world *world)
{
	uint64_t lots = 0;

	for (uint32_t i = 0; i < POSITIONS; i++)
		lots += world->shares[i].lots.count;
	return lots;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20120621, state = seed;
	int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 20000000, warm = count / 2;
	uint32_t each = 1000000, *took;
	struct world world = { .folded = 0 };
	struct spent spent;
	long peak;

	if (count < 1 || seed == 0) {
		fprintf(stderr, "usage: %s [FILLS [SEED]]\n", argv[0]);
		return 2;
	}
	/* A cache line each, in huge pages where the kernel has them. */
	world.shares = aligned_alloc(
		HUGE_PAGE, POSITIONS * sizeof(*world.shares) / HUGE_PAGE * HUGE_PAGE + HUGE_PAGE);
	bus_assert(world.shares != NULL);
	(void)madvise(world.shares, POSITIONS * sizeof(*world.shares), MADV_HUGEPAGE);
	memset(world.shares, 0, POSITIONS * sizeof(*world.shares));
	world.balances = bus_calloc(ACCOUNTS, sizeof(*world.balances));
	fold_all(&world, &state, warm);
	spent = fold_all(&world, &state, count);
	took = fold_each(&world, &state, each);
	peak = peak_kib();
	if (!check(&world, seed)) {
		fprintf(stderr, "the result differs from the naive ledger's: no figure\n");
		return 1;
	}
	printf("{\"count\":%" PRId64
	       ",\"duration_s\":%.6f,\"rate_per_s\":%.0f,\"rate_per_cpu_s\":%.0f,\"p50_ms\":%.6f,"
	       "\"p90_ms\":%.6f,\"p99_ms\":%.6f,\"p999_ms\":%.6f,\"max_ms\":%.6f,"
	       "\"latency_count\":%" PRIu32 ",\"rss_peak_mb\":%.1f,\"lots\":%" PRIu64
	       ",\"bytes_per_position\":%zu,\"bytes_per_lot\":%zu,\"checked\":\"every position and "
	       "lot of a naive ledger\"}\n",
	       count, (double)spent.wall / 1e9, (double)count * 1e9 / (double)spent.wall,
	       (double)count * 1e9 / (double)spent.cpu, in_ms(took, each, 500),
	       in_ms(took, each, 900), in_ms(took, each, 990), in_ms(took, each, 999),
	       in_ms(took, each, 1000), each, (double)peak / 1024, count_lots(&world),
	       sizeof(struct shares), sizeof(struct lot));
	free(took);
	free(world.shares);
	free(world.balances);
	lot_pool_release(&world.pool);
	return 0;
}
