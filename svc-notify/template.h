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

#endif
