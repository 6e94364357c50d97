/*
 * Reads the option table from the environment and prints it. A variable that is set to nothing
 * counts as unset, since that is what an empty value in a chart or a compose file means. All
 * problems are told, not only the first. The value of a secret appears neither in a problem nor in
 * the help.
 */
#include "bus/config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/err.h"

#define HELP_COLUMNS	 100
#define HELP_INDENT	 2
#define HELP_GAP	 2
#define HELP_DEFAULT_MAX 20 /* a longer default pushes the help onto the next line */

struct unit {
	const char *suffix;
	int64_t factor;
};

static const struct unit plain_units[] = { { "", 1 } };
static const struct unit duration_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }
};
static const struct unit byte_units[] = {
	{ "", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }
};

/* [-]digits and one of the units, nothing else; false also when it leaves int64. */
static bool parse_number(const char *text, const struct unit *units, size_t count, int64_t *out)
{
	bool negative = *text == '-';
	const char *p = text + negative;
	int64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(p, units[i].suffix) == 0) {
			*out = negative ? -value : value;
			return !__builtin_mul_overflow(*out, units[i].factor, out);
		}
	}
	return false;
}

static bool parse_bool(const char *text, bool *out)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = { { "true", true }, { "false", false }, { "1", true },
		      { "0", false },	{ "yes", true },    { "no", false } };

	for (size_t i = 0; i < BUS_ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i].text) == 0) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

static bool in_range(const struct bus_option *option, int64_t value)
{
	if (option->min == 0 && option->max == 0)
		return value >= 0;
	return value >= option->min && value <= option->max;
}

/* Parses and stores at target; false when the text is not a value of the option. */
static bool store(const struct bus_option *option, const char *text, char *target)
{
	int64_t number = 0;
	bool truth, good = false;

	switch (option->type) {
	case BUS_OPTION_TEXT:
		memcpy(target, &text, sizeof(text));
		return true;
	case BUS_OPTION_BOOL:
		good = parse_bool(text, &truth);
		if (good)
			memcpy(target, &truth, sizeof(truth));
		return good;
	case BUS_OPTION_INT:
		good = parse_number(text, plain_units, BUS_ARRAY_LEN(plain_units), &number);
		break;
	case BUS_OPTION_DURATION_MS:
		good = parse_number(text, duration_units, BUS_ARRAY_LEN(duration_units), &number);
		break;
	case BUS_OPTION_BYTES:
		good = parse_number(text, byte_units, BUS_ARRAY_LEN(byte_units), &number);
		break;
	}
	good = good && in_range(option, number);
	if (good)
		memcpy(target, &number, sizeof(number));
	return good;
}

static const char *unset_value(enum bus_option_type type)
{
	switch (type) {
	case BUS_OPTION_TEXT:
		return "";
	case BUS_OPTION_BOOL:
		return "false";
	case BUS_OPTION_INT:
	case BUS_OPTION_DURATION_MS:
	case BUS_OPTION_BYTES:
		break;
	}
	return NULL;
}

static const char *expectation(enum bus_option_type type)
{
	switch (type) {
	case BUS_OPTION_TEXT:
		return "text";
	case BUS_OPTION_INT:
		return "a whole number";
	case BUS_OPTION_BOOL:
		return "true or false";
	case BUS_OPTION_DURATION_MS:
		return "a duration such as 250ms, 20s, 5m or 1h";
	case BUS_OPTION_BYTES:
		return "a size such as 65536, 64KiB, 8MiB or 1GiB";
	}
	return "";
}

static void complain(const struct bus_option *option, const char *text, FILE *errors)
{
	bool secret = option->flags & BUS_OPTION_SECRET;

	fprintf(errors, "%s=%s: expected %s", option->name, secret ? "(secret)" : text,
		expectation(option->type));
	if (option->type != BUS_OPTION_TEXT && option->type != BUS_OPTION_BOOL) {
		const char *unit = option->type == BUS_OPTION_DURATION_MS ? " ms" : "";

		if (option->min == 0 && option->max == 0)
			fputs(", not negative", errors);
		else
			fprintf(errors, " from %" PRId64 "%s to %" PRId64 "%s", option->min, unit,
				option->max, unit);
	}
	fputc('\n', errors);
}

static bool load_option(const struct bus_option *option, char *target, FILE *errors)
{
	const char *text = getenv(option->name);
	int64_t zero = 0;

	if (!text || !*text) {
		if (option->flags & BUS_OPTION_REQUIRED) {
			fprintf(errors, "%s: is required: %s\n", option->name, option->help);
			return false;
		}
		text = option->fallback ? option->fallback : unset_value(option->type);
	}
	if (!text) { /* a number that is neither set nor has a default, whatever its range */
		memcpy(target, &zero, sizeof(zero));
		return true;
	}
	if (store(option, text, target))
		return true;
	complain(option, text, errors);
	return false;
}

int bus_config_load(const struct bus_option *options, size_t count, void *target, FILE *errors)
{
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		if (!load_option(&options[i], (char *)target + options[i].offset, errors))
			err = BUS_ERR_CONFIG;
	}
	return err;
}

static const char *default_text(const struct bus_option *option)
{
	if (option->flags & BUS_OPTION_REQUIRED)
		return "(required)";
	if (!option->fallback || !*option->fallback)
		return "-";
	return option->flags & BUS_OPTION_SECRET ? "(secret)" : option->fallback;
}

/* Prints text from `column` on, going on at `indent` where a word would pass the last column. */
static void wrap(const char *text, size_t column, size_t indent, FILE *out)
{
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && column + 1 + len > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static size_t longest(size_t a, size_t b)
{
	return a > b ? a : b;
}

void bus_config_help(const struct bus_option *options, size_t count, FILE *out)
{
	size_t names = 0, defaults = 0, indent;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(default_text(&options[i]));

		names = longest(names, strlen(options[i].name));
		if (len <= HELP_DEFAULT_MAX)
			defaults = longest(defaults, len);
	}
	indent = HELP_INDENT + names + HELP_GAP + defaults + HELP_GAP;
	for (size_t i = 0; i < count; i++) {
		const char *text = default_text(&options[i]);

		fprintf(out, "%*s%-*s%*s%-*s", HELP_INDENT, "", (int)names, options[i].name,
			HELP_GAP, "", (int)defaults, text);
		if (strlen(text) > defaults)
			fprintf(out, "\n%*s", (int)indent, "");
		else
			fprintf(out, "%*s", HELP_GAP, "");
		wrap(options[i].help, indent, indent, out);
	}
}
