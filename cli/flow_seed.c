/*
 * Seeding in waves, each waited for on the topics: accounts, the close of yesterday's sessions, the
 * day's sessions, deposits. The snapshots by which the desk knows a symbol arrive at its instances
 * when they arrive, so canaries are sent: orders that are refused in any case, for the market's
 * being closed once the desk knows that, and for their price once it knows that the session is
 * open.
 */
#include "flow_seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "bus/money.h"
#include "bus/time.h"
#include "flow_day.h"
#include "flow_fields.h"
#include "pb.h"

#define FIRST_DAY    20120621
#define HOUR	     (INT64_C(3600) * BUS_SECOND)
#define PATIENCE     (60 * BUS_SECOND) /* without any sign of life */
#define CANARY_TRIES 400
#define CANARY_PAUSE 100 /* ms */

/* Topics of the seeding stream, in this order. */
enum { USERS_EVENTS, ACCOUNTS, MARKET_EVENTS, SYMBOLS, BOOKS, ORDERS, PORTFOLIO };
static const char *const topics[] = { "users.events",	  "users.accounts",
				      "market.events",	  "market.symbols",
				      "books.events",	  "orders.events",
				      "portfolio.events", NULL };

/* What is known of one (desk partition, symbol). */
struct canary {
	uint32_t account; /* of that partition */
	uint16_t symbol;
	bool sings; /* it was refused for the reason that is waited for */
	bool asked; /* its answer is waited for */
	uint32_t tries;
};

struct seeding {
	struct flow_seed *seed;
	struct flow_plan *plan;
	struct stream *stream;
	struct flow_needs needs;
	bool *account_open;		/* owned; by account */
	bool *symbol_shown, *book_open; /* owned; by symbol */
	uint32_t accounts_open, symbols_shown, books_open, cash_came, shares_came, shares_wanted;
	struct canary *canaries; /* owned */
	size_t canary_count, singing;
	int64_t song;		      /* the reason that is waited for */
	struct idmap commands;	      /* ce_ids of what must not be refused */
	struct idmap canary_commands; /* ce_ids of canaries; */
	uint32_t *canary_of;	      /* owned: by its number, the canary */
	struct idmap heard;	      /* of a run that was sent before: refused commands, */
	int64_t *heard_reasons;	      /* owned: and why, by number */
	int64_t heard_at;
	bool refused;
};

/* What comes in //////////////////////////////////////////////////////////////////////////////////
 */

static uint32_t symbol_of(const struct flow_plan *plan, struct bus_bytes key)
{
	for (uint32_t i = 0; i < plan->data->symbol_count; i++)
		if (pb_text_is(key, plan->data->symbols[i]))
			return i;
	return FLOW_UNKNOWN;
}

static void once(bool *flag, uint32_t *count)
{
	*count += !*flag;
	*flag = true;
}

static void on_snapshot(struct seeding *s, const struct stream_record *record)
{
	uint32_t n;

	if (record->number == ACCOUNTS) {
		n = idmap_find_text(&s->plan->account_ids, record->key);
		if (n != IDMAP_NONE)
			once(&s->account_open[n], &s->accounts_open);
		return;
	}
	n = symbol_of(s->plan, record->key);
	if (n != FLOW_UNKNOWN && pb_integer(record->value, INSTRUMENT_SESSION_DATE) >= s->seed->day)
		once(&s->symbol_shown[n], &s->symbols_shown);
}

/* A fact about a command of ours that says no. */
static void on_refusal(struct seeding *s, const struct stream_record *record,
		       const struct pb_step *step, const struct pb_fact *fact, uint32_t text_field)
{
	struct bus_bytes text = pb_bytes(fact->message, text_field);

	if (idmap_find_text(&s->commands, step->cause_id) == IDMAP_NONE)
		return;
	fprintf(stderr, "bourse: the seed was refused (%s, %.*s): %.*s\n", record->topic->name,
		(int)record->key.len, (const char *)record->key.data, (int)text.len,
		(const char *)text.data);
	s->refused = true;
}

