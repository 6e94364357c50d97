/*
 * What the desk says of orders and holds, see mesh_watch.h: an order's quantities, and what its
 * account must hold, summed anew over all that is open after every step.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fields.h"
#include "mesh_watch.h"

__extension__ typedef __int128 wide;

#define MILLION 1000000

static int64_t up(wide product, int64_t by)
{
	return (int64_t)((product + by - 1) / by);
}

/* What is held //////////////////////////////////////////////////////////////////////////// */

static int64_t worst_fee(int account, int64_t notional)
{
	return strcmp(watch_accounts[account].fee_group, "active") == 0
		       ? up((wide)notional * 500, MILLION)
		       : 0;
}

/* Cash of a buy, shares of a sell, with so much open. */
static int64_t need(const struct watch_order *order, int64_t leaves)
{
	int64_t notional;

	if (leaves <= 0 || order->held)
		return 0;
	if (!order->buy)
		return leaves;
	notional = order->notional != 0 ? order->notional - order->cum_notional
					: up((wide)order->worst * leaves, MILLION);
	return notional + worst_fee(order->account, notional);
}

static struct watch_order *find(struct watch *watch, const char *id)
{
	for (size_t i = watch->order_count; i-- > 0;)
		if (strcmp(watch->orders[i].id, id) == 0)
			return &watch->orders[i];
	return NULL;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* At least and at most. */
struct range {
	int64_t low, high;
};

static struct range exactly(int64_t amount)
{
	return (struct range){ amount, amount };
}

/* The replacement that is on its way, or NULL. */
static struct watch_order *heir_of(struct watch *watch, const struct watch_order *order)
{
	for (size_t i = 0; i < watch->order_count; i++) {
		struct watch_order *other = &watch->orders[i];

		if (other->open && other->pending_new && other->replaces != 0 &&
		    &watch->orders[other->replaces - 1] == order)
			return other;
	}
	return NULL;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * An order may trade until its replacement takes its place, which then has less to do. At most:
 * what both would trade at the worse price, and what is beyond it. Parts may be rounded up, or the
 * sum.
 */
static struct range need_pair(const struct watch_order *order, const struct watch_order *heir)
{
	struct watch_order next = *heir;
	int64_t leaves = heir->quantity - order->cum, both = lesser(leaves, order->leaves);
	int64_t low, high;

	next.cum_notional = order->cum_notional;
	low = larger(need(&next, leaves),
		     need(order, order->leaves) + need(&next, leaves - order->leaves));
	high = larger(need(&next, both), need(order, both)) + need(&next, leaves - both) +
	       need(order, order->leaves - both);
	return (struct range){ low - 3, high + 3 };
}

/*
 * Of two orders that share a hold the first one counts for both. Between what the one says and what
 * the other says of the same step of the book the hold is not exact: it is never too much.
 */
static struct range held_for(struct watch *watch, struct watch_order *order)
{
	struct watch_order *sibling =
		order->sibling[0] != '\0' ? find(watch, order->sibling) : NULL;
	struct watch_order *heir = heir_of(watch, order);
	int64_t most = need(order, order->leaves);

