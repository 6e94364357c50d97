/*
 * The matching engine alone, in process: book_decide() and book_apply() of each message, the events
 * written to a buffer that is used again. Five shapes of flow; then the cost by the number of price
 * levels and of symbols; then the memory.
 *
 * A figure exists only when the trades of the run, their order, and the book at its end were those
 * of a naive book, and the run has allocated nothing. Prints one line of JSON, and tells people the
 * same on standard error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "book_engine.h"
#include "match_flow.h"
#include "match_naive.h"

#define ORDERS 1000000 /* of a shape: some 2.1 million messages */
#define ROUNDS 5       /* the median of them counts */
#define TICK   5000    /* micros: half a cent */

static struct book_events events;

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *what, const char *where)
{
	fprintf(stderr, "bench-match: %s: %s: no figure\n", where, what);
	exit(1);
}

/* Messages to commands //////////////////////////////////////////////////////////////////////// */

static struct bus_id id_of(uint64_t n)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static uint64_t number_of(struct bus_id id)
{
	uint64_t n;

	memcpy(&n, id.b, sizeof(n));
	return n;
}

/* One account: its orders may trade with each other. */
static void set_command(struct book_command *command, const struct match_message *message)
{
	static const struct bus_id account = { { 1 } };

	switch ((enum match_kind)message->kind) {
	case MATCH_NEW:
	case MATCH_IOC:
		command->kind = BOOK_NEW;
		command->order = (struct book_order_command){
			.id = id_of(message->id),
			.account = account,
			.side = message->buy ? BOOK_BUY : BOOK_SELL,
			.type = BOOK_LIMIT,
			.tif = message->kind == MATCH_IOC ? BOOK_IOC : BOOK_DAY,
			.quantity = { message->quantity * BUS_MICROS },
			.limit = { (int64_t)message->ticks * TICK },
		};
		break;
	case MATCH_CANCEL:
		command->kind = BOOK_CANCEL;
		command->request = (struct book_request_command){
			.id = id_of(message->id),
			.account = account,
		};
		break;
	case MATCH_REPLACE:
		command->kind = BOOK_REPLACE;
		command->replace = (struct book_replace_command){
			.id = id_of(message->id),
			.account = account,
			.new_id = id_of(message->new_id),
			.tif = BOOK_DAY,
			.quantity = { message->quantity * BUS_MICROS },
			.limit = { (int64_t)message->ticks * TICK },
		};
		break;
	}
}

static inline void process(struct book *book, const struct book_command *command)
{
	enum book_answer answer;

	do {
		answer = book_decide(book, command, &events);
		for (size_t i = 0; i < events.count; i++)
			book_apply(book, &events.at[i]);
	} while (answer == BOOK_AGAIN);
}

/* What is checked ///////////////////////////////////////////////////////////////////////////// */

/* What has been allocated, by everything that the engine allocates with. */
struct allocated {
	size_t orders, extras, levels, chunks, slots, directories;
};

static struct allocated allocated_by(const struct book *book)
{
	const struct book_memory *memory = book->memory;

	return (struct allocated){
		memory->orders.slab_count, memory->extras.slab_count,
		memory->levels.slab_count, memory->chunks.slab_count,
		book->orders.mask,	   book->bids.capacity + book->asks.capacity,
	};
}

static void collect(const struct book_events *step, struct match_trades *trades)
{
	for (size_t i = 0; i < step->count; i++) {
		const struct book_executed *trade = &step->at[i].executed;

		if (step->at[i].kind == BOOK_EXECUTED)
			match_trades_add(trades, number_of(trade->maker), number_of(trade->taker),
					 (uint64_t)(trade->quantity.micros / BUS_MICROS),
					 (uint64_t)(trade->price.micros / TICK));
	}
}