static void on_book(struct seeding *s, const struct stream_record *record,
		    const struct pb_fact *fact)
{
	uint32_t n;

	if (fact->type != BOOK_TRADING_STATE ||
	    pb_integer(fact->message, TRADING_STATE_STATE) != TRADING_STATE_OPEN ||
	    pb_integer(fact->message, TRADING_STATE_DATE) < s->seed->day)
		return;
	n = symbol_of(s->plan, record->key);
	if (n != FLOW_UNKNOWN)
		once(&s->book_open[n], &s->books_open);
}

static void answer(struct seeding *s, struct canary *canary, int64_t reason)
{
	canary->asked = false;
	if (canary->sings || reason != s->song)
		return;
	canary->sings = true;
	s->singing++;
}

/* The answer to one that was asked, or, when the run was sent before, to one that will be. */
static void on_canary(struct seeding *s, const struct pb_step *step, const struct pb_fact *fact)
{
	uint32_t n = idmap_find_text(&s->canary_commands, step->cause_id);
	int64_t reason = pb_integer(fact->message, REJECTED_REASON);
	struct bus_id id;

	if (n != IDMAP_NONE) {
		answer(s, &s->canaries[s->canary_of[n]], reason);
		return;
	}
	if (s->seed->from != STREAM_BEGINNING ||
	    !bus_id_parse((const char *)step->cause_id.data, step->cause_id.len, &id))
		return;
	n = idmap_add(&s->heard, id, NULL);
	s->heard_reasons = bus_realloc(s->heard_reasons, (n + 1) * sizeof(*s->heard_reasons));
	s->heard_reasons[n] = reason;
}

static void on_desk(struct seeding *s, const struct stream_record *record,
		    const struct pb_step *step, const struct pb_fact *fact)
{
	if (fact->type == ORDER_REJECTED) {
		on_canary(s, step, fact);
		return;
	}
	if (fact->type != BUYING_POWER_CHANGED && fact->type != SHARES_CHANGED)
		return;
	if (idmap_find_text(&s->plan->account_ids, record->key) == IDMAP_NONE)
		return;
	if (fact->type == BUYING_POWER_CHANGED)
		s->cash_came++;
	else
		s->shares_came++;
}

static void on_record(void *arg, const struct stream_record *record)
{
	struct seeding *s = arg;
	struct pb_step step;
	struct pb_fact fact;

	s->heard_at = bus_time_monotonic();
	if (record->number == ACCOUNTS || record->number == SYMBOLS) {
		on_snapshot(s, record);
		return;
	}
	if (!pb_step(record->value, &step))
		return;
	while (pb_fact(&step, &fact)) {
		if (record->number == BOOKS)
			on_book(s, record, &fact);
		else if (record->number == ORDERS)
			on_desk(s, record, &step, &fact);
		else if (fact.type == COMMAND_REJECTED)
			on_refusal(s, record, &step, &fact,
				   record->number == PORTFOLIO ? PORTFOLIO_REJECTED_TEXT
							       : REJECTED_TEXT);
	}
}

/* Waiting ////////////////////////////////////////////////////////////////////////////////////////
 */

/* True when it is not there yet; what is shown is where it stands. */
typedef bool (*wanting_fn)(const struct seeding *s, char *text, size_t size);

static bool wants_accounts(const struct seeding *s, char *text, size_t size)
{
	snprintf(text, size, "accounts %u of %u", s->accounts_open, s->plan->account_count);
	return s->accounts_open < s->plan->account_count;
}

static bool wants_sessions(const struct seeding *s, char *text, size_t size)
{
	uint32_t symbols = s->plan->data->symbol_count;

	snprintf(text, size, "sessions %u of %u, books open %u of %u", s->symbols_shown, symbols,
		 s->books_open, symbols);
	return s->symbols_shown < symbols || s->books_open < symbols;
}

static bool wants_deposits(const struct seeding *s, char *text, size_t size)
{
	snprintf(text, size, "the desk has heard of cash %u of %u, shares %u of %u", s->cash_came,
		 s->plan->account_count, s->shares_came, s->shares_wanted);
	return s->cash_came < s->plan->account_count || s->shares_came < s->shares_wanted;
}

