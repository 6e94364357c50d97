/* Rows for a mesh, see mesh_rows.h. */
#include "mesh_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"

#define SHARE  INT64_C(1000000)
#define CENT   INT64_C(10000)
#define BASE   (100 * SHARE)
#define BEGIN  INT64_C(1767623400000000) /* 2026-01-05, 14:30 UTC, a Monday */
#define HOUR   INT64_C(3600000000)
#define TRADED 2 /* symbols that orders are placed in; the others are their later names */

/* Sending rows //////////////////////////////////////////////////////////////////////////// */

struct run {
	struct fold_mesh *mesh;
	struct watch watch;
	int64_t now;
};

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static const char *symbol_of(const struct naive_command *c)
{
	return watch_symbols[(unsigned)c->symbol % WATCH_SYMBOLS];
}

static void send_market(struct run *run, const struct naive_command *c,
			const ProtobufCMessage *message)
{
	fold_mesh_send(run->mesh, "market.commands", symbol_of(c), c->id, message);
}

static void define(struct run *run, int symbol)
{
	Bourse__Market__V1__DefineInstrument define = BOURSE__MARKET__V1__DEFINE_INSTRUMENT__INIT;
	struct naive_command c = { .symbol = symbol, .id = 100 + (uint64_t)symbol };

	define.symbol = text(symbol_of(&c));
	define.name = text("of the tests");
	define.price_increment_micros = CENT;
	define.price_increment_below_one_micros = 100;
	define.quantity_increment_micros = symbol % 2 == 0 ? SHARE : 1;
	define.fractionable = symbol % 2 != 0;
	define.band_fraction_micros = symbol % 2 == 0 ? 0 : 500000;
	define.reference_price_micros = BASE;
	send_market(run, &c, &define.base);
}

static void open_account(struct run *run, int number, bool blocked)
{
	Bourse__Users__V1__Account account = BOURSE__USERS__V1__ACCOUNT__INIT;
	char id[BUS_ID_TEXT];

	account.account_id = fold_mesh_id(1000 + (uint64_t)number, id);
	account.status = blocked ? BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_BLOCKED
				 : BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_OPEN;
	account.fee_group = text(watch_accounts[number].fee_group);
	account.firm = watch_accounts[number].firm;
	account.shorting = watch_accounts[number].shorting;
	fold_mesh_send(run->mesh, "users.accounts", id, 0, &account.base);
}

static void place(struct run *run, const struct naive_command *c, char *account)
{
	Bourse__Orders__V1__PlaceOrder order = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	Bourse__Orders__V1__TakeProfit profit = BOURSE__ORDERS__V1__TAKE_PROFIT__INIT;
	Bourse__Orders__V1__StopLoss loss = BOURSE__ORDERS__V1__STOP_LOSS__INIT;
	char name[32];

	snprintf(name, sizeof(name), "c%" PRIu64, c->id);
	order.account_id = account;
	order.client_order_id = name;
	order.symbol = text(symbol_of(c));
	order.side = (Bourse__Orders__V1__Side)c->side;
	order.type = (Bourse__Orders__V1__OrderType)c->type;
	order.time_in_force = (Bourse__Orders__V1__TimeInForce)c->tif;
	order.quantity_micros = c->quantity;
	order.notional_micros = c->notional;
	order.limit_price_micros = c->price;
	order.stop_price_micros = c->stop;
	order.trail_price_micros = c->trail;
	order.trail_percent_micros = c->percent;
	order.post_only = c->post_only;
	order.self_trade_prevention = (Bourse__Orders__V1__SelfTradePrevention)c->stp;
	order.order_class = (Bourse__Orders__V1__OrderClass)c->order_class;
	profit.limit_price_micros = c->target;
	loss.stop_price_micros = c->loss;
	loss.limit_price_micros = c->loss_limit;
	if (c->target != 0)
		order.take_profit = &profit;
	if (c->loss != 0)
		order.stop_loss = &loss;
	fold_mesh_send(run->mesh, "orders.commands", account, c->id, &order.base);
}

