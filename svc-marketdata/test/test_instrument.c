/* The rules of a definition, the bands, and every cell of the table of sessions and halts. */
#include "../instrument.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1340285400000000) /* 2012-06-21T13:30:00Z */

static const struct definition aapl = {
	.symbol = "AAPL",
	.name = "Apple Inc.",
	.increment = { 10000 },
	.increment_below_one = { 100 },
	.lot = { 1000000 },
	.band_fraction_micros = 50000,
};

static struct bus_price price(int64_t micros)
{
	return (struct bus_price){ micros };
}

static struct instrument defined(void)
{
	struct instrument instrument;

	ck_assert_int_eq(
		instrument_define(NULL, &aapl, price(585330000), price(0), &instrument).reason,
		MARKET_ACCEPTED);
	return instrument;
}

START_TEST(test_define)
{
	struct instrument instrument = defined();

	ck_assert_str_eq(instrument.definition.symbol, "AAPL");
	ck_assert_int_eq(instrument.session, SESSION_CLOSED);
	ck_assert_int_eq(instrument.session_date, 0);
	ck_assert(!instrument.halted);
	ck_assert_int_eq(instrument.reference.micros, 585330000);
	ck_assert_int_eq(instrument.band_low.micros, 585330000 - 29266500);
	ck_assert_int_eq(instrument.band_high.micros, 585330000 + 29266500);
}
END_TEST

/* Session, halt and last price stay; what is defined is defined anew. */
START_TEST(test_define_anew)
{
	struct definition other = aapl;
	struct instrument before = defined(), after;

	before.session = SESSION_OPEN;
	before.session_date = 20120621;
	before.halted = true;
	snprintf(before.halt_reason, sizeof(before.halt_reason), "%s", "news");
	other.band_fraction_micros = 0;
	snprintf(other.name, sizeof(other.name), "%s", "Apple");
	ck_assert_int_eq(
		instrument_define(&before, &other, price(1), price(600000000), &after).reason,
		MARKET_ACCEPTED);
	ck_assert_str_eq(after.definition.name, "Apple");
	ck_assert_int_eq(after.reference.micros, 600000000);
	ck_assert_int_eq(after.band_low.micros, 0);
	ck_assert_int_eq(after.band_high.micros, 0);
	ck_assert_int_eq(after.session, SESSION_OPEN);
	ck_assert_int_eq(after.session_date, 20120621);
	ck_assert(after.halted);
	ck_assert_str_eq(after.halt_reason, "news");
}
END_TEST

START_TEST(test_definition_refused)
{
	static const struct {
		const char *symbol;
		int64_t increment, below_one, lot, min_notional, band;
		bool fractionable;
		int64_t reference;
		const char *field; /* that the text names; NULL: accepted */
	} cases[] = {
		{ "A", 10000, 100, 1000000, 0, 0, false, 0, NULL },
		{ "BRK.B-2", 10000, 100, 1, BUS_MICROS, BUS_MICROS, true, REFERENCE_MAX, NULL },
		{ "ABCDEFGHIJKL", 1, 1, 1, 0, 0, true, 0, NULL },
		{ "", 1, 1, 1, 0, 0, true, 0, "symbol" },
		{ "aapl", 1, 1, 1, 0, 0, true, 0, "symbol" },
		{ "AA PL", 1, 1, 1, 0, 0, true, 0, "symbol" },
		{ "A\xc3\x84", 1, 1, 1, 0, 0, true, 0, "symbol" },
		{ "A", 0, 1, 1, 0, 0, true, 0, "price_increment_micros" },
		{ "A", -1, 1, 1, 0, 0, true, 0, "price_increment_micros" },
		{ "A", INT64_MAX, 1, 1, 0, 0, true, 0, "price_increment_micros" },
		{ "A", 1, 0, 1, 0, 0, true, 0, "price_increment_below_one_micros" },
		{ "A", 1, 1, 0, 0, 0, true, 0, "quantity_increment_micros" },
		{ "A", 1, 1, INT64_MIN, 0, 0, true, 0, "quantity_increment_micros" },
		{ "A", 1, 1, 500000, 0, 0, false, 0, "quantity_increment_micros" },
		{ "A", 1, 1, 1, -1, 0, true, 0, "min_notional_micros" },
		{ "A", 1, 1, 1, INT64_MAX, 0, true, 0, "min_notional_micros" },
		{ "A", 1, 1, 1, 0, -1, true, 0, "band_fraction_micros" },
		{ "A", 1, 1, 1, 0, BUS_MICROS + 1, true, 0, "band_fraction_micros" },
		{ "A", 1, 1, 1, 0, 0, true, -1, "reference_price_micros" },
		{ "A", 1, 1, 1, 0, 0, true, REFERENCE_MAX + 1, "reference_price_micros" },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct definition definition = {
			.increment = { cases[i].increment },
			.increment_below_one = { cases[i].below_one },
			.lot = { cases[i].lot },
			.min_notional = { cases[i].min_notional },
			.band_fraction_micros = cases[i].band,
			.fractionable = cases[i].fractionable,
		};
		struct instrument instrument;
		struct verdict verdict;

		snprintf(definition.symbol, sizeof(definition.symbol), "%s", cases[i].symbol);
		verdict = instrument_define(NULL, &definition, price(cases[i].reference), price(0),
					    &instrument);
		if (!cases[i].field) {
			ck_assert_msg(!verdict.reason, "case %zu: %s", i, verdict.text);
			continue;
		}
		ck_assert_msg(verdict.reason == MARKET_INVALID_FIELD, "case %zu", i);
		ck_assert_msg(strncmp(verdict.text, cases[i].field, strlen(cases[i].field)) == 0,
			      "case %zu: %s", i, verdict.text);
	}
}
END_TEST

