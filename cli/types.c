/* The registry. A message of a new context is a row here. */
#include "types.h"

#include <string.h>

#include "bourse/books/v1/books.pb-c.h"
#include "bourse/bus/v1/bus.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/notify/v1/notify.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "catalog.h"

const struct type types[] = {
	{ &bourse__users__v1__register_user__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__open_account__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__close_account__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__block_account__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__unblock_account__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__set_shorting__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__grant_role__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__revoke_role__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__grant_permission__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__revoke_permission__descriptor, "users.commands", "user_id" },
	{ &bourse__users__v1__user_events__descriptor, "users.events", NULL },
	{ &bourse__users__v1__account__descriptor, "users.accounts", "account_id" },
	{ &bourse__users__v1__signing_key__descriptor, "users.keys", "key_id" },
	{ &bourse__orders__v1__place_order__descriptor, "orders.commands", "account_id" },
	{ &bourse__orders__v1__cancel_order__descriptor, "orders.commands", "account_id" },
	{ &bourse__orders__v1__cancel_orders__descriptor, "orders.commands", "account_id" },
	{ &bourse__orders__v1__replace_order__descriptor, "orders.commands", "account_id" },
	{ &bourse__orders__v1__decrease_order__descriptor, "orders.commands", "account_id" },
	{ &bourse__orders__v1__order_events__descriptor, "orders.events", NULL },
	{ &bourse__books__v1__new_order__descriptor, "books.commands", "symbol" },
	{ &bourse__books__v1__cancel_order__descriptor, "books.commands", "symbol" },
	{ &bourse__books__v1__decrease_order__descriptor, "books.commands", "symbol" },
	{ &bourse__books__v1__replace_order__descriptor, "books.commands", "symbol" },
	{ &bourse__books__v1__book_events__descriptor, "books.events", NULL },
	{ &bourse__books__v1__execution__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_canceled__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_decreased__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_rejected__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__request_rejected__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_triggered__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_replaced__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__self_trade_prevented__descriptor, "books.executions", "account_id" },
	{ &bourse__books__v1__order_completed__descriptor, "books.executions", "account_id" },
	{ &bourse__portfolio__v1__deposit__descriptor, "portfolio.commands", "account_id" },
	{ &bourse__portfolio__v1__withdraw__descriptor, "portfolio.commands", "account_id" },
	{ &bourse__portfolio__v1__apply_actions__descriptor, "portfolio.commands", "account_id" },
	{ &bourse__portfolio__v1__portfolio_events__descriptor, "portfolio.events", NULL },
	{ &bourse__market__v1__define_instrument__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__open_session__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__close_session__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__call_auction__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__halt_instrument__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__resume_instrument__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__announce_action__descriptor, "market.commands", "symbol" },
	{ &bourse__market__v1__market_events__descriptor, "market.events", NULL },
	{ &bourse__market__v1__instrument__descriptor, "market.symbols", "symbol" },
	{ &bourse__market__v1__quote__descriptor, "market.quotes", "symbol" },
	{ &bourse__notify__v1__set_preference__descriptor, "notify.commands", "account_id" },
	{ &bourse__notify__v1__notify_events__descriptor, "notify.events", NULL },
	{ &bourse__bus__v1__opening__descriptor, NULL, NULL },
};
const size_t types_count = BUS_ARRAY_LEN(types);

const struct type *type_find(struct bus_bytes name)
{
	for (size_t i = 0; i < types_count; i++)
		if (strlen(types[i].message->name) == name.len &&
		    memcmp(types[i].message->name, name.data, name.len) == 0)
			return &types[i];
	return NULL;
}

bool type_is_command(const struct type *type)
{
	const struct topic *topic = type->topic ? catalog_find(type->topic) : NULL;

	return topic && topic->kind == TOPIC_COMMANDS;
}

bool type_named(const ProtobufCMessageDescriptor *message, const char *name)
{
	return strcmp(message->name, name) == 0 || strcmp(message->short_name, name) == 0;
}

const struct type *type_find_command(const char *name)
{
	for (size_t i = 0; i < types_count; i++)
		if (type_is_command(&types[i]) && type_named(types[i].message, name))
			return &types[i];
	return NULL;
}

const char *type_key(const struct type *type, const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *field;
	const char *text;

	if (!type->key_field)
		return "";
	field = protobuf_c_message_descriptor_get_field_by_name(type->message, type->key_field);
	bus_assert(field && field->type == PROTOBUF_C_TYPE_STRING);
	memcpy(&text, (const char *)message + field->offset, sizeof(text));
	return text ? text : "";
}

/* The repeated field `events` of a step; NULL for other messages. */
static const ProtobufCFieldDescriptor *facts_field(const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "events");

	return field && field->label == PROTOBUF_C_LABEL_REPEATED &&
			       field->type == PROTOBUF_C_TYPE_MESSAGE
		       ? field
		       : NULL;
}

size_t type_fact_count(const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *field = facts_field(message);
	size_t count;

	if (!field)
		return 0;
	memcpy(&count, (const char *)message + field->quantifier_offset, sizeof(count));
	return count;
}

const ProtobufCMessage *type_fact(const ProtobufCMessage *message, size_t n)
{
	const ProtobufCFieldDescriptor *field = facts_field(message);
	const ProtobufCMessage *const *events, *fact;
	const ProtobufCMessageDescriptor *type;
	uint32_t set;

	if (!field || n >= type_fact_count(message))
		return NULL;
	memcpy(&events, (const char *)message + field->offset, sizeof(events));
	type = events[n]->descriptor;
	bus_assert(type->n_fields > 0);
	memcpy(&set, (const char *)events[n] + type->fields[0].quantifier_offset, sizeof(set));
	field = set ? protobuf_c_message_descriptor_get_field(type, set) : NULL;
	if (!field)
		return NULL;
	memcpy(&fact, (const char *)events[n] + field->offset, sizeof(fact));
	return fact;
}

ProtobufCMessage *type_unpack(const struct type *type, struct bus_bytes value)
{
	return protobuf_c_message_unpack(type->message, NULL, value.len, value.data);
}
