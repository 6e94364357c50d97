/* Instruments and their actions between message and struct. The enums agree by value. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#define REJECT(name)  BOURSE__MARKET__V1__REJECT_REASON__REJECT_REASON_##name
#define SESSION(name) BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_##name
#define AUCTION(name) BOURSE__MARKET__V1__AUCTION_KIND__AUCTION_KIND_##name
#define KIND(name)    BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_##name

#define BOOKS_AUCTION(name) BOURSE__BOOKS__V1__AUCTION_KIND__AUCTION_KIND_##name

static_assert((int)MARKET_UNKNOWN_SYMBOL == REJECT(UNKNOWN_SYMBOL), "reasons agree");
static_assert((int)MARKET_INVALID_FIELD == REJECT(INVALID_FIELD), "reasons agree");
static_assert((int)MARKET_SESSION_OPEN == REJECT(SESSION_OPEN), "reasons agree");
static_assert((int)MARKET_SESSION_CLOSED == REJECT(SESSION_CLOSED), "reasons agree");
static_assert((int)MARKET_ALREADY_HALTED == REJECT(ALREADY_HALTED), "reasons agree");
static_assert((int)MARKET_NOT_HALTED == REJECT(NOT_HALTED), "reasons agree");
static_assert((int)MARKET_STALE_SESSION_DATE == REJECT(STALE_SESSION_DATE), "reasons agree");
static_assert((int)MARKET_SYMBOL_BLOCKED == REJECT(SYMBOL_BLOCKED), "reasons agree");
static_assert((int)MARKET_TOO_MANY == REJECT(TOO_MANY), "reasons agree");
static_assert((int)MARKET_AUCTION_CALLED == REJECT(AUCTION_CALLED), "reasons agree");
static_assert((int)SESSION_CLOSED == SESSION(CLOSED), "sessions agree");
static_assert((int)SESSION_OPEN == SESSION(OPEN), "sessions agree");
static_assert((int)SESSION_OPENING_AUCTION == SESSION(OPENING_AUCTION), "sessions agree");
static_assert((int)SESSION_CLOSING_AUCTION == SESSION(CLOSING_AUCTION), "sessions agree");
static_assert((int)AUCTION_OPENING == AUCTION(OPENING), "auctions agree");
static_assert((int)AUCTION_CLOSING == AUCTION(CLOSING), "auctions agree");
static_assert((int)AUCTION_RESUMPTION == AUCTION(RESUMPTION), "auctions agree");
static_assert((int)AUCTION_OPENING == BOOKS_AUCTION(OPENING), "auctions agree");
static_assert((int)AUCTION_CLOSING == BOOKS_AUCTION(CLOSING), "auctions agree");
static_assert((int)AUCTION_RESUMPTION == BOOKS_AUCTION(RESUMPTION), "auctions agree");
static_assert((int)ACTION_SPLIT == KIND(SPLIT), "kinds agree");
static_assert((int)ACTION_DIVIDEND == KIND(DIVIDEND), "kinds agree");
static_assert((int)ACTION_RENAME == KIND(RENAME), "kinds agree");

char *wire_text(const char *text)
{
	return (char *)(uintptr_t)text;
}

void wire_instrument_put(MARKET(Instrument) * message, const struct instrument *instrument)
{
	const struct definition *definition = &instrument->definition;

	message->symbol = wire_text(definition->symbol);
	message->name = wire_text(definition->name);
	message->price_increment_micros = definition->increment.micros;
	message->price_increment_below_one_micros = definition->increment_below_one.micros;
	message->quantity_increment_micros = definition->lot.micros;
	message->min_notional_micros = definition->min_notional.micros;
	message->band_fraction_micros = definition->band_fraction_micros;
	message->fractionable = definition->fractionable;
	message->reference_price_micros = instrument->reference.micros;
	message->band_low_micros = instrument->band_low.micros;
	message->band_high_micros = instrument->band_high.micros;
	message->session = (MARKET(SessionState))instrument->session;
	message->session_date = instrument->session_date;
	message->closes_at_micros = instrument->closes_at;
	message->opening_held = instrument->opening_held;
	message->halted = instrument->halted;
	message->halt_reason = wire_text(instrument->halt_reason);
}

/* Copies a text that fits; false, and nothing copied, when it does not. */
static bool copy(char *buf, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return false;
	memcpy(buf, text, len + 1);
	return true;
}

void wire_instrument_get(const MARKET(Instrument) * message, struct instrument *instrument)
{
	struct definition *definition = &instrument->definition;
	bool fits;

	*instrument = (struct instrument){
		.definition = {
			.increment = { message->price_increment_micros },
			.increment_below_one = { message->price_increment_below_one_micros },
			.lot = { message->quantity_increment_micros },
			.min_notional = { message->min_notional_micros },
			.band_fraction_micros = message->band_fraction_micros,
			.fractionable = message->fractionable,
		},
		.reference = { message->reference_price_micros },
		.band_low = { message->band_low_micros },
		.band_high = { message->band_high_micros },
		.session = (enum session)message->session,
		.session_date = message->session_date,
		.closes_at = message->closes_at_micros,
		.opening_held = message->opening_held,
		.halted = message->halted,
	};
	fits = copy(definition->symbol, sizeof(definition->symbol), message->symbol) &&
	       copy(definition->name, sizeof(definition->name), message->name) &&
	       copy(instrument->halt_reason, sizeof(instrument->halt_reason), message->halt_reason);
	bus_assert(fits);
}

void wire_action_put(MARKET(CorporateAction) * message, const struct action *action,
		     const char *action_id)
{
	message->action_id = wire_text(action_id);
	message->kind = (MARKET(ActionKind))action->kind;
	message->effective_at_micros = action->effective_at;
	message->new_shares = action->new_shares;
	message->old_shares = action->old_shares;
	message->cash_price_micros = action->cash_price.micros;
	message->amount_micros = action->amount.micros;
	message->new_symbol = wire_text(action->new_symbol);
	message->effective = action->number > 0;
	message->number = action->number;
}

void wire_action_get(const MARKET(CorporateAction) * message, struct action *action)
{
	bool ok;

	*action = (struct action){
		.kind = (enum action_kind)message->kind,
		.effective_at = message->effective_at_micros,
		.new_shares = message->new_shares,
		.old_shares = message->old_shares,
		.cash_price = { message->cash_price_micros },
		.amount = { message->amount_micros },
		.number = message->number,
	};
	ok = bus_id_parse(message->action_id, strlen(message->action_id), &action->id) &&
	     copy(action->new_symbol, sizeof(action->new_symbol), message->new_symbol);
	bus_assert(ok);
}

bool wire_announced(const MARKET(AnnounceAction) * command, struct action *action)
{
	*action = (struct action){
		.kind = (enum action_kind)command->kind,
		.effective_at = command->effective_at_micros,
		.new_shares = command->new_shares,
		.old_shares = command->old_shares,
		.cash_price = { command->cash_price_micros },
		.amount = { command->amount_micros },
	};
	return copy(action->new_symbol, sizeof(action->new_symbol), command->new_symbol);
}

bool wire_definition(const MARKET(DefineInstrument) * command, struct definition *definition)
{
	*definition = (struct definition){
		.increment = { command->price_increment_micros },
		.increment_below_one = { command->price_increment_below_one_micros },
		.lot = { command->quantity_increment_micros },
		.min_notional = { command->min_notional_micros },
		.band_fraction_micros = command->band_fraction_micros,
		.fractionable = command->fractionable,
	};
	return copy(definition->symbol, sizeof(definition->symbol), command->symbol) &&
	       copy(definition->name, sizeof(definition->name), command->name);
}