static bool wants_answers(const struct seeding *s, char *text, size_t size)
{
	snprintf(text, size, "the desk knows %zu of %zu sessions", s->singing, s->canary_count);
	for (size_t i = 0; i < s->canary_count; i++)
		if (s->canaries[i].asked)
			return true;
	return false;
}

static bool wait_for(struct seeding *s, wanting_fn wanting)
{
	char text[160];

	s->heard_at = bus_time_monotonic();
	while (wanting(s, text, sizeof(text))) {
		flow_serve(s->seed->sender);
		if (stream_poll(s->stream, 50) < 0 || s->refused)
			return false;
		if (progress_due(s->seed->progress))
			progress_show(s->seed->progress, 0, 0, "seed: %s", text);
		if (bus_time_monotonic() - s->heard_at > PATIENCE) {
			progress_end(s->seed->progress);
			fprintf(stderr, "bourse: the seed does not come through: %s\n", text);
			stream_print_missing(s->stream, stderr);
			return false;
		}
	}
	return flow_refused(s->seed->sender) == 0;
}

/* What is sent ///////////////////////////////////////////////////////////////////////////////////
 */

/* `must`: a refusal of it ends the run. */
static void say(struct seeding *s, const char *topic, const char *key, struct bus_id ce_id,
		int64_t at, const void *message, bool must)
{
	struct flow_command command;

	flow_command_set(&command, topic, key, ce_id, at, message);
	if (must)
		idmap_add(&s->commands, ce_id, NULL);
	flow_send_wait(s->seed->sender, &command);
}

static void open_account(struct seeding *s, uint32_t n, int64_t at)
{
	const struct flow_account *account = &s->plan->accounts[n];
	Bourse__Users__V1__RegisterUser user = BOURSE__USERS__V1__REGISTER_USER__INIT;
	Bourse__Users__V1__OpenAccount open = BOURSE__USERS__V1__OPEN_ACCOUNT__INIT;
	char email[96], name[32], *user_id = (char *)(uintptr_t)account->user;
	struct bus_id opened_by;
	bool ok = bus_id_parse(account->opened_by, BUS_ID_TEXT - 1, &opened_by);

	bus_assert(ok);
	snprintf(email, sizeof(email), "flow-%s@example.com", account->user);
	snprintf(name, sizeof(name), "Flow %u", n);
	user.user_id = open.user_id = user_id;
	user.email = email;
	user.display_name = name;
	say(s, "users.commands", user_id, flow_plan_id(s->plan, "register", n, 0), at, &user, true);
	say(s, "users.commands", user_id, opened_by, at, &open, true);
}

/* Whether there is a session to close is the market's to know: its no is no failure. */
static void close_session(struct seeding *s, uint16_t n, int64_t at)
{
	Bourse__Market__V1__DefineInstrument define = BOURSE__MARKET__V1__DEFINE_INSTRUMENT__INIT;
	Bourse__Market__V1__CloseSession close = BOURSE__MARKET__V1__CLOSE_SESSION__INIT;
	char *symbol = s->plan->data->symbols[n];

	define.symbol = close.symbol = define.name = symbol;
	define.price_increment_micros = 10000;
	define.price_increment_below_one_micros = 100;
	define.quantity_increment_micros = BUS_MICROS;
	define.reference_price_micros = s->plan->data->prices[n];
	say(s, "market.commands", symbol, flow_plan_id(s->plan, "define", n, 0), at, &define, true);
	say(s, "market.commands", symbol, flow_plan_id(s->plan, "close", n, 0), at, &close, false);
}

static void open_session(struct seeding *s, uint16_t n, int64_t at)
{
	Bourse__Market__V1__OpenSession open = BOURSE__MARKET__V1__OPEN_SESSION__INIT;
	char *symbol = s->plan->data->symbols[n];

	open.symbol = symbol;
	open.session_date = s->seed->day;
	say(s, "market.commands", symbol, flow_plan_id(s->plan, "session", n, 0), at, &open, true);
}

