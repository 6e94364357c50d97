/* What must hold after every step, see mesh_watch.h: the book, and what is everybody's. */
#include "mesh_watch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fields.h"

const struct watch_account watch_accounts[WATCH_ACCOUNTS] = {
	[1] = { .fee_group = "" },
	[2] = { .fee_group = "retail" },
	[3] = { .fee_group = "active" },
	[4] = { .fee_group = "retail", .shorting = true },
	[5] = { .fee_group = "standard", .firm = true },
	[6] = { .fee_group = "active" },
	[7] = { .fee_group = "active", .shorting = true },
};

/* The last two are what the first two may be called one day. */
const char *const watch_symbols[WATCH_SYMBOLS] = { "AAA", "BBB", "AAA2", "BBB2" };

void watch_release(struct watch *watch)
{
	naive_ledger_release(&watch->ledger);
	free(watch->orders);
	free(watch->trades);
	free(watch->withdrawals);
}

int watch_account_of(const char *key)
{
	char id[BUS_ID_TEXT];

	for (int a = 1; a < WATCH_ACCOUNTS; a++)
		if (strcmp(fold_mesh_id(1000 + (uint64_t)a, id), key) == 0)
			return a;
	return 0;
}

int watch_symbol_of(const char *symbol)
{
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		if (strcmp(watch_symbols[s], symbol) == 0)
			return s;
	return -1;
}

void watch_fault(struct watch *watch, const ProtobufCMessage *fact, const char *fmt, ...)
{
	va_list args;
	int len;

	if (watch->fault[0] != '\0')
		return;
	len = snprintf(watch->fault, sizeof(watch->fault),
		       "%s: ", fact != NULL ? fact->descriptor->short_name : "the mesh");
	va_start(args, fmt);
	vsnprintf(watch->fault + len, sizeof(watch->fault) - (size_t)len, fmt, args);
	va_end(args);
}

/* The book //////////////////////////////////////////////////////////////////////////////// */

static void add_trade(struct watch *watch, const ProtobufCMessage *fact)
{
	struct watch_trade *trade;

	if (watch->trade_count == watch->trade_capacity) {
		watch->trade_capacity = watch->trade_capacity * 2 + 64;
		watch->trades =
			bus_realloc(watch->trades, watch->trade_capacity * sizeof(*watch->trades));
	}
	trade = &watch->trades[watch->trade_count++];
	*trade = (struct watch_trade){ .quantity = number_in(fact, "quantity_micros"),
				       .price = number_in(fact, "price_micros") };
	snprintf(trade->id, sizeof(trade->id), "%s", text_in(fact, "trade_id"));
	if (trade->quantity <= 0 || trade->price <= 0)
		watch_fault(watch, fact, "a trade of nothing, or for nothing");
}

static void book_fact(struct watch *watch, const ProtobufCMessage *fact)
{
	int symbol = watch_symbol_of(text_in(fact, "symbol"));

	if (symbol < 0)
		return;
	if (named(fact, "Executed"))
		add_trade(watch, fact);
	if (named(fact, "TradingStateChanged"))
		watch->trading[symbol] = (int)number_in(fact, "state");
	if (named(fact, "TopOfBookChanged")) {
		watch->bid[symbol] = number_in(fact, "bid_price_micros");
		watch->ask[symbol] = number_in(fact, "ask_price_micros");
	}
}

static void book_uncrossed(struct watch *watch)
{
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		if ((watch->trading[s] == 0 || watch->trading[s] == 2) && watch->bid[s] != 0 &&
		    watch->ask[s] != 0 && watch->bid[s] >= watch->ask[s])
			watch_fault(watch, NULL, "the book of %s is crossed: %" PRId64 " %" PRId64,
				    watch_symbols[s], watch->bid[s], watch->ask[s]);
}

/* Everybody /////////////////////////////////////////////////////////////////////////////// */

static bool from_outside(const struct fold_mesh_step *step)
{
	return strlen(step->topic) > 9 && strcmp(step->topic, "books.commands") != 0 &&
	       strcmp(step->topic + strlen(step->topic) - 9, ".commands") == 0;
}