START_TEST(test_bands)
{
	static const struct {
		int64_t reference, fraction, low, high;
	} cases[] = {
		{ 100000000, 50000, 95000000, 105000000 },
		{ 100000000, 0, 0, 0 },
		{ 0, 50000, 0, 0 },
		{ 3, 500000, 1, 5 }, /* 1.5 goes to the even 2 */
		{ 5, 500000, 3, 7 }, /* 2.5 goes to the even 2 */
		{ 100000000, 1000000, 0, 200000000 },
		{ REFERENCE_MAX, 1000000, 0, 2 * REFERENCE_MAX },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct definition definition = aapl;
		struct instrument instrument;

		definition.band_fraction_micros = cases[i].fraction;
		ck_assert(!instrument_define(NULL, &definition, price(cases[i].reference), price(0),
					     &instrument)
				   .reason);
		ck_assert_int_eq(instrument.band_low.micros, cases[i].low);
		ck_assert_int_eq(instrument.band_high.micros, cases[i].high);
	}
}
END_TEST

enum verb { OPEN, CLOSE, HALT, RESUME, CALL_OPENING, CALL_CLOSING };

static struct verdict apply(enum verb verb, const struct instrument *before,
			    struct instrument *after)
{
	switch (verb) {
	case OPEN:
		return instrument_open(before, 20120622, 0, price(0), NOW, after);
	case CLOSE:
		return instrument_close(before, price(0), after);
	case HALT:
		return instrument_halt(before, "news", price(0), after);
	case RESUME:
		return instrument_resume(before, price(0), after);
	case CALL_OPENING:
		return instrument_call(before, AUCTION_OPENING, 20120622, price(0), after);
	case CALL_CLOSING:
		return instrument_call(before, AUCTION_CLOSING, 0, price(0), after);
	}
	ck_abort();
}

