/*
 * Short names for the generated types of the contexts that the ledger reads and writes, and the
 * checks that a field of a message must pass before it becomes a value of the domain.
 */
#ifndef PORTFOLIO_WIRE_H
#define PORTFOLIO_WIRE_H

#include <stdbool.h>

#include "account.h"
#include "actions.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bus/id.h"

#define MARKET(name)	  Bourse__Market__V1__##name
#define MARKET_D(name)	  (&bourse__market__v1__##name##__descriptor)
#define ORDERS(name)	  Bourse__Orders__V1__##name
#define ORDERS_D(name)	  (&bourse__orders__v1__##name##__descriptor)
#define PORTFOLIO(name)	  Bourse__Portfolio__V1__##name
#define PORTFOLIO_D(name) (&bourse__portfolio__v1__##name##__descriptor)

#define SIDE(name)   BOURSE__ORDERS__V1__SIDE__SIDE_##name
#define KIND(name)   BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_##name
#define REASON(name) BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_##name

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define FACT(name)	BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT_##name
#define FACT_NONE	BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT__NOT_SET
#define FACT_ENUM_WIDTH _BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT__CASE_IS_INT_SIZE

/*
 * UUID text in its one canonical form, lower case: two spellings of an account would be two keys on
 * the topics and one row in the table.
 */
bool wire_id(const char *text, struct bus_id *out) BUS_MUST_CHECK;

/*
 * The n-th announced action of an instrument, from 0. False when there is none, or when it says
 * nothing that the ledger could apply.
 */
bool wire_action(const MARKET(Instrument) * instrument, size_t n,
		 struct action *out) BUS_MUST_CHECK;

/* 1 to SYMBOL_MAX of A-Z, 0-9, "." and "-", as instruments are defined. */
bool wire_symbol(const char *text, struct symbol *out) BUS_MUST_CHECK;

#endif
