/*
 * Numbers of the fields and facts that a flow looks at (proto/bourse), for readers by pb.h. A test
 * compares them with the generated descriptors.
 */
#ifndef CLI_FLOW_FIELDS_H
#define CLI_FLOW_FIELDS_H

enum {
	/* users, market and portfolio: facts */
	COMMAND_REJECTED = 2,
	REJECTED_TEXT = 4,
	PORTFOLIO_REJECTED_TEXT = 5,

	/* bourse.market.v1 */
	SESSION_OPENED = 4,
	SESSION_OPENED_INSTRUMENT = 2,
	INSTRUMENT_SESSION_DATE = 13,

	/* bourse.orders.v1.OrderEvent */
	ORDER_ACCEPTED = 2,
	ORDER_REJECTED = 3,
	CANCEL_REJECTED = 9,
	DECREASE_REJECTED = 11,
	BUYING_POWER_CHANGED = 12,
	SHARES_CHANGED = 13,
	ORDER_ID = 2, /* of every fact about an order */
	REJECTED_REASON = 10,
	CANCEL_REJECTED_REASON = 5,
	DECREASE_REJECTED_REASON = 6,
	REASON_MARKET_CLOSED = 2,
	REASON_PRICE_INCREMENT = 7,

	/* bourse.books.v1.BookEvent */
	BOOK_ORDER_ADDED = 2,
	BOOK_EXECUTED = 3,
	BOOK_ORDER_REMOVED = 5,
	BOOK_TRADING_STATE = 8,
	BOOK_TOP = 9,
	EXECUTED_MAKER = 5,
	EXECUTED_MAKER_LEAVES = 8,
	EXECUTED_TAKER = 9,
	REMOVED_RESTED = 8,
	TRADING_STATE_STATE = 2,
	TRADING_STATE_DATE = 3,
	TRADING_STATE_OPEN = 2,
	TOP_BID_PRICE = 2,
	TOP_ASK_PRICE = 4,

	/* bourse.portfolio.v1.PortfolioEvent */
	TRADE_BOOKED = 8,
};

#endif
