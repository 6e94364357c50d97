/* An hour of real order flow, or one of its shape, see nasdaq.h. */
#include "nasdaq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base.h"
#include "naive_book.h"

#define FOLDER "nasdaq-aapl-2012-06-21"

const char *nasdaq_path(void)
{
	static char path[4096];
	const char *data = getenv("BOURSE_DATA");
	int len;

	if (data == NULL || *data == '\0')
		data = "../shared/data";
	len = snprintf(path, sizeof(path), "%s/" FOLDER "/messages.csv", data);
	bus_assert(len > 0 && (size_t)len < sizeof(path));
	return path;
}

static struct nasdaq_message *append(struct nasdaq_flow *flow, size_t *capacity)
{
	if (flow->count == *capacity) {
		*capacity = *capacity == 0 ? 4096 : 2 * *capacity;
		flow->messages = bus_realloc(flow->messages, *capacity * sizeof(*flow->messages));
	}
	return &flow->messages[flow->count++];
}

/* Digits of at most 18 places, then `end`; false when it is anything else. Moves *text behind. */
static bool number(const char **text, char end, int64_t *out)
{
	const char *p = *text;
	int64_t value = 0;

	while (*p >= '0' && *p <= '9' && p - *text < 18)
		value = 10 * value + (*p++ - '0');
	if (p == *text || *p != end)
		return false;
	*text = p + 1;
	*out = value;
	return true;
}

/* "34200.00426064," -> micros; what is below a micro is cut. */
static bool instant(const char **text, int64_t *out)
{
	int64_t micros = 0, unit = 100000;

	if (!number(text, '.', out))
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
		micros += unit * (**text - '0');
	if (**text != ',')
		return false;
	(*text)++;
	*out = *out * 1000000 + micros;
	return true;
}

static bool parse(const char *line, struct nasdaq_message *message)
{
	int64_t type, id, price;

	if (!instant(&line, &message->at_micros) || !number(&line, ',', &type) ||
	    !number(&line, ',', &id) || !number(&line, ',', &message->shares) ||
	    !number(&line, ',', &price))
		return false;
	if (type < NASDAQ_NEW || type > NASDAQ_HALT)
		return false;
	message->type = (enum nasdaq_type)type;
	message->order_id = (uint64_t)id;
	message->price_micros = price * 100;
	message->buy = *line != '-';
	return strncmp(line, "1\n", 2) == 0 || strncmp(line, "-1\n", 3) == 0;
}

long nasdaq_read(const char *path, struct nasdaq_flow *flow)
{
	struct nasdaq_message message;
	size_t capacity = 0;
	char line[256];
	long bad = 0, at = 0;
	FILE *file = fopen(path, "r");

	*flow = (struct nasdaq_flow){ 0 };
	if (file == NULL)
		return -1;
	while (bad == 0 && fgets(line, sizeof(line), file) != NULL) {
		at++;
		if (parse(line, &message))
			*append(flow, &capacity) = message;
		else
			bad = at;
	}
	(void)fclose(file);
	return bad;
}

void nasdaq_release(struct nasdaq_flow *flow)
{
	free(flow->messages);
	*flow = (struct nasdaq_flow){ 0 };
}

/* Generating ////////////////////////////////////////////////////////////////////////////// */

#define TICK	    INT64_C(10000) /* micros: one cent */
#define FIRST_PRICE (58500 * TICK)
#define OPENING	    (34200 * INT64_C(1000000))

struct generator {
	uint64_t random; /* xorshift64, never 0 */
	struct naive_book book;
	int64_t now;
	uint64_t last_id;
};

static uint64_t draw(struct generator *g, uint64_t below)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return (g->random >> 11) % below;
}

/* Few gaps are long, most are short: bursts. The mean is that of the real hour, 39 ms. */
static void pass_time(struct generator *g)
{
	uint64_t kind = draw(g, 100);

	if (kind < 60)
		g->now += (int64_t)draw(g, 1000);
	else if (kind < 90)
		g->now += (int64_t)draw(g, 60000);
	else
		g->now += (int64_t)draw(g, 590000);
}

/* Most orders come close to the best price of their side, never through the other one. */
static int64_t draw_price(struct generator *g, bool buy)
{
	const struct naive_order *own = naive_book_best(&g->book, buy);
	const struct naive_order *other = naive_book_best(&g->book, !buy);
	int64_t away = (int64_t)(draw(g, 4) == 0 ? draw(g, 200) : draw(g, 12)) - 2;
	int64_t price = own != NULL ? own->price : FIRST_PRICE + (buy ? -5 : 5) * TICK;

	price += (buy ? -away : away) * TICK;
	if (other != NULL && buy && price >= other->price)
		price = other->price - TICK;
	if (other != NULL && !buy && price <= other->price)
		price = other->price + TICK;
	return price;
}

static void generate_new(struct generator *g, struct nasdaq_message *m)
{
	m->type = NASDAQ_NEW;
	m->order_id = ++g->last_id;
	m->buy = draw(g, 2) == 0;
	m->shares = draw(g, 2) == 0 ? 100 : 1 + (int64_t)draw(g, 400);
	m->price_micros = draw_price(g, m->buy);
	naive_book_place(&g->book,
			 &(struct naive_order){ .id = m->order_id,
						.buy = m->buy,
						.day = true,
						.price = m->price_micros,
						.leaves = m->shares },
			 NAIVE_REST);
}

/* Of the orders that rest, the young ones go first. */
static void generate_end(struct generator *g, struct nasdaq_message *m, bool whole)
{
	size_t young = g->book.count < 400 ? g->book.count : 400;
	size_t back = (size_t)draw(g, draw(g, 8) == 0 ? g->book.count : young);
	const struct naive_order *order = &g->book.orders[g->book.count - 1 - back];

	m->order_id = order->id;
	m->buy = order->buy;
	m->price_micros = order->price;
	m->type = whole || order->leaves == 1 ? NASDAQ_DELETE : NASDAQ_DECREASE;
	m->shares = order->leaves;
	if (m->type == NASDAQ_DECREASE)
		m->shares = 1 + (int64_t)draw(g, (uint64_t)order->leaves - 1);
	naive_book_decrease(&g->book, m->order_id, m->shares);
}

static void generate_execution(struct generator *g, struct nasdaq_message *m)
{
	const struct naive_order *order = naive_book_best(&g->book, draw(g, 2) == 0);

	if (order == NULL)
		order = &g->book.orders[0];
	m->type = NASDAQ_EXECUTION;
	m->order_id = order->id;
	m->buy = order->buy;
	m->price_micros = order->price;
	m->shares = draw(g, 2) == 0 ? order->leaves : 1 + (int64_t)draw(g, (uint64_t)order->leaves);
	naive_book_decrease(&g->book, m->order_id, m->shares);
}

void nasdaq_generate(uint64_t seed, size_t count, struct nasdaq_flow *flow)
{
	struct generator g = { .random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1, .now = OPENING };
	size_t capacity = 0;

	*flow = (struct nasdaq_flow){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct nasdaq_message *m = append(flow, &capacity);
		uint64_t kind = draw(&g, 1000);

		pass_time(&g);
		m->at_micros = g.now;
		/* 493 new, 457 deletes, 5 decreases, 45 executions of a thousand, as in the real
		 * one. */
		if (g.book.count < 20 || kind < 493)
			generate_new(&g, m);
		else if (kind < 950)
			generate_end(&g, m, true);
		else if (kind < 955)
			generate_end(&g, m, false);
		else
			generate_execution(&g, m);
	}
	naive_book_release(&g.book);
}