/* One run that is not timed: every trade, and the book at the end, against the naive one. */
static struct match_trades verify(struct book *book, const struct match_flow *flow,
				  const char *name, size_t *most)
{
	struct match_naive *naive = match_naive_new(flow);
	struct match_trades expected = { 0 }, trades = { 0 };
	struct book_command command = { .now = 1 };

	match_naive_run(naive, flow, &expected);
	*most = 0;
	for (size_t i = 0; i < flow->count; i++) {
		enum book_answer answer;

		set_command(&command, &flow->messages[i]);
		do {
			answer = book_decide(book, &command, &events);
			collect(&events, &trades);
			for (size_t k = 0; k < events.count; k++)
				book_apply(book, &events.at[k]);
		} while (answer == BOOK_AGAIN);
		if (book_count(book) > *most)
			*most = book_count(book);
	}
	if (trades.count != expected.count || trades.digest != expected.digest)
		die("its trades are not those of the naive book", name);
	if (book_count(book) != match_naive_count(naive))
		die("its book is not the naive book", name);
	for (uint32_t id = 1; id <= flow->last_id; id++) {
		const struct book_order *order = book_find(book, id_of(id));
		int64_t open = order != NULL ? order->leaves.micros : 0;

		if (open != match_naive_open(naive, id) * BUS_MICROS)
			die("an order of its book is not the naive one's", name);
	}
	match_naive_free(naive);
	return trades;
}

/* The book is empty again, and has what it had allocated. */
static void clear(struct book *book, uint32_t last_id)
{
	for (uint32_t id = 1; id <= last_id; id++) {
		struct book_order *order = book_find(book, id_of(id));

		if (order != NULL)
			book_remove(book, order);
	}
	book->status = (struct book_status){ .trading = BOOK_OPEN };
}

/* Latency ///////////////////////////////////////////////////////////////////////////////////// */

/* Log-linear: 64 steps a doubling, of nanoseconds. */
struct histogram {
	uint64_t counts[64 * 40];
	uint64_t count, max;
};

static void histogram_add(struct histogram *histogram, uint64_t ns)
{
	unsigned shift = ns < 64 ? 0 : 58 - (unsigned)__builtin_clzll(ns);
	size_t slot = (size_t)shift * 64 + (ns >> shift);

	histogram->counts[slot < BUS_ARRAY_LEN(histogram->counts)
				  ? slot
				  : BUS_ARRAY_LEN(histogram->counts) - 1]++;
	histogram->count++;
	if (ns > histogram->max)
		histogram->max = ns;
}

static uint64_t histogram_at(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)((double)histogram->count * share), sum = 0;

	for (size_t i = 0; i < BUS_ARRAY_LEN(histogram->counts); i++) {
		sum += histogram->counts[i];
		if (sum >= wanted && histogram->counts[i] > 0)
			return i < 128 ? i : (64 + i % 64) << (i / 64 - 1);
	}
	return histogram->max;
}

#if defined(__x86_64__)
static inline uint64_t ticks_now(void)
{
	return __builtin_ia32_rdtsc();
}
#else
static inline uint64_t ticks_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
#endif

static double ns_per_tick(void)
{
	double start = seconds(CLOCK_MONOTONIC), end;
	uint64_t ticks = ticks_now();

	do
		end = seconds(CLOCK_MONOTONIC);
	while (end - start < 0.05);
	return (end - start) * 1e9 / (double)(ticks_now() - ticks);
}

/* Shapes ////////////////////////////////////////////////////////////////////////////////////// */

