/*
 * What an account has earned, in per cent of what was in it.
 *
 * Time-weighted: the product of the days' growth, in integers (picos: 1.05 is 1050000000000), since
 * it stands in facts. Money that comes in counts from the day's begin, money that goes out until
 * its end. Money-weighted (XIRR): the yearly rate at which all flows are worth nothing today; in
 * floating point, for people alone.
 */
#ifndef PORTFOLIO_RETURNS_H
#define PORTFOLIO_RETURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/money.h"

#define RETURNS_ONE INT64_C(1000000000000)

struct returns_day {
	struct bus_money before;  /* equity at the last close */
	struct bus_money inflow;  /* what came in since, >= 0 */
	struct bus_money outflow; /* what went out, >= 0 */
	struct bus_money after;	  /* equity now */
};

/*
 * growth * (after + outflow) / (before + inflow), half-even. Unchanged where nothing was invested;
 * 0 for good once everything is lost; at most INT64_MAX.
 */
int64_t returns_grow(int64_t growth, const struct returns_day *day);

struct returns_flow {
	int64_t day;   /* days, from any origin */
	double amount; /* below 0: paid in; above: paid out, or what it is worth at the end */
};

/*
 * The rate r with sum(amount / (1 + r)^(days / 365)) = 0, days counted from the first flow; 0.05 is
 * 5 % a year. False where there is none: no flow below 0, or none above, or all of one day.
 */
bool returns_xirr(const struct returns_flow *flows, size_t count, double *out) BUS_MUST_CHECK;

#endif