static void replace(struct run *run, const struct naive_command *c, char *account)
{
	Bourse__Orders__V1__ReplaceOrder order = BOURSE__ORDERS__V1__REPLACE_ORDER__INIT;
	char name[32], new_name[32];

	snprintf(name, sizeof(name), "c%" PRIu64, c->other);
	snprintf(new_name, sizeof(new_name), "c%" PRIu64, c->id);
	order.account_id = account;
	order.client_order_id = name;
	order.new_client_order_id = new_name;
	order.quantity_micros = c->quantity;
	order.limit_price_micros = c->price;
	order.stop_price_micros = c->stop;
	order.trail_price_micros = c->trail;
	order.trail_percent_micros = c->percent;
	order.time_in_force = (Bourse__Orders__V1__TimeInForce)c->tif;
	fold_mesh_send(run->mesh, "orders.commands", account, c->id, &order.base);
}

static void request(struct run *run, const struct naive_command *c, char *account)
{
	Bourse__Orders__V1__CancelOrder cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	Bourse__Orders__V1__DecreaseOrder decrease = BOURSE__ORDERS__V1__DECREASE_ORDER__INIT;
	Bourse__Orders__V1__CancelOrders all = BOURSE__ORDERS__V1__CANCEL_ORDERS__INIT;
	char name[32];

	snprintf(name, sizeof(name), "c%" PRIu64, c->other);
	cancel.account_id = decrease.account_id = all.account_id = account;
	cancel.client_order_id = decrease.client_order_id = name;
	decrease.by_micros = c->quantity;
	if (c->flag)
		all.symbol = text(symbol_of(c));
	fold_mesh_send(run->mesh, "orders.commands", account, c->id,
		       c->op == NAIVE_OP_CANCEL	    ? &cancel.base
		       : c->op == NAIVE_OP_DECREASE ? &decrease.base
						    : &all.base);
}

static void move(struct run *run, const struct naive_command *c, char *account)
{
	Bourse__Portfolio__V1__Deposit deposit = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;
	Bourse__Portfolio__V1__Withdraw withdraw = BOURSE__PORTFOLIO__V1__WITHDRAW__INIT;
	bool shares = c->op == NAIVE_OP_SHARES_IN || c->op == NAIVE_OP_SHARES_OUT;

	deposit.account_id = withdraw.account_id = account;
	if (shares)
		deposit.symbol = withdraw.symbol = text(symbol_of(c));
	deposit.quantity_micros = withdraw.quantity_micros = shares ? c->quantity : 0;
	deposit.cost_price_micros = shares ? c->price : 0;
	deposit.amount_micros = withdraw.amount_micros = shares ? 0 : c->quantity;
	fold_mesh_send(run->mesh, "portfolio.commands", account, c->id,
		       c->op == NAIVE_OP_DEPOSIT || c->op == NAIVE_OP_SHARES_IN ? &deposit.base
										: &withdraw.base);
}

static void announce(struct run *run, const struct naive_command *c)
{
	Bourse__Market__V1__AnnounceAction action = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;

	action.symbol = text(symbol_of(c));
	action.kind = (Bourse__Market__V1__ActionKind)c->action;
	action.effective_at_micros = run->now + c->expires;
	if (c->action == 1) {
		action.new_shares = c->quantity;
		action.old_shares = c->price;
		action.cash_price_micros = BASE;
	} else if (c->action == 2) {
		action.amount_micros = c->quantity;
	} else {
		action.new_symbol = text(watch_symbols[(c->symbol + 2) % WATCH_SYMBOLS]);
	}
	send_market(run, c, &action.base);
}

static void session(struct run *run, const struct naive_command *c)
{
	Bourse__Market__V1__OpenSession open = BOURSE__MARKET__V1__OPEN_SESSION__INIT;
	Bourse__Market__V1__CloseSession close = BOURSE__MARKET__V1__CLOSE_SESSION__INIT;
	Bourse__Market__V1__HaltInstrument halt = BOURSE__MARKET__V1__HALT_INSTRUMENT__INIT;
	Bourse__Market__V1__ResumeInstrument resume = BOURSE__MARKET__V1__RESUME_INSTRUMENT__INIT;
	Bourse__Market__V1__CallAuction call = BOURSE__MARKET__V1__CALL_AUCTION__INIT;
	char *symbol = text(symbol_of(c));

	open.symbol = close.symbol = halt.symbol = resume.symbol = call.symbol = symbol;
	open.session_date = call.session_date = c->date;
	open.closes_at_micros = c->expires != 0 ? run->now + c->expires : 0;
	halt.reason = text("by the test");
	call.kind = (Bourse__Market__V1__AuctionKind)c->action;
	send_market(run, c,
		    c->op == NAIVE_OP_OPENED   ? &open.base
		    : c->op == NAIVE_OP_CLOSED ? &close.base
		    : c->op == NAIVE_OP_HALTED ? &halt.base
		    : c->op == NAIVE_OP_CALLED ? &call.base
					       : &resume.base);
}