struct figure {
	double rate, rate_min, rate_max; /* messages a second, by the CPU time of this thread */
	double wall;			 /* the median by the clock on the wall */
	uint64_t p50, p99, p999, max;	 /* ns */
	size_t messages, most;
	uint64_t trades;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* A few messages are taken in ahead of the one that is decided, as from any queue. */
#define AHEAD 16

struct intake {
	struct book_command commands[AHEAD];
	struct book_hint hints[AHEAD];
};

static inline void look(struct intake *intake, const struct book *book, size_t i,
			enum book_ahead ahead)
{
	book_prefetch(book, &intake->commands[i % AHEAD], &intake->hints[i % AHEAD], ahead);
}

static inline const struct book_command *take_in(struct intake *intake, const struct book *book,
						 const struct match_flow *flow, size_t i)
{
	if (i + 12 < flow->count) {
		set_command(&intake->commands[(i + 12) % AHEAD], &flow->messages[i + 12]);
		look(intake, book, i + 12, BOOK_AHEAD_FAR);
		look(intake, book, i + 8, BOOK_AHEAD_NEAR);
		look(intake, book, i + 4, BOOK_AHEAD_NEXT);
	}
	return &intake->commands[i % AHEAD];
}

static void intake_begin(struct intake *intake, const struct match_flow *flow)
{
	for (size_t i = 0; i < AHEAD; i++) {
		intake->commands[i].now = 1;
		intake->hints[i] = (struct book_hint){ NULL, NULL };
		if (i < flow->count && i < 12)
			set_command(&intake->commands[i], &flow->messages[i]);
	}
}

static void run(struct book *book, const struct match_flow *flow)
{
	struct intake intake;

	intake_begin(&intake, flow);
	for (size_t i = 0; i < flow->count; i++)
		process(book, take_in(&intake, book, flow, i));
}

static void run_timed(struct book *book, const struct match_flow *flow, double tick,
		      struct histogram *histogram)
{
	struct intake intake;

	intake_begin(&intake, flow);
	for (size_t i = 0; i < flow->count; i++) {
		uint64_t start = ticks_now();

		process(book, take_in(&intake, book, flow, i));
		histogram_add(histogram, (uint64_t)((double)(ticks_now() - start) * tick));
	}
}

static void measure(struct book *book, const struct match_flow *flow, const char *name,
		    struct figure *figure)
{
	static struct histogram histogram;
	double rates[ROUNDS], walls[ROUNDS], tick = ns_per_tick();
	struct allocated before, after;

	figure->trades = verify(book, flow, name, &figure->most).count;
	figure->messages = flow->count;
	clear(book, flow->last_id);
	before = allocated_by(book);
	for (int round = 0; round < ROUNDS; round++) {
		double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_THREAD_CPUTIME_ID);

		run(book, flow);
		rates[round] = (double)flow->count / (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu);
		walls[round] = (double)flow->count / (seconds(CLOCK_MONOTONIC) - wall);
		clear(book, flow->last_id);
	}
	histogram = (struct histogram){ .count = 0 };
	run_timed(book, flow, tick, &histogram);
	clear(book, flow->last_id);
	after = allocated_by(book);
	if (memcmp(&before, &after, sizeof(before)) != 0)
		die("it has allocated", name);
	qsort(rates, ROUNDS, sizeof(*rates), by_value);
	qsort(walls, ROUNDS, sizeof(*walls), by_value);
	figure->rate = rates[ROUNDS / 2];
	figure->rate_min = rates[0];
	figure->rate_max = rates[ROUNDS - 1];
	figure->wall = walls[ROUNDS / 2];
	figure->p50 = histogram_at(&histogram, 0.5);
	figure->p99 = histogram_at(&histogram, 0.99);
	figure->p999 = histogram_at(&histogram, 0.999);
	figure->max = histogram.max;
}

/* Series ////////////////////////////////////////////////////////////////////////////////////// */

/*
 * The same work at any number of levels: orders come at a level drawn from all of them, as many are
 * canceled, and one in eight takes from the best. The number of resting orders is the same, too.
 */
#define SERIES_RESTING	200000
#define SERIES_MESSAGES 600000

