/* Instruments: the rules of a definition, and the table by which session and halt move. */
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

enum phase { PHASE_CLOSED, PHASE_OPEN, PHASE_CLOSED_HALTED, PHASE_OPEN_HALTED, PHASES };
enum action { ACTION_OPEN, ACTION_CLOSE, ACTION_HALT, ACTION_RESUME, ACTIONS };

struct transition {
	enum phase next;
	enum market_reject refusal; /* MARKET_ACCEPTED: it may go */
};

static const struct transition transitions[PHASES][ACTIONS] = {
	[PHASE_CLOSED] = {
		[ACTION_OPEN] = { .next = PHASE_OPEN },
		[ACTION_CLOSE] = { .refusal = MARKET_SESSION_CLOSED },
		[ACTION_HALT] = { .next = PHASE_CLOSED_HALTED },
		[ACTION_RESUME] = { .refusal = MARKET_NOT_HALTED },
	},
	[PHASE_OPEN] = {
		[ACTION_OPEN] = { .refusal = MARKET_SESSION_OPEN },
		[ACTION_CLOSE] = { .next = PHASE_CLOSED },
		[ACTION_HALT] = { .next = PHASE_OPEN_HALTED },
		[ACTION_RESUME] = { .refusal = MARKET_NOT_HALTED },
	},
	[PHASE_CLOSED_HALTED] = {
		[ACTION_OPEN] = { .next = PHASE_OPEN_HALTED },
		[ACTION_CLOSE] = { .refusal = MARKET_SESSION_CLOSED },
		[ACTION_HALT] = { .refusal = MARKET_ALREADY_HALTED },
		[ACTION_RESUME] = { .next = PHASE_CLOSED },
	},
	[PHASE_OPEN_HALTED] = {
		[ACTION_OPEN] = { .refusal = MARKET_SESSION_OPEN },
		[ACTION_CLOSE] = { .next = PHASE_CLOSED_HALTED },
		[ACTION_HALT] = { .refusal = MARKET_ALREADY_HALTED },
		[ACTION_RESUME] = { .next = PHASE_OPEN },
	},
};

static enum phase phase_of(const struct instrument *instrument)
{
	if (instrument->halted)
		return instrument->session == SESSION_OPEN ? PHASE_OPEN_HALTED
							   : PHASE_CLOSED_HALTED;
	return instrument->session == SESSION_OPEN ? PHASE_OPEN : PHASE_CLOSED;
}

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
	case MARKET_ACCEPTED:
	case MARKET_UNKNOWN_SYMBOL:
	case MARKET_INVALID_FIELD:
	case MARKET_STALE_SESSION_DATE:
	case MARKET_SYMBOL_BLOCKED:
		break;
	}
	bus_assert(!"a refusal of the transition table");
	return NULL;
}

/* The one function that moves session and halt; *out is the instrument before, moved. */
static struct verdict move(const struct instrument *before, enum action action,
			   struct bus_price last, struct instrument *out)
{
	const struct transition *transition;

	if (!before)
		return unknown();
	transition = &transitions[phase_of(before)][action];
	if (transition->refusal)
		return refuse(transition->refusal, refusal_text(transition->refusal));
	*out = *before;
	out->session = transition->next == PHASE_OPEN || transition->next == PHASE_OPEN_HALTED
			       ? SESSION_OPEN
			       : SESSION_CLOSED;
	out->halted =
		transition->next == PHASE_CLOSED_HALTED || transition->next == PHASE_OPEN_HALTED;
	if (last.micros > 0)
		out->reference = last;
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

struct verdict instrument_open(const struct instrument *before, int32_t session_date,
			       int64_t closes_at, struct bus_price last, int64_t now,
			       struct instrument *out)
{
	struct verdict verdict;

	if (!before)
		return unknown();
	if (!date_valid(session_date))
		return invalid("session_date is not a day such as 20120621");
	if (closes_at < 0 || (closes_at > 0 && closes_at <= now))
		return invalid("closes_at_micros is not in the future");
	if (before->session == SESSION_CLOSED && session_date <= before->session_date)
		return refuse(MARKET_STALE_SESSION_DATE,
			      "the day is not after that of the last session");
	verdict = move(before, ACTION_OPEN, last, out);
	if (verdict.reason)
		return verdict;
	out->session_date = session_date;
	out->closes_at = closes_at;
	set_bands(out);
	return ACCEPTED;
}

struct verdict instrument_close(const struct instrument *before, struct bus_price last,
				struct instrument *out)
{
	struct verdict verdict = move(before, ACTION_CLOSE, last, out);

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
	verdict = move(before, ACTION_HALT, last, out);
	if (!verdict.reason)
		memcpy(out->halt_reason, reason, len + 1);
	return verdict;
}

struct verdict instrument_resume(const struct instrument *before, struct bus_price last,
				 struct instrument *out)
{
	struct verdict verdict = move(before, ACTION_RESUME, last, out);

	if (!verdict.reason)
		out->halt_reason[0] = '\0';
	return verdict;
}
