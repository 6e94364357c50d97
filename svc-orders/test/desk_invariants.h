/*
 * What holds of the desk's whole state after every step, and of what is folded from its facts after
 * every fact.
 */
#ifndef TEST_DESK_INVARIANTS_H
#define TEST_DESK_INVARIANTS_H

#include "desk_words.h"
#include "margin.h"

/* symbol NULL: cash. */
static inline int64_t script_held(const struct desk_state *desk, struct bus_id account,
				  const char *symbol)
{
	int64_t sum = 0;

	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next) {
		bool buy = o->order.side == ORDER_BUY;

		if (!bus_id_equal(o->name.account, account))
			continue;
		if (symbol == NULL)
			sum += o->order.margin_hold_micros + (buy ? o->order.hold_micros : 0);
		else if (!buy && strcmp(o->order.symbol, symbol) == 0)
			sum += o->order.hold_micros;
	}
	for (const struct desk_withdrawal *w = desk->withdrawals; w != NULL; w = w->hh.next) {
		if (!w->ended && bus_id_equal(w->account, account) &&
		    strcmp(w->symbol, symbol == NULL ? "" : symbol) == 0)
			sum += w->micros;
	}
	for (const struct desk_position *p = desk->positions; p != NULL; p = p->hh.next) {
		if (symbol == NULL && bus_id_equal(p->key.account, account))
			sum += p->holding.collateral_micros;
	}
	return sum;
}

/* Each assertion is a message to Check's parent: in loops only a failure is one. */
#define SCRIPT_EXPECT(expr)                                                                        \
	do {                                                                                       \
		if (!(expr))                                                                       \
			ck_abort_msg("does not hold: %s", #expr);                                  \
	} while (0)

static inline void script_check_order(const struct order *order)
{
	SCRIPT_EXPECT(order->hold_micros >= 0 && order->fee_hold_micros >= 0);
	SCRIPT_EXPECT(order->short_micros >= 0 && order->margin_hold_micros >= 0);
	SCRIPT_EXPECT(order->cum.micros >= 0 && order->fee_hold_micros <= order->hold_micros);
	if (order_terminal(order->status)) {
		SCRIPT_EXPECT(order->leaves.micros == 0 && order->hold_micros == 0);
		SCRIPT_EXPECT(order->margin_hold_micros == 0 && order->short_micros == 0);
		return;
	}
	SCRIPT_EXPECT(order->leaves.micros > 0);
	SCRIPT_EXPECT(order->cum.micros + order->leaves.micros == order->quantity.micros);
	SCRIPT_EXPECT(order->status != ORDER_HELD || order->hold_micros == 0);
}

/*
 * What is held is what orders, withdrawals and collateral hold, and no more than there is. Between
 * two facts of a step a hold may be on its way from one order to another.
 */
static inline void script_check_invariants(const struct desk_script *script,
					   const struct desk_state *desk, bool whole_step)
{
	for (const struct desk_account *a = desk->accounts; a != NULL; a = a->hh.next) {
		SCRIPT_EXPECT(a->cash.held_micros == script_held(desk, a->id, NULL));
		SCRIPT_EXPECT(script->firm || balance_available(&a->cash) >= 0);
	}
	for (const struct desk_position *p = desk->positions; p != NULL; p = p->hh.next) {
		const struct desk_holding *holding = &p->holding;

		SCRIPT_EXPECT(holding->shares.held_micros ==
			      script_held(desk, p->key.account, p->key.symbol));
		SCRIPT_EXPECT(script->firm || script->shorting ||
			      balance_available(&holding->shares) >= 0);
		SCRIPT_EXPECT(holding->collateral_micros >= 0);
		SCRIPT_EXPECT(!whole_step || margin_exposure(&holding->shares) != 0 ||
			      holding->collateral_micros == 0);
	}
	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next)
		script_check_order(&o->order);
}

static inline void script_same_links(const struct desk_order *a, const struct desk_order *b)
{
	SCRIPT_EXPECT(bus_id_equal(a->links.group, b->links.group) ||
		      (order_terminal(a->order.status) && !desk_id_given(b->links.group)));
	SCRIPT_EXPECT(bus_id_equal(a->links.entry, b->links.entry));
	SCRIPT_EXPECT(bus_id_equal(a->links.sibling, b->links.sibling));
	SCRIPT_EXPECT(bus_id_equal(a->links.replaces, b->links.replaces));
	SCRIPT_EXPECT(bus_id_equal(a->links.replacement, b->links.replacement));
	SCRIPT_EXPECT(a->extra == b->extra && strcmp(a->name.text, b->name.text) == 0);
}