static void deposit(struct seeding *s, uint32_t n, int64_t at)
{
	const struct flow_data *data = s->plan->data;
	Bourse__Portfolio__V1__Deposit cash = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT, shares;
	char *account = s->plan->accounts[n].id;

	cash.account_id = account;
	cash.amount_micros = s->needs.cash[n];
	say(s, "portfolio.commands", account, flow_plan_id(s->plan, "cash", n, 0), at, &cash, true);
	for (uint16_t i = 0; i < data->symbol_count; i++) {
		bourse__portfolio__v1__deposit__init(&shares);
		shares.account_id = account;
		shares.symbol = data->symbols[i];
		shares.quantity_micros = s->needs.shares[(size_t)n * data->symbol_count + i];
		shares.cost_price_micros = data->prices[i];
		if (shares.quantity_micros == 0)
			continue;
		say(s, "portfolio.commands", account, flow_plan_id(s->plan, "shares", n, i), at,
		    &shares, true);
		s->shares_wanted++;
	}
}

static void ask(struct seeding *s, uint32_t n, int64_t at)
{
	struct canary *canary = &s->canaries[n];
	Bourse__Orders__V1__PlaceOrder place = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	struct bus_id id = flow_plan_id(s->plan, "canary", n, canary->tries++);
	uint32_t number;

	place.account_id = s->plan->accounts[canary->account].id;
	place.symbol = s->plan->data->symbols[canary->symbol];
	place.side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	place.type = BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT;
	place.time_in_force = BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_IOC;
	place.quantity_micros = BUS_MICROS;
	place.limit_price_micros = s->plan->data->prices[canary->symbol] + 1;
	number = idmap_add(&s->canary_commands, id, NULL);
	s->canary_of = bus_realloc(s->canary_of, (number + 1) * sizeof(*s->canary_of));
	s->canary_of[number] = n;
	canary->asked = true;
	say(s, "orders.commands", place.account_id, id, at, &place, false);
	number = idmap_find(&s->heard, id);
	if (number != IDMAP_NONE)
		answer(s, canary, s->heard_reasons[number]);
}

/* Waves //////////////////////////////////////////////////////////////////////////////////////////
 */

static void make_canaries(struct seeding *s)
{
	const struct flow_plan *plan = s->plan;
	uint16_t symbols = plan->data->symbol_count;

	for (uint32_t n = 0; n < plan->account_count; n++) {
		int32_t partition = plan->accounts[n].partition;
		bool first = true;

		for (size_t i = 0; i < s->canary_count; i += symbols)
			if (plan->accounts[s->canaries[i].account].partition == partition)
				first = false;
		if (!first)
			continue;
		s->canaries = bus_realloc(s->canaries,
					  (s->canary_count + symbols) * sizeof(*s->canaries));
		for (uint16_t i = 0; i < symbols; i++)
			s->canaries[s->canary_count++] =
				(struct canary){ .account = n, .symbol = i };
	}
}

/* Until the desk refuses a canary of each of its partitions and symbols for this reason. */
static bool wait_for_song(struct seeding *s, int64_t song, int64_t at)
{
	s->song = song;
	s->singing = 0;
	for (uint32_t n = 0; n < s->canary_count; n++)
		s->canaries[n].sings = false;
	for (uint32_t attempt = 0; attempt < CANARY_TRIES; attempt++) {
		for (uint32_t n = 0; n < s->canary_count; n++)
			if (!s->canaries[n].sings)
				ask(s, n, at);
		if (!wait_for(s, wants_answers))
			return false;
		if (s->singing == s->canary_count)
			return true;
		if (stream_poll(s->stream, CANARY_PAUSE) < 0)
			return false;
	}
	fprintf(stderr, "bourse: the desk does not get to know %zu of %zu sessions\n",
		s->canary_count - s->singing, s->canary_count);
	return false;
}

