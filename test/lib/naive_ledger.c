/* The oracle of the ledger's tests, see naive_ledger.h. */
#include "naive_ledger.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

__extension__ typedef __int128 wide;

void naive_ledger_release(struct naive_ledger *ledger)
{
	for (int a = 0; a < NAIVE_ACCOUNTS; a++)
		for (int s = 0; s < NAIVE_SYMBOLS; s++)
			free(ledger->accounts[a].holdings[s].lots);
	memset(ledger, 0, sizeof(*ledger));
}

/* amount * part / whole, to the nearest, a half to the even one. */
static int64_t share(int64_t amount, int64_t part, int64_t whole)
{
	wide product = (wide)amount * part;
	wide down, rest, twice;

	bus_assert(whole > 0);
	down = product / whole;
	rest = product % whole;
	if (rest < 0) {
		down--;
		rest += whole;
	}
	twice = rest * 2;
	if (twice > whole || (twice == whole && down % 2 != 0))
		down++;
	return (int64_t)down;
}

static int64_t size_of(int64_t quantity)
{
	return quantity < 0 ? -quantity : quantity;
}

void naive_ledger_cash(struct naive_account *account, int64_t amount)
{
	account->cash += amount;
	account->deposits += amount;
	account->fifo_deposits += amount;
}

static void open_lot(struct naive_holding *holding, int64_t quantity, int64_t cost)
{
	if (holding->lot_count == holding->lot_capacity) {
		holding->lot_capacity = holding->lot_capacity * 2 + 8;
		holding->lots =
			bus_realloc(holding->lots, holding->lot_capacity * sizeof(*holding->lots));
	}
	holding->lots[holding->lot_count++] = (struct naive_lot){ quantity, cost };
	holding->quantity += quantity;
	holding->cost += cost;
	holding->fifo_cost += cost;
}

/* So much leaves the position; returns its cost at average, *fifo: by lots. */
static int64_t close_part(struct naive_holding *holding, int64_t size, int64_t *fifo)
{
	int64_t whole = size_of(holding->quantity);
	int64_t cost = share(holding->cost, size, whole);
	int64_t sign = holding->quantity < 0 ? -1 : 1;
	int64_t left = size;

	*fifo = 0;
	while (left > 0) {
		struct naive_lot *lot = &holding->lots[0];
		int64_t here = size_of(lot->quantity), taken = left < here ? left : here;
		int64_t lot_cost = share(lot->cost, taken, here);

		*fifo += lot_cost;
		lot->cost -= lot_cost;
		lot->quantity -= sign * taken;
		left -= taken;
		if (lot->quantity == 0)
			memmove(lot, lot + 1, --holding->lot_count * sizeof(*lot));
	}
	holding->quantity -= sign * size;
	holding->cost -= cost;
	holding->fifo_cost -= *fifo;
	return cost;
}

void naive_ledger_shares_in(struct naive_account *account, int symbol, int64_t quantity,
			    int64_t cost)
{
	struct naive_holding *holding = &account->holdings[symbol];

	bus_assert(holding->quantity >= 0);
	open_lot(holding, quantity, cost);
	account->deposits += cost;
	account->fifo_deposits += cost;
}

int64_t naive_ledger_shares_out(struct naive_account *account, int symbol, int64_t quantity)
{
	int64_t fifo, cost = close_part(&account->holdings[symbol], quantity, &fifo);

	account->deposits -= cost;
	account->fifo_deposits -= fifo;
	return cost;
}

struct naive_earned naive_ledger_trade(struct naive_account *account, int symbol, int64_t quantity,
				       int64_t cash, int32_t settles)
{
	struct naive_holding *holding = &account->holdings[symbol];
	struct naive_earned earned = { 0, 0 };
	bool closes =
		(holding->quantity > 0 && quantity < 0) || (holding->quantity < 0 && quantity > 0);
	int64_t closed = 0, closing_cash, fifo;

	if (closes)
		closed = size_of(quantity) < size_of(holding->quantity)
				 ? size_of(quantity)
				 : size_of(holding->quantity);
	closing_cash = share(cash, closed, size_of(quantity));
	if (closed > 0) {
		earned.realised = closing_cash - close_part(holding, closed, &fifo);
		earned.fifo_realised = closing_cash - fifo;
		holding->realised += earned.realised;
		holding->fifo_realised += earned.fifo_realised;
	}
	if (closed < size_of(quantity))
		open_lot(holding, quantity < 0 ? quantity + closed : quantity - closed,
			 -(cash - closing_cash));
	account->cash += cash;
	bus_assert(account->unsettled_count < NAIVE_DATES);
	account->unsettled[account->unsettled_count++] = (struct naive_unsettled){ settles, cash };
	return earned;
}

void naive_ledger_earn(struct naive_account *account, int64_t amount)
{
	account->cash += amount;
	account->earned += amount;
}

int64_t naive_ledger_unsettled(const struct naive_account *account)
{
	int64_t sum = 0;

	for (size_t i = 0; i < account->unsettled_count; i++)
		sum += account->unsettled[i].amount;
	return sum;
}

int64_t naive_ledger_settle(struct naive_account *account, int32_t date)
{
	int64_t sum = 0;
	size_t kept = 0;

	for (size_t i = 0; i < account->unsettled_count; i++)
		if (account->unsettled[i].date == date)
			sum += account->unsettled[i].amount;
		else
			account->unsettled[kept++] = account->unsettled[i];
	account->unsettled_count = kept;
	return sum;
}

const char *naive_ledger_fault(const struct naive_account *account)
{
	int64_t average = account->cash - account->deposits - account->earned;
	int64_t fifo = account->cash - account->fifo_deposits - account->earned;

	for (int s = 0; s < NAIVE_SYMBOLS; s++) {
		const struct naive_holding *h = &account->holdings[s];
		int64_t quantity = 0, cost = 0;

		for (size_t i = 0; i < h->lot_count; i++) {
			quantity += h->lots[i].quantity;
			cost += h->lots[i].cost;
		}
		if (quantity != h->quantity || cost != h->fifo_cost)
			return "lots sum to their position";
		if (h->quantity == 0 && (h->cost != 0 || h->fifo_cost != 0))
			return "what is flat has no cost";
		average += h->cost - h->realised;
		fifo += h->fifo_cost - h->fifo_realised;
	}
	if (average != 0)
		return "cash + cost = deposits + realised, at average";
	if (fifo != 0)
		return "cash + cost = deposits + realised, by lots";
	return NULL;
}
