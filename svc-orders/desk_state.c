/*
 * Hash tables over the desk's objects. Orders come and go all day: their memory is kept and used
 * again.
 */
#include "desk_state.h"

#include <stdlib.h>
#include <utlist.h>

static void list_add(struct desk_list *list, void *item)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity > 0 ? 2 * list->capacity : 64;
		list->items = bus_realloc(list->items, list->capacity * sizeof(*list->items));
	}
	list->items[list->count++] = item;
}

void *desk_state_new(void)
{
	return bus_calloc(1, sizeof(struct desk_state));
}

static void free_orders(struct desk_state *desk)
{
	struct desk_order *order, *next;

	HASH_CLEAR(by_name, desk->names);
	HASH_ITER (by_id, desk->orders, order, next) {
		HASH_DELETE(by_id, desk->orders, order);
		free(order);
	}
	while ((order = desk->free_orders) != NULL) {
		desk->free_orders = order->next;
		free(order);
	}
}

void desk_state_free(void *state)
{
	struct desk_state *desk = state;
	struct desk_account *account, *next_account;
	struct desk_position *position, *next_position;
	struct desk_withdrawal *withdrawal, *next_withdrawal;

	if (desk == NULL)
		return;
	HASH_ITER (hh, desk->accounts, account, next_account) {
		HASH_DELETE(hh, desk->accounts, account);
		free(account);
	}
	HASH_ITER (hh, desk->positions, position, next_position) {
		HASH_DELETE(hh, desk->positions, position);
		free(position);
	}
	HASH_ITER (hh, desk->withdrawals, withdrawal, next_withdrawal) {
		HASH_DELETE(hh, desk->withdrawals, withdrawal);
		free(withdrawal);
	}
	free_orders(desk);
	free(desk->dirty_accounts.items);
	free(desk->dirty_positions.items);
	free(desk->touched_orders.items);
	free(desk->touched_withdrawals.items);
	free(desk);
}

const struct desk_account *desk_account(const struct desk_state *desk, struct bus_id id)
{
	struct desk_account *account;

	HASH_FIND(hh, desk->accounts, &id, sizeof(id), account);
	return account;
}

struct desk_order *desk_order(const struct desk_state *desk, struct bus_id id)
{
	struct desk_order *order;

	HASH_FIND(by_id, desk->orders, &id, sizeof(id), order);
	return order;
}

struct desk_withdrawal *desk_withdrawal(const struct desk_state *desk, struct bus_id id)
{
	struct desk_withdrawal *withdrawal;

	HASH_FIND(hh, desk->withdrawals, &id, sizeof(id), withdrawal);
	return withdrawal;
}

/* The key of a name is the account and the text without its NUL. */
static size_t set_name(struct desk_name *name, struct bus_id account, const char *text)
{
	size_t len = strnlen(text, ORDER_CLIENT_ID_MAX);

	name->account = account;
	memcpy(name->text, text, len);
	name->text[len] = '\0';
	return offsetof(struct desk_name, text) + len;
}

struct desk_order *desk_order_named(const struct desk_state *desk, struct bus_id account,
				    const char *client_order_id)
{
	struct desk_order *order = NULL;
	struct desk_name name;
	struct bus_id id;
	size_t len = set_name(&name, account, client_order_id);

	if (client_order_id[0] == '\0')
		return NULL;
	HASH_FIND(by_name, desk->names, &name, len, order);
	if (order != NULL || !bus_id_parse(client_order_id, strlen(client_order_id), &id))
		return order;
	order = desk_order(desk, id);
	if (order == NULL || order->name.text[0] != '\0' ||
	    !bus_id_equal(order->name.account, account))
		return NULL;
	return order;
}

const char *desk_order_client_id(const struct desk_order *order, char *buf)
{
	return order->name.text[0] != '\0' ? order->name.text : bus_id_format(order->order.id, buf);
}

static struct desk_position_key position_key(struct bus_id account, const char *symbol)
{
	struct desk_position_key key;

	memset(&key, 0, sizeof(key));
	key.account = account;
	memcpy(key.symbol, symbol, strnlen(symbol, ORDER_SYMBOL_MAX));
	return key;
}

static struct desk_position *find_position(const struct desk_state *desk,
					   const struct desk_position_key *key)
{
	struct desk_position *position;

	HASH_FIND(hh, desk->positions, key, sizeof(*key), position);
	return position;
}

struct desk_holding desk_holding(const struct desk_state *desk, struct bus_id account,
				 const char *symbol)
{
	struct desk_position_key key = position_key(account, symbol);
	const struct desk_position *position = find_position(desk, &key);

	return position != NULL ? position->holding : (struct desk_holding){ { 0, 0 } };
}

