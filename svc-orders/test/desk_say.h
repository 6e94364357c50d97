/* The desk's facts and reactions as text (desk_script.h). Balances are written total/held. */
#ifndef TEST_DESK_SAY_H
#define TEST_DESK_SAY_H

#include "desk_words.h"

static inline void script_say(struct desk_script *script, const char *fmt, ...) BUS_PRINTF(2, 3);
static inline void script_say(struct desk_script *script, const char *fmt, ...)
{
	va_list args;

	if (script->silent)
		return;
	va_start(args, fmt);
	script->len += (size_t)vsnprintf(script->text + script->len,
					 sizeof(script->text) - script->len, fmt, args);
	va_end(args);
	if (script->len >= sizeof(script->text))
		ck_abort_msg("too much to say");
}

static inline void script_amount(struct desk_script *script, const char *word, int64_t micros)
{
	char buf[BUS_DECIMAL_MAX];

	script_say(script, "%s%s", word, bus_micros_format(micros, buf));
}

static inline void script_enum(struct desk_script *script, const char *word,
			       const ProtobufCEnumDescriptor *type, int value, size_t prefix)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);

	ck_assert_ptr_nonnull(found);
	script_say(script, "%s%s", word, found->name + prefix);
}

/* Only where it is not 0. */
static inline void script_more(struct desk_script *script, const char *word, int64_t micros)
{
	if (micros != 0)
		script_amount(script, word, micros);
}

static inline void script_say_released(struct desk_script *script, int64_t cash, int64_t shares)
{
	script_amount(script, " released ", cash != 0 ? cash : shares);
	if (cash != 0 && shares != 0)
		script_amount(script, " and ", shares);
}

/* " #3.1": looked for among the first orders of the account. */
static inline void script_say_order(struct desk_script *script, const char *order_id)
{
	char text[BUS_ID_TEXT], word[16];

	if (script->silent || strcmp(order_id, script->subject) == 0)
		return;
	for (int n = 0; n < 100; n++) {
		for (int leg = 0; leg <= ORDER_LEGS_MAX; leg++) {
			snprintf(word, sizeof(word), leg > 0 ? "%d.%d" : "%d", n, leg);
			if (strcmp(script_named_id(script, word, text), order_id) == 0) {
				script_say(script, " #%s", word);
				return;
			}
		}
	}
	script_say(script, " #?");
}

#define SAY_REASON(script, reason)                                                                 \
	script_enum(script, " ", &bourse__orders__v1__reject_reason__descriptor, (int)(reason),    \
		    strlen("REJECT_REASON_"))
#define SAY_STATUS(script, status)                                                                 \
	script_enum(script, " ", &bourse__orders__v1__order_status__descriptor, (int)(status),     \
		    strlen("ORDER_STATUS_"))
#define SAY_BALANCES(script, fact)                                                                 \
	do {                                                                                       \
		script_amount(script, " cash ", (fact)->cash_micros);                              \
		script_amount(script, "/", (fact)->cash_held_micros);                              \
		script_amount(script, " shares ", (fact)->position_micros);                        \
		script_amount(script, "/", (fact)->position_held_micros);                          \
	} while (0)
/* " released 10": cash or shares; " released 10 and 5": both. */
#define SAY_RELEASED(script, fact)                                                                 \
	script_say_released(script, (fact)->released_cash_micros, (fact)->released_shares_micros)
#define SAY_COLLATERAL(script, fact) script_more(script, " collateral ", (fact)->collateral_micros)
#define SAY_SHORT(script, fact)                                                                    \
	do {                                                                                       \
		script_more(script, " fee hold ", (fact)->fee_hold_micros);                        \
		script_more(script, " short ", (fact)->short_micros);                              \
		script_more(script, " margin ", (fact)->margin_hold_micros);                       \
	} while (0)
/* Only where it is another order than that of the line. */
#define SAY_ORDER(script, fact) script_say_order(script, (fact)->order_id)

static inline void script_say_filled(struct desk_script *script, const ORDERS(OrderFilled) * fact)
{
	script_say(script, "filled");
	SAY_ORDER(script, fact);
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_amount(script, ",", fact->last_quantity_micros);
	script_amount(script, " delta ", fact->cash_delta_micros);
	script_amount(script, " released ", fact->released_micros);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
	script_more(script, " fee ", fact->fee_micros);
	script_more(script, " of it regulatory ", fact->regulatory_fee_micros);
	if (fact->actions != 0)
		script_say(script, " actions %" PRId64, fact->actions);
}

