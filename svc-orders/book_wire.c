/* Between messages and the domain, see book_wire.h: enums have equal values, and here is the proof.
 */
#include "book_wire.h"

#include <assert.h>
#include <string.h>

#define WIRE_SIDE(name)	 BOURSE__ORDERS__V1__SIDE__SIDE_##name
#define WIRE_TYPE(name)	 BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_##name
#define WIRE_TIF(name)	 BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_##name
#define WIRE_STATE(name) BOURSE__BOOKS__V1__TRADING_STATE__TRADING_STATE_##name

static_assert((int)BOOK_BUY == (int)WIRE_SIDE(BUY), "side");
static_assert((int)BOOK_SELL == (int)WIRE_SIDE(SELL), "side");
static_assert((int)BOOK_MARKET == (int)WIRE_TYPE(MARKET), "type");
static_assert((int)BOOK_LIMIT == (int)WIRE_TYPE(LIMIT), "type");
static_assert((int)BOOK_DAY == (int)WIRE_TIF(DAY), "time in force");
static_assert((int)BOOK_GTC == (int)WIRE_TIF(GTC), "time in force");
static_assert((int)BOOK_IOC == (int)WIRE_TIF(IOC), "time in force");
static_assert((int)BOOK_FOK == (int)WIRE_TIF(FOK), "time in force");
static_assert((int)BOOK_UNHEARD == (int)WIRE_STATE(UNSPECIFIED), "trading state");
static_assert((int)BOOK_CLOSED == (int)WIRE_STATE(CLOSED), "trading state");
static_assert((int)BOOK_OPEN == (int)WIRE_STATE(OPEN), "trading state");
static_assert((int)BOOK_HALTED == (int)WIRE_STATE(HALTED), "trading state");

bool book_wire_id(const char *text, struct bus_id *out)
{
	return bus_id_parse(text, strnlen(text, BUS_ID_TEXT), out);
}

struct bus_id book_wire_fact_id(const char *text)
{
	struct bus_id id;
	bool is_id = book_wire_id(text, &id);

	bus_assert(is_id);
	return id;
}

bool book_wire_side(ORDERS(Side) side, enum book_side *out)
{
	if (side != WIRE_SIDE(BUY) && side != WIRE_SIDE(SELL))
		return false;
	*out = (enum book_side)side;
	return true;
}

bool book_wire_tif(ORDERS(TimeInForce) tif, enum book_tif *out)
{
	if (tif != WIRE_TIF(DAY) && tif != WIRE_TIF(GTC) && tif != WIRE_TIF(IOC) &&
	    tif != WIRE_TIF(FOK))
		return false;
	*out = (enum book_tif)tif;
	return true;
}

ORDERS(Side) book_wire_side_out(enum book_side side)
{
	return (ORDERS(Side))side;
}

ORDERS(TimeInForce) book_wire_tif_out(enum book_tif tif)
{
	return (ORDERS(TimeInForce))tif;
}

BOOKS(TradingState) book_wire_trading_out(enum book_trading trading)
{
	return (BOOKS(TradingState))trading;
}