static double by_levels(uint32_t levels)
{
	struct match_message *messages = bus_malloc(SERIES_MESSAGES * 2 * sizeof(*messages));
	struct match_flow flow = { .messages = messages };
	struct book_memory memory;
	struct book book;
	struct book_command command = { .now = 1 };
	uint64_t seed = levels + 1;
	double best = 0;

	for (uint32_t i = 0; i < SERIES_RESTING + SERIES_MESSAGES / 2; i++) {
		bool buy = i % 2 == 0;
		uint32_t away = (uint32_t)(match_draw(&seed) >> 33) % levels;
		struct match_message message = {
			.kind = MATCH_NEW,
			.buy = buy,
			.id = i + 1,
			.quantity = 100,
			.ticks = buy ? 200000 - away : 200001 + away,
		};

		if (i == SERIES_RESTING)
			flow.messages += flow.count, flow.count = 0;
		if (i >= SERIES_RESTING && i % 8 == 0) {
			message.kind = MATCH_IOC;
			message.ticks = buy ? 200001 + levels : 200000 - levels;
			message.quantity = 100;
		}
		flow.messages[flow.count++] = message;
		if (i >= SERIES_RESTING) {
			message.kind = MATCH_CANCEL;
			message.id = 1 + (uint32_t)(match_draw(&seed) >> 33) % i;
			flow.messages[flow.count++] = message;
		}
	}
	for (int round = 0; round < 3; round++) {
		double cpu;

		book_memory_init(&memory);
		book_init(&book, "AAPL", &memory);
		for (size_t i = 0; i < SERIES_RESTING; i++) {
			set_command(&command, &messages[i]);
			process(&book, &command);
		}
		cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
		run(&book, &flow);
		cpu = (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / (double)flow.count * 1e9;
		best = round == 0 || cpu < best ? cpu : best;
		book_release(&book);
		book_memory_release(&memory);
	}
	free(messages);
	return best;
}

static inline void take_turns(const struct book *books, uint32_t symbols, uint32_t k,
			      const struct book_command *command, struct book_hint *hints,
			      enum book_ahead ahead)
{
	if (k < symbols)
		book_prefetch(&books[k], command, &hints[k % AHEAD], ahead);
}

/* Every message is another symbol's; each has the same flow, and about 60 orders rest in each. */
static double by_symbols(uint32_t symbols)
{
	static struct book_hint hints[AHEAD];
	uint32_t messages = 1000000, each = messages / symbols > 100 ? messages / symbols : 100;
	struct match_shape shape = match_shapes[0];
	struct match_flow flow;
	struct book_memory memory;
	struct book *books = bus_calloc(symbols, sizeof(*books));
	struct book_command command = { .now = 1 };
	size_t warm;
	double cpu;

	shape.life = 60;
	match_flow_make(&shape, each, 7, &flow);
	warm = flow.count / 5;
	book_memory_init(&memory);
	for (uint32_t i = 0; i < symbols; i++)
		book_init(&books[i], "AAPL", &memory);
	/* The first fifth brings the books to their size. */
	cpu = 0;
	for (size_t i = 0; i < flow.count; i++) {
		if (i == warm)
			cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
		for (uint32_t k = 0; k < symbols; k++) {
			set_command(&command, &flow.messages[i]);
			if (symbols > AHEAD) {
				take_turns(books, symbols, k + 15, &command, hints,
					   BOOK_AHEAD_BOOK);
				take_turns(books, symbols, k + 11, &command, hints, BOOK_AHEAD_FAR);
				take_turns(books, symbols, k + 8, &command, hints, BOOK_AHEAD_NEAR);
				take_turns(books, symbols, k + 4, &command, hints, BOOK_AHEAD_NEXT);
			}
			process(&books[k], &command);
		}
	}
	cpu = (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / ((double)(flow.count - warm) * symbols) *
	      1e9;
	for (uint32_t i = 0; i < symbols; i++)
		book_release(&books[i]);
	book_memory_release(&memory);
	match_flow_release(&flow);
	free(books);
	return cpu;
}

/* Output ////////////////////////////////////////////////////////////////////////////////////// */

static void tell_shape(const char *name, const struct figure *figure, bool first)
{
	fprintf(stderr,
		"%-12s %5.2f M/s (%.2f to %.2f; by the wall %.2f), ns p50 %" PRIu64 " p99 %" PRIu64
		" p99.9 %" PRIu64 " max %" PRIu64 "; %zu messages, %" PRIu64
		" trades, at most %zu orders rested\n",
		name, figure->rate / 1e6, figure->rate_min / 1e6, figure->rate_max / 1e6,
		figure->wall / 1e6, figure->p50, figure->p99, figure->p999, figure->max,
		figure->messages, figure->trades, figure->most);
	printf("%s{\"shape\":\"%s\",\"rate_per_s\":%.0f,\"rate_min\":%.0f,\"rate_max\":%.0f,"
	       "\"rate_wall\":%.0f,\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64
	       ",\"p999_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64 ",\"count\":%zu,\"trades\":%" PRIu64
	       ",\"most_resting\":%zu}",
	       first ? "" : ",", name, figure->rate, figure->rate_min, figure->rate_max,
	       figure->wall, figure->p50, figure->p99, figure->p999, figure->max, figure->messages,
	       figure->trades, figure->most);
}

static void tell_series(const char *name, double (*cost)(uint32_t), const uint32_t *sizes,
			size_t count)
{
	printf(",\"ns_by_%s\":{", name);
	fprintf(stderr, "ns a message by %s:", name);
	for (size_t i = 0; i < count; i++) {
		double ns = cost(sizes[i]);

		printf("%s\"%u\":%.1f", i > 0 ? "," : "", sizes[i], ns);
		fprintf(stderr, " %u: %.0f", sizes[i], ns);
	}
	printf("}");
	fprintf(stderr, "\n");
}

static void tell_memory(void)
{
	/* The table is at most half full, and at least a quarter. */
	size_t order = sizeof(struct book_order), slot = sizeof(struct book_slot);
	size_t level =
		(sizeof(struct book_level) + 63) / 64 * 64 + 2 * (sizeof(int64_t) + sizeof(void *));

	printf(",\"bytes_per_order\":[%zu,%zu],\"bytes_per_level\":%zu,\"bytes_per_book\":%zu",
	       order + 2 * slot, order + 4 * slot, level, sizeof(struct book));
	fprintf(stderr,
		"bytes: %zu to %zu a resting order (%zu and its slots), about %zu a level, %zu a "
		"book\n",
		order + 2 * slot, order + 4 * slot, order, level, sizeof(struct book));
}

int main(int argc, char **argv)
{
	static const uint32_t levels[] = { 10, 100, 1000, 10000, 100000 };
	static const uint32_t symbols[] = { 1, 10, 100, 1000, 10000 };
	double worst = 0;
	const char *worst_name = "";
	bool first = true;

	events.capacity = BOOK_STEP_EVENTS;
	events.at = bus_malloc(events.capacity * sizeof(*events.at));
	printf("{\"rounds\":%d,\"seed\":23,\"shapes\":[", ROUNDS);
	for (size_t i = 0; i < match_shape_count; i++) {
		struct match_flow flow;
		struct book_memory memory;
		struct book book;
		struct figure figure;

		if (argc > 1 && strcmp(argv[1], match_shapes[i].name) != 0)
			continue;
		match_flow_make(&match_shapes[i], ORDERS, 23, &flow);
		book_memory_init(&memory);
		book_init(&book, "AAPL", &memory);
		book.status.trading = BOOK_OPEN;
		measure(&book, &flow, match_shapes[i].name, &figure);
		tell_shape(match_shapes[i].name, &figure, first);
		if (first || figure.rate < worst) {
			worst = figure.rate;
			worst_name = match_shapes[i].name;
		}
		first = false;
		book_release(&book);
		book_memory_release(&memory);
		match_flow_release(&flow);
	}
	printf("],\"worst\":\"%s\",\"rate_per_s\":%.0f", worst_name, worst);
	if (argc <= 1) {
		tell_series("levels", by_levels, levels, BUS_ARRAY_LEN(levels));
		tell_series("symbols", by_symbols, symbols, BUS_ARRAY_LEN(symbols));
	}
	tell_memory();
	printf("}\n");
	free(events.at);
	return 0;
}