struct balances desk_balances(const struct desk_state *desk, struct bus_id account,
			      const char *symbol)
{
	const struct desk_account *cash = desk_account(desk, account);
	struct balances balances = { { 0, 0 }, { 0, 0 }, 0 };

	if (cash != NULL)
		balances.cash = cash->cash;
	if (symbol != NULL) {
		struct desk_holding holding = desk_holding(desk, account, symbol);

		balances.shares = holding.shares;
		balances.collateral_micros = holding.collateral_micros;
	}
	return balances;
}

struct desk_account *desk_put_account(struct desk_state *desk, struct bus_id id)
{
	struct desk_account *account;

	HASH_FIND(hh, desk->accounts, &id, sizeof(id), account);
	if (account == NULL) {
		account = bus_calloc(1, sizeof(*account));
		account->id = id;
		HASH_ADD(hh, desk->accounts, id, sizeof(account->id), account);
	}
	return account;
}

struct desk_position *desk_put_position(struct desk_state *desk, struct bus_id account,
					const char *symbol)
{
	struct desk_position_key key = position_key(account, symbol);
	struct desk_position *position = find_position(desk, &key);

	if (position == NULL) {
		position = bus_calloc(1, sizeof(*position));
		position->key = key;
		HASH_ADD(hh, desk->positions, key, sizeof(position->key), position);
	}
	return position;
}

static bool same_balance(const struct balance *a, const struct balance *b)
{
	return a->total_micros == b->total_micros && a->held_micros == b->held_micros;
}

void desk_set_cash(struct desk_state *desk, struct bus_id id, struct balance cash)
{
	struct desk_account *account = desk_put_account(desk, id);
	bool same = same_balance(&account->cash, &cash);

	account->cash = cash;
	if (same || account->dirty)
		return;
	account->dirty = true;
	list_add(&desk->dirty_accounts, account);
}

static bool same_holding(const struct desk_holding *a, const struct desk_holding *b)
{
	return same_balance(&a->shares, &b->shares) &&
	       a->collateral_micros == b->collateral_micros && a->actions == b->actions &&
	       bus_id_equal(a->pending_action, b->pending_action);
}

static void change_holding(struct desk_state *desk, struct desk_position *position,
			   const struct desk_holding *holding)
{
	if (same_holding(&position->holding, holding))
		return;
	position->holding = *holding;
	if (position->dirty)
		return;
	position->dirty = true;
	list_add(&desk->dirty_positions, position);
}

/* A position of nothing but zeros comes to be when it is something else. */
void desk_set_holding(struct desk_state *desk, struct bus_id account, const char *symbol,
		      const struct desk_holding *holding)
{
	static const struct desk_holding nothing;
	struct desk_position_key key = position_key(account, symbol);
	struct desk_position *position = find_position(desk, &key);

	if (position == NULL) {
		if (same_holding(holding, &nothing))
			return;
		position = desk_put_position(desk, account, symbol);
	}
	change_holding(desk, position, holding);
}

void desk_set_balances(struct desk_state *desk, struct bus_id account, const char *symbol,
		       const struct balances *balances)
{
	struct desk_position_key key = position_key(account, symbol);
	struct desk_position *position = find_position(desk, &key);
	struct desk_holding holding = { .shares = balances->shares,
					.collateral_micros = balances->collateral_micros };

	desk_set_cash(desk, account, balances->cash);
	if (position == NULL) {
		desk_set_holding(desk, account, symbol, &holding);
		return;
	}
	holding.actions = position->holding.actions;
	holding.pending_action = position->holding.pending_action;
	change_holding(desk, position, &holding);
}

static void list_order(struct desk_state *desk, struct desk_order *order)
{
	if (order->listed)
		return;
	order->listed = true;
	list_add(&desk->touched_orders, order);
}

void desk_touch_order(struct desk_state *desk, struct desk_order *order)
{
	order->changed = true;
	list_order(desk, order);
}

static struct desk_order *insert_order(struct desk_state *desk, struct bus_id account,
				       const struct order *order, const char *client_order_id)
{
	struct desk_account *owner = desk_put_account(desk, account);
	struct desk_order *added = desk->free_orders;
	char id[BUS_ID_TEXT];
	size_t len;

	bus_assert(desk_order(desk, order->id) == NULL);
	if (added != NULL)
		desk->free_orders = added->next;
	else
		added = bus_malloc(sizeof(*added));
	memset(added, 0, sizeof(*added));
	added->order = *order;
	if (strcmp(client_order_id, bus_id_format(order->id, id)) == 0)
		client_order_id = "";
	len = set_name(&added->name, account, client_order_id);
	HASH_ADD(by_id, desk->orders, order.id, sizeof(added->order.id), added);
	if (client_order_id[0] != '\0')
		HASH_ADD(by_name, desk->names, name, len, added);
	DL_APPEND(owner->orders, added);
	return added;
}

