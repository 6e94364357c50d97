/*
 * The words of a notice: a title of one line and a body of a few, made from what happened. Amounts
 * are decimals. Text that came from a client (a symbol, an order's name, a reason) is cut to a
 * bound between two characters and freed of control characters, so that it can neither fill a
 * notice nor fake one.
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include <stdbool.h>

#include "bus/money.h"

#define NOTICE_TITLE_MAX 96  /* bytes, with the NUL */
#define NOTICE_BODY_MAX	 512 /* likewise */
/* Of a client's text: title and body have room for what they quote. */
#define NOTICE_SYMBOL_MAX 16
#define NOTICE_QUOTE_MAX  128

struct notice {
	char title[NOTICE_TITLE_MAX];
	char body[NOTICE_BODY_MAX];
};

/* All texts are borrowed, UTF-8, and may be "". */
struct notice_fill {
	bool buy;
	const char *symbol;
	const char *client_order_id;
	struct bus_quantity quantity; /* of this execution */
	struct bus_price price;
	struct bus_money cash; /* what the account's cash moved by */
	struct bus_money fee;  /* the part of it that is the fee */
	struct bus_quantity cum, leaves;
};
void template_fill(const struct notice_fill *fill, struct notice *out);

struct notice_reject {
	bool buy;
	const char *symbol;
	const char *client_order_id;
	const char *text; /* the reason, for people */
};
void template_reject(const struct notice_reject *reject, struct notice *out);

struct notice_cancel {
	bool buy;
	bool expired;
	const char *symbol;
	const char *client_order_id;
	struct bus_quantity cum, canceled;
};
void template_cancel(const struct notice_cancel *cancel, struct notice *out);

/* Of cash, or of shares where the quantity is not 0. */
struct notice_movement {
	struct bus_money amount;
	const char *symbol;
	struct bus_quantity quantity;
	int64_t balance_micros; /* cash, or shares of the symbol, after it */
};
void template_deposit(const struct notice_movement *movement, struct notice *out);
void template_withdrawal(const struct notice_movement *movement, struct notice *out);
void template_withdrawal_rejected(const struct notice_movement *movement, const char *text,
				  struct notice *out);

/* A stop that became a market or limit order. */
struct notice_trigger {
	const char *symbol;
	const char *client_order_id;
	struct bus_price stop, last;
};
void template_trigger(const struct notice_trigger *trigger, struct notice *out);

/* An order that took the place of another, as it is now. */
struct notice_replace {
	bool buy;
	const char *symbol;
	const char *client_order_id;
	struct bus_quantity quantity, leaves;
};
void template_replace(const struct notice_replace *replace, struct notice *out);

/* missing 0: the call is met. */
struct notice_margin {
	struct bus_money equity, requirement, missing;
};
void template_margin(const struct notice_margin *margin, struct notice *out);

struct notice_dividend {
	const char *symbol;
	struct bus_money amount; /* below 0: taken from a short position */
	struct bus_money per_share;
	struct bus_money cash; /* after it */
};
void template_dividend(const struct notice_dividend *dividend, struct notice *out);

struct notice_split {
	const char *symbol;
	int64_t new_shares, old_shares; /* whole ones */
	struct bus_quantity position;	/* after it */
	struct bus_money cash;		/* for a fraction; 0: none */
};
void template_split(const struct notice_split *split, struct notice *out);

struct notice_rename {
	const char *symbol;
	const char *new_symbol;
	struct bus_quantity position; /* in the new one */
};
void template_rename(const struct notice_rename *rename, struct notice *out);

#endif
