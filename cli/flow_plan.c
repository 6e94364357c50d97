/* Accounts, ids and bodies of the commands. */
#include "flow_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/hash.h"
#include "bus/money.h"

#define TOPIC "orders.commands"

/* Deposits come in round amounts, and in such that all their sums and products stay in 64 bits. */
#define DOLLARS	    (INT64_C(1000000) * BUS_MICROS)
#define LOT	    (INT64_C(100) * BUS_MICROS)
#define CASH_MOST   (INT64_C(100000000000) * BUS_MICROS)
#define SHARES_MOST (INT64_C(1000000000) * BUS_MICROS)

struct bus_id flow_plan_id(const struct flow_plan *plan, const char *what, uint32_t a, uint32_t b)
{
	char name[96];
	int len = snprintf(name, sizeof(name), "%s %u %u", what, a, b);

	bus_assert(len > 0 && (size_t)len < sizeof(name));
	return bus_id_derive("bourse flow", bus_bytes(plan->run, strlen(plan->run)),
			     bus_bytes(name, (size_t)len));
}

static struct bus_id command_id(const struct flow_plan *plan, uint32_t n)
{
	struct bus_id id = plan->base;

	id.b[12] = (uint8_t)(n >> 24);
	id.b[13] = (uint8_t)(n >> 16);
	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

uint32_t flow_plan_command(const struct flow_plan *plan, struct bus_bytes ce_id)
{
	struct bus_id id;
	uint32_t n;

	if (!bus_id_parse((const char *)ce_id.data, ce_id.len, &id) ||
	    memcmp(id.b, plan->base.b, 12) != 0)
		return FLOW_UNKNOWN;
	n = (uint32_t)id.b[12] << 24 | (uint32_t)id.b[13] << 16 | (uint32_t)id.b[14] << 8 |
	    id.b[15];
	return n < plan->data->count ? n : FLOW_UNKNOWN;
}

uint32_t flow_plan_order(const struct flow_plan *plan, struct bus_bytes order_id)
{
	uint32_t order = idmap_find_text(&plan->orders, order_id);

	return order == IDMAP_NONE ? FLOW_UNKNOWN : plan->order_message[order];
}

/* Spreads numbers evenly, the same way on every machine. */
static uint32_t mix(uint32_t n)
{
	n = (n ^ (n >> 16)) * 0x7feb352dU;
	n = (n ^ (n >> 15)) * 0x846ca68bU;
	return n ^ (n >> 16);
}

static uint32_t account_number(const struct flow_plan *plan, uint32_t n)
{
	const struct flow_message *message = &plan->data->messages[n];
	uint32_t count = plan->account_count, maker;

	bus_assert(count > 0);
	if (message->order == FLOW_UNKNOWN)
		return mix(n) % count;
	maker = mix(message->order) % count;
	if (message->kind != FLOW_TAKE || count == 1)
		return maker;
	return (maker + 1 + mix(n) % (count - 1)) % count;
}

const struct flow_account *flow_plan_account(const struct flow_plan *plan, uint32_t n)
{
	return &plan->accounts[account_number(plan, n)];
}

/* The account's id follows from the OpenAccount's ce_id: try names until it falls where it should.
 */
static void plan_account(struct flow_plan *plan, uint32_t n,
			 const struct flow_plan_options *options)
{
	struct flow_account *account = &plan->accounts[n];
	struct bus_id id;

	bus_id_format(flow_plan_id(plan, "user", n, 0), account->user);
	for (uint32_t attempt = 0;; attempt++) {
		bus_id_format(flow_plan_id(plan, "open", n, attempt), account->opened_by);
		id = bus_id_derive("users", bus_bytes(account->user, BUS_ID_TEXT - 1),
				   bus_bytes(account->opened_by, BUS_ID_TEXT - 1));
		bus_id_format(id, account->id);
		account->partition =
			bus_partition(bus_bytes(account->id, BUS_ID_TEXT - 1), options->partitions);
		if (options->one_partition < 0 || account->partition == options->one_partition)
			break;
	}
	idmap_add(&plan->account_ids, id, NULL);
}

static bool places(const struct flow_message *message)
{
	return message->kind == FLOW_PLACE || message->kind == FLOW_TAKE;
}

static struct bus_id order_id(const struct flow_plan *plan, uint32_t n)
{
	const struct flow_account *account = flow_plan_account(plan, n);
	char ce_id[BUS_ID_TEXT];

	bus_id_format(command_id(plan, n), ce_id);
	return bus_id_derive("desk", bus_bytes(account->id, BUS_ID_TEXT - 1),
			     bus_bytes(ce_id, BUS_ID_TEXT - 1));
}

static void plan_orders(struct flow_plan *plan)
{
	uint32_t count = plan->data->count;

	plan->message_order = bus_malloc(count * sizeof(*plan->message_order));
	plan->order_message = bus_malloc(count * sizeof(*plan->order_message));
	for (uint32_t n = 0; n < count; n++) {
		plan->message_order[n] = FLOW_UNKNOWN;
		if (!places(&plan->data->messages[n]))
			continue;
		plan->message_order[n] = idmap_add(&plan->orders, order_id(plan, n), NULL);
		plan->order_message[plan->message_order[n]] = n;
	}
}

void flow_plan_init(struct flow_plan *plan, const struct flow_data *data,
		    const struct flow_plan_options *options)
{
	*plan = (struct flow_plan){ .data = data, .account_count = options->accounts };
	bus_id_format(options->run, plan->run);
	plan->base = flow_plan_id(plan, "commands", 0, 0);
	plan->accounts = bus_calloc(options->accounts, sizeof(*plan->accounts));
	for (uint32_t i = 0; i < options->accounts; i++)
		plan_account(plan, i, options);
	plan_orders(plan);
}

void flow_plan_release(struct flow_plan *plan)
{
	free(plan->accounts);
	idmap_release(&plan->account_ids);
	idmap_release(&plan->orders);
	free(plan->order_message);
	free(plan->message_order);
}

/* a + b, rounded up to a whole `unit`, at most `most`. */
static int64_t need(int64_t a, int64_t b, int64_t unit, int64_t most)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum) || sum > most - unit)
		return most;
	return (sum + unit - 1) / unit * unit;
}

