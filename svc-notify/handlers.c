/*
 * What notify decides, one function per message: a preference is set or refused; an event that an
 * account wants to hear of becomes one Delivered for each channel that it wants it on, and nothing
 * otherwise.
 */
#include "handlers.h"

#include "store.h"
#include "template.h"

/* Preferences ******************************************************************************* */

static int reject(const struct bus_input *input, struct bus_facts *facts,
		  NOTIFY(RejectReason) reason, const char *text)
{
	NOTIFY(CommandRejected) *fact = bus_fact_add(facts, NOTIFY_D(command_rejected));

	fact->account_id = (char *)input->key;
	fact->command_type = (char *)input->message->descriptor->name;
	fact->reason = reason;
	fact->text = (char *)text;
	return 0;
}

static int change(const NOTIFY(SetPreference) * command, struct bus_facts *facts)
{
	NOTIFY(PreferenceChanged) *fact = bus_fact_add(facts, NOTIFY_D(preference_changed));

	fact->account_id = command->account_id;
	fact->category = command->category;
	fact->channel = command->channel;
	fact->enabled = command->enabled;
	return 0;
}

int decide_set_preference(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const NOTIFY(SetPreference) *command = (const NOTIFY(SetPreference) *)input->message;
	const struct notices *notices = state;
	struct bus_id account_id;

	if (!wire_id(command->account_id, &account_id))
		return reject(input, facts, REASON(INVALID_FIELD),
			      "account_id is not a UUID in lower case");
	switch (preferences_check(subscribers_preferences(&notices->subscribers, account_id),
				  (int)command->category, (int)command->channel,
				  command->enabled)) {
	case PREFERENCE_OK:
		return change(command, facts);
	case PREFERENCE_NO_CATEGORY:
		return reject(input, facts, REASON(INVALID_FIELD), "there is no such category");
	case PREFERENCE_NO_CHANNEL:
		return reject(input, facts, REASON(INVALID_FIELD), "there is no such channel");
	case PREFERENCE_UNSUPPORTED:
		return reject(input, facts, REASON(UNSUPPORTED), "the channel is not in service");
	case PREFERENCE_LAST_CHANNEL:
		return reject(input, facts, REASON(LAST_CHANNEL),
			      "trade confirmations stay on for at least one channel");
	}
	return BUS_ERR_INVALID;
}

int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	(void)state;
	return reject(input, facts, REASON(ACCOUNT_BLOCKED),
		      "an earlier input of the account is parked");
}

/* Deliveries ******************************************************************************** */

/* Whom to tell, and how. An event of a key that is no account id has nobody to be told. */
static const struct preferences *wanted(const void *state, const struct bus_input *input,
					enum category category)
{
	const struct notices *notices = state;
	const struct preferences *preferences;
	struct bus_id account_id;

	if (!wire_id(input->key, &account_id))
		return NULL;
	preferences = subscribers_preferences(&notices->subscribers, account_id);
	for (size_t i = 0; i < BUS_ARRAY_LEN(channels); i++) {
		if (preferences_wants(preferences, category, channels[i].channel))
			return preferences;
	}
	return NULL;
}

static char *user_of(const struct bus_input *input)
{
	const USERS(Account) *account = bus_reference(input, "users.accounts", input->key);

	return account != NULL ? account->user_id : (char *)"";
}

/* What is told, to one account and on whichever channels it wants. */
struct telling {
	const struct preferences *preferences;
	enum category category;
	char *subject_id;
	struct notice notice;
};

static int deliver(const struct telling *telling, const struct bus_input *input,
		   struct bus_facts *facts)
{
	char *title = bus_facts_strdup(facts, telling->notice.title);
	char *body = bus_facts_strdup(facts, telling->notice.body);

	for (size_t i = 0; i < BUS_ARRAY_LEN(channels); i++) {
		int32_t n = (int32_t)bus_facts_count(facts);
		NOTIFY(Delivered) * fact;

		if (!preferences_wants(telling->preferences, telling->category,
				       channels[i].channel))
			continue;
		fact = bus_fact_add(facts, NOTIFY_D(delivered));
		fact->account_id = (char *)input->key;
		fact->delivery_id = bus_facts_id(facts, bus_facts_step_id(facts, n));
		fact->user_id = user_of(input);
		fact->category = (NOTIFY(Category))telling->category;
		fact->channel = (NOTIFY(Channel))channels[i].channel;
		fact->event_topic = (char *)input->topic;
		fact->event_partition = input->partition;
		fact->event_offset = input->offset;
		fact->event_index = input->index;
		fact->event_type = (char *)input->message->descriptor->name;
		fact->subject_id = telling->subject_id;
		fact->title = title;
		fact->body = body;
		fact->delivered_at_micros = input->now;
	}
	return 0;
}

