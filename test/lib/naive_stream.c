/* Streams of commands, see naive_stream.h. */
#include "naive_stream.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

#define SHARE INT64_C(1000000)
#define CENT  INT64_C(10000)
#define BASE  (100 * SHARE)

uint64_t naive_draw(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 11) % below;
}

static uint64_t draw(struct naive_stream *s, uint64_t below)
{
	return naive_draw(&s->seed, below);
}

/* True so many times in a thousand. */
static bool once_in(struct naive_stream *s, uint64_t permille)
{
	return draw(s, 1000) < permille;
}

void naive_stream_init(struct naive_stream *s, uint64_t seed)
{
	static const uint64_t widths[] = { 3, 12, 60 }, markets[] = { 2, 8, 30 };

	*s = (struct naive_stream){ .seed = seed * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d };
	for (int i = 0; i < 8; i++)
		draw(s, 2);
	s->accounts = 2 + draw(s, 5);
	s->width = widths[draw(s, 3)];
	s->market = markets[draw(s, 3)];
	s->hostile = draw(s, 2) * 20;
	s->stops = draw(s, 4) * 80;
	s->classes = draw(s, 3) * 40;
	s->auctions = draw(s, 2) * 20;
	s->now = 1;
}

/* A price near the middle; buys a little lower, so that the book is not always empty. */
static int64_t near(struct naive_stream *s, int side)
{
	int64_t price = BASE + ((int64_t)draw(s, s->width) - (int64_t)s->width / 2) * CENT;

	if (once_in(s, 600))
		price += (side == NAIVE_BUY ? -1 : 1) * (int64_t)draw(s, s->width) * CENT;
	return price;
}

static int64_t shares(struct naive_stream *s)
{
	if (once_in(s, 100))
		return 1 + (int64_t)draw(s, 20 * SHARE);
	return (1 + (int64_t)draw(s, 20)) * SHARE;
}

static int64_t strange(struct naive_stream *s)
{
	static const int64_t values[] = { 0,	     -1,	1,	INT64_MAX,
					  INT64_MIN, SHARE - 1, -SHARE, 999 * SHARE };

	return values[draw(s, BUS_ARRAY_LEN(values))];
}

static int pick_tif(struct naive_stream *s, int type)
{
	if (type != NAIVE_MARKET && type != NAIVE_LIMIT)
		return NAIVE_DAY + (int)draw(s, 2);
	if (once_in(s, s->auctions * 5))
		return NAIVE_OPG + (int)draw(s, 2);
	if (once_in(s, 250))
		return NAIVE_TIF_IOC + (int)draw(s, 2);
	return NAIVE_DAY + (int)draw(s, 2);
}

/* The prices that belong to its type. */
static void price_order(struct naive_stream *s, struct naive_command *c)
{
	int64_t away = (int64_t)draw(s, s->width) * CENT;

	c->price = near(s, c->side);
	switch ((enum naive_type)c->type) {
	case NAIVE_LIMIT:
		break;
	case NAIVE_MARKET:
		c->price += (c->side == NAIVE_BUY ? 1 : -1) * away;
		if (c->side == NAIVE_SELL && once_in(s, 200))
			c->price = 0;
		break;
	case NAIVE_STOP:
	case NAIVE_STOP_LIMIT:
		c->stop = BASE + (c->side == NAIVE_BUY ? away : -away);
		if (c->type == NAIVE_STOP || once_in(s, 500))
			c->price = c->stop + (c->side == NAIVE_BUY ? 5 : -5) * CENT;
		break;
	case NAIVE_TRAILING:
		c->trail = c->percent = 0;
		if (once_in(s, 500))
			c->trail = CENT + away;
		else
			c->percent = 1000 + (int64_t)draw(s, 500000);
		c->price = BASE + (c->side == NAIVE_BUY ? 5 : -5) * SHARE;
		c->reference = once_in(s, 900) ? BASE : 0;
		break;
	}
}