static void add_need(const struct flow_plan *plan, uint32_t n, struct flow_needs *needs)
{
	const struct flow_message *message = &plan->data->messages[n];
	uint32_t account = account_number(plan, n);
	size_t at = (size_t)account * plan->data->symbol_count + message->symbol;
	struct bus_money cost;

	if (message->buy == (message->kind == FLOW_TAKE)) {
		needs->shares[at] =
			need(needs->shares[at], message->shares * BUS_MICROS, LOT, SHARES_MOST);
		return;
	}
	if (!bus_notional((struct bus_price){ message->price_micros },
			  (struct bus_quantity){ message->shares * BUS_MICROS }, &cost))
		cost.micros = CASH_MOST;
	needs->cash[account] = need(needs->cash[account], cost.micros, DOLLARS, CASH_MOST);
}

void flow_plan_needs(const struct flow_plan *plan, struct flow_needs *needs)
{
	size_t symbols = plan->data->symbol_count;

	needs->cash = bus_calloc(plan->account_count, sizeof(*needs->cash));
	needs->shares = bus_calloc(plan->account_count * symbols, sizeof(*needs->shares));
	for (uint32_t i = 0; i < plan->account_count; i++)
		needs->cash[i] = DOLLARS;
	for (uint32_t n = 0; n < plan->data->count; n++)
		if (places(&plan->data->messages[n]))
			add_need(plan, n, needs);
}

void flow_needs_release(struct flow_needs *needs)
{
	free(needs->cash);
	free(needs->shares);
}

/* Bodies //////////////////////////////////////////////////////////////////////////////////////////
 */

static void pack(struct flow_command *out, const ProtobufCMessage *message)
{
	out->type = message->descriptor->name;
	out->len = protobuf_c_message_get_packed_size(message);
	bus_assert(out->len <= sizeof(out->body));
	protobuf_c_message_pack(message, out->body);
}

static void build_place(const struct flow_plan *plan, const struct flow_message *message,
			struct flow_command *out)
{
	Bourse__Orders__V1__PlaceOrder place = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	bool take = message->kind == FLOW_TAKE;

	place.account_id = (char *)(uintptr_t)out->key;
	place.symbol = plan->data->symbols[message->symbol];
	place.side = message->buy != take ? BOURSE__ORDERS__V1__SIDE__SIDE_BUY
					  : BOURSE__ORDERS__V1__SIDE__SIDE_SELL;
	place.type = BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT;
	place.time_in_force = take ? BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_IOC
				   : BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_DAY;
	place.quantity_micros = message->shares * BUS_MICROS;
	place.limit_price_micros = message->price_micros;
	pack(out, &place.base);
}

/* An order from before the data has an id that nobody was ever given: the desk says so. */
static void order_name(const struct flow_plan *plan, uint32_t n, char *buf)
{
	uint32_t order = plan->data->messages[n].order;

	if (order == FLOW_UNKNOWN)
		bus_id_format(flow_plan_id(plan, "unknown", n, 0), buf);
	else
		bus_id_format(plan->orders.ids[plan->message_order[order]], buf);
}

static void build_cancel(const struct flow_plan *plan, uint32_t n, struct flow_command *out)
{
	Bourse__Orders__V1__CancelOrder cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	char order[BUS_ID_TEXT];

	order_name(plan, n, order);
	cancel.account_id = (char *)(uintptr_t)out->key;
	cancel.order_id = order;
	pack(out, &cancel.base);
}

static void build_decrease(const struct flow_plan *plan, uint32_t n, struct flow_command *out)
{
	Bourse__Orders__V1__DecreaseOrder decrease = BOURSE__ORDERS__V1__DECREASE_ORDER__INIT;
	char order[BUS_ID_TEXT];

	order_name(plan, n, order);
	decrease.account_id = (char *)(uintptr_t)out->key;
	decrease.order_id = order;
	decrease.by_micros = plan->data->messages[n].shares * BUS_MICROS;
	pack(out, &decrease.base);
}

void flow_plan_build(const struct flow_plan *plan, uint32_t n, struct flow_command *out)
{
	const struct flow_message *message = &plan->data->messages[n];

	out->topic = TOPIC;
	out->key = flow_plan_account(plan, n)->id;
	out->at = plan->midnight + message->at_micros;
	bus_id_format(command_id(plan, n), out->ce_id);
	switch ((enum flow_kind)message->kind) {
	case FLOW_PLACE:
	case FLOW_TAKE:
		build_place(plan, message, out);
		break;
	case FLOW_CANCEL:
		build_cancel(plan, n, out);
		break;
	case FLOW_DECREASE:
		build_decrease(plan, n, out);
		break;
	}
}