static inline void script_same_order(const struct desk_order *x, const struct desk_order *y)
{
	const struct order *a = &x->order, *b = &y->order;

	SCRIPT_EXPECT(y != NULL);
	script_same_links(x, y);
	SCRIPT_EXPECT(strcmp(a->symbol, b->symbol) == 0);
	SCRIPT_EXPECT(strcmp(a->fee_group, b->fee_group) == 0);
	SCRIPT_EXPECT(a->side == b->side && a->type == b->type && a->tif == b->tif);
	SCRIPT_EXPECT(a->stp == b->stp && a->order_class == b->order_class);
	SCRIPT_EXPECT(a->post_only == b->post_only && a->firm == b->firm);
	SCRIPT_EXPECT(a->triggered == b->triggered && a->status == b->status);
	SCRIPT_EXPECT(a->limit.micros == b->limit.micros && a->stop.micros == b->stop.micros);
	SCRIPT_EXPECT(a->trail.micros == b->trail.micros);
	SCRIPT_EXPECT(a->collar.micros == b->collar.micros);
	SCRIPT_EXPECT(a->reference.micros == b->reference.micros);
	SCRIPT_EXPECT(a->trail_percent_micros == b->trail_percent_micros);
	SCRIPT_EXPECT(a->notional.micros == b->notional.micros);
	SCRIPT_EXPECT(a->lot_micros == b->lot_micros && a->ordered.micros == b->ordered.micros);
	SCRIPT_EXPECT(a->quantity.micros == b->quantity.micros && a->cum.micros == b->cum.micros);
	SCRIPT_EXPECT(a->leaves.micros == b->leaves.micros);
	SCRIPT_EXPECT(a->prevented.micros == b->prevented.micros);
	SCRIPT_EXPECT(a->cum_notional.micros == b->cum_notional.micros);
	SCRIPT_EXPECT(a->hold_micros == b->hold_micros);
	SCRIPT_EXPECT(a->fee_hold_micros == b->fee_hold_micros);
	SCRIPT_EXPECT(a->short_micros == b->short_micros);
	SCRIPT_EXPECT(a->margin_hold_micros == b->margin_hold_micros);
	SCRIPT_EXPECT(a->actions == b->actions && a->expires_at == b->expires_at);
	SCRIPT_EXPECT(a->accepted_at == b->accepted_at && a->updated_at == b->updated_at);
}

static inline bool script_same_holding(const struct desk_holding *a, const struct desk_holding *b)
{
	return a->shares.total_micros == b->shares.total_micros &&
	       a->shares.held_micros == b->shares.held_micros &&
	       a->collateral_micros == b->collateral_micros && a->actions == b->actions &&
	       bus_id_equal(a->pending_action, b->pending_action);
}

/* Row for row. */
static inline void script_same_state(const struct desk_state *a, const struct desk_state *b)
{
	for (const struct desk_account *x = a->accounts; x != NULL; x = x->hh.next) {
		struct balances balances = desk_balances(b, x->id, NULL);

		SCRIPT_EXPECT(x->cash.total_micros == balances.cash.total_micros);
		SCRIPT_EXPECT(x->cash.held_micros == balances.cash.held_micros);
	}
	for (const struct desk_position *x = a->positions; x != NULL; x = x->hh.next) {
		struct desk_holding holding = desk_holding(b, x->key.account, x->key.symbol);

		SCRIPT_EXPECT(script_same_holding(&x->holding, &holding));
	}
	for (const struct desk_withdrawal *x = a->withdrawals; x != NULL; x = x->hh.next) {
		const struct desk_withdrawal *y = desk_withdrawal(b, x->id);

		SCRIPT_EXPECT(y != NULL && x->micros == y->micros && x->ended == y->ended);
	}
	for (const struct desk_order *x = a->orders; x != NULL; x = x->by_id.next)
		script_same_order(x, desk_order(b, x->order.id));
	SCRIPT_EXPECT(HASH_CNT(by_id, a->orders) == HASH_CNT(by_id, b->orders));
	SCRIPT_EXPECT(HASH_COUNT(a->withdrawals) == HASH_COUNT(b->withdrawals));
}

/* Two facts of the ledger's may belong together: shares that come cover what was owed. */
static inline bool script_goes_on(const struct bus_fact *fact)
{
	return fact->type == FACT(SHARES_CHANGED);
}

/* Every step, but in long streams, where each look at the whole state is long. */
static inline bool script_looks(const struct desk_script *script)
{
	return !script->silent && script->whole == NULL &&
	       (HASH_CNT(by_id, script_desk(script)->orders) < 150 || script->inputs % 61 == 0);
}

/* What a reader of the journal makes of this fact. */
static inline void script_fold_fact(struct desk_script *script, const struct bus_fact *fact,
				    bool last)
{
	const ProtobufCMessage *message = fact->message;
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = bus_malloc(size + 1);
	struct bus_fact read = *fact;
	ProtobufCMessage *copy;

	protobuf_c_message_pack(message, packed);
	copy = protobuf_c_message_unpack(message->descriptor, NULL, size, packed);
	SCRIPT_EXPECT(copy != NULL);
	read.message = copy;
	desk_evolve(script->replica, &read);
	if (script_looks(script) && (last || !script_goes_on(fact)))
		script_check_invariants(script, script->replica, last);
	protobuf_c_message_free_unpacked(copy, NULL);
	free(packed);
}

#endif
