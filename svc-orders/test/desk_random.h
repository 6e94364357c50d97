/*
 * Random lines for the desk's script: what clients may ask, what a book and a ledger could say, and
 * what they could not.
 */
#ifndef TEST_DESK_RANDOM_H
#define TEST_DESK_RANDOM_H

#include "desk_script.h"

#define RANDOM_RECENT	 40 /* orders that lines are about */
#define RANDOM_STEPS_MAX 4096

static inline uint64_t script_random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline int64_t script_random_below(uint64_t *seed, int64_t bound)
{
	return (int64_t)(script_random_next(seed) % (uint64_t)bound);
}

/* A line as it is made. */
struct random_line {
	const struct desk_script *script;
	uint64_t *seed;
	int step;
	char *text;
	size_t size;
	const struct bus_id (*ids)[1 + ORDER_LEGS_MAX]; /* of order n and its legs */
};

static inline void random_say(struct random_line *line, const char *fmt, ...) BUS_PRINTF(2, 3);
static inline void random_say(struct random_line *line, const char *fmt, ...)
{
	size_t len = strlen(line->text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line->text + len, line->size - len, fmt, args);
	va_end(args);
}

static inline int64_t random_below(const struct random_line *line, int64_t bound)
{
	return script_random_below(line->seed, bound);
}

/* An order of late, or one of its legs: by its name. */
static inline const struct desk_order *random_order(const struct random_line *line, char *name,
						    size_t size)
{
	bool any = line->step < RANDOM_RECENT || random_below(line, 3) == 0;
	int recent = any ? line->step : RANDOM_RECENT;
	int n = recent > 0 ? line->step - (int)random_below(line, recent) : 0;
	int64_t leg = random_below(line, 6);
	char text[BUS_ID_TEXT];
	struct bus_id id;

	for (; leg >= 0; leg = leg > 0 && leg <= 2 ? 0 : -1) {
		const struct desk_order *order;

		snprintf(name, size, leg == 1 || leg == 2 ? "%d.%d" : "%d", n, (int)leg);
		script_named_id(line->script, name, text);
		ck_assert(bus_id_parse(text, strlen(text), &id));
		order = desk_order(script_desk(line->script), id);
		if (order != NULL)
			return order;
	}
	snprintf(name, size, "%d", n);
	return NULL;
}

/* The name of this order, if the script has given it one by now: numbers are those of steps. */
static inline bool random_name_of(const struct random_line *line, struct bus_id id, char *name,
				  size_t size)
{
	for (int n = line->step; n >= 0; n--) {
		for (int leg = 0; leg <= ORDER_LEGS_MAX; leg++) {
			if (!bus_id_equal(line->ids[n][leg], id))
				continue;
			snprintf(name, size, leg > 0 ? "%d.%d" : "%d", n, leg);
			return true;
		}
	}
	return false;
}

static inline bool random_in_book(const struct desk_order *order)
{
	return !order_terminal(order->order.status) && order->order.status != ORDER_HELD &&
	       order->order.status != ORDER_PENDING_NEW;
}

/* Any that the book has, while there is one. */
static inline const struct desk_order *random_open_order(const struct random_line *line, char *name,
							 size_t size)
{
	const struct desk_account *account;
	struct bus_id id;
	int64_t count = 0, nth;

	ck_assert(wire_id(line->script->account, &id));
	account = desk_account(script_desk(line->script), id);
	for (const struct desk_order *o = account->orders; o != NULL; o = o->next)
		count += random_in_book(o);
	if (count == 0)
		return random_order(line, name, size);
	nth = random_below(line, count);
	for (const struct desk_order *o = account->orders; o != NULL; o = o->next) {
		if (random_in_book(o) && nth-- == 0)
			return random_name_of(line, o->order.id, name, size) ? o : NULL;
	}
	return NULL;
}

/* Whole shares. */
static inline int64_t random_shares(int64_t micros)
{
	return micros / BUS_MICROS;
}

static inline void random_price(struct random_line *line)
{
	random_say(line, "%" PRId64 ".%02" PRId64, 90 + random_below(line, 20),
		   random_below(line, 100));
}

