/* See balances.h. Each movement works on a copy, which is kept when all of it fits. */
#include "balances.h"

static bool add(struct bus_money *sum, struct bus_money amount)
{
	return bus_money_add(*sum, amount, sum);
}

/* deposits - withdrawals + cost_in - cost_out. */
static bool net(const struct balances *b, struct bus_money cost_out, struct bus_money *out)
{
	return bus_money_sub(b->deposits, b->withdrawals, out) && add(out, b->cost_in) &&
	       bus_money_sub(*out, cost_out, out);
}

/* What is computed from the sums must fit as well. */
static bool keep(struct balances *balances, const struct balances *next)
{
	struct bus_money sum;

	if (!bus_money_sub(next->cash, next->settled, &sum) || !net(next, next->cost_out, &sum) ||
	    !net(next, next->fifo_cost_out, &sum))
		return false;
	*balances = *next;
	return true;
}

struct bus_money balances_unsettled(const struct balances *balances)
{
	return (struct bus_money){ balances->cash.micros - balances->settled.micros };
}

struct bus_money balances_net_deposits(const struct balances *balances)
{
	struct bus_money sum = { 0 };

	bus_assert(net(balances, balances->cost_out, &sum));
	return sum;
}

struct bus_money balances_fifo_net_deposits(const struct balances *balances)
{
	struct bus_money sum = { 0 };

	bus_assert(net(balances, balances->fifo_cost_out, &sum));
	return sum;
}

bool balances_deposit(struct balances *balances, struct bus_money amount)
{
	struct balances next = *balances;

	return add(&next.cash, amount) && add(&next.settled, amount) &&
	       add(&next.deposits, amount) && keep(balances, &next);
}

bool balances_withdraw(struct balances *balances, struct bus_money amount)
{
	struct balances next = *balances;

	return bus_money_sub(next.cash, amount, &next.cash) &&
	       bus_money_sub(next.settled, amount, &next.settled) &&
	       add(&next.withdrawals, amount) && keep(balances, &next);
}

bool balances_shares_in(struct balances *balances, struct bus_money cost)
{
	struct balances next = *balances;

	return add(&next.cost_in, cost) && keep(balances, &next);
}

bool balances_shares_out(struct balances *balances, struct bus_money cost,
			 struct bus_money fifo_cost)
{
	struct balances next = *balances;

	return add(&next.cost_out, cost) && add(&next.fifo_cost_out, fifo_cost) &&
	       keep(balances, &next);
}

/* The one that every fill goes through: nothing is copied, since net deposits stay. */
bool balances_trade(struct balances *balances, struct bus_money cash, struct bus_money realised,
		    struct bus_money fifo_realised)
{
	int64_t next_cash, trades, profit, fifo_profit, unsettled;

	if (__builtin_add_overflow(balances->cash.micros, cash.micros, &next_cash) ||
	    __builtin_add_overflow(balances->trades.micros, cash.micros, &trades) ||
	    __builtin_add_overflow(balances->realised.micros, realised.micros, &profit) ||
	    __builtin_add_overflow(balances->fifo_realised.micros, fifo_realised.micros,
				   &fifo_profit) ||
	    __builtin_sub_overflow(next_cash, balances->settled.micros, &unsettled))
		return false;
	balances->cash.micros = next_cash;
	balances->trades.micros = trades;
	balances->realised.micros = profit;
	balances->fifo_realised.micros = fifo_profit;
	return true;
}

bool balances_settle(struct balances *balances, struct bus_money amount)
{
	struct balances next = *balances;

	return add(&next.settled, amount) && keep(balances, &next);
}

bool balances_dividend(struct balances *balances, struct bus_money amount)
{
	struct balances next = *balances;

	return add(&next.cash, amount) && add(&next.settled, amount) &&
	       add(&next.dividends, amount) && keep(balances, &next);
}

bool balances_fraction(struct balances *balances, struct bus_money cash, struct bus_money realised,
		       struct bus_money fifo_realised)
{
	struct balances next = *balances;

	return add(&next.cash, cash) && add(&next.settled, cash) && add(&next.other, cash) &&
	       add(&next.realised, realised) && add(&next.fifo_realised, fifo_realised) &&
	       keep(balances, &next);
}

bool balances_close_out(struct balances *balances, struct bus_money realised,
			struct bus_money fifo_realised)
{
	return balances_fraction(balances, (struct bus_money){ 0 }, realised, fifo_realised);
}