static void send_row(struct run *run, const struct naive_command *c)
{
	Bourse__Portfolio__V1__ApplyActions apply = BOURSE__PORTFOLIO__V1__APPLY_ACTIONS__INIT;
	char account[BUS_ID_TEXT];

	fold_mesh_id(1000 + c->account, account);
	switch (c->op) {
	case NAIVE_OP_NEW:
		place(run, c, account);
		break;
	case NAIVE_OP_CANCEL:
	case NAIVE_OP_DECREASE:
	case NAIVE_OP_CANCEL_ALL:
		request(run, c, account);
		break;
	case NAIVE_OP_REPLACE:
		replace(run, c, account);
		break;
	case NAIVE_OP_OPENED:
	case NAIVE_OP_CLOSED:
	case NAIVE_OP_HALTED:
	case NAIVE_OP_RESUMED:
	case NAIVE_OP_CALLED:
		session(run, c);
		break;
	case NAIVE_OP_ACTION:
		announce(run, c);
		break;
	case NAIVE_OP_DEPOSIT:
	case NAIVE_OP_WITHDRAW:
	case NAIVE_OP_SHARES_IN:
	case NAIVE_OP_SHARES_OUT:
		move(run, c, account);
		break;
	case NAIVE_OP_ACCOUNT:
		open_account(run, (int)c->account, c->flag);
		break;
	case NAIVE_OP_APPLY:
		apply.account_id = account;
		fold_mesh_send(run->mesh, "portfolio.commands", account, c->id, &apply.base);
		break;
	case NAIVE_OP_DELIVER:
		for (int64_t i = 0; i < c->quantity && run->watch.fault[0] == '\0'; i++)
			fold_mesh_deliver(run->mesh);
		break;
	case NAIVE_OP_QUIET:
		while (run->watch.fault[0] == '\0' && fold_mesh_deliver(run->mesh))
			;
		if (run->watch.fault[0] == '\0')
			watch_quiet(&run->watch);
		break;
	}
}

/* Running ///////////////////////////////////////////////////////////////////////////////// */

static void run_begin(struct run *run, const struct mesh_parts *parts, uint64_t seed)
{
	memset(run, 0, sizeof(*run));
	run->now = BEGIN;
	run->mesh = fold_mesh_new(parts->parts, seed, watch_step, &run->watch);
	fold_mesh_now(run->mesh, run->now);
	for (int a = 1; a < WATCH_ACCOUNTS; a++)
		open_account(run, a, false);
	for (int s = 0; s < WATCH_SYMBOLS; s++)
		define(run, s);
	fold_mesh_settle(run->mesh);
}

static void run_end(struct run *run)
{
	fold_mesh_free(run->mesh);
	watch_release(&run->watch);
}

static bool run_row(struct run *run, const struct naive_command *c)
{
	if (c->wait > 0) {
		run->now += c->wait;
		fold_mesh_now(run->mesh, run->now);
	}
	if (run->watch.fault[0] == '\0')
		send_row(run, c);
	return run->watch.fault[0] == '\0';
}

/* The twins are the same as what they are twins of. */
static bool rebuilt(struct run *run, const struct mesh_parts *parts)
{
	for (int part = 0; part < FOLD_MESH_PARTS; part++) {
		const char *what =
			parts->differ[part] == NULL
				? NULL
				: parts->differ[part](
					  fold_mesh_state(run->mesh, (enum fold_mesh_part)part),
					  fold_mesh_twin(run->mesh, (enum fold_mesh_part)part));

		if (what != NULL) {
			watch_fault(&run->watch, NULL, "%s folded from its journal differs: %s",
				    parts->parts[part]->name, what);
			return false;
		}
	}
	return true;
}

struct shrinking {
	const struct mesh_parts *parts;
	uint64_t seed;
	bool loud;
	char kind[24]; /* how the fault begins: shrinking must not find another one */
};