static inline void random_place(struct random_line *line)
{
	static const char *const options[] = {
		"@ 95 gtc",
		"@ market",
		"@ market ioc",
		"@ market stop=104",
		"@ market stop=96",
		"@ 98 stop=97",
		"@ market trail=3",
		"@ market trail=2% gtc",
		"@ 100 bracket tp=104 sl=96",
		"@ 100 bracket tp=96 sl=104:105",
		"@ 101 oto tp=107",
		"@ 99 oto sl=95",
		"@ 104 oco sl=96",
		"@ 96 oco sl=104",
		"@ 100 stp=5",
		"@ 100 post",
		"@ 100 opg",
	};
	static const char *const tifs[] = { "day", "gtc", "ioc", "fok" };
	bool plain = random_below(line, 2) == 0;

	random_say(line, "place %d %s ", line->step, random_below(line, 2) == 0 ? "buy" : "sell");
	if (random_below(line, 12) == 0) {
		random_say(line, "$%" PRId64 " @ market", 200 + random_below(line, 2000));
		return;
	}
	random_say(line, "%" PRId64 " ", 1 + random_below(line, 40));
	if (plain) {
		random_say(line, "@ ");
		random_price(line);
		random_say(line, " %s id=%d", tifs[random_below(line, 4)],
			   line->step - (int)random_below(line, 2));
		return;
	}
	random_say(line, "%s", options[random_below(line, BUS_ARRAY_LEN(options))]);
}

static inline void random_request(struct random_line *line)
{
	char name[16];

	if (random_below(line, 4) == 0)
		(void)random_order(line, name, sizeof(name));
	else
		(void)random_open_order(line, name, sizeof(name));
	switch (random_below(line, 8)) {
	case 0:
		random_say(line, "decrease %s %" PRId64, name, random_below(line, 30));
		break;
	case 1:
	case 2:
	case 3:
		random_say(line, "replace %s %d qty=%" PRId64, name, line->step,
			   1 + random_below(line, 50));
		break;
	case 4:
		random_say(line, "replace %s %d limit=", name, line->step);
		random_price(line);
		break;
	case 5:
		random_say(line, random_below(line, 20) == 0 ? "sweep" : "sweep MSFT");
		break;
	default:
		random_say(line, "cancel %s", name);
		break;
	}
}

/* The book's answer to a request, where one may be on its way. */
static inline void random_outcome(struct random_line *line, const struct desk_order *order,
				  const char *name)
{
	const struct desk_state *desk = script_desk(line->script);
	const struct desk_order *new;
	char other[16];
	int64_t quantity, leaves;

	new = order != NULL &&desk_id_given(order->links.replacement)
		      ? desk_order(desk, order->links.replacement)
		      : NULL;
	if (new == NULL || !random_name_of(line, new->order.id, other, sizeof(other))) {
		random_say(line, "late %s cancel", name);
		return;
	}
	quantity = random_shares(new->order.quantity.micros);
	leaves = quantity - random_shares(order->order.cum.micros);
	if (leaves < 0) {
		quantity -= leaves;
		leaves = 0;
	}
	if (random_below(line, 3) == 0)
		random_say(line, "late %s replace %s", name, other);
	else
		random_say(line, "replaced %s %s %" PRId64 " leaves %" PRId64, name, other,
			   quantity, leaves);
}

static inline void random_end(struct random_line *line, const char *name, int64_t leaves)
{
	static const char *const reasons[] = { "REQUESTED", "SESSION_CLOSE", "OCO", "IOC",
					       "CORPORATE_ACTION" };

	random_say(line, "end %s %" PRId64 " %s", name, leaves,
		   reasons[random_below(line, BUS_ARRAY_LEN(reasons))]);
}

static inline void random_fill(struct random_line *line, const char *name, int64_t leaves)
{
	int64_t quantity = 1 + random_below(line, leaves > 40 ? 40 : leaves > 0 ? leaves : 1);

	random_say(line, "fill %s %" PRId64 " @ ", name, quantity);
	random_price(line);
	random_say(line, " leaves %" PRId64, leaves - quantity);
}

static inline bool random_waits(const struct desk_order *order)
{
	return order->order.type > ORDER_LIMIT && !order->order.triggered;
}

/* What a book would say next of an order that is so. */
static inline void random_likely(struct random_line *line, const struct desk_order *order,
				 const char *name)
{
	int64_t leaves = random_shares(order->order.leaves.micros);

	if (order->order.status == ORDER_PENDING_REPLACE && random_below(line, 2) == 0)
		random_outcome(line, order, name);
	else if (order->order.status == ORDER_PENDING_CANCEL && random_below(line, 2) == 0)
		random_end(line, name, leaves);
	else if (random_waits(order) && random_below(line, 2) == 0)
		random_say(line, "triggered %s", name);
	else if (order->order.notional.micros != 0 && random_below(line, 3) == 0)
		random_say(line, "completed %s dropped %" PRId64, name, leaves);
	else if (random_below(line, 4) == 0)
		random_end(line, name, leaves);
	else
		random_fill(line, name, leaves);
}