START_TEST(test_transitions)
{
	static const struct {
		enum session session;
		int halted;
		enum verb verb;
		enum market_reject reason;
		enum session next;
		int next_halted;
	} cases[] = {
		{ SESSION_CLOSED, false, OPEN, 0, SESSION_OPEN, false },
		{ SESSION_CLOSED, false, CLOSE, MARKET_SESSION_CLOSED, 0, false },
		{ SESSION_CLOSED, false, HALT, 0, SESSION_CLOSED, true },
		{ SESSION_CLOSED, false, RESUME, MARKET_NOT_HALTED, 0, false },
		{ SESSION_OPEN, false, OPEN, MARKET_SESSION_OPEN, 0, false },
		{ SESSION_OPEN, false, CLOSE, 0, SESSION_CLOSED, false },
		{ SESSION_OPEN, false, HALT, 0, SESSION_OPEN, true },
		{ SESSION_OPEN, false, RESUME, MARKET_NOT_HALTED, 0, false },
		{ SESSION_CLOSED, true, OPEN, 0, SESSION_OPEN, true },
		{ SESSION_CLOSED, true, CLOSE, MARKET_SESSION_CLOSED, 0, false },
		{ SESSION_CLOSED, true, HALT, MARKET_ALREADY_HALTED, 0, false },
		{ SESSION_CLOSED, true, RESUME, 0, SESSION_CLOSED, false },
		{ SESSION_OPEN, true, OPEN, MARKET_SESSION_OPEN, 0, false },
		{ SESSION_OPEN, true, CLOSE, 0, SESSION_CLOSED, true },
		{ SESSION_OPEN, true, HALT, MARKET_ALREADY_HALTED, 0, false },
		{ SESSION_OPEN, true, RESUME, 0, SESSION_OPEN, false },
		{ SESSION_CLOSED, false, CALL_OPENING, 0, SESSION_OPENING_AUCTION, false },
		{ SESSION_CLOSED, true, CALL_OPENING, 0, SESSION_OPENING_AUCTION, true },
		{ SESSION_CLOSED, false, CALL_CLOSING, MARKET_SESSION_CLOSED, 0, false },
		{ SESSION_OPEN, false, CALL_OPENING, MARKET_SESSION_OPEN, 0, false },
		{ SESSION_OPEN, false, CALL_CLOSING, 0, SESSION_CLOSING_AUCTION, false },
		{ SESSION_OPEN, true, CALL_CLOSING, 0, SESSION_CLOSING_AUCTION, true },
		{ SESSION_OPENING_AUCTION, false, OPEN, 0, SESSION_OPEN, false },
		{ SESSION_OPENING_AUCTION, true, OPEN, 0, SESSION_OPEN, true },
		{ SESSION_OPENING_AUCTION, false, CLOSE, MARKET_SESSION_CLOSED, 0, false },
		{ SESSION_OPENING_AUCTION, false, HALT, 0, SESSION_OPENING_AUCTION, true },
		{ SESSION_OPENING_AUCTION, true, RESUME, 0, SESSION_OPENING_AUCTION, false },
		{ SESSION_OPENING_AUCTION, false, CALL_OPENING, MARKET_AUCTION_CALLED, 0, false },
		{ SESSION_OPENING_AUCTION, false, CALL_CLOSING, MARKET_AUCTION_CALLED, 0, false },
		{ SESSION_CLOSING_AUCTION, false, OPEN, MARKET_SESSION_OPEN, 0, false },
		{ SESSION_CLOSING_AUCTION, false, CLOSE, 0, SESSION_CLOSED, false },
		{ SESSION_CLOSING_AUCTION, true, CLOSE, 0, SESSION_CLOSED, true },
		{ SESSION_CLOSING_AUCTION, false, HALT, 0, SESSION_CLOSING_AUCTION, true },
		{ SESSION_CLOSING_AUCTION, true, RESUME, 0, SESSION_CLOSING_AUCTION, false },
		{ SESSION_CLOSING_AUCTION, false, CALL_OPENING, MARKET_AUCTION_CALLED, 0, false },
		{ SESSION_CLOSING_AUCTION, false, CALL_CLOSING, MARKET_AUCTION_CALLED, 0, false },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct instrument before = defined(), after = { 0 };
		struct verdict verdict;

		before.session = cases[i].session;
		before.session_date =
			before.session == SESSION_OPENING_AUCTION ? 20120622 : 20120621;
		before.halted = cases[i].halted;
		verdict = apply(cases[i].verb, &before, &after);
		ck_assert_msg(verdict.reason == cases[i].reason, "case %zu", i);
		if (verdict.reason) {
			ck_assert_ptr_nonnull(verdict.text);
			continue;
		}
		ck_assert_msg(after.session == cases[i].next, "case %zu", i);
		ck_assert_msg(after.halted == cases[i].next_halted, "case %zu", i);
		if (cases[i].verb == HALT)
			ck_assert_str_eq(after.halt_reason, "news");
		if (!after.halted)
			ck_assert_str_eq(after.halt_reason, "");
	}
}
END_TEST

START_TEST(test_unknown)
{
	struct instrument after;

	for (int verb = OPEN; verb <= CALL_CLOSING; verb++)
		ck_assert_int_eq(apply((enum verb)verb, NULL, &after).reason,
				 MARKET_UNKNOWN_SYMBOL);
}
END_TEST

START_TEST(test_open)
{
	static const struct {
		int32_t last_date, date;
		int64_t closes_at;
		enum market_reject reason;
	} cases[] = {
		{ 0, 20120621, 0, 0 },
		{ 0, 20120621, NOW + 1, 0 },
		{ 20120621, 20120622, 0, 0 },
		{ 20120621, 20120621, 0, MARKET_STALE_SESSION_DATE },
		{ 20120621, 20120620, 0, MARKET_STALE_SESSION_DATE },
		{ 0, 20120621, NOW, MARKET_INVALID_FIELD },
		{ 0, 20120621, -1, MARKET_INVALID_FIELD },
		{ 0, 0, 0, MARKET_INVALID_FIELD },
		{ 0, -20120621, 0, MARKET_INVALID_FIELD },
		{ 0, 20121321, 0, MARKET_INVALID_FIELD },
		{ 0, 20120021, 0, MARKET_INVALID_FIELD },
		{ 0, 20120631, 0, MARKET_INVALID_FIELD },
		{ 0, 20120600, 0, MARKET_INVALID_FIELD },
		{ 0, 120120621, 0, MARKET_INVALID_FIELD },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct instrument before = defined(), after;
		struct verdict verdict;

		before.session_date = cases[i].last_date;
		verdict = instrument_open(&before, cases[i].date, cases[i].closes_at,
					  price(600000000), NOW, &after);
		ck_assert_msg(verdict.reason == cases[i].reason, "case %zu", i);
		if (verdict.reason)
			continue;
		ck_assert_int_eq(after.session_date, cases[i].date);
		ck_assert_int_eq(after.closes_at, cases[i].closes_at);
		/* The bands of the session are around the last price. */
		ck_assert_int_eq(after.reference.micros, 600000000);
		ck_assert_int_eq(after.band_low.micros, 570000000);
		ck_assert_int_eq(after.band_high.micros, 630000000);
	}
}
END_TEST

