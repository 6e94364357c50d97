/* Instruments: the rules of a definition, and the table by which sessions move. */
#include "instrument.h"

#include <assert.h>
#include <string.h>

/* Even at 100 % the high band of the highest reference stays within 64 bits. */
static_assert(REFERENCE_MAX <= INT64_MAX / 2, "bands fit into 64 bits");

#define ACCEPTED ((struct verdict){ MARKET_ACCEPTED, NULL })

static struct verdict refuse(enum market_reject reason, const char *text)
{
	return (struct verdict){ reason, text };
}

static struct verdict invalid(const char *text)
{
	return refuse(MARKET_INVALID_FIELD, text);
}

static struct verdict unknown(void)
{
	return refuse(MARKET_UNKNOWN_SYMBOL, "no instrument of this symbol is defined");
}

/* --- Session and halt
 * ----------------------------------------------------------------------------- */

enum verb { VERB_OPEN, VERB_CLOSE, VERB_CALL_OPENING, VERB_CALL_CLOSING, VERBS };

struct transition {
	enum session next;
	enum market_reject refusal; /* MARKET_ACCEPTED: it may go */
};

#define SESSIONS 5 /* 0 is none */

/*
 * An opening that was called is opened, and closed after that; a closing that was called is closed.
 */
static const struct transition transitions[SESSIONS][VERBS] = {
	[SESSION_CLOSED] = {
		[VERB_OPEN] = { .next = SESSION_OPEN },
		[VERB_CLOSE] = { .refusal = MARKET_SESSION_CLOSED },
		[VERB_CALL_OPENING] = { .next = SESSION_OPENING_AUCTION },
		[VERB_CALL_CLOSING] = { .refusal = MARKET_SESSION_CLOSED },
	},
	[SESSION_OPENING_AUCTION] = {
		[VERB_OPEN] = { .next = SESSION_OPEN },
		[VERB_CLOSE] = { .refusal = MARKET_SESSION_CLOSED },
		[VERB_CALL_OPENING] = { .refusal = MARKET_AUCTION_CALLED },
		[VERB_CALL_CLOSING] = { .refusal = MARKET_AUCTION_CALLED },
	},
	[SESSION_OPEN] = {
		[VERB_OPEN] = { .refusal = MARKET_SESSION_OPEN },
		[VERB_CLOSE] = { .next = SESSION_CLOSED },
		[VERB_CALL_OPENING] = { .refusal = MARKET_SESSION_OPEN },
		[VERB_CALL_CLOSING] = { .next = SESSION_CLOSING_AUCTION },
	},
	[SESSION_CLOSING_AUCTION] = {
		[VERB_OPEN] = { .refusal = MARKET_SESSION_OPEN },
		[VERB_CLOSE] = { .next = SESSION_CLOSED },
		[VERB_CALL_OPENING] = { .refusal = MARKET_AUCTION_CALLED },
		[VERB_CALL_CLOSING] = { .refusal = MARKET_AUCTION_CALLED },
	},
};

static const char *refusal_text(enum market_reject reason)
{
	switch (reason) {
	case MARKET_SESSION_OPEN:
		return "the session is open already";
	case MARKET_SESSION_CLOSED:
		return "there is no open session";
	case MARKET_ALREADY_HALTED:
		return "the instrument is halted already";
	case MARKET_NOT_HALTED:
		return "the instrument is not halted";
	case MARKET_AUCTION_CALLED:
		return "an auction is called already";
	case MARKET_ACCEPTED:
	case MARKET_UNKNOWN_SYMBOL:
	case MARKET_INVALID_FIELD:
	case MARKET_STALE_SESSION_DATE:
	case MARKET_SYMBOL_BLOCKED:
	case MARKET_TOO_MANY:
		break;
	}
	bus_assert(!"a refusal of the transition table");
	return NULL;
}

/* *out is the instrument before, with the last trade's price. */
static void begin(const struct instrument *before, struct bus_price last, struct instrument *out)
{
	*out = *before;
	if (last.micros > 0)
		out->reference = last;
}

/* The one function that moves a session. */
static struct verdict move(const struct instrument *before, enum verb verb, struct bus_price last,
			   struct instrument *out)
{
	const struct transition *transition;

	if (!before)
		return unknown();
	transition = &transitions[before->session][verb];
	if (transition->refusal)
		return refuse(transition->refusal, refusal_text(transition->refusal));
	begin(before, last, out);
	out->session = transition->next;
	return ACCEPTED;
}

/* The one function that begins and ends a halt; it does so whatever the session is. */
static struct verdict move_halt(const struct instrument *before, bool halted, struct bus_price last,
				struct instrument *out)
{
	enum market_reject refusal = halted ? MARKET_ALREADY_HALTED : MARKET_NOT_HALTED;

	if (!before)
		return unknown();
	if (before->halted == halted)
		return refuse(refusal, refusal_text(refusal));
	begin(before, last, out);
	out->halted = halted;
	return ACCEPTED;
}

/* --- Definition
 * ----------------------------------------------------------------------------------- */

bool symbol_valid(const char *symbol)
{
	size_t len = strnlen(symbol, SYMBOL_MAX + 1);

	if (len == 0 || len > SYMBOL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = symbol[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '-')
			return false;
	}
	return true;
}

static bool increment_valid(int64_t micros)
{
	return micros > 0 && micros <= INCREMENT_MAX;
}

