/*
 * Sessions and halts, as the book hears of them from the market: the close ends the day orders, and
 * the end of a halt matches what queued. Both may take several steps.
 */
#include "book_handlers.h"
#include "book_store.h"
#include "book_tell.h"

/* What a fact of the market wants the book to be. */
struct change {
	enum book_trading trading;
	int32_t session_date;
	char *text; /* NULL: none */
};

static void tell_trading(struct bus_facts *facts, const struct bus_input *input,
			 const struct book *book, const struct change *change)
{
	BOOKS(TradingStateChanged) * fact;

	if (book->trading == change->trading && book->session_date == change->session_date)
		return;
	fact = bus_fact_add(facts, BOOKS_D(trading_state_changed));
	fact->symbol = book_symbol_of(input);
	fact->state = book_wire_trading_out(change->trading);
	fact->session_date = change->session_date;
	if (change->text != NULL)
		fact->text = change->text;
}

static bool uncross_fits(const struct book *book)
{
	struct book_uncrossing uncrossing;
	struct book_match trade;
	int32_t n = 0;

	book_uncross_begin(&uncrossing, book);
	while (n <= BOOK_STEP_TRADES && book_uncross_next(&uncrossing, &trade))
		n++;
	return n <= BOOK_STEP_TRADES;
}

/*
 * Trading begins (again): what queued in a halt is matched. The book opens in the last step of it,
 * since an open book is never crossed.
 */
static int open_book(struct bus_facts *facts, const struct bus_input *input,
		     const struct book *book, const struct change *change)
{
	bool fits = uncross_fits(book);
	struct book_uncrossing uncrossing;
	struct book_match trade;
	struct book_top top;

	if (fits)
		tell_trading(facts, input, book, change);
	book_uncross_begin(&uncrossing, book);
	for (int32_t n = 0; n < BOOK_STEP_TRADES && book_uncross_next(&uncrossing, &trade); n++) {
		struct book_tell_taker taker = { bus_facts_id(facts, trade.taker->id),
						 bus_facts_id(facts, trade.taker->account),
						 trade.taker->side };

		book_tell_trade(facts, input, &trade, &taker, n);
	}
	top = (struct book_top){ book_walk_best(&uncrossing.bids),
				 book_walk_best(&uncrossing.asks) };
	book_tell_top(facts, input, book, &top);
	return fits ? 0 : BUS_DECIDE_AGAIN;
}

/* The session ends, and with it the day orders. */
static int close_book(struct bus_facts *facts, const struct bus_input *input,
		      const struct book *book, const struct change *change)
{
	const struct book_order *order = NULL;
	struct book_expiring expiring;
	struct book_top top;
	int n = 0;

	tell_trading(facts, input, book, change);
	book_expire_begin(&expiring, book);
	while (n < BOOK_STEP_EXPIRED && (order = book_expire_next(&expiring)) != NULL) {
		book_tell_removed(facts, input, order, BOOK_CANCEL(SESSION_CLOSE), NULL);
		n++;
	}
	top = book_expire_top(&expiring);
	book_tell_top(facts, input, book, &top);
	return order != NULL ? BUS_DECIDE_AGAIN : 0;
}

static int decide_trading(const void *state, const struct bus_input *input, struct bus_facts *facts,
			  enum book_trading trading, const MARKET(Instrument) * instrument)
{
	const struct book *book = book_state_find(state, input->key);
	struct change change = { .trading = trading, .session_date = book->session_date };

	if (!book_state_takes(input->key))
		return BUS_ERR_PARK;
	if (instrument != NULL) {
		change.session_date = instrument->session_date;
		change.text = instrument->halt_reason;
	}
	switch (trading) {
	case BOOK_OPEN:
		return open_book(facts, input, book, &change);
	case BOOK_CLOSED:
		return close_book(facts, input, book, &change);
	case BOOK_HALTED:
	case BOOK_UNHEARD:
	case BOOK_OPENING_AUCTION:
	case BOOK_CLOSING_AUCTION:
		break;
	}
	tell_trading(facts, input, book, &change);
	return 0;
}

/* A halt outlasts the opening of a session, and a closed session the end of a halt. */
static bool is_halted(const MARKET(Instrument) * instrument)
{
	return instrument != NULL && instrument->halted;
}

static bool is_closed(const MARKET(Instrument) * instrument)
{
	return instrument != NULL &&
	       instrument->session != BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN;
}

int book_decide_session_opened(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const MARKET(SessionOpened) *heard = (const void *)input->message;

	return decide_trading(state, input, facts,
			      is_halted(heard->instrument) ? BOOK_HALTED : BOOK_OPEN,
			      heard->instrument);
}

int book_decide_session_closed(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const MARKET(SessionClosed) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, BOOK_CLOSED, heard->instrument);
}

int book_decide_halted(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(InstrumentHalted) *heard = (const void *)input->message;

	return decide_trading(state, input, facts,
			      is_closed(heard->instrument) ? BOOK_CLOSED : BOOK_HALTED,
			      heard->instrument);
}

int book_decide_resumed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(InstrumentResumed) *heard = (const void *)input->message;

	return decide_trading(state, input, facts,
			      is_closed(heard->instrument) ? BOOK_CLOSED : BOOK_OPEN,
			      heard->instrument);
}
