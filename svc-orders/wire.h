/*
 * Short names for the generated types that the desk reads and writes, and the conversions between
 * them and the domain. What is converted has been checked.
 */
#ifndef ORDERS_WIRE_H
#define ORDERS_WIRE_H

#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "order.h"

#define ORDERS(name)	  Bourse__Orders__V1__##name
#define ORDERS_D(name)	  (&bourse__orders__v1__##name##__descriptor)
#define BOOKS(name)	  Bourse__Books__V1__##name
#define BOOKS_D(name)	  (&bourse__books__v1__##name##__descriptor)
#define PORTFOLIO(name)	  Bourse__Portfolio__V1__##name
#define PORTFOLIO_D(name) (&bourse__portfolio__v1__##name##__descriptor)
#define MARKET(name)	  Bourse__Market__V1__##name
#define MARKET_D(name)	  (&bourse__market__v1__##name##__descriptor)
#define USERS(name)	  Bourse__Users__V1__##name
#define USERS_D(name)	  (&bourse__users__v1__##name##__descriptor)

#define CANCEL_REASON(name)  BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_##name
#define BALANCE_REASON(name) BOURSE__ORDERS__V1__BALANCE_REASON__BALANCE_REASON_##name
#define REQUEST_KIND(name)   BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_##name
#define ACCOUNT_STATUS(name) BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_##name
#define SESSION(name)	     BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_##name
#define ACTION_KIND(name)    BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_##name

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define FACT(name)	BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_##name
#define FACT_NONE	BOURSE__ORDERS__V1__ORDER_EVENT__EVENT__NOT_SET
#define FACT_ENUM_WIDTH _BOURSE__ORDERS__V1__ORDER_EVENT__EVENT__CASE_IS_INT_SIZE

/*
 * UUID text in its one canonical form, lower case: two spellings of an account would be two keys on
 * the topics and one row in the table.
 */
bool wire_id(const char *text, struct bus_id *out) BUS_MUST_CHECK;
/* At most `max` bytes? Never reads further. */
bool wire_fits(const char *text, size_t max) BUS_MUST_CHECK;

/* False when an enum is out of range or a text too long: such a command is refused, not answered.
 */
bool wire_request(const ORDERS(PlaceOrder) * command, struct order_request *out) BUS_MUST_CHECK;
/* What the desk needs of the snapshots at this time; quote may be NULL. */
struct order_market wire_market(const MARKET(Instrument) * instrument, const MARKET(Quote) * quote,
				int64_t now);

#endif