struct desk_order *desk_add_order(struct desk_state *desk, struct bus_id account,
				  const struct order *order, const char *client_order_id)
{
	struct desk_order *added = insert_order(desk, account, order, client_order_id);

	desk_touch_order(desk, added);
	return added;
}

void desk_put_order(struct desk_state *desk, const struct desk_order *row)
{
	struct desk_order *put = desk_order(desk, row->order.id);

	if (put != NULL)
		return;
	put = insert_order(desk, row->name.account, &row->order, row->name.text);
	put->links = row->links;
	put->extra = row->extra;
	put->stored = true;
	if (order_terminal(row->order.status))
		list_order(desk, put);
}

void desk_drop_order(struct desk_state *desk, struct desk_order *order)
{
	struct desk_account *owner = desk_put_account(desk, order->name.account);

	HASH_DELETE(by_id, desk->orders, order);
	if (order->name.text[0] != '\0')
		HASH_DELETE(by_name, desk->names, order);
	DL_DELETE(owner->orders, order);
	order->next = desk->free_orders;
	desk->free_orders = order;
}

struct bus_id desk_leg_id(struct bus_id group, int n)
{
	static const char *const names[ORDER_LEGS_MAX] = { "1", "2" };
	char text[BUS_ID_TEXT];

	bus_id_format(group, text);
	return bus_id_derive("desk.leg", bus_bytes(text, strlen(text)), bus_bytes(names[n], 1));
}

struct desk_order *desk_order_leg(const struct desk_state *desk, const struct desk_order *entry,
				  int n)
{
	struct desk_order *leg;

	if (!desk_id_given(entry->links.group) || desk_id_given(entry->links.entry))
		return NULL;
	leg = desk_order(desk, desk_leg_id(entry->links.group, n));
	return leg != NULL && leg->order.status == ORDER_HELD ? leg : NULL;
}

static bool is_among(struct bus_id id, const struct bus_id *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bus_id_equal(ids[i], id))
			return true;
	}
	return false;
}

bool desk_busy(const struct desk_state *desk, struct bus_id id, const char *symbol,
	       const struct bus_id *ended, size_t ended_count)
{
	const struct desk_account *account = desk_account(desk, id);
	const struct desk_order *order = account != NULL ? account->orders : NULL;
	const struct desk_withdrawal *withdrawal = desk->withdrawals;

	for (; order != NULL; order = order->next) {
		if (!order_terminal(order->order.status) &&
		    strcmp(order->order.symbol, symbol) == 0 &&
		    !is_among(order->order.id, ended, ended_count))
			return true;
	}
	for (; withdrawal != NULL; withdrawal = withdrawal->hh.next) {
		if (!withdrawal->ended && bus_id_equal(withdrawal->account, id) &&
		    strcmp(withdrawal->symbol, symbol) == 0 &&
		    !is_among(withdrawal->id, ended, ended_count))
			return true;
	}
	return false;
}

static void touch_withdrawal(struct desk_state *desk, struct desk_withdrawal *withdrawal)
{
	if (withdrawal->listed)
		return;
	withdrawal->listed = true;
	list_add(&desk->touched_withdrawals, withdrawal);
}

static struct desk_withdrawal *insert_withdrawal(struct desk_state *desk,
						 const struct desk_withdrawal *withdrawal)
{
	struct desk_withdrawal *added = bus_calloc(1, sizeof(*added));

	bus_assert(desk_withdrawal(desk, withdrawal->id) == NULL);
	added->id = withdrawal->id;
	added->account = withdrawal->account;
	added->micros = withdrawal->micros;
	memcpy(added->symbol, withdrawal->symbol, sizeof(added->symbol));
	HASH_ADD(hh, desk->withdrawals, id, sizeof(added->id), added);
	return added;
}

void desk_add_withdrawal(struct desk_state *desk, const struct desk_withdrawal *withdrawal)
{
	touch_withdrawal(desk, insert_withdrawal(desk, withdrawal));
}

void desk_put_withdrawal(struct desk_state *desk, const struct desk_withdrawal *withdrawal)
{
	struct desk_withdrawal *put = desk_withdrawal(desk, withdrawal->id);

	if (put != NULL)
		return;
	put = insert_withdrawal(desk, withdrawal);
	put->ended = withdrawal->ended;
	if (put->ended)
		touch_withdrawal(desk, put);
}

void desk_end_withdrawal(struct desk_state *desk, struct desk_withdrawal *withdrawal)
{
	withdrawal->ended = true;
	touch_withdrawal(desk, withdrawal);
}

void desk_drop_withdrawal(struct desk_state *desk, struct desk_withdrawal *withdrawal)
{
	HASH_DELETE(hh, desk->withdrawals, withdrawal);
	free(withdrawal);
}
