/*
 * Checked arithmetic on millionths. Sums use the compiler's overflow builtins; products go through
 * 128 bits, in which the product of any two int64 fits. Rounding is half-even and happens in
 * divide() alone.
 */
#include "bus/money.h"

#include <string.h>

#define DECIMALS 6

__extension__ typedef __int128 int128; /* -Wpedantic knows no type of 128 bits */

bool bus_money_add(struct bus_money a, struct bus_money b, struct bus_money *out)
{
	int64_t sum;

	if (__builtin_add_overflow(a.micros, b.micros, &sum))
		return false;
	out->micros = sum;
	return true;
}

bool bus_money_sub(struct bus_money a, struct bus_money b, struct bus_money *out)
{
	int64_t difference;

	if (__builtin_sub_overflow(a.micros, b.micros, &difference))
		return false;
	out->micros = difference;
	return true;
}

bool bus_quantity_add(struct bus_quantity a, struct bus_quantity b, struct bus_quantity *out)
{
	int64_t sum;

	if (__builtin_add_overflow(a.micros, b.micros, &sum))
		return false;
	out->micros = sum;
	return true;
}

bool bus_quantity_sub(struct bus_quantity a, struct bus_quantity b, struct bus_quantity *out)
{
	int64_t difference;

	if (__builtin_sub_overflow(a.micros, b.micros, &difference))
		return false;
	out->micros = difference;
	return true;
}

static bool narrow(int128 value, int64_t *out)
{
	if (value > INT64_MAX || value < INT64_MIN)
		return false;
	*out = (int64_t)value;
	return true;
}

/* value / denominator to the nearest integer, a tie to the even one; false outside of int64. */
static bool divide(int128 value, int64_t denominator, int64_t *out)
{
	int128 quotient = value / denominator, rest = value % denominator;
	int128 twice = 2 * (rest < 0 ? -rest : rest);

	if (twice > denominator || (twice == denominator && quotient % 2 != 0))
		quotient += value < 0 ? -1 : 1;
	return narrow(quotient, out);
}

bool bus_notional(struct bus_price price, struct bus_quantity quantity, struct bus_money *out)
{
	return divide((int128)price.micros * quantity.micros, BUS_MICROS, &out->micros);
}

bool bus_notional_down(struct bus_price price, struct bus_quantity quantity, struct bus_money *out)
{
	int128 value = (int128)price.micros * quantity.micros;

	return narrow(value / BUS_MICROS - (value % BUS_MICROS < 0), &out->micros);
}

bool bus_notional_up(struct bus_price price, struct bus_quantity quantity, struct bus_money *out)
{
	int128 value = (int128)price.micros * quantity.micros;

	return narrow(value / BUS_MICROS + (value % BUS_MICROS > 0), &out->micros);
}

bool bus_money_muldiv(struct bus_money amount, int64_t numerator, int64_t denominator,
		      struct bus_money *out)
{
	bus_assert(denominator > 0);
	return divide((int128)amount.micros * numerator, denominator, &out->micros);
}

/* *value = *value * 10 + digit, as a negative number: only there INT64_MIN has its place. */
static bool push_digit(int64_t *value, char c)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_sub_overflow(*value, c - '0', value);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool bus_micros_parse(const char *text, size_t len, int64_t *out)
{
	bool negative = len > 0 && text[0] == '-';
	const char *p = text + negative, *end = text + len, *start = p;
	int64_t value = 0;
	int decimals = 0;

	for (; p < end && is_digit(*p); p++)
		if (!push_digit(&value, *p))
			return false;
	if (p == start)
		return false;
	if (p < end && *p == '.') {
		for (p++; p < end && is_digit(*p); p++)
			if (++decimals > DECIMALS || !push_digit(&value, *p))
				return false;
		if (decimals == 0)
			return false;
	}
	if (p != end)
		return false;
	for (; decimals < DECIMALS; decimals++)
		if (!push_digit(&value, '0'))
			return false;
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	*out = value;
	return true;
}

char *bus_micros_format(int64_t micros, char *buf)
{
	uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
	uint64_t whole = size / (uint64_t)BUS_MICROS, fraction = size % (uint64_t)BUS_MICROS;
	char text[BUS_DECIMAL_MAX], *p = text + sizeof(text);
	int decimals = DECIMALS;

	*--p = '\0';
	for (; fraction && fraction % 10 == 0; decimals--)
		fraction /= 10;
	if (fraction) {
		for (; decimals > 0; decimals--, fraction /= 10)
			*--p = (char)('0' + fraction % 10);
		*--p = '.';
	}
	do {
		*--p = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	if (micros < 0)
		*--p = '-';
	return memcpy(buf, p, (size_t)(text + sizeof(text) - p));
}