static struct naive_command simple_order(struct naive_stream *s)
{
	struct naive_command c = { .op = NAIVE_OP_NEW, .actions = s->actions };

	c.id = ++s->last_id;
	c.account = 1 + draw(s, s->accounts);
	c.side = NAIVE_BUY + (int)draw(s, 2);
	c.type = once_in(s, s->stops) ? NAIVE_STOP + (int)draw(s, 3)
		 : once_in(s, 150)    ? NAIVE_MARKET
				      : NAIVE_LIMIT;
	c.tif = pick_tif(s, c.type);
	c.stp = (int)draw(s, 6);
	c.quantity = shares(s);
	price_order(s, &c);
	if (c.tif == NAIVE_GTC && once_in(s, 300))
		c.expires = s->now + (int64_t)draw(s, 100 * SHARE);
	if (c.type == NAIVE_LIMIT && c.tif <= NAIVE_GTC && once_in(s, 100))
		c.post_only = true;
	if (c.type == NAIVE_MARKET && (c.tif == NAIVE_DAY || c.tif == NAIVE_TIF_IOC) &&
	    c.price != 0 && once_in(s, 250)) {
		c.notional = 1 + (int64_t)draw(s, 2000 * SHARE);
		c.increment = once_in(s, 500) ? SHARE : 1;
		c.quantity = 10000 * SHARE;
		if (once_in(s, 300))
			c.quantity = shares(s);
	}
	if (once_in(s, 5) && c.actions > 0)
		c.actions--;
	return c;
}

/* A field is what it should not be. */
static void spoil(struct naive_stream *s, struct naive_command *c)
{
	switch (draw(s, 7)) {
	case 0:
		c->side = (int)draw(s, 5) - 1;
		break;
	case 1:
		c->type = (int)draw(s, 8) - 1;
		break;
	case 2:
		c->tif = (int)draw(s, 9) - 1;
		break;
	case 3:
		c->stp = (int)draw(s, 9) - 1;
		break;
	case 4:
		c->quantity = strange(s);
		break;
	case 5:
		c->price = strange(s);
		break;
	case 6:
		c->id = 1 + draw(s, s->last_id); /* may rest already */
		break;
	}
}

/* A limit order and a stop of which one cancels the other; the second follows. */
static struct naive_command pair(struct naive_stream *s)
{
	struct naive_command first = simple_order(s), second;

	first.type = NAIVE_LIMIT;
	first.tif = NAIVE_DAY + (int)draw(s, 2);
	first.notional = first.increment = first.reference = first.expires = 0;
	first.post_only = false;
	first.stop = first.trail = first.percent = 0;
	first.quantity = shares(s);
	first.price = near(s, first.side) + (first.side == NAIVE_BUY ? -3 : 3) * CENT;
	second = first;
	second.id = ++s->last_id;
	second.type = NAIVE_STOP + (int)draw(s, 2);
	price_order(s, &second);
	first.other = second.id;
	second.other = first.id;
	s->second = second;
	return first;
}

static struct naive_command recent(struct naive_stream *s)
{
	return s->recent[draw(s, NAIVE_STREAM_RECENT)];
}

static struct naive_command request(struct naive_stream *s, enum naive_op op)
{
	struct naive_command of = recent(s);
	struct naive_command c = { .op = op, .id = of.id, .account = of.account };

	if (of.id == 0)
		c.id = 1000000000, c.account = 1;
	if (once_in(s, 20))
		c.account = 1 + draw(s, s->accounts);
	if (op == NAIVE_OP_DECREASE)
		c.quantity = once_in(s, s->hostile) ? strange(s) : shares(s) / 2;
	return c;
}

static struct naive_command replacement(struct naive_stream *s)
{
	struct naive_command of = recent(s), c;

