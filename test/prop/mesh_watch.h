/*
 * What must hold after every step of a mesh (ARCHITECTURE.md, invariants 3 to 6), and what the
 * naive ledger and plain sums over the open orders say of every balance. The first thing that is
 * wrong is kept.
 */
#ifndef PROP_MESH_WATCH_H
#define PROP_MESH_WATCH_H

#include <stdio.h>

#include "../lib/naive_ledger.h"
#include "fold_mesh.h"

#define WATCH_SYMBOLS  4
#define WATCH_ACCOUNTS 8 /* numbers from 1 */

/* How an account is: the tests open them like this. */
struct watch_account {
	const char *fee_group;
	bool firm, shorting;
};

extern const struct watch_account watch_accounts[WATCH_ACCOUNTS];
extern const char *const watch_symbols[WATCH_SYMBOLS];

struct watch_order {
	char id[BUS_ID_TEXT], sibling[BUS_ID_TEXT];
	int account, symbol;
	bool buy, open, terminal, held, pending_new;
	size_t replaces; /* index + 1 of the order that it is to replace */
	int64_t worst, notional, cum_notional;
	int64_t quantity, cum, leaves;
};

struct watch_trade {
	char id[BUS_ID_TEXT];
	int64_t quantity, price;
	int buys, sells;
};

struct watch_held { /* a withdrawal that the desk holds */
	char id[BUS_ID_TEXT];
	int account, symbol;
	int64_t amount, quantity;
};

struct watch_desk {
	int64_t cash, cash_held;
	int64_t position[WATCH_SYMBOLS], held[WATCH_SYMBOLS], collateral[WATCH_SYMBOLS];
};

struct watch {
	char fault[400]; /* "": none */
	struct naive_ledger ledger;
	struct watch_desk desks[WATCH_ACCOUNTS];
	struct watch_order *orders; /* owned, as the others */
	size_t order_count, order_capacity;
	struct watch_trade *trades;
	size_t trade_count, trade_capacity;
	struct watch_held *withdrawals;
	size_t withdrawal_count, withdrawal_capacity;
	int64_t bid[WATCH_SYMBOLS], ask[WATCH_SYMBOLS];
	int trading[WATCH_SYMBOLS];
	char story[24][400]; /* the last steps, for people: steps % 24 */
	/* How much was seen, so that a test can tell that it has seen anything. */
	uint64_t steps, facts, fills, parked;
};

void watch_release(struct watch *watch);
/* For fold_mesh_new(). */
void watch_step(void *watch, const struct fold_mesh_step *step);
/* Prints the last steps. */
void watch_tell(const struct watch *watch, FILE *out);
/* Nothing is on its way: desk and ledger must say the same, every trade has two sides. */
void watch_quiet(struct watch *watch);

/* The number of an account's or symbol's key; 0 (accounts) or -1 where it is none of them. */
int watch_account_of(const char *key);
int watch_symbol_of(const char *symbol);

/* desk: mesh_desk.c; ledger: mesh_ledger.c. */
void watch_desk_fact(struct watch *watch, const ProtobufCMessage *fact);
void watch_desk_refusal(struct watch *watch, const ProtobufCMessage *order,
			const ProtobufCMessage *fact);
void watch_desk_sums(struct watch *watch, int account);
void watch_ledger_fact(struct watch *watch, const ProtobufCMessage *fact);
void watch_fault(struct watch *watch, const ProtobufCMessage *fact, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
