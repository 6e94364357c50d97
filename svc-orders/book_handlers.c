/*
 * What the book decides upon the desk's messages, see book_handlers.h. All rules are the engine's;
 * here is what a message may be that no command can say: text that is no id.
 *
 * The desk has checked an order before it sends it; what the book refuses all the same is answered.
 * What cannot even be answered (an account, or the name of an order or request, that is no id; an
 * order that rests already) is parked.
 */
#include "book_handlers.h"

#include "book_store.h"

int book_run(const void *state, const struct book_telling *telling,
	     const struct book_command *command)
{
	const char *symbol = telling->input->key;
	struct book_events events = book_state_room(state);
	enum book_answer answer;

	if (!book_state_takes(symbol))
		return BUS_ERR_PARK;
	answer = book_decide(book_state_find(state, symbol), command, &events);
	if (answer == BOOK_DUPLICATE)
		return BUS_ERR_PARK;
	for (size_t i = 0; i < events.count; i++)
		book_tell(telling, &events.at[i]);
	return answer == BOOK_AGAIN ? BUS_DECIDE_AGAIN : 0;
}

static int decide_new_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const BOOKS(NewOrder) *said = (const void *)input->message;
	struct book_telling telling = { .facts = facts,
					.input = input,
					.order_text = said->order_id,
					.account_text = said->account_id };
	struct book_command command = {
		.kind = BOOK_NEW,
		.now = input->now,
		.order = { .side = (enum book_side)said->side,
			   .type = (enum book_type)said->type,
			   .tif = (enum book_tif)said->time_in_force,
			   .stp = (enum book_stp)said->self_trade_prevention,
			   .post_only = said->post_only,
			   .quantity.micros = said->quantity_micros,
			   .limit.micros = said->limit_price_micros,
			   .stop.micros = said->stop_price_micros,
			   .trail.micros = said->trail_price_micros,
			   .trail_percent = said->trail_percent_micros,
			   .notional.micros = said->notional_micros,
			   .increment.micros = said->quantity_increment_micros,
			   .reference.micros = said->reference_price_micros,
			   .expires_at = said->expires_at_micros,
			   .actions = said->actions },
	};

	if (!book_wire_id(said->order_id, &telling.order_id) ||
	    !book_wire_id(said->account_id, &telling.account_id))
		return BUS_ERR_PARK;
	command.order.id = telling.order_id;
	command.order.account = telling.account_id;
	if (!book_wire_id_or_none(said->sibling_order_id, &command.order.sibling)) {
		book_tell_rejected(&telling, BOOK_REJECT_INVALID_FIELD,
				   "sibling_order_id is not an id");
		return 0;
	}
	return book_run(state, &telling, &command);
}

/* The account that the answer goes to, and the order. An order that is none has never been here.
 * False: done, *rc is what the handler returns. */
static bool begin_request(struct book_telling *telling, enum book_command_kind kind, int *rc)
{
	*rc = BUS_ERR_PARK;
	if (!book_wire_id(telling->account_text, &telling->account_id) ||
	    !book_state_takes(telling->input->key))
		return false;
	if (book_wire_id(telling->order_text, &telling->order_id))
		return true;
	*rc = 0;
	book_tell_refused(telling, kind, BOOK_REJECT_TOO_LATE,
			  "the order is not in the book any more");
	return false;
}

static int decide_cancel(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(CancelOrder) *said = (const void *)input->message;
	struct book_telling telling = { .facts = facts,
					.input = input,
					.order_text = said->order_id,
					.account_text = said->account_id,
					.request_id = said->request_id };
	struct book_command command = { .kind = BOOK_CANCEL, .now = input->now };
	int rc;

	if (!begin_request(&telling, command.kind, &rc))
		return rc;
	command.request.id = telling.order_id;
	command.request.account = telling.account_id;
	return book_run(state, &telling, &command);
}

static int decide_decrease(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const BOOKS(DecreaseOrder) *said = (const void *)input->message;
	struct book_telling telling = { .facts = facts,
					.input = input,
					.order_text = said->order_id,
					.account_text = said->account_id,
					.request_id = said->request_id };
	struct book_command command = { .kind = BOOK_DECREASE,
					.now = input->now,
					.request.by.micros = said->by_micros };
	int rc;

	if (!begin_request(&telling, command.kind, &rc))
		return rc;
	command.request.id = telling.order_id;
	command.request.account = telling.account_id;
	return book_run(state, &telling, &command);
}

static int decide_replace(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(ReplaceOrder) *said = (const void *)input->message;
	struct book_telling telling = { .facts = facts,
					.input = input,
					.order_text = said->order_id,
					.account_text = said->account_id,
					.request_id = said->new_order_id };
	struct book_command command = {
		.kind = BOOK_REPLACE,
		.now = input->now,
		.replace = { .tif = (enum book_tif)said->time_in_force,
			     .quantity.micros = said->quantity_micros,
			     .limit.micros = said->limit_price_micros,
			     .stop.micros = said->stop_price_micros,
			     .trail.micros = said->trail_price_micros,
			     .trail_percent = said->trail_percent_micros,
			     .expires_at = said->expires_at_micros,
			     .actions = said->actions },
	};
	int rc;

	if (!book_wire_id(said->new_order_id, &command.replace.new_id))
		return BUS_ERR_PARK;
	if (!begin_request(&telling, command.kind, &rc))
		return rc;
	command.replace.id = telling.order_id;
	command.replace.account = telling.account_id;
	return book_run(state, &telling, &command);
}

const struct bus_handler book_handlers[] = {
	{ .type = BOOKS_D(new_order), .decide = decide_new_order },
	{ .type = BOOKS_D(cancel_order), .decide = decide_cancel },
	{ .type = BOOKS_D(decrease_order), .decide = decide_decrease },
	{ .type = BOOKS_D(replace_order), .decide = decide_replace },
	{ .type = MARKET_D(session_opened), .decide = book_hear_session_opened },
	{ .type = MARKET_D(session_closed), .decide = book_hear_session_closed },
	{ .type = MARKET_D(instrument_halted), .decide = book_hear_halted },
	{ .type = MARKET_D(instrument_resumed), .decide = book_hear_resumed },
	{ .type = MARKET_D(auction_called), .decide = book_hear_called },
	{ .type = MARKET_D(action_effective), .decide = book_hear_action },
	{ .type = NULL },
};
