/*
 * Short names for the generated types of the contexts that notify reads and writes, and the check
 * that an account's id must pass before it becomes a key of the tables.
 */
#ifndef NOTIFY_WIRE_H
#define NOTIFY_WIRE_H

#include <stdbool.h>

#include "bourse/notify/v1/notify.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "bus/id.h"

#define NOTIFY(name)	  Bourse__Notify__V1__##name
#define NOTIFY_D(name)	  (&bourse__notify__v1__##name##__descriptor)
#define ORDERS(name)	  Bourse__Orders__V1__##name
#define ORDERS_D(name)	  (&bourse__orders__v1__##name##__descriptor)
#define PORTFOLIO(name)	  Bourse__Portfolio__V1__##name
#define PORTFOLIO_D(name) (&bourse__portfolio__v1__##name##__descriptor)
#define USERS(name)	  Bourse__Users__V1__##name
#define USERS_D(name)	  (&bourse__users__v1__##name##__descriptor)

#define REASON(name) BOURSE__NOTIFY__V1__REJECT_REASON__REJECT_REASON_##name

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define FACT(name)	BOURSE__NOTIFY__V1__NOTIFY_EVENT__EVENT_##name
#define FACT_NONE	BOURSE__NOTIFY__V1__NOTIFY_EVENT__EVENT__NOT_SET
#define FACT_ENUM_WIDTH _BOURSE__NOTIFY__V1__NOTIFY_EVENT__EVENT__CASE_IS_INT_SIZE

/*
 * UUID text in its one canonical form, lower case: two spellings of an account would be two keys on
 * the topics and one row in the table.
 */
bool wire_id(const char *text, struct bus_id *out) BUS_MUST_CHECK;

#endif