/* `again`: the run has opened its session before, so the desk will not be found without it. */
static bool run_waves(struct seeding *s, int32_t last_day, bool again)
{
	const struct flow_plan *plan = s->plan;
	int64_t opens = plan->midnight + 9 * HOUR;
	int64_t closes = last_day ? flow_day_midnight(last_day) + 16 * HOUR : opens - HOUR;

	for (uint16_t i = 0; i < plan->data->symbol_count; i++)
		close_session(s, i, closes);
	for (uint32_t i = 0; i < plan->account_count; i++)
		open_account(s, i, closes);
	make_canaries(s);
	if (!wait_for(s, wants_accounts) ||
	    (!again && !wait_for_song(s, REASON_MARKET_CLOSED, closes)))
		return false;
	for (uint16_t i = 0; i < plan->data->symbol_count; i++)
		open_session(s, i, opens);
	flow_plan_needs(plan, &s->needs);
	for (uint32_t i = 0; i < plan->account_count; i++)
		deposit(s, i, opens);
	return wait_for(s, wants_sessions) && wait_for(s, wants_deposits) &&
	       wait_for_song(s, REASON_PRICE_INCREMENT, opens);
}

/* The day ////////////////////////////////////////////////////////////////////////////////////////
 */

struct days {
	const struct flow_plan *plan;
	char session[BUS_ID_TEXT]; /* ce_id of the run's own OpenSession */
	int32_t last, own;
};

static void on_symbol(void *arg, const struct stream_record *record)
{
	struct days *days = arg;
	int64_t date = pb_integer(record->value, INSTRUMENT_SESSION_DATE);

	if (symbol_of(days->plan, record->key) != FLOW_UNKNOWN && date > days->last)
		days->last = (int32_t)date;
}

static void on_market(void *arg, const struct stream_record *record)
{
	struct days *days = arg;
	struct pb_step step;
	struct pb_fact fact;

	if (!pb_step(record->value, &step) || !pb_text_is(step.cause_id, days->session))
		return;
	while (pb_fact(&step, &fact))
		if (fact.type == SESSION_OPENED)
			days->own = (int32_t)pb_integer(
				pb_bytes(fact.message, SESSION_OPENED_INSTRUMENT),
				INSTRUMENT_SESSION_DATE);
}

static bool read_topic(const struct flow_seed *seed, const char *topic, stream_fn take,
		       struct days *days)
{
	const char *const list[] = { topic, NULL };
	struct stream *stream = stream_new(seed->client, list, STREAM_BEGINNING, take, days);
	bool ok = stream && stream_drain(stream) == 0;

	stream_free(stream);
	return ok;
}

/* The day that the run had when it was sent before, or the next one that is free. */
static bool find_day(struct flow_seed *seed, struct days *days)
{
	bus_id_format(flow_plan_id(seed->plan, "session", 0, 0), days->session);
	if (!read_topic(seed, "market.symbols", on_symbol, days))
		return false;
	if (seed->from == STREAM_BEGINNING && !read_topic(seed, "market.events", on_market, days))
		return false;
	seed->day = days->last < FIRST_DAY ? FIRST_DAY : flow_day_after(days->last);
	if (days->own)
		seed->day = days->own;
	seed->plan->midnight = flow_day_midnight(seed->day);
	return true;
}

bool flow_seed_run(struct flow_seed *seed)
{
	struct seeding s = { .seed = seed, .plan = seed->plan };
	struct days days = { .plan = seed->plan };
	bool ok = find_day(seed, &days);

	if (!ok)
		return false;
	s.account_open = bus_calloc(seed->plan->account_count, sizeof(bool));
	s.symbol_shown = bus_calloc(seed->plan->data->symbol_count, sizeof(bool));
	s.book_open = bus_calloc(seed->plan->data->symbol_count, sizeof(bool));
	s.stream = stream_new(seed->client, topics, seed->from, on_record, &s);
	ok = s.stream && run_waves(&s, days.last, days.own != 0);
	progress_end(seed->progress);
	stream_free(s.stream);
	free(s.account_open);
	free(s.symbol_shown);
	free(s.book_open);
	free(s.canaries);
	free(s.canary_of);
	flow_needs_release(&s.needs);
	idmap_release(&s.commands);
	idmap_release(&s.canary_commands);
	idmap_release(&s.heard);
	free(s.heard_reasons);
	return ok;
}
