/* Text of a message that becomes a key of the tables is checked here, character by character. */
#include "wire.h"

#include <string.h>

bool wire_id(const char *text, struct bus_id *out)
{
	char canonical[BUS_ID_TEXT];
	struct bus_id id;

	if (!bus_id_parse(text, strnlen(text, BUS_ID_TEXT), &id) ||
	    strcmp(bus_id_format(id, canonical), text) != 0)
		return false;
	*out = id;
	return true;
}

static bool symbol_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

bool wire_symbol(const char *text, struct symbol *out)
{
	struct symbol symbol = { { 0 } };
	size_t len = strnlen(text, SYMBOL_MAX + 1);

	if (len == 0 || len > SYMBOL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!symbol_character(text[i]))
			return false;
		symbol.text[i] = text[i];
	}
	*out = symbol;
	return true;
}

static bool terms_hold(const MARKET(Instrument) * instrument,
		       const MARKET(CorporateAction) * action, enum action_kind *kind)
{
	struct symbol symbol;

	if (action->kind == KIND(SPLIT)) {
		*kind = ACTION_SPLIT;
		return action->new_shares > 0 && action->old_shares > 0 &&
		       action->cash_price_micros >= 0;
	}
	if (action->kind == KIND(DIVIDEND)) {
		*kind = ACTION_DIVIDEND;
		return action->amount_micros > 0;
	}
	*kind = ACTION_RENAME;
	return action->kind == KIND(RENAME) && wire_symbol(action->new_symbol, &symbol) &&
	       strcmp(action->new_symbol, instrument->symbol) != 0;
}

bool wire_action(const MARKET(Instrument) * instrument, size_t n, struct action *out)
{
	const MARKET(CorporateAction) * action;
	enum action_kind kind;
	struct bus_id id;

	if (n >= instrument->n_actions)
		return false;
	action = instrument->actions[n];
	if (!wire_id(action->action_id, &id) || !terms_hold(instrument, action, &kind))
		return false;
	*out = (struct action){
		.kind = kind,
		.number = action->effective ? action->number : (int64_t)n + 1,
		.effective_at = action->effective_at_micros,
		.effective = action->effective,
	};
	return true;
}