static bool run_all(const struct shrinking *s, const struct naive_command *rows, size_t count,
		    char *fault, size_t size)
{
	struct run *run = bus_malloc(sizeof(*run));
	const struct naive_command quiet = { .op = NAIVE_OP_QUIET };
	bool good = true;

	run_begin(run, s->parts, s->seed);
	for (size_t i = 0; i < count && good; i++)
		good = run_row(run, &rows[i]);
	good = good && run_row(run, &quiet) && rebuilt(run, s->parts);
	snprintf(fault, size, "%s", run->watch.fault);
	if (s->loud)
		watch_tell(&run->watch, stderr);
	run_end(run);
	free(run);
	return good;
}

static bool shows(void *arg, const struct naive_command *rows, size_t count)
{
	const struct shrinking *s = arg;
	char fault[400];

	return !run_all(s, rows, count, fault, sizeof(fault)) &&
	       strncmp(fault, s->kind, sizeof(s->kind) - 1) == 0;
}

bool mesh_run_rows(const struct mesh_parts *parts, const struct naive_command *rows, size_t count)
{
	struct shrinking s = { .parts = parts };
	char fault[400];

	if (run_all(&s, rows, count, fault, sizeof(fault)))
		return true;
	fprintf(stderr, "mesh: %s\n", fault);
	return false;
}

static void report(const struct mesh_parts *parts, uint64_t seed, struct naive_command *rows,
		   size_t count, const char *fault)
{
	struct shrinking s = { .parts = parts, .seed = seed };
	char now[400];

	fprintf(stderr, "mesh: seed %" PRIu64 ", after %zu rows: %s\n", seed, count, fault);
	snprintf(s.kind, sizeof(s.kind), "%.*s", (int)sizeof(s.kind) - 1, fault);
	count = naive_shrink(rows, count, shows, &s);
	naive_print_commands(stderr, rows, count);
	s.loud = true;
	run_all(&s, rows, count, now, sizeof(now));
	fprintf(stderr, "mesh: %s\n", now);
}

/* Making rows ///////////////////////////////////////////////////////////////////////////// */

struct maker {
	uint64_t seed, last_id;
	struct {
		uint64_t id, account;
		int symbol, type, tif, side;
		int64_t price;
	} recent[32];
	int session[WATCH_SYMBOLS]; /* 0 closed, 1 opening call, 2 open, 3 closing call */
	bool halted[WATCH_SYMBOLS];
	int32_t date;
	uint64_t hostile, width, actions;
	bool classes;
};

static uint64_t draw(struct maker *m, uint64_t below)
{
	return naive_draw(&m->seed, below);
}

static bool once_in(struct maker *m, uint64_t permille)
{
	return draw(m, 1000) < permille;
}

static int64_t near(struct maker *m, int side, int64_t around)
{
	int64_t price = around + ((int64_t)draw(m, m->width) - (int64_t)m->width / 2) * CENT;

	return price + (once_in(m, 500) ? (side == NAIVE_BUY ? -5 : 5) * CENT : 0);
}

static int64_t some_shares(struct maker *m, int symbol)
{
	if (symbol % 2 != 0 && once_in(m, 300))
		return 1 + (int64_t)draw(m, 30 * SHARE);
	return (1 + (int64_t)draw(m, 30)) * SHARE;
}

static int64_t strange(struct maker *m)
{
	static const int64_t values[] = {
		-1, 1, INT64_MAX, INT64_MIN, SHARE + 1, INT64_MAX / 2, -SHARE, 100000000 * SHARE
	};

	return values[draw(m, BUS_ARRAY_LEN(values))];
}

static void prices(struct maker *m, struct naive_command *c)
{
	int64_t away = (1 + (int64_t)draw(m, m->width)) * CENT;
	int64_t stop = BASE + (c->side == NAIVE_BUY ? away : -away);

	c->price = c->type == NAIVE_LIMIT ? near(m, c->side, BASE) : 0;
	if (c->type == NAIVE_STOP || c->type == NAIVE_STOP_LIMIT)
		c->stop = stop;
	if (c->type == NAIVE_STOP_LIMIT)
		c->price = stop + (c->side == NAIVE_BUY ? 3 : -3) * CENT;
	if (c->type == NAIVE_TRAILING && once_in(m, 500))
		c->trail = away;
	else if (c->type == NAIVE_TRAILING)
		c->percent = 10000 + (int64_t)draw(m, 2000000);
}

