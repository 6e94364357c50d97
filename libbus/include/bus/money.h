/*
 * Money, price and quantity: int64 millionths, each a type of its own so that the compiler keeps
 * them apart. Every operation is checked; products go through 128 bits and are rounded here and
 * nowhere else: half-even, but for what is held (up) and what is paid (down), so that any number of
 * partial payments fits into the hold of the whole.
 */
#ifndef BUS_MONEY_H
#define BUS_MONEY_H

#include <stdbool.h>

#include "bus/base.h"

#define BUS_MICROS INT64_C(1000000)
/* Longest decimal text of an amount with its NUL: sign, 13 digits, point, 6 digits. */
#define BUS_DECIMAL_MAX 24

struct bus_money {
	int64_t micros; /* millionths of the currency */
};
struct bus_price {
	int64_t micros; /* millionths of the currency for one share */
};
struct bus_quantity {
	int64_t micros; /* millionths of a share */
};

/* *out = a + b, a - b; false (and *out untouched) when the result leaves int64. */
bool bus_money_add(struct bus_money a, struct bus_money b, struct bus_money *out) BUS_MUST_CHECK;
bool bus_money_sub(struct bus_money a, struct bus_money b, struct bus_money *out) BUS_MUST_CHECK;
bool bus_quantity_add(struct bus_quantity a, struct bus_quantity b,
		      struct bus_quantity *out) BUS_MUST_CHECK;
bool bus_quantity_sub(struct bus_quantity a, struct bus_quantity b,
		      struct bus_quantity *out) BUS_MUST_CHECK;

/* *out = price * quantity, to the millionth, half-even; false when it leaves int64. */
bool bus_notional(struct bus_price price, struct bus_quantity quantity,
		  struct bus_money *out) BUS_MUST_CHECK;

/* The same, rounded towards minus and plus infinity: what an execution pays, what an order holds.
 */
bool bus_notional_down(struct bus_price price, struct bus_quantity quantity,
		       struct bus_money *out) BUS_MUST_CHECK;
bool bus_notional_up(struct bus_price price, struct bus_quantity quantity,
		     struct bus_money *out) BUS_MUST_CHECK;

/*
 * *out = amount * numerator / denominator, half-even, through 128 bits (a pro-rata share of a
 * cost). denominator > 0. False when the result leaves int64.
 */
bool bus_money_muldiv(struct bus_money amount, int64_t numerator, int64_t denominator,
		      struct bus_money *out) BUS_MUST_CHECK;

/*
 * Decimal text <-> millionths. Parsing takes "[-]digits[.digits]" with at most six decimals and
 * nothing else; false when it is malformed or out of range. Formatting gives the shortest form:
 * "10", "101.5", "-0.000001"; buf holds BUS_DECIMAL_MAX. Returns buf.
 */
bool bus_micros_parse(const char *text, size_t len, int64_t *out) BUS_MUST_CHECK;
char *bus_micros_format(int64_t micros, char *buf);

#endif
