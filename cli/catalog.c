/* The table itself. Adding a topic is a row here, and its messages in types.c. */
#include "catalog.h"

#include <string.h>

#define USERS  "/svc-users/users"
#define DESK   "/svc-orders/desk"
#define BOOK   "/svc-orders/book"
#define LEDGER "/svc-portfolio/ledger"
#define MARKET "/svc-marketdata/market"
#define NOTIFY "/svc-notify/notify"

const struct topic catalog[] = {
	{ "users.commands", TOPIC_COMMANDS, NULL, "users", "user", GROUP_USERS },
	{ "users.events", TOPIC_JOURNAL, USERS, NULL, "user", GROUP_USERS },
	{ "users.accounts", TOPIC_SNAPSHOT, USERS, NULL, "account", GROUP_ALONE },
	{ "users.keys", TOPIC_SNAPSHOT, USERS, NULL, "key", GROUP_ALONE },
	{ "orders.commands", TOPIC_COMMANDS, NULL, "desk", "account", GROUP_ACCOUNTS },
	{ "orders.events", TOPIC_JOURNAL, DESK, NULL, "account", GROUP_ACCOUNTS },
	{ "books.commands", TOPIC_MESSAGES, DESK, NULL, "symbol", GROUP_SYMBOLS },
	{ "books.events", TOPIC_JOURNAL, BOOK, NULL, "symbol", GROUP_SYMBOLS },
	{ "books.executions", TOPIC_MESSAGES, BOOK, NULL, "account", GROUP_ACCOUNTS },
	{ "portfolio.commands", TOPIC_COMMANDS, NULL, "ledger", "account", GROUP_ACCOUNTS },
	{ "portfolio.events", TOPIC_JOURNAL, LEDGER, NULL, "account", GROUP_ACCOUNTS },
	{ "market.commands", TOPIC_COMMANDS, NULL, "market", "symbol", GROUP_SYMBOLS },
	{ "market.events", TOPIC_JOURNAL, MARKET, NULL, "symbol", GROUP_SYMBOLS },
	{ "market.symbols", TOPIC_SNAPSHOT, MARKET, NULL, "symbol", GROUP_ALONE },
	{ "market.quotes", TOPIC_SNAPSHOT, MARKET, NULL, "symbol", GROUP_ALONE },
	{ "notify.commands", TOPIC_COMMANDS, NULL, "notify", "account", GROUP_ACCOUNTS },
	{ "notify.events", TOPIC_JOURNAL, NOTIFY, NULL, "account", GROUP_ACCOUNTS },
};
const size_t catalog_count = BUS_ARRAY_LEN(catalog);

const struct topic *catalog_find(const char *name)
{
	for (size_t i = 0; i < catalog_count; i++)
		if (strcmp(catalog[i].name, name) == 0)
			return &catalog[i];
	return NULL;
}

const char *topic_kind_name(enum topic_kind kind)
{
	switch (kind) {
	case TOPIC_COMMANDS:
		return "commands";
	case TOPIC_JOURNAL:
		return "journal";
	case TOPIC_MESSAGES:
		return "messages";
	case TOPIC_SNAPSHOT:
		return "snapshot";
	}
	return "";
}
