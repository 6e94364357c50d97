/* Stops: who is elected by a last price, and how the trailing ones follow it. */
#include "book_plan.h"

bool book_elects(enum book_side side, struct bus_price stop, struct bus_price last)
{
	if (last.micros == 0)
		return false;
	return side == BOOK_BUY ? last.micros >= stop.micros : last.micros <= stop.micros;
}

/* The first of a side that the price elects, or NULL. */
static const struct book_level *elected_level(const struct book *book, enum book_side side,
					      struct bus_price last)
{
	const struct book_level *level = book_ladder_best(book_queue_side(book, BOOK_STOPS, side));

	if (level == NULL || !book_elects(side, book_price(book_opposite(side), level->key), last))
		return NULL;
	return level;
}

const struct book_order *book_elected(const struct book *book)
{
	const struct book_level *level;

	if (!book_state_trades(book->status.trading) || book->status.last_price.micros == 0)
		return NULL;
	level = elected_level(book, BOOK_BUY, book->status.last_price);
	if (level == NULL)
		level = elected_level(book, BOOK_SELL, book->status.last_price);
	return level != NULL ? level->head : NULL;
}

/* After the step //////////////////////////////////////////////////////////////////////////// */

/* Whether the step has taken this order out of the stops. */
static bool is_gone(const struct book_plan *plan, const struct book_order *order)
{
	for (size_t i = 0; plan->stops_gone > 0 && i < plan->out->count; i++) {
		const struct book_event *event = &plan->out->at[i];

		if ((event->kind == BOOK_REMOVED && event->removed.rested &&
		     bus_id_equal(event->removed.id, order->id)) ||
		    (event->kind == BOOK_REPLACED && !event->replaced.kept_place &&
		     bus_id_equal(event->replaced.id, order->id)) ||
		    (event->kind == BOOK_TRIGGERED && event->triggered.rested &&
		     bus_id_equal(event->triggered.id, order->id)))
			return true;
	}
	return false;
}

/* The best price that a trailing stop of the side would have after the step's trades. */
static struct bus_price followed(const struct book_plan *plan, enum book_side side)
{
	return side == BOOK_BUY ? plan->lowest : plan->highest;
}

static bool follows(const struct book_plan *plan, const struct book_order *order)
{
	struct bus_price price = followed(plan, order->side);

	return order->side == BOOK_BUY ? price.micros < order->extra->best.micros
				       : price.micros > order->extra->best.micros;
}

static const struct book_order *trailing(const struct book *book, enum book_side side)
{
	return side == BOOK_BUY ? book->trailing_buys : book->trailing_sells;
}

static bool side_elects(const struct book_plan *plan, enum book_side side, struct bus_price last)
{
	const struct book_ladder *ladder = book_queue_side(plan->book, BOOK_STOPS, side);
	const struct book_order *order;
	struct book_spot spot;

	for (const struct book_level *level = book_ladder_first(ladder, &spot);
	     level != NULL && book_elects(side, book_price(book_opposite(side), level->key), last);
	     level = book_ladder_next(ladder, &spot))
		for (order = level->head; order != NULL; order = order->next)
			if (!is_gone(plan, order))
				return true;
	if (plan->last.micros == 0)
		return false;
	/* A step that goes down and up takes a trailing buy along, and then reaches it. */
	for (order = trailing(plan->book, side); order != NULL; order = order->extra->next_trail)
		if (follows(plan, order) &&
		    book_elects(side,
				book_trail_stop(side, followed(plan, side), order->extra->trail,
						order->extra->trail_percent),
				last) &&
		    !is_gone(plan, order))
			return true;
	return false;
}

bool book_plan_elects(const struct book_plan *plan)
{
	const struct book *book = plan->book;
	struct bus_price last = book_plan_last(plan);

	if (last.micros == 0 || (book->stops.buys.best == NULL && book->stops.sells.best == NULL))
		return false;
	return side_elects(plan, BOOK_BUY, last) || side_elects(plan, BOOK_SELL, last);
}

void book_plan_trail(struct book_plan *plan)
{
	static const enum book_side sides[] = { BOOK_BUY, BOOK_SELL };

	if (plan->last.micros == 0)
		return;
	for (size_t i = 0; i < BUS_ARRAY_LEN(sides); i++) {
		const struct book_order *order = trailing(plan->book, sides[i]);

		while (order != NULL && !(follows(plan, order) && !is_gone(plan, order)))
			order = order->extra->next_trail;
		if (order != NULL)
			book_plan_event(plan, BOOK_TRAIL_MOVED)->trail =
				(struct book_trail_moved){ sides[i], followed(plan, sides[i]) };
	}
}

void book_plan_triggered(struct book_plan *plan, const struct book_incoming *incoming, bool rested)
{
	book_plan_event(plan, BOOK_TRIGGERED)->triggered = (struct book_triggered){
		.id = incoming->id,
		.account = incoming->account,
		.side = incoming->side,
		.stop = incoming->stop,
		.last = plan->book->status.last_price,
		.rested = rested,
		.leaves = incoming->leaves,
	};
	plan->stops_gone += rested;
}
