/*
 * What the files of handlers share: the draft of an account, on which a decision that leads to
 * several facts works, and what they say in the same way.
 */
#ifndef PORTFOLIO_DECIDE_H
#define PORTFOLIO_DECIDE_H

#include "account.h"
#include "bus/processor.h"
#include "wire.h"

#define LEDGER_SYMBOLS "market.symbols"
#define LEDGER_QUOTES  "market.quotes"

/* An account as it will be after the facts so far; the state itself does not change here. */
struct draft {
	const struct account *account; /* NULL: nothing was ever booked */
	struct balances balances;
	int64_t movements;
};

struct draft draft_of(const void *state, struct bus_id account_id);
/* When the day of `now` ends, for the account's first fact; 0 where its day has begun. */
int64_t draft_day_ends_at(const struct draft *draft, int64_t now);

/* CommandRejected; returns 0. `account_id` as it was sent. */
int reject(const struct bus_input *input, struct bus_facts *facts, const char *account_id,
	   ORDERS(RejectReason) reason, const char *text);

/* Those of a symbol that nobody has. */
extern const struct holding no_holding;
const struct holding *holding_of(const struct account *account, const struct symbol *symbol);

/* 0, or why the books cannot carry it. */
int position_err(enum position_result result) BUS_MUST_CHECK;
/* Fills the repeated field lots_closed of a fact and returns how many lots are gone whole. */
int64_t tell_cut(struct bus_facts *facts, const struct lots *lots, const struct lots_cut *cut,
		 size_t *count, PORTFOLIO(LotClosed) * **out);
/* Fills a repeated field of lots. */
PORTFOLIO(Lot) * *tell_lots(struct bus_facts *facts, const struct lot *lots, size_t count);

/* How far one holding is through the corporate actions of its symbol, fact by fact. */
struct progress {
	const struct symbol *symbol;
	struct bus_quantity quantity;
	struct bus_money dividends;
	int64_t done, since;
	int64_t pending;    /* number of the action that waits for the desk; 0: none */
	int64_t count;	    /* of the actions that it met */
	int64_t look_again; /* when the next one is to be looked at; 0: not by the clock */
};

struct progress progress_of(const struct holding *holding);
/*
 * Pays the dividends that are due as of an instant and asks the desk for the split or new symbol
 * that is next. Appends facts; 0 or an error.
 */
int actions_go_on(struct draft *draft, struct progress *progress, const struct bus_input *input,
		  struct bus_facts *facts, int64_t as_of) BUS_MUST_CHECK;
/* When to look at the holding's actions by the clock, were it as `progress` says; 0: not. */
int64_t actions_look_again(const struct progress *progress, const struct bus_input *input);
/* The same, where it is earlier than what the account's timer says; else 0. */
int64_t draft_look_again(const struct draft *draft, const struct progress *progress,
			 const struct bus_input *input);
/* The earlier of two times, of which 0 is none. */
int64_t earlier(int64_t a, int64_t b);
/* Another holding of the account is about to become one of this symbol. */
bool change_comes(const struct account *account, const struct bus_input *input,
		  const struct symbol *symbol);
/* Effective actions of the symbol: what a position that is opened now has been through. */
int64_t actions_effective(const struct bus_input *input, const struct symbol *symbol);

/*
 * Sums the worth of all holdings, one of which, where `symbol` is not NULL, will be `position`.
 */
int value_account(const struct account *account, const struct bus_input *input,
		  const struct symbol *symbol, const struct position *position,
		  struct valuation *out) BUS_MUST_CHECK;
/* Of the last trade, as the market says; 0: none is known. */
struct bus_price last_price(const struct bus_input *input, const struct symbol *symbol);
/* Appends MarginCalled or MarginCallMet where the account has come to one of them. */
void tell_margin(struct bus_facts *facts, const struct bus_input *input,
		 const struct account *account, const struct margin *margin);

#endif
