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
