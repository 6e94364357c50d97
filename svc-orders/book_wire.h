/*
 * Short names for the generated types that the book reads and writes, and the few conversions
 * between them and the domain.
 */
#ifndef ORDERS_BOOK_WIRE_H
#define ORDERS_BOOK_WIRE_H

#include "book.h"
#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"

#ifndef ORDERS
#define ORDERS(name)   Bourse__Orders__V1__##name
#define ORDERS_D(name) (&bourse__orders__v1__##name##__descriptor)
#endif
#ifndef BOOKS
#define BOOKS(name)   Bourse__Books__V1__##name
#define BOOKS_D(name) (&bourse__books__v1__##name##__descriptor)
#endif
#ifndef MARKET
#define MARKET(name)   Bourse__Market__V1__##name
#define MARKET_D(name) (&bourse__market__v1__##name##__descriptor)
#endif

#define BOOK_REJECT(name) BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_##name
#define BOOK_CANCEL(name) BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_##name

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define BOOK_FACT(name)	     BOURSE__BOOKS__V1__BOOK_EVENT__EVENT_##name
#define BOOK_FACT_NONE	     BOURSE__BOOKS__V1__BOOK_EVENT__EVENT__NOT_SET
#define BOOK_FACT_ENUM_WIDTH _BOURSE__BOOKS__V1__BOOK_EVENT__EVENT__CASE_IS_INT_SIZE

/* An id as it was written; false when the text is none. */
bool book_wire_id(const char *text, struct bus_id *out) BUS_MUST_CHECK;
/* The id of one of our own facts. */
struct bus_id book_wire_fact_id(const char *text);

/* An order that rests in these words; false when no order can rest so. */
bool book_wire_side(ORDERS(Side) side, enum book_side *out) BUS_MUST_CHECK;
bool book_wire_tif(ORDERS(TimeInForce) tif, enum book_tif *out) BUS_MUST_CHECK;
ORDERS(Side) book_wire_side_out(enum book_side side);
ORDERS(TimeInForce) book_wire_tif_out(enum book_tif tif);
BOOKS(TradingState) book_wire_trading_out(enum book_trading trading);

#endif
