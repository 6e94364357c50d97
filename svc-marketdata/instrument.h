/*
 * An instrument: what it is, whether its session is open or an auction is called, whether it is
 * halted, and the prices that its orders may have. Session and halt are independent of each other
 * (a halt lasts over the night) and move by one transition table each.
 *
 * Invariants: increments > 0; 0 <= band_low <= reference <= band_high, or no bands (0 and 0);
 * session_date never goes back; an instrument that is not halted has no reason for a halt.
 */
#ifndef MARKETDATA_INSTRUMENT_H
#define MARKETDATA_INSTRUMENT_H

#include <stdbool.h>

#include "bus/money.h"

#define SYMBOL_MAX     12			 /* bytes */
#define NAME_MAX_BYTES 128			 /* bytes of an instrument's name: for people */
#define REASON_MAX     128			 /* bytes of a halt's reason: for people */
#define REFERENCE_MAX  INT64_C(1000000000000000) /* micros: a thousand million a share */
#define INCREMENT_MAX  INT64_C(1000000000000)	 /* micros: a million */
#define BAND_MAX       BUS_MICROS		 /* a band of 100 % on either side */

/* Why a command is refused; the values are the wire's. */
enum market_reject {
	MARKET_ACCEPTED = 0,
	MARKET_UNKNOWN_SYMBOL = 1,
	MARKET_INVALID_FIELD = 2,
	MARKET_SESSION_OPEN = 3,
	MARKET_SESSION_CLOSED = 4,
	MARKET_ALREADY_HALTED = 5,
	MARKET_NOT_HALTED = 6,
	MARKET_STALE_SESSION_DATE = 7,
	MARKET_SYMBOL_BLOCKED = 8,
	MARKET_TOO_MANY = 9,
	MARKET_AUCTION_CALLED = 10,
};

/* The answer of a rule: accepted, or a reason and its sentence (static memory). */
struct verdict {
	enum market_reject reason;
	const char *text;
};

/* What an operator says of an instrument. */
struct definition {
	char symbol[SYMBOL_MAX + 1];
	char name[NAME_MAX_BYTES + 1];
	struct bus_price increment;	      /* tick for prices of 1 and more */
	struct bus_price increment_below_one; /* tick for prices below 1 */
	struct bus_quantity lot;
	struct bus_money min_notional; /* 0: none */
	int64_t band_fraction_micros;  /* 0: no bands */
	bool fractionable;
};

/* The two auctions are the time of their call: orders gather, and the auction itself ends it. */
enum session {
	SESSION_CLOSED = 1,
	SESSION_OPEN = 2,
	SESSION_OPENING_AUCTION = 3,
	SESSION_CLOSING_AUCTION = 4,
};

enum auction { AUCTION_OPENING = 1, AUCTION_CLOSING = 2, AUCTION_RESUMPTION = 3 };

struct instrument {
	struct definition definition;
	struct bus_price
		reference; /* the last trade's when this was written; before it, the given */
	struct bus_price band_low, band_high; /* 0 and 0: no bands */
	enum session session;
	int32_t session_date; /* of the open session or the last one, 20120621; 0: none yet */
	int64_t closes_at;    /* micros: when the open session is meant to close; 0: open end */
	bool opening_held;    /* the opening auction of session_date is over, or there was none */
	bool halted;
	char halt_reason[REASON_MAX + 1];
};

/*
 * Each computes *out, the instrument as it is after the command, and changes nothing else; *out is
 * set only when the command is accepted. `last` is the price of the last trade, 0 before the first.
 */

/* `before` is NULL for a new symbol: its session is closed. `given` is the reference of the
 * command. */
struct verdict instrument_define(const struct instrument *before,
				 const struct definition *definition, struct bus_price given,
				 struct bus_price last, struct instrument *out);
struct verdict instrument_open(const struct instrument *before, int32_t session_date,
			       int64_t closes_at, struct bus_price last, int64_t now,
			       struct instrument *out);
/* Begins the call of the opening auction of that day, or of the closing auction (date 0). */
struct verdict instrument_call(const struct instrument *before, enum auction auction,
			       int32_t session_date, struct bus_price last, struct instrument *out);
struct verdict instrument_close(const struct instrument *before, struct bus_price last,
				struct instrument *out);
struct verdict instrument_halt(const struct instrument *before, const char *reason,
			       struct bus_price last, struct instrument *out);
struct verdict instrument_resume(const struct instrument *before, struct bus_price last,
				 struct instrument *out);

/* 1 to 12 of A to Z, 0 to 9, "." and "-". */
bool symbol_valid(const char *symbol);

#endif