	if (order->pending_new && order->replaces != 0 && watch->orders[order->replaces - 1].open)
		return exactly(0);
	if (order->pending_new) /* its order has ended, and the book has yet to say so of it */
		return (struct range){ 0, most };
	if (heir != NULL)
		return need_pair(order, heir);
	if (sibling == NULL || order->held)
		return exactly(most);
	if (!sibling->open)
		return (struct range){ 0, most };
	if (sibling < order)
		return exactly(0);
	most = larger(most, need(sibling, sibling->leaves));
	return (struct range){ order->leaves == sibling->leaves ? most : 0, most };
}

static void add(struct range *sum, struct range one)
{
	sum->low += one.low;
	sum->high += one.high;
}

/* What the open orders and the withdrawals of an account need. */
static void sum_needs(struct watch *watch, int account, struct range *cash,
		      struct range shares[WATCH_SYMBOLS])
{
	for (size_t i = 0; i < watch->order_count; i++) {
		struct watch_order *order = &watch->orders[i];

		if (order->open && order->account == account)
			add(order->buy ? cash : &shares[order->symbol], held_for(watch, order));
	}
	for (size_t i = 0; i < watch->withdrawal_count; i++) {
		const struct watch_held *w = &watch->withdrawals[i];

		if (w->account != account)
			continue;
		add(cash, exactly(w->amount));
		if (w->symbol >= 0)
			add(&shares[w->symbol], exactly(w->quantity));
	}
}

static void within(struct watch *watch, int account, const char *what, int64_t held,
		   struct range range)
{
	if (held < range.low || held > range.high)
		watch_fault(watch, NULL,
			    "account %d holds %" PRId64 " of %s, its orders need %" PRId64
			    " to %" PRId64,
			    account, held, what, range.low, range.high);
}

/* Invariant 5, and that what is held is what the open orders and withdrawals need. */
void watch_desk_sums(struct watch *watch, int account)
{
	const struct watch_desk *desk = &watch->desks[account];
	const struct watch_account *kind = &watch_accounts[account];
	struct range cash = { 0, 0 }, shares[WATCH_SYMBOLS] = { { 0, 0 } };

	if (desk->cash_held < 0 || (!kind->firm && desk->cash < desk->cash_held))
		watch_fault(watch, NULL, "account %d: held cash does not fit", account);
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		if (desk->held[s] < 0 ||
		    (!kind->firm && !kind->shorting && desk->position[s] < desk->held[s]))
			watch_fault(watch, NULL, "account %d: held shares do not fit", account);
	sum_needs(watch, account, &cash, shares);
	for (int s = 0; s < WATCH_SYMBOLS; s++) {
		add(&cash, exactly(desk->collateral[s]));
		if (desk->collateral[s] < 0 ||
		    (desk->collateral[s] > 0 && desk->position[s] >= 0 && desk->held[s] == 0))
			watch_fault(watch, NULL, "account %d: collateral without a short position",
				    account);
		if (kind->shorting && shares[s].high > 0)
			return; /* what of it would be sold short is the desk's to say */
	}
	within(watch, account, "cash", desk->cash_held, cash);
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		within(watch, account, watch_symbols[s], desk->held[s], shares[s]);
}

/* Orders ////////////////////////////////////////////////////////////////////////////////// */

static struct watch_order *add_order(struct watch *watch, const ProtobufCMessage *fact,
				     const char *id)
{
	struct watch_order *order;

	if (find(watch, id) != NULL)
		watch_fault(watch, fact, "order %s again", id);
	if (watch->order_count == watch->order_capacity) {
		watch->order_capacity = watch->order_capacity * 2 + 64;
		watch->orders =
			bus_realloc(watch->orders, watch->order_capacity * sizeof(*watch->orders));
	}
	order = &watch->orders[watch->order_count++];
	*order = (struct watch_order){
		.account = watch_account_of(text_in(fact, "account_id")),
		.symbol = watch_symbol_of(text_in(fact, "symbol")),
		.buy = number_in(fact, "side") == 1,
		.open = true,
		.worst = number_in(fact, "limit_price_micros"),
		.notional = number_in(fact, "notional_micros"),
		.quantity = number_in(fact, "quantity_micros"),
		.leaves = number_in(fact, "quantity_micros"),
	};
	snprintf(order->id, sizeof(order->id), "%s", id);
	snprintf(order->sibling, sizeof(order->sibling), "%s", text_in(fact, "sibling_order_id"));
	if (number_in(fact, "collar_price_micros") != 0)
		order->worst = number_in(fact, "collar_price_micros");
	return order;
}

static void end_order(struct watch_order *order)
{
	order->open = false;
	order->terminal = true;
	order->leaves = 0;
}

/* Invariant 3. */
static void same_order(struct watch *watch, const ProtobufCMessage *fact,
		       const struct watch_order *order)
{
	if (has_field(fact, "cum_micros") && number_in(fact, "cum_micros") != order->cum)
		watch_fault(watch, fact, "cum is %" PRId64 ", expected %" PRId64,
			    number_in(fact, "cum_micros"), order->cum);
	if (has_field(fact, "leaves_micros") && number_in(fact, "leaves_micros") != order->leaves)
		watch_fault(watch, fact, "leaves is %" PRId64 ", expected %" PRId64,
			    number_in(fact, "leaves_micros"), order->leaves);
	if (order->open && order->cum + order->leaves != order->quantity)
		watch_fault(watch, fact,
			    "cum + leaves is not quantity: %" PRId64 " %" PRId64 " %" PRId64,
			    order->cum, order->leaves, order->quantity);
}

static int64_t fee_of(const struct watch_order *order, int64_t liquidity, int64_t quantity,
		      int64_t notional)
{
	const char *group = watch_accounts[order->account].fee_group;
	bool active = strcmp(group, "active") == 0;
	int64_t fee = 0, per_share;

	if (active)
		fee = (int64_t)((wide)notional * (liquidity == 2 ? 500 : 200) / MILLION);
	if (!order->buy && (active || strcmp(group, "retail") == 0)) {
		per_share = (int64_t)((wide)quantity * 166 / MILLION);
		fee += (int64_t)((wide)notional * 278 / (10 * (wide)MILLION));
		fee += per_share < 8300000 ? per_share : 8300000;
	}
	return !order->buy && fee > notional ? notional : fee;
}

static void count_side(struct watch *watch, const ProtobufCMessage *fact, bool buy)
{
	for (size_t i = watch->trade_count; i-- > 0;) {
		struct watch_trade *trade = &watch->trades[i];

		if (strcmp(trade->id, text_in(fact, "trade_id")) != 0)
			continue;
		if (trade->quantity != number_in(fact, "last_quantity_micros") ||
		    trade->price != number_in(fact, "last_price_micros"))
			watch_fault(watch, fact, "not as the book has traded");
		if (buy)
			trade->buys++;
		else
			trade->sells++;
		return;
	}
	watch_fault(watch, fact, "a trade that the book does not know");
}

static void filled(struct watch *watch, const ProtobufCMessage *fact, struct watch_order *order)
{
	int64_t quantity = number_in(fact, "last_quantity_micros");
	int64_t price = number_in(fact, "last_price_micros");
	int64_t notional = (int64_t)((wide)price * quantity / MILLION);
	int64_t fee = fee_of(order, number_in(fact, "liquidity"), quantity, notional);
	int64_t delta = order->buy ? -notional - fee : notional - fee;

	watch->fills++;
	count_side(watch, fact, order->buy);
	order->cum += quantity;
	order->leaves -= quantity;
	order->cum_notional += notional;
	if (order->worst != 0 && (order->buy ? price > order->worst : price < order->worst))
		watch_fault(watch, fact, "it traded at %" PRId64 ", its limit is %" PRId64, price,
			    order->worst);
	if (number_in(fact, "fee_micros") != fee)
		watch_fault(watch, fact, "fee is %" PRId64 ", expected %" PRId64,
			    number_in(fact, "fee_micros"), fee);
	if (number_in(fact, "cash_delta_micros") != delta)
		watch_fault(watch, fact, "cash moves by %" PRId64 ", expected %" PRId64,
			    number_in(fact, "cash_delta_micros"), delta);
	watch->desks[order->account].cash += delta;
	watch->desks[order->account].position[order->symbol] += order->buy ? quantity : -quantity;
	same_order(watch, fact, order);
	if (order->leaves == 0)
		end_order(order);
}

static void reduced(struct watch *watch, const ProtobufCMessage *fact, struct watch_order *order,
		    int64_t by)
{
	order->quantity -= by;
	order->leaves -= by;
	same_order(watch, fact, order);
	if (order->leaves == 0)
		end_order(order);
}

static void replaced(struct watch *watch, const ProtobufCMessage *fact, struct watch_order *old)
{
	struct watch_order *heir = find(watch, text_in(fact, "new_order_id"));

	if (heir == NULL) {
		watch_fault(watch, fact, "no such replacement");
		return;
	}
	heir->cum = old->cum;
	heir->cum_notional = old->cum_notional;
	heir->quantity = number_in(fact, "quantity_micros");
	heir->leaves = number_in(fact, "leaves_micros");
	heir->pending_new = false;
	same_order(watch, fact, heir);
	end_order(old);
	if (heir->leaves == 0)
		end_order(heir);
}

static void activated(struct watch *watch, const ProtobufCMessage *fact, struct watch_order *order)
{
	order->held = false;
	order->quantity = order->leaves = number_in(fact, "quantity_micros");
	order->worst = number_in(fact, "collar_price_micros") != 0
			       ? number_in(fact, "collar_price_micros")
			       : number_in(fact, "limit_price_micros");
	same_order(watch, fact, order);
}

static void order_fact(struct watch *watch, const ProtobufCMessage *fact, struct watch_order *order)
{
	struct watch_order *heir;

	if (named(fact, "OrderFilled"))
		filled(watch, fact, order);
	else if (named(fact, "OrderDecreased"))
		reduced(watch, fact, order, number_in(fact, "by_micros"));
	else if (named(fact, "OrderPrevented"))
		reduced(watch, fact, order, number_in(fact, "last_prevented_micros"));
	else if (named(fact, "OrderReplaced"))
		replaced(watch, fact, order);
	else if (named(fact, "LegActivated"))
		activated(watch, fact, order);
	else if (named(fact, "OrderCanceled") || named(fact, "OrderCompleted") ||
		 named(fact, "OrderRejected"))
		end_order(order);
	else if (named(fact, "ReplaceRejected") && number_in(fact, "was_pending") != 0) {
		heir = find(watch, text_in(fact, "new_order_id"));
		if (heir != NULL)
			end_order(heir);
	}
}

static bool changes(const ProtobufCMessage *fact)
{
	return named(fact, "OrderFilled") || named(fact, "OrderDecreased") ||
	       named(fact, "OrderPrevented") || named(fact, "OrderReplaced") ||
	       named(fact, "LegActivated") || named(fact, "OrderCanceled") ||
	       named(fact, "OrderCompleted");
}

static void accepted(struct watch *watch, const ProtobufCMessage *fact)
{
	struct watch_order *order = add_order(watch, fact, text_in(fact, "order_id"));

	order->held = number_in(fact, "status") == 11;
}

static void replace_requested(struct watch *watch, const ProtobufCMessage *fact)
{
	struct watch_order *old = find(watch, text_in(fact, "order_id"));
	size_t index = old != NULL ? (size_t)(old - watch->orders) + 1 : 0;
	struct watch_order *heir = add_order(watch, fact, text_in(fact, "new_order_id"));

	heir->pending_new = true;
	heir->replaces = index;
}

/* Balances //////////////////////////////////////////////////////////////////////////////// */

static void hold_withdrawal(struct watch *watch, const ProtobufCMessage *fact, int account)
{
	struct watch_held *held;

	if (watch->withdrawal_count == watch->withdrawal_capacity) {
		watch->withdrawal_capacity = watch->withdrawal_capacity * 2 + 16;
		watch->withdrawals =
			bus_realloc(watch->withdrawals,
				    watch->withdrawal_capacity * sizeof(*watch->withdrawals));
	}
	held = &watch->withdrawals[watch->withdrawal_count++];
	*held = (struct watch_held){ .account = account,
				     .symbol = watch_symbol_of(text_in(fact, "symbol")),
				     .amount = number_in(fact, "amount_micros"),
				     .quantity = number_in(fact, "quantity_micros") };
	snprintf(held->id, sizeof(held->id), "%s", text_in(fact, "withdrawal_id"));
}

static void end_withdrawal(struct watch *watch, const char *id)
{
	for (size_t i = 0; i < watch->withdrawal_count; i++)
		if (strcmp(watch->withdrawals[i].id, id) == 0) {
			watch->withdrawals[i] = watch->withdrawals[--watch->withdrawal_count];
			return;
		}
}

static void balance(struct watch *watch, const ProtobufCMessage *fact, const char *name,
		    int64_t expected)
{
	if (has_field(fact, name) && number_in(fact, name) != expected)
		watch_fault(watch, fact, "%s is %" PRId64 ", expected %" PRId64, name,
			    number_in(fact, name), expected);
}

/* Totals must be what they are; what is held is summed when the step is over. */
static void balances(struct watch *watch, const ProtobufCMessage *fact, int account)
{
	struct watch_desk *desk = &watch->desks[account];
	int symbol = watch_symbol_of(text_in(fact, "symbol"));
	/* A refusal by the desk tells no balances. */
	bool told = !named(fact, "OrderRejected") || number_in(fact, "by_book") != 0;

	if (named(fact, "ReplaceRejected"))
		told = number_in(fact, "was_pending") != 0;
	if (!told)
		return;
	if (has_field(fact, "cash_held_micros")) {
		balance(watch, fact, "cash_micros", desk->cash);
		desk->cash_held = number_in(fact, "cash_held_micros");
	}
	if (has_field(fact, "collateral_micros") && symbol >= 0)
		desk->collateral[symbol] = number_in(fact, "collateral_micros");
	if (has_field(fact, "position_held_micros") && symbol >= 0) {
		balance(watch, fact, "position_micros", desk->position[symbol]);
		desk->held[symbol] = number_in(fact, "position_held_micros");
	}
}

/* What is refused for want of cash or shares must want them. */
void watch_desk_refusal(struct watch *watch, const ProtobufCMessage *order,
			const ProtobufCMessage *fact)
{
	int account = watch_account_of(text_in(fact, "account_id"));
	int symbol = watch_symbol_of(text_in(fact, "symbol"));
	const struct watch_desk *desk = &watch->desks[account];
	struct watch_order asked = { .account = account,
				     .buy = number_in(order, "side") == 1,
				     .worst = number_in(order, "limit_price_micros"),
				     .leaves = number_in(order, "quantity_micros") };
	int64_t reason = number_in(fact, "reason");

	if (account == 0 || symbol < 0 || number_in(order, "type") != 2 ||
	    number_in(order, "order_class") > 1)
		return;
	if (reason == 8 && asked.buy && need(&asked, asked.leaves) <= desk->cash - desk->cash_held)
		watch_fault(watch, fact, "account %d has the cash", account);
	if (reason == 9 && asked.leaves <= desk->position[symbol] - desk->held[symbol])
		watch_fault(watch, fact, "account %d has the shares", account);
	if ((reason == 8 || reason == 9) && watch_accounts[account].firm)
		watch_fault(watch, fact, "a firm's account needs nothing");
}

void watch_desk_fact(struct watch *watch, const ProtobufCMessage *fact)
{
	int account = watch_account_of(text_in(fact, "account_id"));
	int symbol = watch_symbol_of(text_in(fact, "symbol"));
	struct watch_order *order = find(watch, text_in(fact, "order_id"));

	if (account == 0)
		return;
	if (order != NULL && order->terminal && changes(fact))
		watch_fault(watch, fact, "order %s had ended", order->id);
	if (named(fact, "OrderAccepted"))
		accepted(watch, fact);
	else if (named(fact, "ReplaceRequested"))
		replace_requested(watch, fact);
	else if (named(fact, "WithdrawalHeld"))
		hold_withdrawal(watch, fact, account);
	else if (named(fact, "BuyingPowerChanged"))
		watch->desks[account].cash += number_in(fact, "cash_delta_micros");
	else if (named(fact, "SharesChanged") && symbol >= 0)
		watch->desks[account].position[symbol] += number_in(fact, "position_delta_micros");
	else if (order != NULL)
		order_fact(watch, fact, order);
	else if (changes(fact))
		watch_fault(watch, fact, "no order %s", text_in(fact, "order_id"));
	if ((named(fact, "BuyingPowerChanged") || named(fact, "SharesChanged")) &&
	    number_in(fact, "reason") == 2)
		end_withdrawal(watch, text_in(fact, "reference_id"));
	balances(watch, fact, account);
}