static inline void script_say_accepted(struct desk_script *script,
				       const ORDERS(OrderAccepted) * fact)
{
	script_say(script, "accepted");
	SAY_ORDER(script, fact);
	if ((int)fact->status == ORDER_HELD) {
		script_say(script, " HELD ");
		return;
	}
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	if (fact->collar_price_micros != 0)
		script_amount(script, " collar ", fact->collar_price_micros);
	if (fact->firm)
		script_say(script, " firm");
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_canceled(struct desk_script *script,
				       const ORDERS(OrderCanceled) * fact)
{
	script_say(script, "ended");
	SAY_ORDER(script, fact);
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",0,0 canceled ", fact->canceled_micros);
	SAY_RELEASED(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_decreased(struct desk_script *script,
					const ORDERS(OrderDecreased) * fact)
{
	script_amount(script, "decreased ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_say(script, ",0");
	SAY_RELEASED(script, fact);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_requested(struct desk_script *script,
					const ORDERS(ReplaceRequested) * fact)
{
	script_amount(script, "replace requested hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	script_more(script, " collar ", fact->collar_price_micros);
	SAY_BALANCES(script, fact);
}

static inline void script_say_replaced(struct desk_script *script,
				       const ORDERS(OrderReplaced) * fact)
{
	script_say(script, "replaced");
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_say(script, ",0");
	SAY_RELEASED(script, fact);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_replace_rejected(struct desk_script *script,
					       const ORDERS(ReplaceRejected) * fact)
{
	script_say(script, "replace rejected");
	SAY_REASON(script, fact->reason);
	SAY_STATUS(script, fact->status);
	if (!fact->was_pending)
		return;
	SAY_RELEASED(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_prevented(struct desk_script *script,
					const ORDERS(OrderPrevented) * fact)
{
	script_say(script, "prevented");
	SAY_ORDER(script, fact);
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_amount(script, " prevented ", fact->prevented_micros);
	SAY_RELEASED(script, fact);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_BALANCES(script, fact);
	SAY_COLLATERAL(script, fact);
}

static inline void script_say_completed(struct desk_script *script,
					const ORDERS(OrderCompleted) * fact)
{
	script_amount(script, "completed ", fact->quantity_micros);
	script_amount(script, " for ", fact->cum_notional_micros);
	SAY_RELEASED(script, fact);
	SAY_BALANCES(script, fact);
}

static inline void script_say_activated(struct desk_script *script,
					const ORDERS(LegActivated) * fact)
{
	script_say(script, "activated");
	SAY_ORDER(script, fact);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_BALANCES(script, fact);
}

static inline void script_say_hold(struct desk_script *script, const ORDERS(HoldChanged) * fact)
{
	script_say(script, "hold");
	SAY_ORDER(script, fact);
	script_amount(script, " ", fact->hold_micros);
	SAY_SHORT(script, fact);
	SAY_RELEASED(script, fact);
	SAY_BALANCES(script, fact);
}

static inline void script_say_cash(struct desk_script *script,
				   const ORDERS(BuyingPowerChanged) * fact)
{
	script_amount(script, "cash ", fact->cash_micros);
	script_amount(script, "/", fact->cash_held_micros);
	ck_assert_int_eq(fact->available_micros, fact->cash_micros - fact->cash_held_micros);
}

static inline void script_say_shares(struct desk_script *script, const ORDERS(SharesChanged) * fact)
{
	script_say(script, "shares %s", fact->symbol);
	script_amount(script, " ", fact->position_micros);
	script_amount(script, "/", fact->position_held_micros);
	SAY_COLLATERAL(script, fact);
	if (fact->actions != 0)
		script_say(script, " actions %" PRId64, fact->actions);
	ck_assert_int_eq(fact->available_micros,
			 fact->position_micros - fact->position_held_micros);
}

static inline void script_say_fact(struct desk_script *script, const struct bus_fact *fact)
{
	const ORDERS(OrderRejected) *rejected = fact->message;
	const ORDERS(CancelRejected) *cancel = fact->message;
	const ORDERS(DecreaseRejected) *decrease = fact->message;
	const ORDERS(WithdrawalRefused) *withdrawal = fact->message;
	const ORDERS(OrdersCancelRequested) *sweep = fact->message;

	if (script->len > 0 && script->text[script->len - 1] != ' ')
		script_say(script, " ");
	switch ((Bourse__Orders__V1__OrderEvent__EventCase)fact->type) {
	case FACT(ORDER_ACCEPTED):
		script_say_accepted(script, fact->message);
		break;
	case FACT(ORDER_REJECTED):
		script_say(script, "rejected");
		SAY_REASON(script, rejected->reason);
		if (rejected->by_book)
			SAY_BALANCES(script, rejected);
		break;
	case FACT(ORDER_ALREADY_PLACED):
		script_say(script, "already placed");
		break;
	case FACT(ORDER_FILLED):
		script_say_filled(script, fact->message);
		break;
	case FACT(ORDER_CANCELED):
		script_say_canceled(script, fact->message);
		break;
	case FACT(ORDER_DECREASED):
		script_say_decreased(script, fact->message);
		break;
	case FACT(CANCEL_REQUESTED):
		script_say(script, "cancel requested");
		SAY_ORDER(script, (const ORDERS(CancelRequested) *)fact->message);
		break;
	case FACT(CANCEL_REJECTED):
		script_say(script, "cancel rejected");
		SAY_REASON(script, cancel->reason);
		SAY_STATUS(script, cancel->status);
		break;
	case FACT(DECREASE_REQUESTED):
		script_say(script, "decrease requested");
		break;
	case FACT(DECREASE_REJECTED):
		script_say(script, "decrease rejected");
		SAY_REASON(script, decrease->reason);
		SAY_STATUS(script, decrease->status);
		break;
	case FACT(BUYING_POWER_CHANGED):
		script_say_cash(script, fact->message);
		break;
	case FACT(SHARES_CHANGED):
		script_say_shares(script, fact->message);
		break;
	case FACT(WITHDRAWAL_HELD):
		script_say(script, "withdrawal held");
		SAY_BALANCES(script, (const ORDERS(WithdrawalHeld) *)fact->message);
		break;
	case FACT(WITHDRAWAL_REFUSED):
		script_say(script, "withdrawal refused");
		SAY_REASON(script, withdrawal->reason);
		break;
	case FACT(REPLACE_REQUESTED):
		script_say_requested(script, fact->message);
		break;
	case FACT(ORDER_REPLACED):
		script_say_replaced(script, fact->message);
		break;
	case FACT(REPLACE_REJECTED):
		script_say_replace_rejected(script, fact->message);
		break;
	case FACT(ORDER_TRIGGERED):
		script_say(script, "triggered");
		break;
	case FACT(ORDER_PREVENTED):
		script_say_prevented(script, fact->message);
		break;
	case FACT(ORDER_COMPLETED):
		script_say_completed(script, fact->message);
		break;
	case FACT(LEG_ACTIVATED):
		script_say_activated(script, fact->message);
		break;
	case FACT(ORDERS_CANCEL_REQUESTED):
		script_say(script, "all asked %" PRId64, sweep->count);
		break;
	case FACT(HOLD_CHANGED):
		script_say_hold(script, fact->message);
		break;
	case FACT(CORPORATE_ACTION_PENDING):
		script_say(script, "action pending");
		break;
	case FACT(CORPORATE_ACTION_CLEARED):
		script_say(script, "action cleared");
		break;
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		ck_abort_msg("fact %d", fact->type);
	}
}

static inline void script_say_reaction(struct desk_script *script,
				       const struct bus_fold_reaction *reaction)
{
	const BOOKS(NewOrder) *order = (const void *)reaction->message;

	ck_assert_str_eq(reaction->topic, DESK_BOOKS);
	script_say(script, " -> %s %s", reaction->message->descriptor->short_name, reaction->key);
	if (reaction->message->descriptor == BOOKS_D(replace_order)) {
		const BOOKS(ReplaceOrder) *replace = (const void *)reaction->message;

		script_amount(script, " ", replace->quantity_micros);
		script_amount(script, " @ ", replace->limit_price_micros);
		script_more(script, " stop ", replace->stop_price_micros);
	}
	if (reaction->message->descriptor != BOOKS_D(new_order))
		return;
	script_amount(script, " ", order->quantity_micros);
	script_amount(script, " @ ", order->limit_price_micros);
	script_more(script, " stop ", order->stop_price_micros);
	script_more(script, " trail ", order->trail_price_micros);
	script_more(script, " percent ", order->trail_percent_micros);
	script_more(script, " notional ", order->notional_micros);
}

#endif
