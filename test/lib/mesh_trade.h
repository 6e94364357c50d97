/*
 * Trading on a mesh: the commands that scenarios are made of, and what must hold of all stores
 * together once nothing moves any more. Amounts are whole dollars and shares, prices are cents.
 */
#ifndef TEST_MESH_TRADE_H
#define TEST_MESH_TRADE_H

#include "bourse/orders/v1/orders.pb-c.h"
#include "mesh.h"

#define MICROS INT64_C(1000000)

#define SIDE_BUY  BOURSE__ORDERS__V1__SIDE__SIDE_BUY
#define SIDE_SELL BOURSE__ORDERS__V1__SIDE__SIDE_SELL
#define TIF_DAY	  BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_DAY
#define TIF_GTC	  BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_GTC
#define TIF_IOC	  BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_IOC

#define TIF_FOK BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_FOK
#define TIF_OPG BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_OPG
#define TIF_CLS BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_CLS

#define TYPE_MARKET	BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_MARKET
#define TYPE_LIMIT	BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT
#define TYPE_STOP	BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_STOP
#define TYPE_STOP_LIMIT BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_STOP_LIMIT
#define TYPE_TRAILING	BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_TRAILING_STOP

#define CLASS_BRACKET BOURSE__ORDERS__V1__ORDER_CLASS__ORDER_CLASS_BRACKET
#define CLASS_OCO     BOURSE__ORDERS__V1__ORDER_CLASS__ORDER_CLASS_OCO
#define CLASS_OTO     BOURSE__ORDERS__V1__ORDER_CLASS__ORDER_CLASS_OTO

/* customer_order.status */
enum {
	ORDER_IS_NEW = 1,
	ORDER_IS_PARTIAL = 2,
	ORDER_IS_FILLED = 3,
	ORDER_IS_CANCELED = 5,
	ORDER_IS_EXPIRED = 6,
	ORDER_IS_REPLACED = 7,
	ORDER_IS_REJECTED = 10,
	ORDER_IS_HELD = 11,
};

struct mesh_account {
	char id[BUS_ID_TEXT];
};

/* A fresh account id on a partition; -1: wherever it falls. */
struct mesh_account mesh_account(int32_t partition);
/* A fresh user with an account of his own, registered by commands; the account's id. */
struct mesh_account mesh_register(struct mesh *mesh, const char *email, char *user_id);

/* The same with a group of fees and the permission to sell short; -1: on any partition. */
struct mesh_account mesh_register_as(struct mesh *mesh, const char *email, const char *fee_group,
				     bool shorting, int32_t partition, char *user_id);

/* Defines an instrument (ticks of a cent, no bands; whole shares, or millionths of them). */
void mesh_define(struct mesh *mesh, const char *symbol, bool fractionable);
/* Defines it (whole shares), opens its session, and waits until the desk takes orders for it. */
void mesh_open(struct mesh *mesh, const char *symbol);

void mesh_deposit(struct mesh *mesh, const char *account, int64_t dollars);
void mesh_deposit_shares(struct mesh *mesh, const char *account, const char *symbol,
			 int64_t shares);
void mesh_withdraw(struct mesh *mesh, const char *account, int64_t dollars, char *withdrawal_id);

struct mesh_order {
	const char *account, *symbol;
	Bourse__Orders__V1__Side side;
	Bourse__Orders__V1__TimeInForce tif;
	int64_t shares, cents;
	Bourse__Orders__V1__OrderType type; /* 0: LIMIT */
	int64_t stop_cents, trail_cents, trail_percent;
	int64_t dollars; /* by notional, instead of shares */
	bool post_only;
	int stp; /* SelfTradePrevention */
	Bourse__Orders__V1__OrderClass order_class;
	int64_t profit_cents, loss_cents, loss_limit_cents; /* of the legs */
	const char *client_id;
	const char *ce_id; /* NULL: a fresh one */
	char id[BUS_ID_TEXT];
};
/* Sends it; sets its id. */
void mesh_place(struct mesh *mesh, struct mesh_order *order);
void mesh_cancel(struct mesh *mesh, const struct mesh_order *order);
/* All of the account, or those in a symbol. */
void mesh_cancel_all(struct mesh *mesh, const char *account, const char *symbol);
/* What is 0 stays as it was; the id of the replacement. */
struct mesh_account mesh_replace(struct mesh *mesh, const struct mesh_order *order, int64_t shares,
				 int64_t cents);

/* What the desk's journal says of an order: how often it was accepted and rejected, and why. */
struct mesh_outcome {
	const char *order_id;
	int accepted, rejected;
	int reason;
	int64_t accepted_at;
};
struct mesh_outcome mesh_outcome(struct mesh *mesh, const char *order_id);

/* The id of what a command makes. */
void mesh_derived(const char *processor, const char *key, const char *ce_id, char *out);

/*
 * What must hold of a mesh at rest: the invariants of ARCHITECTURE.md that need two stores or more,
 * and nothing parked. `trades`, if not -1, is how many there must be.
 */
void mesh_check(struct mesh *mesh, int64_t trades);

#endif
