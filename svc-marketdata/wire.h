/*
 * Short names for the generated types of the contexts that the market reads and writes, and the
 * instrument's way into and out of its message.
 */
#ifndef MARKETDATA_WIRE_H
#define MARKETDATA_WIRE_H

#include "action.h"
#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"

#define BOOKS(name)    Bourse__Books__V1__##name
#define BOOKS_D(name)  (&bourse__books__v1__##name##__descriptor)
#define MARKET(name)   Bourse__Market__V1__##name
#define MARKET_D(name) (&bourse__market__v1__##name##__descriptor)

#define TRADING_STATE(name) BOURSE__BOOKS__V1__TRADING_STATE__TRADING_STATE_##name

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define FACT(name)	BOURSE__MARKET__V1__MARKET_EVENT__EVENT_##name
#define FACT_NONE	BOURSE__MARKET__V1__MARKET_EVENT__EVENT__NOT_SET
#define FACT_ENUM_WIDTH _BOURSE__MARKET__V1__MARKET_EVENT__EVENT__CASE_IS_INT_SIZE

/* Fields of messages are not const; nobody writes through them. */
char *wire_text(const char *text);

/* Fills a message that is initialised; it borrows the instrument's texts. */
void wire_instrument_put(MARKET(Instrument) * message, const struct instrument *instrument);
/* The instrument of one of our own facts: it has been checked when it was decided. */
void wire_instrument_get(const MARKET(Instrument) * message, struct instrument *instrument);

/* Fills a message that is initialised; it borrows the new symbol's text, and the id as text. */
void wire_action_put(MARKET(CorporateAction) * message, const struct action *action,
		     const char *action_id);
/* The action of one of our own facts. */
void wire_action_get(const MARKET(CorporateAction) * message, struct action *action);
/* The action of a command, as it is: action_check() checks it. False when its text is too long. */
bool wire_announced(const MARKET(AnnounceAction) * command, struct action *action) BUS_MUST_CHECK;

/*
 * The definition of a command, as it is: instrument_define() checks it. False when one of its texts
 * is too long to be kept at all.
 */
bool wire_definition(const MARKET(DefineInstrument) * command,
		     struct definition *definition) BUS_MUST_CHECK;

#endif
