/*
 * What the desk's script is made of: its state, the ids that it gives, and the references that it
 * knows (desk_script.h).
 *
 * Order n has the id that is derived from the n-th ce_id; "3.2" is the second leg of order 3.
 */
#ifndef TEST_DESK_WORDS_H
#define TEST_DESK_WORDS_H

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/fold.h"
#include "desk.h"
#include "desk_processor.h"
#include "desk_state.h"
#include "wire.h"

#define ACCOUNT "0a0a0a0a-0000-4000-8000-00000000000a"
#define OTHER	"0b0b0b0b-0000-4000-8000-00000000000b"
#define NOON	(INT64_C(1340280000) * 1000000)

struct desk_script {
	struct bus_fold *fold;
	struct desk_state *replica; /* folded from the facts alone */
	const char *account;	    /* whose lines these are; ACCOUNT at first */
	int requests;  /* cancels and decreases so far, which have ce_ids of their own */
	bool firm;     /* balances may go below zero */
	bool shorting; /* positions may */
	bool blocked;  /* the account is parked */
	bool silent;   /* nothing is written into text */
	const char *fee_group;
	int64_t actions; /* corporate actions of AAPL that are effective */
	/* The store's tests: the script that has the whole state, while this one has only what was
	 * loaded; and what goes around each input. NULL: this one, nothing. */
	const struct desk_script *whole;
	void (*before)(struct desk_script *script, const struct bus_input *input);
	void (*after)(struct desk_script *script);
	int inputs;		   /* so far */
	int result;		   /* of the last input */
	char subject[BUS_ID_TEXT]; /* the order that the last line is about */
	size_t len;
	char text[16384]; /* what followed it */
};

struct desk_line {
	const char *input;
	const char *output;
};

/* Ids and references ************************************************************************ */

static inline char *script_ce_id(int n, char *buf)
{
	snprintf(buf, BUS_ID_TEXT, "c0c0c0c0-0000-4000-8000-%012d", n);
	return buf;
}

/* Of order n. */
static inline struct bus_id script_id(const struct desk_script *script, int n)
{
	char ce_id[BUS_ID_TEXT];

	script_ce_id(n, ce_id);
	return bus_id_derive("desk", bus_bytes(script->account, strlen(script->account)),
			     bus_bytes(ce_id, strlen(ce_id)));
}

static inline char *script_order_id(const struct desk_script *script, int n, char *buf)
{
	return bus_id_format(script_id(script, n), buf);
}

/* Of "3", or of "3.2". */
static inline char *script_named_id(const struct desk_script *script, const char *word, char *buf)
{
	struct bus_id id = script_id(script, (int)strtol(word, NULL, 10));
	const char *dot = strchr(word, '.');

	if (dot != NULL && (dot[1] == '1' || dot[1] == '2') && dot[2] == '\0')
		id = desk_leg_id(id, dot[1] - '1');
	return bus_id_format(id, buf);
}

static inline const struct desk_state *script_desk(const struct desk_script *script)
{
	return bus_fold_state((script->whole != NULL ? script->whole : script)->fold);
}

static inline void script_instrument(struct desk_script *script, const char *symbol, bool open,
				     bool band, int64_t last_micros)
{
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;

	instrument.symbol = (char *)symbol;
	instrument.price_increment_micros = 10000;
	instrument.price_increment_below_one_micros = 100;
	instrument.quantity_increment_micros = BUS_MICROS;
	instrument.min_notional_micros = BUS_MICROS / 2;
	instrument.session = open ? SESSION(OPEN) : SESSION(CLOSED);
	instrument.closes_at_micros = NOON + BUS_MICROS;
	instrument.reference_price_micros = last_micros;
	instrument.actions_effective = script->actions;
	if (band) {
		instrument.band_low_micros = 80 * BUS_MICROS;
		instrument.band_high_micros = 120 * BUS_MICROS;
	}
	bus_fold_reference(script->fold, DESK_SYMBOLS, symbol, &instrument.base);
}

static inline void script_quote(struct desk_script *script, const char *symbol, int64_t last_micros)
{
	MARKET(Quote) quote = BOURSE__MARKET__V1__QUOTE__INIT;

	quote.symbol = (char *)symbol;
	quote.last_price_micros = last_micros;
	bus_fold_reference(script->fold, DESK_QUOTES, symbol, &quote.base);
}

/* Of the account from now on; "" and none at first. */
static inline const char *script_fee_group(const struct desk_script *script)
{
	return script->fee_group != NULL ? script->fee_group : "";
}

static inline void script_account(struct desk_script *script,
				  Bourse__Users__V1__AccountStatus status, bool firm)
{
	USERS(Account) account = BOURSE__USERS__V1__ACCOUNT__INIT;

	account.account_id = (char *)script->account;
	account.status = status;
	account.firm = firm;
	account.shorting = script->shorting;
	account.fee_group = (char *)script_fee_group(script);
	script->firm = firm;
	bus_fold_reference(script->fold, DESK_ACCOUNTS, script->account, &account.base);
}

/* AAPL: whole shares, open, no bands, last price 100. */
static inline void script_init(struct desk_script *script)
{
	*script = (struct desk_script){ .account = ACCOUNT };
	script->fold = bus_fold_new(&desk_processor);
	script->replica = desk_state_new();
	bus_fold_now(script->fold, NOON);
	script_instrument(script, "AAPL", true, false, 100 * BUS_MICROS);
}

static inline void script_release(struct desk_script *script)
{
	bus_fold_free(script->fold);
	desk_state_free(script->replica);
}

#endif
