/* Sentences, put together piece by piece; what does not fit is cut, and nothing is ever overrun. */
#include "template.h"

#include <string.h>

struct writer {
	char *text; /* ends in NUL at all times */
	size_t size, len;
};

static struct writer writer(char *text, size_t size)
{
	text[0] = '\0';
	return (struct writer){ text, size, 0 };
}

/* How much of a text of `len` bytes fits into `max` without cutting a character of UTF-8 in two. */
static size_t whole_characters(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void put_len(struct writer *out, const char *text, size_t max)
{
	size_t room = out->size - 1 - out->len;
	size_t len = whole_characters(text, strnlen(text, max + 1), max);

	len = whole_characters(text, len, room);
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

static void put(struct writer *out, const char *text)
{
	put_len(out, text, out->size);
}

/* A client's words, at most `max` bytes of them, on one line. */
static void quote(struct writer *out, const char *text, size_t max)
{
	size_t start = out->len;

	put_len(out, text, max);
	for (size_t i = start; i < out->len; i++) {
		unsigned char c = (unsigned char)out->text[i];

		if (c < 0x20 || c == 0x7f)
			out->text[i] = ' ';
	}
}

static void put_micros(struct writer *out, int64_t micros)
{
	char text[BUS_DECIMAL_MAX];

	put(out, bus_micros_format(micros, text));
}

/* Without its sign. */
static void put_size(struct writer *out, int64_t micros)
{
	put_micros(out, micros == INT64_MIN ? INT64_MAX : micros < 0 ? -micros : micros);
}

static void put_shares(struct writer *out, int64_t micros, const char *symbol)
{
	put_micros(out, micros);
	put(out, " ");
	quote(out, symbol, NOTICE_SYMBOL_MAX);
}

static void put_order(struct writer *out, const char *client_order_id)
{
	if (client_order_id[0] == '\0')
		return;
	put(out, "\nOrder: ");
	quote(out, client_order_id, NOTICE_QUOTE_MAX);
}

void template_fill(const struct notice_fill *fill, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, fill->buy ? "Bought " : "Sold ");
	put_shares(&title, fill->quantity.micros, fill->symbol);
	put(&title, " at ");
	put_micros(&title, fill->price.micros);

	put(&body, out->title);
	put(&body, fill->buy ? ": " : ": received ");
	put_size(&body, fill->cash.micros);
	put(&body, fill->buy ? " paid" : "");
	if (fill->fee.micros != 0) {
		put(&body, fill->buy ? ", with a fee of " : ", after a fee of ");
		put_micros(&body, fill->fee.micros);
	}
	put(&body, ".\nFilled so far: ");
	put_micros(&body, fill->cum.micros);
	put(&body, "; still open: ");
	put_micros(&body, fill->leaves.micros);
	put(&body, ".");
	put_order(&body, fill->client_order_id);
}

void template_reject(const struct notice_reject *reject, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Order to ");
	put(&title, reject->buy ? "buy " : "sell ");
	quote(&title, reject->symbol, NOTICE_SYMBOL_MAX);
	put(&title, " rejected");

	put(&body, out->title);
	put(&body, ": ");
	quote(&body, reject->text, NOTICE_QUOTE_MAX);
	put(&body, ".");
	put_order(&body, reject->client_order_id);
}

void template_cancel(const struct notice_cancel *cancel, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Order to ");
	put(&title, cancel->buy ? "buy " : "sell ");
	quote(&title, cancel->symbol, NOTICE_SYMBOL_MAX);
	put(&title, cancel->expired ? " expired" : " canceled");

	put(&body, out->title);
	put(&body, ": ");
	put_micros(&body, cancel->canceled.micros);
	put(&body, " no longer open; filled before: ");
	put_micros(&body, cancel->cum.micros);
	put(&body, ".");
	put_order(&body, cancel->client_order_id);
}

static void put_moved(struct writer *out, const struct notice_movement *movement)
{
	if (movement->quantity.micros != 0)
		put_shares(out, movement->quantity.micros, movement->symbol);
	else
		put_micros(out, movement->amount.micros);
}

static void put_balance(struct writer *out, const struct notice_movement *movement)
{
	put(out, ".\nBalance: ");
	if (movement->quantity.micros != 0)
		put_shares(out, movement->balance_micros, movement->symbol);
	else
		put_micros(out, movement->balance_micros);
	put(out, ".");
}

static void moved(const char *what, const struct notice_movement *movement, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, what);
	put_moved(&title, movement);
	put(&body, out->title);
	put_balance(&body, movement);
}

