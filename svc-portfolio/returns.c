/* See returns.h. XIRR is looked for in x = ln(1 + r), where -100 % is far away and nothing is
 * singular. */
#include "returns.h"

#include <math.h>

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/* a * b / c half-even for c > 0 and a, b >= 0, kept to INT64_MAX; a * b fits in 127 bits. */
static int64_t scale(int64_t a, int128 b, int128 c)
{
	uint128 product, quotient, rest;

	/* Of amounts beyond 63 bits the last one changes nothing that anybody could see. */
	while (b > INT64_MAX || c > INT64_MAX) {
		b /= 2;
		c /= 2;
	}
	product = (uint128)a * (uint128)b;
	quotient = product / (uint128)c;
	rest = product % (uint128)c;
	if (2 * rest > (uint128)c || (2 * rest == (uint128)c && quotient % 2 != 0))
		quotient++;
	return quotient > INT64_MAX ? INT64_MAX : (int64_t)quotient;
}

int64_t returns_grow(int64_t growth, const struct returns_day *day)
{
	int128 invested = (int128)day->before.micros + day->inflow.micros;
	int128 worth = (int128)day->after.micros + day->outflow.micros;

	bus_assert(growth >= 0);
	if (invested <= 0)
		return growth;
	return worth <= 0 ? 0 : scale(growth, worth, invested);
}

#define YEAR	     365.0
#define STEPS_MAX    200
#define BRACKETS_MAX 100 /* as far as a billion in x */

/* The flows' worth at x, scaled by its largest term so that it stays finite. */
static double worth_at(const struct returns_flow *flows, size_t count, double x)
{
	double top = -HUGE_VAL, sum = 0;

	for (size_t i = 0; i < count; i++) {
		double power = -x * (double)(flows[i].day - flows[0].day) / YEAR;

		if (power > top)
			top = power;
	}
	for (size_t i = 0; i < count; i++) {
		double power = -x * (double)(flows[i].day - flows[0].day) / YEAR;

		sum += flows[i].amount * exp(power - top);
	}
	return sum;
}

static bool differ(double a, double b)
{
	return (a > 0) != (b > 0);
}

/* An interval over which the sign changes, the one nearest to 0. */
static bool bracket(const struct returns_flow *flows, size_t count, double *low, double *high)
{
	double at_zero = worth_at(flows, count, 0), left = 0, right = 0, step = 0.01;

	if (at_zero == 0) {
		*low = *high = 0;
		return true;
	}
	for (int i = 0; i < BRACKETS_MAX; i++) {
		if (differ(worth_at(flows, count, right + step), at_zero)) {
			*low = right;
			*high = right + step;
			return true;
		}
		if (differ(worth_at(flows, count, left - step), at_zero)) {
			*low = left - step;
			*high = left;
			return true;
		}
		right += step;
		left -= step;
		step *= 1.3;
	}
	return false;
}

static bool can_have_rate(const struct returns_flow *flows, size_t count)
{
	bool in = false, out = false, days = false;

	for (size_t i = 0; i < count; i++) {
		if (!isfinite(flows[i].amount))
			return false;
		in = in || flows[i].amount < 0;
		out = out || flows[i].amount > 0;
		days = days || flows[i].day != flows[0].day;
	}
	return in && out && days;
}

bool returns_xirr(const struct returns_flow *flows, size_t count, double *out)
{
	double low = 0, high = 0, at_low;

	if (!can_have_rate(flows, count) || !bracket(flows, count, &low, &high))
		return false;
	at_low = worth_at(flows, count, low);
	for (int i = 0; i < STEPS_MAX && low < high; i++) {
		double middle = low + (high - low) / 2, at_middle;

		if (middle <= low || middle >= high)
			break;
		at_middle = worth_at(flows, count, middle);
		if (!differ(at_middle, at_low)) {
			low = middle;
			at_low = at_middle;
		} else {
			high = middle;
		}
	}
	*out = expm1(low + (high - low) / 2);
	return isfinite(*out);
}
