/* The rules of average cost; see position.h for the invariants that position_apply asserts. */
#include "position.h"

struct bus_money position_share(struct bus_money amount, int64_t part, int64_t whole)
{
	struct bus_money share = { 0 };

	if (part == whole)
		return amount;
	bus_assert(bus_money_muldiv(amount, part, whole, &share));
	return share;
}

static int64_t absolute(int64_t value)
{
	return value < 0 ? -value : value;
}

/* Splits a movement of `quantity` and `cash` into what closes and what opens. */
static void split(const struct position *position, struct bus_quantity quantity,
		  struct bus_money cash, struct position_move *move)
{
	int64_t has = position->quantity.micros, moves = quantity.micros;
	bool opposite = (has > 0 && moves < 0) || (has < 0 && moves > 0);

	if (!opposite) {
		move->opened = quantity;
		move->opened_cash = cash;
	} else if (absolute(moves) <= absolute(has)) {
		move->closed = quantity;
		move->closed_cash = cash;
	} else {
		move->closed.micros = -has;
		move->closed_cash = position_share(cash, absolute(has), absolute(moves));
		move->opened.micros = moves + has;
		move->opened_cash.micros = cash.micros - move->closed_cash.micros;
	}
}

/* The move must leave the position inside 64 bits, and never at their end, so that it can be
 * negated. */
static bool fits(const struct position *position, const struct position_move *move)
{
	struct position after;

	return bus_quantity_add(position->quantity, move->quantity, &after.quantity) &&
	       bus_money_add(position->cost, move->cost, &after.cost) &&
	       bus_money_add(position->realised, move->realised, &after.realised) &&
	       after.quantity.micros != INT64_MIN && after.cost.micros != INT64_MIN;
}

enum position_result position_trade(const struct position *position, struct bus_quantity quantity,
				    struct bus_money cash, struct position_move *out)
{
	struct position_move move = { .quantity = quantity };
	struct bus_money leaves = { 0 };

	bus_assert(quantity.micros != 0);
	if (quantity.micros == INT64_MIN || cash.micros == INT64_MIN)
		return POSITION_OVERFLOW;
	split(position, quantity, cash, &move);
	if (move.opened.micros != 0 && (move.opened.micros > 0) != (move.opened_cash.micros < 0) &&
	    move.opened_cash.micros != 0)
		return POSITION_FEE;
	if (move.closed.micros != 0)
		leaves = position_share(position->cost, absolute(move.closed.micros),
					absolute(position->quantity.micros));
	move.cost.micros = -leaves.micros;
	if (!bus_money_sub(move.cost, move.opened_cash, &move.cost) ||
	    !bus_money_sub(move.closed_cash, leaves, &move.realised) || !fits(position, &move))
		return POSITION_OVERFLOW;
	*out = move;
	return POSITION_OK;
}

bool position_turns_short(const struct position *position, struct bus_quantity quantity)
{
	return quantity.micros < 0 && position->quantity.micros < -quantity.micros;
}

enum position_result position_withdraw(const struct position *position,
				       struct bus_quantity quantity, struct position_move *out)
{
	struct bus_money leaves;

	bus_assert(quantity.micros > 0);
	if (quantity.micros > position->quantity.micros)
		return POSITION_SHORT;
	leaves = position_share(position->cost, quantity.micros, position->quantity.micros);
	*out = (struct position_move){
		.quantity = { -quantity.micros },
		.cost = { -leaves.micros },
		.closed = { -quantity.micros },
		.closed_cash = leaves,
	};
	return POSITION_OK;
}

void position_apply(struct position *position, const struct position_move *move)
{
	bus_assert(bus_quantity_add(position->quantity, move->quantity, &position->quantity));
	bus_assert(bus_money_add(position->cost, move->cost, &position->cost));
	bus_assert(bus_money_add(position->realised, move->realised, &position->realised));
	bus_assert(position->quantity.micros != 0 || position->cost.micros == 0);
}
