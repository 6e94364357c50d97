/*
 * What the market says, as the book hears it: sessions, halts, the calls of auctions, corporate
 * actions. Each fact carries the instrument as it is after it, and the book's trading state follows
 * from that: a halt outlasts the opening of a session, and a closed session the end of a halt.
 */
#include "book_handlers.h"
#include "book_store.h"

/* The session of an instrument that trades on. */
static enum book_trading session_state(const MARKET(Instrument) * instrument)
{
	switch (instrument->session) {
	case BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_UNSPECIFIED:
	case BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED:
		break;
	case BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN:
		return BOOK_OPEN;
	case BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPENING_AUCTION:
		return BOOK_OPENING_AUCTION;
	case BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSING_AUCTION:
		return BOOK_CLOSING_AUCTION;
	case _BOURSE__MARKET__V1__SESSION_STATE_IS_INT_SIZE:
		break;
	}
	return BOOK_CLOSED;
}

static enum book_trading trading_state(const MARKET(Instrument) * instrument)
{
	enum book_trading state = session_state(instrument);

	return instrument->halted && state != BOOK_CLOSED ? BOOK_HALTED : state;
}

/* What the session is in comes from the market alone: without an instrument nothing can be said. */
static bool is_instrument(const MARKET(Instrument) * instrument)
{
	return instrument != NULL && instrument->session_date >= 0 &&
	       instrument->actions_effective >= 0;
}

static int decide_trading(const void *state, const struct bus_input *input, struct bus_facts *facts,
			  const MARKET(Instrument) * instrument, enum book_auction_kind auction)
{
	struct book_telling telling = { .facts = facts, .input = input };
	struct book_command command = { .kind = BOOK_TRADING, .now = input->now };

	if (!is_instrument(instrument))
		return BUS_ERR_PARK;
	telling.text = instrument->halt_reason;
	command.trading = (struct book_trading_command){
		.state = trading_state(instrument),
		.session_date = instrument->session_date,
		.actions = instrument->actions_effective,
		.auction = auction,
	};
	return book_run(state, &telling, &command);
}

int book_hear_session_opened(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const MARKET(SessionOpened) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, heard->instrument, BOOK_AUCTION_OPENING);
}

int book_hear_session_closed(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const MARKET(SessionClosed) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, heard->instrument, BOOK_AUCTION_CLOSING);
}

int book_hear_halted(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(InstrumentHalted) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, heard->instrument, BOOK_NO_AUCTION);
}

int book_hear_resumed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(InstrumentResumed) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, heard->instrument, BOOK_AUCTION_RESUMPTION);
}

int book_hear_called(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(AuctionCalled) *heard = (const void *)input->message;

	return decide_trading(state, input, facts, heard->instrument, BOOK_NO_AUCTION);
}

int book_hear_action(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(ActionEffective) *heard = (const void *)input->message;
	struct book_telling telling = { .facts = facts, .input = input };
	struct book_command command = { .kind = BOOK_ACTION, .now = input->now };

	if (!is_instrument(heard->instrument) || heard->action == NULL)
		return BUS_ERR_PARK;
	command.action.actions = heard->instrument->actions_effective;
	command.action.reset =
		heard->action->kind == BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_SPLIT ||
		heard->action->kind == BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_RENAME;
	if (!command.action.reset &&
	    heard->action->kind != BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_DIVIDEND)
		return BUS_ERR_PARK;
	return book_run(state, &telling, &command);
}