static bool is_buy(ORDERS(Side) side)
{
	return side == BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
}

int decide_order_filled(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderFilled) *filled = (const ORDERS(OrderFilled) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_TRADE_CONFIRMATION),
				   .category = CATEGORY_TRADE_CONFIRMATION,
				   .subject_id = filled->order_id };

	if (telling.preferences == NULL)
		return 0;
	template_fill(
		&(struct notice_fill){
			.buy = is_buy(filled->side),
			.symbol = filled->symbol,
			.client_order_id = filled->client_order_id,
			.quantity = { filled->last_quantity_micros },
			.price = { filled->last_price_micros },
			.cash = { filled->cash_delta_micros },
			.fee = { filled->fee_micros },
			.cum = { filled->cum_micros },
			.leaves = { filled->leaves_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_order_rejected(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderRejected) *rejected = (const ORDERS(OrderRejected) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_ORDER_REJECTED),
				   .category = CATEGORY_ORDER_REJECTED,
				   .subject_id = rejected->order_id };

	if (telling.preferences == NULL)
		return 0;
	template_reject(
		&(struct notice_reject){
			.buy = is_buy(rejected->side),
			.symbol = rejected->symbol,
			.client_order_id = rejected->client_order_id,
			.text = rejected->text,
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

/* Whoever asked for it knows. */
static bool was_asked_for(int reason)
{
	return reason == BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_REQUESTED ||
	       reason == BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_DECREASED;
}

int decide_order_canceled(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderCanceled) *canceled = (const ORDERS(OrderCanceled) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_ORDER_CANCELED),
				   .category = CATEGORY_ORDER_CANCELED,
				   .subject_id = canceled->order_id };

	if (telling.preferences == NULL || was_asked_for((int)canceled->reason))
		return 0;
	template_cancel(
		&(struct notice_cancel){
			.buy = is_buy(canceled->side),
			.expired = canceled->status ==
				   BOURSE__ORDERS__V1__ORDER_STATUS__ORDER_STATUS_EXPIRED,
			.symbol = canceled->symbol,
			.client_order_id = canceled->client_order_id,
			.cum = { canceled->cum_micros },
			.canceled = { canceled->canceled_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_cash_deposited(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(CashDeposited) *deposited =
		(const PORTFOLIO(CashDeposited) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CASH_MOVED),
				   .category = CATEGORY_CASH_MOVED,
				   .subject_id = deposited->deposit_id };

	if (telling.preferences == NULL)
		return 0;
	template_deposit(&(struct notice_movement){ .amount = { deposited->amount_micros },
						    .balance_micros = deposited->cash_micros },
			 &telling.notice);
	return deliver(&telling, input, facts);
}

int decide_shares_deposited(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const PORTFOLIO(SharesDeposited) *deposited =
		(const PORTFOLIO(SharesDeposited) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CASH_MOVED),
				   .category = CATEGORY_CASH_MOVED,
				   .subject_id = deposited->deposit_id };

	if (telling.preferences == NULL)
		return 0;
	template_deposit(&(struct notice_movement){ .symbol = deposited->symbol,
						    .quantity = { deposited->quantity_micros },
						    .balance_micros = deposited->position_micros },
			 &telling.notice);
	return deliver(&telling, input, facts);
}

int decide_withdrawal_booked(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalBooked) *booked =
		(const PORTFOLIO(WithdrawalBooked) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CASH_MOVED),
				   .category = CATEGORY_CASH_MOVED,
				   .subject_id = booked->withdrawal_id };

	if (telling.preferences == NULL)
		return 0;
	template_withdrawal(
		&(struct notice_movement){
			.amount = { booked->amount_micros },
			.symbol = booked->symbol,
			.quantity = { booked->quantity_micros },
			.balance_micros = booked->quantity_micros != 0 ? booked->position_micros
								       : booked->cash_micros,
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_withdrawal_rejected(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalRejected) *rejected =
		(const PORTFOLIO(WithdrawalRejected) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CASH_MOVED),
				   .category = CATEGORY_CASH_MOVED,
				   .subject_id = rejected->withdrawal_id };

	if (telling.preferences == NULL)
		return 0;
	template_withdrawal_rejected(
		&(struct notice_movement){ .amount = { rejected->amount_micros },
					   .symbol = rejected->symbol,
					   .quantity = { rejected->quantity_micros } },
		rejected->text, &telling.notice);
	return deliver(&telling, input, facts);
}

/* Orders, margin and corporate actions ****************************************************** */

int decide_order_triggered(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const ORDERS(OrderTriggered) *triggered = (const ORDERS(OrderTriggered) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_ORDER_CHANGED),
				   .category = CATEGORY_ORDER_CHANGED,
				   .subject_id = triggered->order_id };

	if (telling.preferences == NULL)
		return 0;
	template_trigger(
		&(struct notice_trigger){
			.symbol = triggered->symbol,
			.client_order_id = triggered->client_order_id,
			.stop = { triggered->stop_price_micros },
			.last = { triggered->last_price_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_order_replaced(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderReplaced) *replaced = (const ORDERS(OrderReplaced) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_ORDER_CHANGED),
				   .category = CATEGORY_ORDER_CHANGED,
				   .subject_id = replaced->new_order_id };

	if (telling.preferences == NULL)
		return 0;
	template_replace(
		&(struct notice_replace){
			.buy = is_buy(replaced->side),
			.symbol = replaced->symbol,
			.client_order_id = replaced->new_client_order_id,
			.quantity = { replaced->quantity_micros },
			.leaves = { replaced->leaves_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

static int tell_margin(const void *state, const struct bus_input *input, struct bus_facts *facts,
		       const struct notice_margin *margin)
{
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_MARGIN),
				   .category = CATEGORY_MARGIN,
				   .subject_id = (char *)input->key };

	if (telling.preferences == NULL)
		return 0;
	template_margin(margin, &telling.notice);
	return deliver(&telling, input, facts);
}

int decide_margin_called(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(MarginCalled) *called = (const PORTFOLIO(MarginCalled) *)input->message;

	return tell_margin(state, input, facts,
			   &(struct notice_margin){ { called->equity_micros },
						    { called->requirement_micros },
						    { called->missing_micros } });
}

int decide_margin_call_met(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const PORTFOLIO(MarginCallMet) *met = (const PORTFOLIO(MarginCallMet) *)input->message;

	return tell_margin(state, input, facts,
			   &(struct notice_margin){
				   { met->equity_micros }, { met->requirement_micros }, { 0 } });
}

int decide_dividend_paid(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(DividendPaid) *paid = (const PORTFOLIO(DividendPaid) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CORPORATE_ACTION),
				   .category = CATEGORY_CORPORATE_ACTION,
				   .subject_id = paid->action_id };

	/* One that the position came too late for is news to nobody. */
	if (telling.preferences == NULL || (paid->quantity_micros == 0 && paid->amount_micros == 0))
		return 0;
	template_dividend(
		&(struct notice_dividend){
			.symbol = paid->symbol,
			.amount = { paid->amount_micros },
			.per_share = { paid->amount_per_share_micros },
			.cash = { paid->cash_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_position_split(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(PositionSplit) *split = (const PORTFOLIO(PositionSplit) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CORPORATE_ACTION),
				   .category = CATEGORY_CORPORATE_ACTION,
				   .subject_id = split->action_id };

	if (telling.preferences == NULL)
		return 0;
	template_split(
		&(struct notice_split){
			.symbol = split->symbol,
			.new_shares = split->new_shares,
			.old_shares = split->old_shares,
			.position = { split->position_micros },
			.cash = { split->cash_in_lieu_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}

int decide_symbol_changed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(SymbolChanged) *changed = (const PORTFOLIO(SymbolChanged) *)input->message;
	struct telling telling = { .preferences = wanted(state, input, CATEGORY_CORPORATE_ACTION),
				   .category = CATEGORY_CORPORATE_ACTION,
				   .subject_id = changed->action_id };

	if (telling.preferences == NULL)
		return 0;
	template_rename(
		&(struct notice_rename){
			.symbol = changed->symbol,
			.new_symbol = changed->new_symbol,
			.position = { changed->position_micros },
		},
		&telling.notice);
	return deliver(&telling, input, facts);
}
