/* The rules of average cost; see position.h for the invariants that position_apply asserts. */
#include "position.h"

/* The move must leave the position inside 64 bits; nobody sells what is not there. */
static enum position_result check(const struct position *position, const struct position_move *move)
{
	struct position after;

	if (!bus_quantity_add(position->quantity, move->quantity, &after.quantity) ||
	    !bus_money_add(position->cost, move->cost, &after.cost) ||
	    !bus_money_add(position->realised, move->realised, &after.realised))
		return POSITION_OVERFLOW;
	return after.quantity.micros < 0 ? POSITION_SHORT : POSITION_OK;
}

enum position_result position_buy(const struct position *position, struct bus_quantity quantity,
				  struct bus_money cost, struct position_move *out)
{
	struct position_move move = { .quantity = quantity, .cost = cost };
	enum position_result result;

	bus_assert(quantity.micros > 0 && cost.micros >= 0);
	result = check(position, &move);
	if (result == POSITION_OK)
		*out = move;
	return result;
}

/* The cost that leaves with `quantity`: all of it when everything goes, else its share. */
static bool cost_of(const struct position *position, struct bus_quantity quantity,
		    struct bus_money *out)
{
	if (quantity.micros == position->quantity.micros) {
		*out = position->cost;
		return true;
	}
	return bus_money_muldiv(position->cost, quantity.micros, position->quantity.micros, out);
}

enum position_result position_withdraw(const struct position *position,
				       struct bus_quantity quantity, struct position_move *out)
{
	struct bus_money cost;

	bus_assert(quantity.micros > 0);
	if (quantity.micros > position->quantity.micros)
		return POSITION_SHORT;
	if (!cost_of(position, quantity, &cost))
		return POSITION_OVERFLOW;
	*out = (struct position_move){
		.quantity = { -quantity.micros },
		.cost = { -cost.micros },
	};
	return POSITION_OK;
}

enum position_result position_sell(const struct position *position, struct bus_quantity quantity,
				   struct bus_money proceeds, struct position_move *out)
{
	struct position_move move;
	enum position_result result = position_withdraw(position, quantity, &move);

	if (result != POSITION_OK)
		return result;
	if (!bus_money_add(proceeds, move.cost, &move.realised))
		return POSITION_OVERFLOW;
	result = check(position, &move);
	if (result == POSITION_OK)
		*out = move;
	return result;
}

void position_apply(struct position *position, const struct position_move *move)
{
	bus_assert(bus_quantity_add(position->quantity, move->quantity, &position->quantity));
	bus_assert(bus_money_add(position->cost, move->cost, &position->cost));
	bus_assert(bus_money_add(position->realised, move->realised, &position->realised));
	bus_assert(position->quantity.micros >= 0 && position->cost.micros >= 0);
	bus_assert(position->quantity.micros > 0 || position->cost.micros == 0);
}