static void classes(struct maker *m, struct naive_command *c)
{
	int64_t up = c->side == NAIVE_BUY ? 1 : -1;

	c->order_class = 2 + (int)draw(m, 3);
	c->tif = NAIVE_DAY + (int)draw(m, 2);
	c->post_only = false;
	c->notional = 0;
	c->quantity = some_shares(m, c->symbol);
	if (c->order_class == 3) {
		c->type = NAIVE_LIMIT;
		c->stop = c->trail = c->percent = 0;
		c->price = BASE - up * (2 + (int64_t)draw(m, 8)) * CENT;
		c->loss = BASE + up * (2 + (int64_t)draw(m, 8)) * CENT;
		c->loss_limit = once_in(m, 300) ? c->loss + up * 2 * CENT : 0;
		return;
	}
	c->target = BASE + up * (1 + (int64_t)draw(m, 8)) * CENT;
	c->loss = BASE - up * (1 + (int64_t)draw(m, 8)) * CENT;
	c->loss_limit = once_in(m, 300) ? c->loss - up * 2 * CENT : 0;
	if (c->order_class == 4 && once_in(m, 500))
		c->target = 0;
	else if (c->order_class == 4)
		c->loss = c->loss_limit = 0;
}

static void spoil(struct maker *m, struct naive_command *c)
{
	int64_t *const numbers[] = { &c->quantity, &c->price,	 &c->stop,   &c->trail,
				     &c->percent,  &c->notional, &c->target, &c->loss };
	int *const words[] = { &c->side, &c->type, &c->tif, &c->stp, &c->order_class };

	if (once_in(m, 600))
		*numbers[draw(m, BUS_ARRAY_LEN(numbers))] = strange(m);
	else
		*words[draw(m, BUS_ARRAY_LEN(words))] = (int)draw(m, 9) - 1;
}

static struct naive_command an_order(struct maker *m)
{
	struct naive_command c = { .op = NAIVE_OP_NEW };

	c.id = ++m->last_id;
	c.account = 1 + draw(m, WATCH_ACCOUNTS - 1);
	c.symbol = (int)draw(m, TRADED);
	c.side = NAIVE_BUY + (int)draw(m, 2);
	c.type = once_in(m, 300)   ? NAIVE_STOP + (int)draw(m, 3)
		 : once_in(m, 200) ? NAIVE_MARKET
				   : NAIVE_LIMIT;
	c.tif = NAIVE_DAY + (int)draw(m, 2);
	if (c.type <= NAIVE_LIMIT && once_in(m, 250))
		c.tif = NAIVE_TIF_IOC + (int)draw(m, 4);
	if (c.type == NAIVE_LIMIT && c.tif <= NAIVE_GTC)
		c.post_only = once_in(m, 80);
	c.stp = (int)draw(m, 6);
	c.quantity = some_shares(m, c.symbol);
	prices(m, &c);
	if (c.type == NAIVE_MARKET && (c.tif == NAIVE_DAY || c.tif == NAIVE_TIF_IOC) &&
	    once_in(m, 300)) {
		c.notional = (1 + (int64_t)draw(m, 4000)) * SHARE + (int64_t)draw(m, 100);
		c.quantity = 0;
	}
	if (m->classes && once_in(m, 120))
		classes(m, &c);
	if (once_in(m, m->hostile))
		spoil(m, &c);
	return c;
}

static struct naive_command a_request(struct maker *m, enum naive_op op)
{
	size_t i = draw(m, BUS_ARRAY_LEN(m->recent));
	struct naive_command c = { .op = op,
				   .id = ++m->last_id,
				   .other = m->recent[i].id,
				   .account = m->recent[i].account,
				   .symbol = m->recent[i].symbol,
				   .side = m->recent[i].side,
				   .type = m->recent[i].type };

	if (c.other == 0)
		return an_order(m);
	if (op == NAIVE_OP_DECREASE)
		c.quantity = (1 + (int64_t)draw(m, 10)) * SHARE;
	if (op != NAIVE_OP_REPLACE)
		return c;
	if (once_in(m, 600))
		c.quantity = some_shares(m, c.symbol);
	if (once_in(m, 500))
		prices(m, &c);
	if (once_in(m, 100))
		c.tif = NAIVE_DAY + (int)draw(m, 2);
	return c;
}

static struct naive_command a_movement(struct maker *m)
{
	struct naive_command c = { .id = ++m->last_id };

