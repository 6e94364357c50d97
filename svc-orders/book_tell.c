/* Facts that several decisions lead to, see book_tell.h. */
#include "book_tell.h"

char *book_symbol_of(const struct bus_input *input)
{
	return (char *)(uintptr_t)input->key;
}

void book_tell_top(struct bus_facts *facts, const struct bus_input *input, const struct book *book,
		   const struct book_top *after)
{
	struct book_top before = book_top(book);
	BOOKS(TopOfBookChanged) * fact;

	if (book_top_equal(&before, after))
		return;
	fact = bus_fact_add(facts, BOOKS_D(top_of_book_changed));
	fact->symbol = book_symbol_of(input);
	fact->bid_price_micros = after->bid.price.micros;
	fact->bid_quantity_micros = book_total_shown(after->bid.total).micros;
	fact->ask_price_micros = after->ask.price.micros;
	fact->ask_quantity_micros = book_total_shown(after->ask.total).micros;
}

void book_tell_trade(struct bus_facts *facts, const struct bus_input *input,
		     const struct book_match *match, const struct book_tell_taker *taker, int32_t n)
{
	BOOKS(Executed) *fact = bus_fact_add(facts, BOOKS_D(executed));

	fact->symbol = book_symbol_of(input);
	fact->trade_id = bus_facts_id(facts, bus_facts_step_id(facts, n));
	fact->quantity_micros = match->quantity.micros;
	fact->price_micros = match->maker->price.micros;
	fact->maker_order_id = bus_facts_id(facts, match->maker->id);
	fact->maker_account_id = bus_facts_id(facts, match->maker->account);
	fact->maker_side = book_wire_side_out(match->maker->side);
	fact->maker_leaves_micros = match->maker_leaves.micros;
	fact->taker_order_id = taker->order_id;
	fact->taker_account_id = taker->account_id;
	fact->taker_side = book_wire_side_out(taker->side);
	fact->taker_leaves_micros = match->taker_leaves.micros;
	fact->executed_at_micros = input->now;
}

void book_tell_removed(struct bus_facts *facts, const struct bus_input *input,
		       const struct book_order *order, ORDERS(CancelReason) reason,
		       char *request_id)
{
	BOOKS(OrderRemoved) *fact = bus_fact_add(facts, BOOKS_D(order_removed));

	fact->symbol = book_symbol_of(input);
	fact->order_id = bus_facts_id(facts, order->id);
	fact->account_id = bus_facts_id(facts, order->account);
	fact->side = book_wire_side_out(order->side);
	fact->price_micros = order->price.micros;
	fact->canceled_micros = order->leaves.micros;
	fact->reason = reason;
	fact->rested = true;
	if (request_id != NULL)
		fact->request_id = request_id;
}