static struct verdict definition_check(const struct definition *definition, struct bus_price given)
{
	if (!symbol_valid(definition->symbol))
		return invalid("symbol: 1 to 12 of A to Z, 0 to 9, '.' and '-'");
	if (!increment_valid(definition->increment.micros))
		return invalid("price_increment_micros is out of range");
	if (!increment_valid(definition->increment_below_one.micros))
		return invalid("price_increment_below_one_micros is out of range");
	if (!increment_valid(definition->lot.micros))
		return invalid("quantity_increment_micros is out of range");
	if (!definition->fractionable && definition->lot.micros % BUS_MICROS)
		return invalid("quantity_increment_micros is no whole number of shares");
	if (definition->min_notional.micros < 0 || definition->min_notional.micros > REFERENCE_MAX)
		return invalid("min_notional_micros is out of range");
	if (definition->band_fraction_micros < 0 || definition->band_fraction_micros > BAND_MAX)
		return invalid("band_fraction_micros is out of range");
	if (given.micros < 0 || given.micros > REFERENCE_MAX)
		return invalid("reference_price_micros is out of range");
	return ACCEPTED;
}

/* Bands are as far around the reference as the fraction says, to the millionth, half-even. */
static void set_bands(struct instrument *instrument)
{
	struct bus_money reference = { instrument->reference.micros }, width;
	bool fits = bus_money_muldiv(reference, instrument->definition.band_fraction_micros,
				     BUS_MICROS, &width);

	instrument->band_low.micros = instrument->band_high.micros = 0;
	if (!fits || width.micros == 0 || reference.micros > REFERENCE_MAX)
		return;
	instrument->band_low.micros = reference.micros - width.micros;
	instrument->band_high.micros = reference.micros + width.micros;
}

struct verdict instrument_define(const struct instrument *before,
				 const struct definition *definition, struct bus_price given,
				 struct bus_price last, struct instrument *out)
{
	struct verdict verdict = definition_check(definition, given);

	if (verdict.reason)
		return verdict;
	*out = before ? *before : (struct instrument){ .session = SESSION_CLOSED };
	out->definition = *definition;
	out->reference = last.micros > 0 ? last : given;
	set_bands(out);
	return ACCEPTED;
}

/* --- Sessions and halts, as commands
 * -------------------------------------------------------------- */

static bool date_valid(int32_t date)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int month = date / 100 % 100, day = date % 100;

	return date >= 19000101 && date <= 99991231 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1];
}

/* A session that was called opens on its day, any other one on a later day than the last. */
static struct verdict day_check(const struct instrument *before, int32_t session_date)
{
	if (!date_valid(session_date))
		return invalid("session_date is not a day such as 20120621");
	if (before->session == SESSION_CLOSED && session_date <= before->session_date)
		return refuse(MARKET_STALE_SESSION_DATE,
			      "the day is not after that of the last session");
	if (before->session == SESSION_OPENING_AUCTION && session_date != before->session_date)
		return invalid("session_date is not the day that was called");
	return ACCEPTED;
}

struct verdict instrument_open(const struct instrument *before, int32_t session_date,
			       int64_t closes_at, struct bus_price last, int64_t now,
			       struct instrument *out)
{
	struct verdict verdict;

	if (!before)
		return unknown();
	verdict = day_check(before, session_date);
	if (verdict.reason)
		return verdict;
	if (closes_at < 0 || (closes_at > 0 && closes_at <= now))
		return invalid("closes_at_micros is not in the future");
	verdict = move(before, VERB_OPEN, last, out);
	if (verdict.reason)
		return verdict;
	out->session_date = session_date;
	out->closes_at = closes_at;
	out->opening_held = !out->halted;
	set_bands(out);
	return ACCEPTED;
}

static struct verdict call_opening(const struct instrument *before, int32_t session_date,
				   struct bus_price last, struct instrument *out)
{
	struct instrument after;
	struct verdict verdict = move(before, VERB_CALL_OPENING, last, &after);

	if (!verdict.reason)
		verdict = day_check(before, session_date);
	if (verdict.reason)
		return verdict;
	*out = after;
	out->session_date = session_date;
	out->closes_at = 0;
	out->opening_held = false;
	set_bands(out);
	return ACCEPTED;
}

struct verdict instrument_call(const struct instrument *before, enum auction auction,
			       int32_t session_date, struct bus_price last, struct instrument *out)
{
	if (!before)
		return unknown();
	switch (auction) {
	case AUCTION_OPENING:
		return call_opening(before, session_date, last, out);
	case AUCTION_CLOSING:
		if (session_date != 0)
			return invalid("session_date belongs to the opening auction");
		return move(before, VERB_CALL_CLOSING, last, out);
	case AUCTION_RESUMPTION:
		break;
	}
	return invalid("kind is neither OPENING nor CLOSING");
}

struct verdict instrument_close(const struct instrument *before, struct bus_price last,
				struct instrument *out)
{
	struct verdict verdict = move(before, VERB_CLOSE, last, out);

	if (!verdict.reason)
		out->closes_at = 0;
	return verdict;
}

struct verdict instrument_halt(const struct instrument *before, const char *reason,
			       struct bus_price last, struct instrument *out)
{
	struct verdict verdict;
	size_t len = strnlen(reason, REASON_MAX + 1);

	if (!before)
		return unknown();
	if (len > REASON_MAX)
		return invalid("reason is longer than 128 bytes");
	verdict = move_halt(before, true, last, out);
	if (!verdict.reason)
		memcpy(out->halt_reason, reason, len + 1);
	return verdict;
}

struct verdict instrument_resume(const struct instrument *before, struct bus_price last,
				 struct instrument *out)
{
	struct verdict verdict = move_halt(before, false, last, out);

	if (verdict.reason)
		return verdict;
	out->halt_reason[0] = '\0';
	if (out->session == SESSION_OPEN)
		out->opening_held = true;
	return ACCEPTED;
}
