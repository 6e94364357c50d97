/* Hash tables of accounts, positions and open withdrawals; see account.h. */
#include "account.h"

#include "returns.h"

static void forget_withdrawals(struct account *account)
{
	struct withdrawal *withdrawal, *next;

	HASH_ITER (hh, account->open, withdrawal, next) {
		HASH_DEL(account->open, withdrawal);
		free(withdrawal);
	}
}

static void forget_holdings(struct account *account)
{
	struct holding *holding, *next;

	HASH_ITER (hh, account->holdings, holding, next) {
		HASH_DEL(account->holdings, holding);
		free(holding);
	}
}

void accounts_release(struct accounts *accounts)
{
	struct account *account, *next;

	HASH_ITER (hh, accounts->by_id, account, next) {
		forget_withdrawals(account);
		forget_holdings(account);
		settlement_release(&account->settlement);
		bus_assert(accounts->by_id != NULL);
		HASH_DEL(accounts->by_id, account);
		free(account);
	}
	lot_pool_release(&accounts->lots);
	*accounts = (struct accounts){ 0 };
}

struct account *account_find(const struct accounts *accounts, struct bus_id id)
{
	struct account *account;

	HASH_FIND(hh, accounts->by_id, &id, sizeof(id), account);
	return account;
}

struct account *account_get(struct accounts *accounts, struct bus_id id)
{
	struct account *account = account_find(accounts, id);

	if (account != NULL)
		return account;
	account = bus_calloc(1, sizeof(*account));
	account->id = id;
	account->closing.growth_picos = RETURNS_ONE;
	HASH_ADD(hh, accounts->by_id, id, sizeof(id), account);
	return account;
}

void account_touch(struct accounts *accounts, struct account *account)
{
	if (account->changed)
		return;
	account->changed = true;
	account->next_changed = accounts->changed;
	accounts->changed = account;
	accounts->changed_count++;
}

void account_touch_holding(struct account *account, struct holding *holding)
{
	if (holding->changed)
		return;
	holding->changed = true;
	holding->next_changed = account->changed_holdings;
	account->changed_holdings = holding;
}

void account_touch_withdrawal(struct account *account, struct withdrawal *withdrawal)
{
	if (withdrawal->changed)
		return;
	withdrawal->changed = true;
	withdrawal->next_changed = account->changed_withdrawals;
	account->changed_withdrawals = withdrawal;
}

static void withdrawals_saved(struct account *account)
{
	struct withdrawal *withdrawal = account->changed_withdrawals;

	while (withdrawal != NULL) {
		struct withdrawal *next = withdrawal->next_changed;

		withdrawal->changed = false;
		if (withdrawal->state != WITHDRAWAL_REQUESTED) {
			bus_assert(account->open != NULL);
			HASH_DEL(account->open, withdrawal);
			free(withdrawal);
		}
		withdrawal = next;
	}
	account->changed_withdrawals = NULL;
}

static void account_saved(struct account *account)
{
	for (struct holding *h = account->changed_holdings; h != NULL; h = h->next_changed) {
		h->changed = h->oldest_changed = h->newest_changed = false;
		h->saved_first = lots_number(&h->shares.lots, 0);
		h->saved_last = h->shares.lots.opened;
	}
	account->changed_holdings = NULL;
	for (size_t i = 0; i < account->settlement.count; i++)
		account->settlement.buckets[i].changed = false;
	withdrawals_saved(account);
	account->changed = account->closed = false;
}

void accounts_saved(struct accounts *accounts)
{
	struct account *account = accounts->changed;

	while (account != NULL) {
		struct account *next = account->next_changed;

		account_saved(account);
		account = next;
	}
	accounts->changed = NULL;
	accounts->changed_count = 0;
}

bool account_is_empty(const struct account *account)
{
	if (account->balances.cash.micros != 0 || account->settlement.count > 0)
		return false;
	for (const struct holding *h = account->holdings; h != NULL; h = h->hh.next) {
		if (h->shares.position.quantity.micros != 0)
			return false;
	}
	return true;
}

static struct holding *find_holding(const struct account *account, const struct symbol *symbol)
{
	struct holding *holding;

	HASH_FIND(hh, account->holdings, symbol, sizeof(*symbol), holding);
	return holding;
}

const struct holding *account_find_holding(const struct account *account,
					   const struct symbol *symbol)
{
	return account != NULL ? find_holding(account, symbol) : NULL;
}

struct holding *account_holding(struct account *account, const struct symbol *symbol)
{
	struct holding *holding = find_holding(account, symbol);

	if (holding != NULL)
		return holding;
	holding = bus_calloc(1, sizeof(*holding));
	holding->symbol = *symbol;
	holding->saved_first = 1;
	HASH_ADD(hh, account->holdings, symbol, sizeof(*symbol), holding);
	return holding;
}

struct withdrawal *account_withdrawal(const struct account *account, struct bus_id id)
{
	struct withdrawal *withdrawal;

	if (account == NULL)
		return NULL;
	HASH_FIND(hh, account->open, &id, sizeof(id), withdrawal);
	return withdrawal != NULL && withdrawal->state == WITHDRAWAL_REQUESTED ? withdrawal : NULL;
}

struct withdrawal *account_add_withdrawal(struct account *account,
					  const struct withdrawal *withdrawal)
{
	struct withdrawal *copy = bus_malloc(sizeof(*copy));

	*copy = *withdrawal;
	HASH_ADD(hh, account->open, id, sizeof(copy->id), copy);
	return copy;
}