static int describe(char *out, size_t size, const ProtobufCMessage *message)
{
	static const char *const names[] = {
		"order_id",	 "new_order_id", "maker_order_id",    "taker_order_id",
		"side",		 "type",	 "quantity_micros",   "last_quantity_micros",
		"leaves_micros", "price_micros", "last_price_micros", "limit_price_micros",
		"reason",	 "hold_micros",	 "cash_held_micros",  "position_held_micros"
	};
	int len = snprintf(out, size, " %s(", message->descriptor->short_name);

	for (size_t i = 0; i < BUS_ARRAY_LEN(names) && len < (int)size; i++) {
		const char *text = text_in(message, names[i]);

		if (strlen(text) > 32)
			len += snprintf(out + len, size - (size_t)len, "%.3s %s ", names[i],
					text + 32);
		else if (number_in(message, names[i]) != 0)
			len += snprintf(out + len, size - (size_t)len, "%.*s %" PRId64 " ",
					(int)strlen(names[i]) - 7, names[i],
					number_in(message, names[i]));
	}
	if (len < (int)size)
		len += snprintf(out + len, size - (size_t)len, ")");
	return len < (int)size ? len : (int)size - 1;
}

static void remember(struct watch *watch, const struct fold_mesh_step *step)
{
	static const char *const parts[] = { "desk", "book", "ledger", "market" };
	char *out = watch->story[watch->steps % BUS_ARRAY_LEN(watch->story)];
	size_t size = sizeof(watch->story[0]);
	int len = snprintf(out, size, "%s hears", parts[step->part]);

	if (step->message != NULL)
		len += describe(out + len, size - (size_t)len, step->message);
	len += snprintf(out + len, size - (size_t)len, ":");
	for (size_t i = 0; i < bus_fold_fact_count(step->fold) && len < (int)size; i++)
		len += describe(out + len, size - (size_t)len,
				bus_fold_fact(step->fold, i)->message);
}

void watch_tell(const struct watch *watch, FILE *out)
{
	size_t kept = BUS_ARRAY_LEN(watch->story);

	for (size_t i = 1; i <= kept; i++) {
		const char *line = watch->story[(watch->steps + i) % kept];

		if (line[0] != '\0')
			fprintf(out, "\t%s\n", line);
	}
}

void watch_step(void *arg, const struct fold_mesh_step *step)
{
	struct watch *watch = arg;
	int account = 0;

	watch->steps++;
	remember(watch, step);
	if (step->result < 0 && !from_outside(step))
		watch_fault(watch, step->message, "%s does not take it from %s: %d", step->key,
			    step->topic, step->result);
	for (size_t i = 0; i < bus_fold_fact_count(step->fold); i++) {
		const ProtobufCMessage *fact = bus_fold_fact(step->fold, i)->message;

		watch->facts++;
		if (named(fact, "Parked"))
			watch_fault(watch, fact, "nothing may ever be parked");
		switch (step->part) {
		case MESH_DESK:
			account = watch_account_of(text_in(fact, "account_id"));
			watch_desk_fact(watch, fact);
			if (named(fact, "OrderRejected") && step->message != NULL &&
			    named(step->message, "PlaceOrder"))
				watch_desk_refusal(watch, step->message, fact);
			break;
		case MESH_BOOK:
			book_fact(watch, fact);
			break;
		case MESH_LEDGER:
			watch_ledger_fact(watch, fact);
			break;
		case MESH_MARKET:
			break;
		}
	}
	if (step->part == MESH_BOOK)
		book_uncrossed(watch);
	if (account != 0)
		watch_desk_sums(watch, account);
}

static void same_balances(struct watch *watch, int a)
{
	const struct naive_account *account = &watch->ledger.accounts[a];
	const struct watch_desk *desk = &watch->desks[a];

	if (account->cash != desk->cash)
		watch_fault(watch, NULL,
			    "account %d has %" PRId64 " at the desk, %" PRId64 " in the ledger", a,
			    desk->cash, account->cash);
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		if (account->holdings[s].quantity != desk->position[s])
			watch_fault(watch, NULL,
				    "account %d has %" PRId64 " %s at the desk, %" PRId64
				    " in the ledger",
				    a, desk->position[s], watch_symbols[s],
				    account->holdings[s].quantity);
}

void watch_quiet(struct watch *watch)
{
	for (int a = 1; a < WATCH_ACCOUNTS; a++)
		same_balances(watch, a);
	for (size_t i = 0; i < watch->trade_count; i++)
		if (watch->trades[i].buys != 1 || watch->trades[i].sells != 1)
			watch_fault(watch, NULL, "trade %s has %d buyers and %d sellers",
				    watch->trades[i].id, watch->trades[i].buys,
				    watch->trades[i].sells);
	watch->trade_count = 0; /* all of them have been heard of */
}