	if (of.id == 0 || of.notional != 0 || (of.op == NAIVE_OP_NEW && of.other != 0))
		return simple_order(s); /* nor is a leg of a pair ever replaced */
	c = of;
	c.op = NAIVE_OP_REPLACE;
	c.id = of.id;
	c.other = ++s->last_id;
	c.wait = 0;
	c.side = of.side; /* for the generator alone */
	if (once_in(s, 500))
		price_order(s, &c);
	if (once_in(s, 600))
		c.quantity = shares(s);
	if (once_in(s, s->hostile))
		c.quantity = strange(s);
	if (once_in(s, 100) && c.tif <= NAIVE_GTC)
		c.tif = NAIVE_DAY + (int)draw(s, 2);
	c.expires = c.tif == NAIVE_GTC ? c.expires : 0;
	c.actions = s->actions;
	return c;
}

/* What a market may say next; most of the time what it would say. */
static struct naive_command market(struct naive_stream *s)
{
	struct naive_command c = { 0 };
	uint64_t what = draw(s, 10);

	if (s->halted && what < 7) {
		c.op = NAIVE_OP_RESUMED;
		s->halted = false;
	} else if (what == 9) {
		c.op = NAIVE_OP_ACTION;
		c.action = 1 + (int)draw(s, 3);
		s->actions++;
	} else if (s->session <= 1) {
		s->date++;
		c.op = what < 5 ? NAIVE_OP_CALLED : NAIVE_OP_OPENED;
		s->session = c.op == NAIVE_OP_CALLED ? 3 : 2;
		s->opening_held = c.op == NAIVE_OP_OPENED;
	} else if (s->session == 3) {
		c.op = what < 8 ? NAIVE_OP_OPENED : NAIVE_OP_CLOSED;
		s->session = what < 8 ? 2 : 1;
		s->opening_held = true;
	} else if (s->session == 4) {
		c.op = NAIVE_OP_CLOSED;
		s->session = 1;
	} else if (what < 4) {
		c.op = NAIVE_OP_HALTED;
		s->halted = true;
	} else if (what < 6) {
		c.op = NAIVE_OP_CALLED;
		s->session = 4;
	} else {
		c.op = NAIVE_OP_CLOSED;
		s->session = 1;
	}
	c.session = s->session;
	c.date = s->date;
	c.halted = s->halted;
	c.opening_held = s->opening_held;
	c.actions = s->actions;
	return c;
}

static struct naive_command any(struct naive_stream *s)
{
	struct naive_command c;
	uint64_t what = draw(s, 100);

	if (s->second.op != 0 && once_in(s, 900)) {
		c = s->second;
		s->second.op = 0;
		return c;
	}
	if (once_in(s, s->session <= 1 || s->halted ? 5 * s->market : s->market) || s->last_id == 0)
		return market(s);
	if (s->second.op == 0 && once_in(s, s->classes))
		return pair(s);
	if (what < 15)
		return request(s, NAIVE_OP_CANCEL);
	if (what < 22)
		return request(s, NAIVE_OP_DECREASE);
	if (what < 34)
		return replacement(s);
	c = simple_order(s);
	if (once_in(s, s->hostile))
		spoil(s, &c);
	return c;
}

static void remember(struct naive_stream *s, const struct naive_command *c)
{
	struct naive_command *place;

	if (c->op != NAIVE_OP_NEW && c->op != NAIVE_OP_REPLACE)
		return;
	place = &s->recent[draw(s, NAIVE_STREAM_RECENT)];
	*place = *c;
	if (c->op == NAIVE_OP_REPLACE) {
		place->id = c->other;
		place->other = 0;
	}
	place->op = NAIVE_OP_NEW;
}

struct naive_command naive_stream_next(struct naive_stream *s)
{
	struct naive_command c = any(s);

	if (once_in(s, 300))
		c.wait = 1 + (int64_t)draw(s, 3 * SHARE);
	s->now += c.wait;
	if (s->last_id == 0)
		s->last_id = 1;
	remember(s, &c);
	return c;
}