void template_deposit(const struct notice_movement *movement, struct notice *out)
{
	moved("Deposited ", movement, out);
}

void template_withdrawal(const struct notice_movement *movement, struct notice *out)
{
	moved("Withdrawn ", movement, out);
}

void template_withdrawal_rejected(const struct notice_movement *movement, const char *text,
				  struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Withdrawal of ");
	put_moved(&title, movement);
	put(&title, " rejected");
	put(&body, out->title);
	put(&body, ": ");
	quote(&body, text, NOTICE_QUOTE_MAX);
	put(&body, ".");
}

/* --- Orders, margin and corporate actions
 * --------------------------------------------------------- */

void template_trigger(const struct notice_trigger *trigger, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Stop order in ");
	quote(&title, trigger->symbol, NOTICE_SYMBOL_MAX);
	put(&title, " elected");

	put(&body, out->title);
	put(&body, ": stop ");
	put_micros(&body, trigger->stop.micros);
	put(&body, ", last trade ");
	put_micros(&body, trigger->last.micros);
	put(&body, ".");
	put_order(&body, trigger->client_order_id);
}

void template_replace(const struct notice_replace *replace, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Order to ");
	put(&title, replace->buy ? "buy " : "sell ");
	quote(&title, replace->symbol, NOTICE_SYMBOL_MAX);
	put(&title, " replaced");

	put(&body, out->title);
	put(&body, ": now ");
	put_micros(&body, replace->quantity.micros);
	put(&body, ", still open: ");
	put_micros(&body, replace->leaves.micros);
	put(&body, ".");
	put_order(&body, replace->client_order_id);
}

void template_margin(const struct notice_margin *margin, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, "Margin call");
	if (margin->missing.micros != 0) {
		put(&title, ": ");
		put_micros(&title, margin->missing.micros);
		put(&title, " missing");
	} else {
		put(&title, " met");
	}
	put(&body, out->title);
	put(&body, ". Equity ");
	put_micros(&body, margin->equity.micros);
	put(&body, ", required ");
	put_micros(&body, margin->requirement.micros);
	put(&body, ".");
}

void template_dividend(const struct notice_dividend *dividend, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	put(&title, dividend->amount.micros < 0 ? "Dividend owed: " : "Dividend: ");
	put_size(&title, dividend->amount.micros);
	put(&title, " for ");
	quote(&title, dividend->symbol, NOTICE_SYMBOL_MAX);

	put(&body, out->title);
	put(&body, ", ");
	put_micros(&body, dividend->per_share.micros);
	put(&body, " a share.\nBalance: ");
	put_micros(&body, dividend->cash.micros);
	put(&body, ".");
}

/* Whole shares as a number. */
static void put_whole(struct writer *out, int64_t shares)
{
	int64_t micros;

	if (__builtin_mul_overflow(shares, BUS_MICROS, &micros))
		micros = INT64_MAX;
	put_micros(out, micros);
}

void template_split(const struct notice_split *split, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	quote(&title, split->symbol, NOTICE_SYMBOL_MAX);
	put(&title, " split ");
	put_whole(&title, split->new_shares);
	put(&title, " for ");
	put_whole(&title, split->old_shares);

	put(&body, out->title);
	put(&body, ".\nBalance: ");
	put_shares(&body, split->position.micros, split->symbol);
	if (split->cash.micros != 0) {
		put(&body, "; for a fraction: ");
		put_micros(&body, split->cash.micros);
	}
	put(&body, ".");
}

void template_rename(const struct notice_rename *rename, struct notice *out)
{
	struct writer title = writer(out->title, sizeof(out->title));
	struct writer body = writer(out->body, sizeof(out->body));

	quote(&title, rename->symbol, NOTICE_SYMBOL_MAX);
	put(&title, " is ");
	quote(&title, rename->new_symbol, NOTICE_SYMBOL_MAX);
	put(&title, " now");

	put(&body, out->title);
	put(&body, ".\nBalance: ");
	put_shares(&body, rename->position.micros, rename->new_symbol);
	put(&body, ".");
}
