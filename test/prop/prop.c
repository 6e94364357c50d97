/* Streams through a book and through the naive exchange, see prop.h. */
#include "prop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

/* Dumps /////////////////////////////////////////////////////////////////////////////////// */

static bool trades_before(const struct naive_event *a, const struct naive_event *b)
{
	if (a->queue != b->queue)
		return a->queue < b->queue;
	if (a->side != b->side)
		return a->side < b->side;
	if (a->queue != NAIVE_IN_BOOK)
		return a->order < b->order;
	return a->side == NAIVE_BUY ? a->price > b->price : a->price < b->price;
}

void prop_sort_dump(struct naive_log *log)
{
	for (size_t i = 1; i < log->count; i++)
		for (size_t k = i; k > 0 && trades_before(&log->events[k], &log->events[k - 1]);
		     k--) {
			struct naive_event event = log->events[k];

			log->events[k] = log->events[k - 1];
			log->events[k - 1] = event;
		}
}

static struct naive_event best_of(const struct naive_log *log, int side)
{
	struct naive_event best = { .side = side };

	for (size_t i = 0; i < log->count; i++) {
		const struct naive_event *e = &log->events[i];

		if (e->queue != NAIVE_IN_BOOK || e->side != side ||
		    (best.price != 0 && e->price != best.price))
			continue;
		best.price = e->price;
		best.quantity = INT64_MAX - best.quantity < e->leaves ? INT64_MAX
								      : best.quantity + e->leaves;
	}
	return best;
}

void prop_dump_naive(const struct naive_exchange *x, struct naive_log *log)
{
	struct naive_event buy, sell;

	for (size_t i = 0; i < x->count; i++) {
		const struct naive_resting *o = &x->orders[i];

		naive_tell(log, &(struct naive_event){ .what = NAIVE_ADDED,
						       .order = o->id,
						       .other = o->sibling,
						       .side = o->side,
						       .price = o->price,
						       .quantity = o->quantity,
						       .leaves = o->leaves,
						       .stop = o->stop,
						       .queue = o->queue });
	}
	prop_sort_dump(log);
	buy = best_of(log, NAIVE_BUY);
	sell = best_of(log, NAIVE_SELL);
	naive_tell(log, &buy);
	naive_tell(log, &sell);
}

/* Running ///////////////////////////////////////////////////////////////////////////////// */

struct duel {
	const struct prop_subject *subject;
	struct naive_exchange naive;
	void *self;
	struct naive_log log, ours, theirs;
	bool loud;
};

static void duel_begin(struct duel *duel)
{
	duel->naive = (struct naive_exchange){ .now = PROP_BEGIN };
	duel->self = duel->subject->open();
}

static void duel_end(struct duel *duel)
{
	naive_exchange_release(&duel->naive);
	duel->subject->close(duel->self);
	naive_log_release(&duel->log);
	naive_log_release(&duel->ours);
	naive_log_release(&duel->theirs);
}

static void print_log(const char *name, const struct naive_log *log, size_t from)
{
	size_t begin = from > 3 ? from - 3 : 0;

	for (size_t i = begin; i < log->count && i < from + 4; i++) {
		fprintf(stderr, "\t%s%c ", name, i == from ? '>' : ' ');
		naive_print_event(stderr, &log->events[i]);
	}
}

static bool same(struct duel *duel, const char *what, struct naive_log *ours,
		 struct naive_log *theirs)
{
	long at = naive_log_differs(ours, theirs);

	if (at >= 0 && duel->loud) {
		fprintf(stderr, "%s: %s differ\n", duel->subject->name, what);
		print_log("naive", ours, (size_t)at);
		print_log("book ", theirs, (size_t)at);
	}
	return at < 0;
}

/* One command to both. */
static bool duel_step(struct duel *duel, const struct naive_command *command)
{
	duel->log.count = duel->ours.count = duel->theirs.count = 0;
	naive_exchange_run(&duel->naive, command);
	if (!duel->subject->run(duel->self, command, &duel->log))
		return false;
	if (!same(duel, "events", &duel->naive.log, &duel->log))
		return false;
	prop_dump_naive(&duel->naive, &duel->ours);
	return duel->subject->dump(duel->self, &duel->theirs) &&
	       same(duel, "books", &duel->ours, &duel->theirs);
}

static bool agree(const struct prop_subject *subject, const struct naive_command *commands,
		  size_t count, bool loud)
{
	struct duel duel = { .subject = subject, .loud = loud };
	bool all = true;

	duel_begin(&duel);
	for (size_t i = 0; i < count && all; i++)
		all = duel_step(&duel, &commands[i]);
	duel_end(&duel);
	return all;
}

static bool shows(void *arg, const struct naive_command *commands, size_t count)
{
	return !agree(arg, commands, count, false);
}

bool prop_run_rows(const struct prop_subject *subject, const struct naive_command *rows,
		   size_t count)
{
	return agree(subject, rows, count, true);
}

static void report(const struct prop_subject *subject, uint64_t seed,
		   struct naive_command *commands, size_t count)
{
	fprintf(stderr, "%s: seed %" PRIu64 " differs after %zu commands; shortened:\n",
		subject->name, seed, count);
	count = naive_shrink(commands, count, shows, (void *)(uintptr_t)subject);
	naive_print_commands(stderr, commands, count);
	agree(subject, commands, count, true);
}

bool prop_run_seed(const struct prop_subject *subject, uint64_t seed, size_t count)
{
	struct naive_command *commands = bus_malloc(count * sizeof(*commands));
	struct duel duel = { .subject = subject };
	struct naive_stream stream;
	size_t done = 0;
	bool all = true;

	naive_stream_init(&stream, seed);
	duel_begin(&duel);
	while (done < count && all) {
		commands[done] = naive_stream_next(&stream);
		all = duel_step(&duel, &commands[done++]);
	}
	duel_end(&duel);
	if (!all)
		report(subject, seed, commands, done);
	free(commands);
	return all;
}
