/*
 * What one desk has in memory: the balances of the accounts it has loaded, and their orders. An
 * order comes into memory when it is placed or named, and leaves it after the save() at which it is
 * terminal.
 *
 * Invariants: whatever differs from its row is in one of the dirty lists, once; nothing is here
 * that is not in the tables after save(), but for accounts without a row, whose balances are 0.
 * Where an open order is, the open orders of its group are, too; where a position waits for a
 * corporate action, all of its open orders and held withdrawals.
 */
#ifndef ORDERS_DESK_STATE_H
#define ORDERS_DESK_STATE_H

#include <stdbool.h>

#include "account.h"
#include "bus/base.h"
#include "order.h"

/* No #include before this: out of memory aborts there, too. */
#define uthash_malloc(size)   bus_malloc(size)
#define uthash_fatal(message) bus_assert(!message)
#include <uthash.h>

struct desk_order;

struct desk_account {
	struct bus_id id;
	struct balance cash;
	struct desk_order *orders; /* those in memory, as they came; not owned */
	bool complete;		   /* all of its open orders and held withdrawals are in memory */
	bool dirty;
	UT_hash_handle hh;
};

struct desk_position_key {
	struct bus_id account;
	char symbol[ORDER_SYMBOL_MAX + 4]; /* zeros behind its end */
};

/* What the desk knows of an account's shares of a symbol. */
struct desk_holding {
	struct balance shares;
	int64_t collateral_micros;    /* held cash for what it is short; >= 0 */
	int64_t actions;	      /* corporate actions of the symbol that it has been through */
	struct bus_id pending_action; /* waits until the last order has ended; or zeros */
};

struct desk_position {
	struct desk_position_key key;
	struct desk_holding holding;
	bool dirty;
	UT_hash_handle hh;
};

/* A client order id is unique within its account. */
struct desk_name {
	struct bus_id account;
	char text[ORDER_CLIENT_ID_MAX + 1];
};

/* How orders belong together; zeros where they do not. */
struct desk_links {
	struct bus_id group;	/* one for an entry, its legs, its replacement; and for siblings */
	struct bus_id entry;	/* of a leg */
	struct bus_id sibling;	/* one cancels the other */
	struct bus_id replaces; /* the order whose place it has taken, or is to take */
	struct bus_id replacement; /* the order that has taken its place, or is to take it */
};

struct desk_order {
	UT_hash_handle by_id; /* beside the id that it is compared with: one cache line */
	struct order order;
	struct desk_links links;
	struct desk_name name; /* text "": the order's id is its name, and it is not in by_name */
	bool stored;	       /* it has a row */
	bool extra;	       /* it has, or will have, a row of what few orders have */
	bool listed;	       /* it is in touched_orders */
	bool changed;	       /* it differs from its row */
	UT_hash_handle by_name;
	struct desk_order *prev, *next; /* of its account; next of the free ones */
};

/* A withdrawal that is held, or was: cash, or shares of a symbol. */
struct desk_withdrawal {
	struct bus_id id;
	struct bus_id account;
	int64_t micros;
	char symbol[ORDER_SYMBOL_MAX + 4]; /* "": cash */
	bool ended;			   /* booked; it leaves the memory with the next save() */
	bool listed;			   /* it is in touched_withdrawals */
	UT_hash_handle hh;
};

/* Pointers that save() goes through; it owns its array only. */
struct desk_list {
	void **items;
	size_t count, capacity;
};

struct desk_state {
	struct desk_account *accounts; /* each owned, by id */
	struct desk_position *positions;
	struct desk_order *orders; /* by id */
	struct desk_order *names;  /* the same objects */
	struct desk_withdrawal *withdrawals;
	struct desk_order *free_orders;
	/* How many cancels the last CancelOrders has led to: counted over its steps. */
	struct bus_id sweep;
	int64_t sweep_count;
	/* What save() must look at: changed, or an order that was loaded and has ended. */
	struct desk_list dirty_accounts, dirty_positions, touched_orders, touched_withdrawals;
};

static inline bool desk_id_given(struct bus_id id)
{
	static const struct bus_id none;

	return !bus_id_equal(id, none);
}

/* For struct bus_processor. */
void *desk_state_new(void);
void desk_state_free(void *state);

/* NULL when it is not there. */
const struct desk_account *desk_account(const struct desk_state *desk, struct bus_id id);
struct desk_order *desk_order(const struct desk_state *desk, struct bus_id id);
struct desk_withdrawal *desk_withdrawal(const struct desk_state *desk, struct bus_id id);
/* The account's order of that client order id, or, as UUID text, of that id where it has no other.
 */
struct desk_order *desk_order_named(const struct desk_state *desk, struct bus_id account,
				    const char *client_order_id);
/* The name that facts give an order: its client order id, or its id, written into buf[BUS_ID_TEXT].
 */
const char *desk_order_client_id(const struct desk_order *order, char *buf);
/* The group's open orders beside this one: an entry's legs that wait, numbered from 0; or NULL. */
struct desk_order *desk_order_leg(const struct desk_state *desk, const struct desk_order *entry,
				  int n);
/* The id of the n-th leg of the order that a group is named by. */
struct bus_id desk_leg_id(struct bus_id group, int n);
/* An order or withdrawal of the account in this symbol is open. */
bool desk_busy(const struct desk_state *desk, struct bus_id account, const char *symbol,
	       const struct bus_id *ended, size_t ended_count);
/* Zeros for what is not there. symbol NULL: cash alone. */
struct desk_holding desk_holding(const struct desk_state *desk, struct bus_id account,
				 const char *symbol);
struct balances desk_balances(const struct desk_state *desk, struct bus_id account,
			      const char *symbol);

/* Assigns, creating what is not there, and marks what has changed. */
void desk_set_cash(struct desk_state *desk, struct bus_id account, struct balance cash);
void desk_set_holding(struct desk_state *desk, struct bus_id account, const char *symbol,
		      const struct desk_holding *holding);
/* Cash, shares and collateral. */
void desk_set_balances(struct desk_state *desk, struct bus_id account, const char *symbol,
		       const struct balances *balances);
/* A new order; its client order id may equal its id. */
struct desk_order *desk_add_order(struct desk_state *desk, struct bus_id account,
				  const struct order *order, const char *client_order_id);
/* It has changed. */
void desk_touch_order(struct desk_state *desk, struct desk_order *order);
void desk_add_withdrawal(struct desk_state *desk, const struct desk_withdrawal *withdrawal);
/* It is booked, and holds nothing any more. */
void desk_end_withdrawal(struct desk_state *desk, struct desk_withdrawal *withdrawal);

/* For the store: as the rows say, not dirty. What is in memory already stays as it is. */
struct desk_account *desk_put_account(struct desk_state *desk, struct bus_id id);
struct desk_position *desk_put_position(struct desk_state *desk, struct bus_id account,
					const char *symbol);
void desk_put_order(struct desk_state *desk, const struct desk_order *row);
void desk_drop_order(struct desk_state *desk, struct desk_order *order);
void desk_put_withdrawal(struct desk_state *desk, const struct desk_withdrawal *withdrawal);
void desk_drop_withdrawal(struct desk_state *desk, struct desk_withdrawal *withdrawal);

#endif
