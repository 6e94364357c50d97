/* See statement.h. Sums go through 128 bits: they are checked against what the books say. */
#include "statement.h"

#include "returns.h"

__extension__ typedef __int128 int128;

static bool difference(struct bus_money now, struct bus_money before, struct bus_money *out)
{
	return bus_money_sub(now, before, out);
}

static bool movements_of(const struct balances *before, const struct balances *now,
			 struct statement *out)
{
	return difference(now->deposits, before->deposits, &out->deposits) &&
	       difference(now->withdrawals, before->withdrawals, &out->withdrawals) &&
	       difference(now->trades, before->trades, &out->trades) &&
	       difference(now->dividends, before->dividends, &out->dividends) &&
	       difference(now->other, before->other, &out->other);
}

static bool adds_up(const struct statement *s)
{
	return (int128)s->opening.micros + s->deposits.micros - s->withdrawals.micros +
		       s->trades.micros + s->dividends.micros + s->other.micros ==
	       s->closing.micros;
}

/* cash + cost = net deposits + realised + dividends: the same as profit = equity - net deposits. */
static bool conserved(const struct balances *b, struct bus_money cost, struct bus_money fifo_cost)
{
	return (int128)b->cash.micros + cost.micros == (int128)balances_net_deposits(b).micros +
							       b->realised.micros +
							       b->dividends.micros &&
	       (int128)b->cash.micros + fifo_cost.micros ==
		       (int128)balances_fifo_net_deposits(b).micros + b->fifo_realised.micros +
			       b->dividends.micros;
}

static bool flows(const struct closing *last, const struct balances *now, struct returns_day *out)
{
	struct bus_money cash, cost;

	if (!difference(now->deposits, last->balances.deposits, &cash) ||
	    !difference(now->cost_in, last->balances.cost_in, &cost) ||
	    !bus_money_add(cash, cost, &out->inflow))
		return false;
	return difference(now->withdrawals, last->balances.withdrawals, &cash) &&
	       difference(now->cost_out, last->balances.cost_out, &cost) &&
	       bus_money_add(cash, cost, &out->outflow);
}

bool statement_make(const struct closing *last, const struct balances *now, int64_t movements,
		    const struct valuation *valuation, struct bus_money fifo_cost,
		    struct statement *out)
{
	struct statement s = {
		.opening = last->balances.cash,
		.closing = now->cash,
		.settled = now->settled,
		.unsettled = balances_unsettled(now),
		.movements = movements - last->movements,
		.net_deposits = balances_net_deposits(now),
	};
	struct returns_day day = { .before = last->equity };
	struct bus_money worth;

	if (!valuation_equity(valuation, now->cash, &s.equity) ||
	    !bus_money_sub(valuation->longs, valuation->shorts, &worth) ||
	    !bus_money_sub(worth, valuation->cost, &s.unrealised) ||
	    !bus_money_add(now->realised, now->dividends, &s.realised) ||
	    !movements_of(&last->balances, now, &s) || !flows(last, now, &day) ||
	    !bus_money_sub(day.inflow, day.outflow, &s.flow))
		return false;
	if (!adds_up(&s) || !conserved(now, valuation->cost, fifo_cost))
		return false;
	day.after = s.equity;
	s.growth_picos = returns_grow(last->growth_picos, &day);
	*out = s;
	return true;
}
