/*
 * Short names for the generated types that the book reads and writes, and the few conversions
 * between them and the domain.
 */
#ifndef ORDERS_BOOK_WIRE_H
#define ORDERS_BOOK_WIRE_H

#include "book_engine.h"
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

/* The same, of a field that may be "": all 0 then. False when it is neither. */
bool book_wire_id_or_none(const char *text, struct bus_id *out) BUS_MUST_CHECK;
/* Whether the id is one, and not the all 0 that stands for none. */
bool book_wire_id_given(struct bus_id id);

#endif