/* The opening is over once the session is open and nothing is halted; a call begins a new one. */
START_TEST(test_opening_held)
{
	struct instrument a = defined(), b;

	ck_assert(!instrument_call(&a, AUCTION_OPENING, 20120621, price(600000000), &b).reason);
	ck_assert(!b.opening_held);
	ck_assert_int_eq(b.session_date, 20120621);
	ck_assert_int_eq(b.reference.micros, 600000000);
	ck_assert_int_eq(b.band_low.micros, 570000000);
	ck_assert(!instrument_open(&b, 20120621, 0, price(0), NOW, &a).reason);
	ck_assert(a.opening_held);
	ck_assert(!instrument_call(&a, AUCTION_CLOSING, 0, price(0), &b).reason);
	ck_assert(b.opening_held);
	ck_assert(!instrument_close(&b, price(0), &a).reason);
	ck_assert(!instrument_halt(&a, "news", price(0), &b).reason);
	ck_assert(!instrument_open(&b, 20120622, 0, price(0), NOW, &a).reason);
	ck_assert(!a.opening_held);
	ck_assert(!instrument_resume(&a, price(0), &b).reason);
	ck_assert(b.opening_held);
	/* A halt that ends within the call does not hold the auction. */
	ck_assert(!instrument_close(&b, price(0), &a).reason);
	ck_assert(!instrument_call(&a, AUCTION_OPENING, 20120625, price(0), &b).reason);
	ck_assert(!instrument_halt(&b, "news", price(0), &a).reason);
	ck_assert(!instrument_resume(&a, price(0), &b).reason);
	ck_assert(!b.opening_held);
}
END_TEST

START_TEST(test_call_refused)
{
	static const struct {
		enum session session;
		enum auction auction;
		int32_t date;
		enum market_reject reason;
	} cases[] = {
		{ SESSION_CLOSED, AUCTION_OPENING, 20120621, MARKET_STALE_SESSION_DATE },
		{ SESSION_CLOSED, AUCTION_OPENING, 0, MARKET_INVALID_FIELD },
		{ SESSION_CLOSED, AUCTION_OPENING, 20121322, MARKET_INVALID_FIELD },
		{ SESSION_CLOSED, AUCTION_RESUMPTION, 20120622, MARKET_INVALID_FIELD },
		{ SESSION_CLOSED, (enum auction)0, 20120622, MARKET_INVALID_FIELD },
		{ SESSION_CLOSED, (enum auction)99, 20120622, MARKET_INVALID_FIELD },
		{ SESSION_OPEN, AUCTION_CLOSING, 20120621, MARKET_INVALID_FIELD },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct instrument before = defined(), after;
		struct verdict verdict;

		before.session = cases[i].session;
		before.session_date = 20120621;
		verdict =
			instrument_call(&before, cases[i].auction, cases[i].date, price(0), &after);
		ck_assert_msg(verdict.reason == cases[i].reason, "case %zu", i);
		ck_assert_ptr_nonnull(verdict.text);
	}
	/* A called opening is opened on its day. */
	struct instrument before = defined(), after;

	before.session = SESSION_OPENING_AUCTION;
	before.session_date = 20120621;
	ck_assert_int_eq(instrument_open(&before, 20120622, 0, price(0), NOW, &after).reason,
			 MARKET_INVALID_FIELD);
}
END_TEST

START_TEST(test_long_reason)
{
	struct instrument before = defined(), after;
	char reason[REASON_MAX + 2];

	memset(reason, 'x', sizeof(reason));
	reason[REASON_MAX + 1] = '\0';
	ck_assert_int_eq(instrument_halt(&before, reason, price(0), &after).reason,
			 MARKET_INVALID_FIELD);
	reason[REASON_MAX] = '\0';
	ck_assert_int_eq(instrument_halt(&before, reason, price(0), &after).reason,
			 MARKET_ACCEPTED);
	ck_assert_str_eq(after.halt_reason, reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("instrument");
	TCase *tcase = tcase_create("instrument");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_define);
	tcase_add_test(tcase, test_define_anew);
	tcase_add_test(tcase, test_definition_refused);
	tcase_add_test(tcase, test_bands);
	tcase_add_test(tcase, test_transitions);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_open);
	tcase_add_test(tcase, test_opening_held);
	tcase_add_test(tcase, test_call_refused);
	tcase_add_test(tcase, test_long_reason);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