/* What a book could say of this order, or something that it could not. */
static inline void random_answer(struct random_line *line)
{
	char name[16], other[16];
	const struct desk_order *order = random_open_order(line, name, sizeof(name)), *second;
	int64_t leaves = order != NULL ? random_shares(order->order.leaves.micros) : 3;
	int64_t quantity = 1 + random_below(line, leaves > 40 ? 40 : leaves > 0 ? leaves : 1);

	if (order != NULL && random_below(line, 4) != 0) {
		random_likely(line, order, name);
		return;
	}
	switch (random_below(line, 7)) {
	case 0:
		random_say(line, "decreased %s %" PRId64 " leaves %" PRId64, name, quantity,
			   leaves - quantity);
		break;
	case 1:
		random_outcome(line, order, name);
		break;
	case 2:
		random_say(line, "refuse %s HALTED", name);
		break;
	case 3:
		random_say(line, "triggered %s", name);
		break;
	case 4:
	case 5:
		second = random_open_order(line, other, sizeof(other));
		random_say(line, "prevented %" PRId64 " %s %" PRId64 " %s %" PRId64, quantity, name,
			   leaves - quantity, other,
			   (second != NULL ? random_shares(second->order.leaves.micros) : 3) -
				   quantity);
		break;
	default:
		random_say(line, "completed %s dropped %" PRId64, name, leaves);
		break;
	}
}

static inline struct desk_holding random_holding(const struct random_line *line)
{
	struct bus_id account;

	ck_assert(wire_id(line->script->account, &account));
	return desk_holding(script_desk(line->script), account, "AAPL");
}

static inline void random_split(struct random_line *line)
{
	int64_t shares = random_shares(random_holding(line).shares.total_micros);

	random_say(line, "split AAPL 0 %" PRId64 " %" PRId64 " 3", shares,
		   random_below(line, 2) == 0 && shares < 500 ? shares * 2 : shares / 2);
}

/* Mostly one amount for a number, so that what is booked is what was held. */
static inline void random_withdrawal(struct random_line *line, const char *verb, bool shares)
{
	int n = (int)random_below(line, 1 + line->step / 40);

	random_say(line, "%s %d %" PRId64 "%s", verb, n,
		   random_below(line, 8) == 0 ? 1 + random_below(line, 9) : 1 + n % 9,
		   shares ? " AAPL" : "");
}

static inline void random_posting(struct random_line *line)
{
	switch (random_below(line, 8)) {
	case 0:
		random_say(line, "deposit 4000");
		break;
	case 1:
		random_say(line, "deposit 40 AAPL");
		break;
	case 2:
		random_say(line, random_below(line, 8) == 0 ? "due AAPL" : "dividend AAPL 0 0.5");
		break;
	case 3:
		random_split(line);
		break;
	default:
		random_withdrawal(line, random_below(line, 2) == 0 ? "withdraw" : "booked",
				  random_below(line, 2) == 0);
		break;
	}
}

/* A replacement whose order has ended is answered. */
static inline bool random_late(struct random_line *line)
{
	const struct desk_state *desk = script_desk(line->script);
	char name[16], other[16];

	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next) {
		if (o->order.status != ORDER_PENDING_NEW ||
		    !random_name_of(line, o->links.replaces, name, sizeof(name)) ||
		    !random_name_of(line, o->order.id, other, sizeof(other)))
			continue;
		random_say(line, "late %s replace %s", name, other);
		return true;
	}
	return false;
}

/* Half of what comes while a corporate action waits is what ends the waiting. */
static inline bool random_waiting(struct random_line *line)
{
	struct desk_holding holding = random_holding(line);
	const struct desk_order *order;
	char name[16];

	if (!desk_id_given(holding.pending_action) || random_below(line, 2) == 0)
		return false;
	order = random_open_order(line, name, sizeof(name));
	if (order != NULL && random_in_book(order))
		random_say(line, "end %s %" PRId64 " CORPORATE_ACTION", name,
			   random_shares(order->order.leaves.micros));
	else if (random_late(line))
		return true;
	else if (holding.shares.held_micros == 0)
		random_split(line);
	else
		random_withdrawal(line, "booked", true);
	return true;
}

static inline void script_random_line(const struct desk_script *script, uint64_t *seed, int step,
				      char *text, size_t size)
{
	static struct bus_id ids[RANDOM_STEPS_MAX][1 + ORDER_LEGS_MAX];
	struct random_line line = { .script = script,
				    .seed = seed,
				    .step = step,
				    .text = text,
				    .size = size,
				    .ids = (const struct bus_id(*)[1 + ORDER_LEGS_MAX]) ids };
	int64_t kind = random_below(&line, 20);

	ck_assert_int_lt(step, RANDOM_STEPS_MAX);
	ids[step][0] = script_id(script, step);
	for (int i = 0; i < ORDER_LEGS_MAX; i++)
		ids[step][1 + i] = desk_leg_id(ids[step][0], i);
	text[0] = '\0';
	if (random_waiting(&line))
		return;
	if (kind < 5)
		random_place(&line);
	else if (kind < 8)
		random_request(&line);
	else if (kind < 9)
		random_posting(&line);
	else
		random_answer(&line);
}

#endif