	c.account = 1 + draw(m, WATCH_ACCOUNTS - 1);
	c.symbol = (int)draw(m, TRADED);
	c.op = NAIVE_OP_DEPOSIT + (int)draw(m, 4);
	c.quantity = c.op <= NAIVE_OP_WITHDRAW ? 1 + (int64_t)draw(m, 20000 * SHARE)
					       : some_shares(m, c.symbol);
	if (c.op == NAIVE_OP_SHARES_IN)
		c.price = near(m, NAIVE_BUY, BASE);
	if (once_in(m, m->hostile))
		c.quantity = strange(m) / 1000;
	return c;
}

static struct naive_command an_action(struct maker *m, struct naive_command c)
{
	static const int64_t ratios[][2] = { { 4, 1 }, { 1, 10 }, { 3, 2 }, { 1, 7 } };
	uint64_t ratio = draw(m, BUS_ARRAY_LEN(ratios));

	c.op = NAIVE_OP_ACTION;
	c.action = 1 + (int)draw(m, once_in(m, 200) ? 3 : 2);
	c.expires = (int64_t)draw(m, 60 * SHARE);
	c.quantity = c.action == 1 ? ratios[ratio][0] : (int64_t)draw(m, SHARE) + 1;
	c.price = c.action == 1 ? ratios[ratio][1] : 0;
	return c;
}

/* What the market of a symbol does next, roughly in the order of a day. */
static struct naive_command a_session(struct maker *m)
{
	struct naive_command c = { .id = ++m->last_id, .symbol = (int)draw(m, TRADED) };
	int *state = &m->session[c.symbol];

	if (once_in(m, m->actions))
		return an_action(m, c);
	if (m->halted[c.symbol]) {
		c.op = NAIVE_OP_RESUMED;
		m->halted[c.symbol] = false;
	} else if (*state == 0) {
		c.op = once_in(m, 400) ? NAIVE_OP_CALLED : NAIVE_OP_OPENED;
		c.action = 1;
		c.date = ++m->date;
		c.expires = once_in(m, 300) ? HOUR : 0;
		*state = c.op == NAIVE_OP_CALLED ? 1 : 2;
	} else if (*state == 1) {
		c.op = NAIVE_OP_OPENED;
		c.date = m->date;
		*state = 2;
	} else if (*state == 3 || once_in(m, 200)) {
		c.op = NAIVE_OP_CLOSED;
		*state = 0;
	} else if (once_in(m, 300)) {
		c.op = NAIVE_OP_CALLED;
		c.action = 2;
		*state = 3;
	} else {
		c.op = NAIVE_OP_HALTED;
		m->halted[c.symbol] = true;
	}
	return c;
}

static void remember(struct maker *m, const struct naive_command *c)
{
	size_t i = draw(m, BUS_ARRAY_LEN(m->recent));

	if (c->op != NAIVE_OP_NEW && c->op != NAIVE_OP_REPLACE)
		return;
	m->recent[i].id = c->id;
	m->recent[i].account = c->account;
	m->recent[i].symbol = c->symbol;
	m->recent[i].side = c->side;
	m->recent[i].type = c->type;
}

static struct naive_command any_row(struct maker *m)
{
	struct naive_command c = { 0 };
	uint64_t what = draw(m, 1000);
	bool idle = m->session[0] == 0 || m->session[1] == 0 || m->halted[0] || m->halted[1];

	if (idle && once_in(m, 60))
		return a_session(m);
	if (what < 430) {
		c.op = once_in(m, 20) ? NAIVE_OP_QUIET : NAIVE_OP_DELIVER;
		c.quantity = 1 + (int64_t)draw(m, 12);
		return c;
	}
	if (what < 480)
		return a_movement(m);
	if (what < 495)
		return a_session(m);
	if (what < 560)
		return a_request(m, NAIVE_OP_CANCEL);
	if (what < 590)
		return a_request(m, NAIVE_OP_DECREASE);
	if (what < 660)
		return a_request(m, NAIVE_OP_REPLACE);
	if (what < 664) {
		c = a_request(m, NAIVE_OP_CANCEL_ALL);
		c.flag = once_in(m, 500);
		return c;
	}
	if (what < 668) {
		c.op = NAIVE_OP_ACCOUNT;
		c.account = 1 + draw(m, WATCH_ACCOUNTS - 1);
		c.flag = once_in(m, 300);
		return c;
	}
	if (what < 672) {
		c.op = NAIVE_OP_APPLY;
		c.id = ++m->last_id;
		c.account = 1 + draw(m, WATCH_ACCOUNTS - 1);
		return c;
	}
	return an_order(m);
}

