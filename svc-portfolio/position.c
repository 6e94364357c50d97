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

	move->closed.micros = move->opened.micros = 0;
	move->closed_cash.micros = move->opened_cash.micros = 0;
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

/* The sum fits, and never is at the end of 64 bits, so that it can be negated. */
static bool sum_fits(int64_t a, int64_t b)
{
	int64_t sum;

	return !__builtin_add_overflow(a, b, &sum) && sum != INT64_MIN;
}

/* The move leaves the position inside 64 bits. */
static bool fits(const struct position *position, const struct position_move *move)
{
	return sum_fits(position->quantity.micros, move->quantity.micros) &&
	       sum_fits(position->cost.micros, move->cost.micros) &&
	       sum_fits(position->realised.micros, move->realised.micros);
}

/* Sold short at less than nothing, or bought for more than nothing. */
static bool opens_at_a_loss(const struct position_move *move)
{
	return move->opened.micros > 0 ? move->opened_cash.micros > 0
				       : move->opened.micros < 0 && move->opened_cash.micros < 0;
}

enum position_result position_trade(const struct position *position, struct bus_quantity quantity,
				    struct bus_money cash, struct position_move *out)
{
	int64_t leaves = 0;

	bus_assert(quantity.micros != 0);
	if (quantity.micros == INT64_MIN || cash.micros == INT64_MIN)
		return POSITION_OVERFLOW;
	out->quantity = quantity;
	split(position, quantity, cash, out);
	if (opens_at_a_loss(out))
		return POSITION_FEE;
	if (out->closed.micros != 0)
		leaves = position_share(position->cost, absolute(out->closed.micros),
					absolute(position->quantity.micros))
				 .micros;
	if (__builtin_sub_overflow(-leaves, out->opened_cash.micros, &out->cost.micros) ||
	    __builtin_sub_overflow(out->closed_cash.micros, leaves, &out->realised.micros) ||
	    !fits(position, out))
		return POSITION_OVERFLOW;
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
	bus_assert(fits(position, move));
	position->quantity.micros += move->quantity.micros;
	position->cost.micros += move->cost.micros;
	position->realised.micros += move->realised.micros;
	bus_assert(position->quantity.micros != 0 || position->cost.micros == 0);
}