/* First everybody gets something, and both symbols open. */
static struct naive_command first_rows(struct maker *m, size_t i)
{
	struct naive_command c = { .id = ++m->last_id };

	if (i < 2) {
		c.op = NAIVE_OP_OPENED;
		c.symbol = (int)i;
		c.date = m->date;
		m->session[i] = 2;
		return c;
	}
	i -= 2;
	c.account = 1 + i / 3;
	c.op = i % 3 == 0 ? NAIVE_OP_DEPOSIT : NAIVE_OP_SHARES_IN;
	c.symbol = i % 3 == 1 ? 0 : 1;
	c.quantity = i % 3 == 0 ? 100000 * SHARE : 500 * SHARE;
	c.price = i % 3 == 0 ? 0 : BASE;
	return c;
}

static struct naive_command next_row(struct maker *m, size_t i)
{
	struct naive_command c = i < 2 + 3 * (WATCH_ACCOUNTS - 1) ? first_rows(m, i) : any_row(m);

	if (once_in(m, 200))
		c.wait = (int64_t)draw(m, 2 * SHARE);
	else if (once_in(m, 5))
		c.wait = (int64_t)draw(m, (uint64_t)(40 * HOUR));
	remember(m, &c);
	return c;
}

static void maker_init(struct maker *m, uint64_t seed)
{
	*m = (struct maker){ .seed = seed * 0x9e3779b97f4a7c15 + 0x632be59bd9b4e019,
			     .last_id = 1000,
			     .date = 20260105 };
	for (int i = 0; i < 8; i++)
		draw(m, 2);
	m->width = once_in(m, 500) ? 6 : 30;
	m->hostile = once_in(m, 500) ? 30 : 0;
	m->classes = once_in(m, 600);
	m->actions = once_in(m, 500) ? 150 : 0;
}

bool mesh_run_seed(const struct mesh_parts *parts, uint64_t seed, size_t count,
		   struct mesh_seen *seen)
{
	struct naive_command *rows = bus_malloc(count * sizeof(*rows));
	struct run *run = bus_malloc(sizeof(*run));
	const struct naive_command quiet = { .op = NAIVE_OP_QUIET };
	struct maker maker;
	size_t done = 0;
	bool good = true;

	maker_init(&maker, seed);
	run_begin(run, parts, seed);
	while (done < count && good) {
		rows[done] = next_row(&maker, done);
		good = run_row(run, &rows[done++]);
	}
	good = good && run_row(run, &quiet) && rebuilt(run, parts);
	seen->rows += done;
	seen->steps += run->watch.steps;
	seen->facts += run->watch.facts;
	seen->fills += run->watch.fills;
	if (!good)
		report(parts, seed, rows, done, run->watch.fault);
	run_end(run);
	free(run);
	free(rows);
	return good;
}

/* A day from somewhere else //////////////////////////////////////////////////////////////// */

struct mesh_day {
	struct run run;
	const struct mesh_parts *parts;
};

struct mesh_day *mesh_day_new(const struct mesh_parts *parts, uint64_t seed)
{
	struct mesh_day *day = bus_calloc(1, sizeof(*day));

	day->parts = parts;
	run_begin(&day->run, parts, seed);
	return day;
}

static bool still_good(struct mesh_day *day)
{
	if (day->run.watch.fault[0] == '\0')
		return true;
	watch_tell(&day->run.watch, stderr);
	fprintf(stderr, "mesh: %s\n", day->run.watch.fault);
	return false;
}

bool mesh_day_row(struct mesh_day *day, const struct naive_command *row)
{
	run_row(&day->run, row);
	return still_good(day);
}

bool mesh_day_message(struct mesh_day *day, const char *topic, const char *key, uint64_t id,
		      const ProtobufCMessage *message)
{
	fold_mesh_send(day->run.mesh, topic, key, id, message);
	return still_good(day);
}

bool mesh_day_end(struct mesh_day *day)
{
	const struct naive_command quiet = { .op = NAIVE_OP_QUIET };
	bool good = mesh_day_row(day, &quiet) && rebuilt(&day->run, day->parts);

	good = still_good(day) && good;
	run_end(&day->run);
	free(day);
	return good;
}
