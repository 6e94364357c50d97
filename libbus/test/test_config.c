/*
 * The option table: values, defaults, every kind of problem, and the help.
 */
#include "bus/config.h"

#include <stdlib.h>
#include <string.h>

#include "bus/err.h"
#include "suite.h"

struct settings {
	const char *bootstrap;
	const char *password;
	const char *name;
	int64_t port;
	int64_t linger_ms;
	int64_t limit_bytes;
	int64_t shift;
	bool enabled;
};

static const struct bus_option options[] = {
	{ "T_BOOTSTRAP", BUS_OPTION_TEXT, BUS_OPTION_REQUIRED, offsetof(struct settings, bootstrap),
	  NULL, 0, 0, "The brokers to begin with." },
	{ "T_PASSWORD", BUS_OPTION_TEXT, BUS_OPTION_SECRET, offsetof(struct settings, password),
	  "hunter2", 0, 0, "The password." },
	{ "T_NAME", BUS_OPTION_TEXT, 0, offsetof(struct settings, name), NULL, 0, 0, "A name." },
	{ "T_PORT", BUS_OPTION_INT, 0, offsetof(struct settings, port), "8080", 1, 65535,
	  "The port of the edge." },
	{ "T_LINGER", BUS_OPTION_DURATION_MS, 0, offsetof(struct settings, linger_ms), "3ms", 0,
	  3600000, "How long messages are gathered." },
	{ "T_LIMIT", BUS_OPTION_BYTES, 0, offsetof(struct settings, limit_bytes), NULL, 0, 0,
	  "The largest message." },
	{ "T_SHIFT", BUS_OPTION_INT, 0, offsetof(struct settings, shift), "-5", -10, 10,
	  "A number that may be negative." },
	{ "T_ENABLED", BUS_OPTION_BOOL, 0, offsetof(struct settings, enabled), "true", 0, 0,
	  "A sentence that is so long that it has to go on in a second line below the first one, "
	  "and "
	  "in a third one too, since there are many words left in it." },
};

static char said[4096];

static int load(struct settings *settings)
{
	FILE *errors = fmemopen(said, sizeof(said), "w");
	int err;

	ck_assert_ptr_nonnull(errors);
	memset(settings, 0x5a, sizeof(*settings));
	err = bus_config_load(options, BUS_ARRAY_LEN(options), settings, errors);
	(void)fclose(errors);
	return err;
}

START_TEST(defaults)
{
	struct settings settings;

	setenv("T_BOOTSTRAP", "localhost:9092", 1);
	setenv("T_PORT", "", 1); /* as good as unset */
	ck_assert_int_eq(load(&settings), 0);
	ck_assert_str_eq(said, "");
	ck_assert_str_eq(settings.bootstrap, "localhost:9092");
	ck_assert_str_eq(settings.password, "hunter2");
	ck_assert_str_eq(settings.name, "");
	ck_assert_int_eq(settings.port, 8080);
	ck_assert_int_eq(settings.linger_ms, 3);
	ck_assert_int_eq(settings.limit_bytes, 0);
	ck_assert_int_eq(settings.shift, -5);
	ck_assert(settings.enabled);
}
END_TEST

static const struct {
	const char *name, *text;
	int64_t value; /* -99: refused */
} values[] = {
	{ "T_PORT", "1", 1 },
	{ "T_PORT", "65535", 65535 },
	{ "T_PORT", "0", -99 },
	{ "T_PORT", "65536", -99 },
	{ "T_PORT", "-1", -99 },
	{ "T_PORT", "80a", -99 },
	{ "T_PORT", " 80", -99 },
	{ "T_PORT", "+80", -99 },
	{ "T_PORT", "0x50", -99 },
	{ "T_PORT", "99999999999999999999", -99 },
	{ "T_SHIFT", "-10", -10 },
	{ "T_SHIFT", "-11", -99 },
	{ "T_SHIFT", "-", -99 },
	{ "T_LINGER", "0ms", 0 },
	{ "T_LINGER", "250ms", 250 },
	{ "T_LINGER", "20s", 20000 },
	{ "T_LINGER", "5m", 300000 },
	{ "T_LINGER", "1h", 3600000 },
	{ "T_LINGER", "2h", -99 },
	{ "T_LINGER", "20", -99 },
	{ "T_LINGER", "1.5s", -99 },
	{ "T_LINGER", "20 s", -99 },
	{ "T_LINGER", "9223372036854775807h", -99 },
	{ "T_LIMIT", "65536", 65536 },
	{ "T_LIMIT", "64KiB", 65536 },
	{ "T_LIMIT", "8MiB", 8 << 20 },
	{ "T_LIMIT", "3GiB", INT64_C(3) << 30 },
	{ "T_LIMIT", "8MB", -99 },
	{ "T_LIMIT", "-1", -99 },
	{ "T_LIMIT", "9223372036854775807", INT64_MAX },
	{ "T_LIMIT", "9223372036854775807KiB", -99 },
	{ "T_ENABLED", "true", 1 },
	{ "T_ENABLED", "1", 1 },
	{ "T_ENABLED", "yes", 1 },
	{ "T_ENABLED", "false", 0 },
	{ "T_ENABLED", "0", 0 },
	{ "T_ENABLED", "no", 0 },
	{ "T_ENABLED", "TRUE", -99 },
	{ "T_ENABLED", "on", -99 },
};

static int64_t value_of(const struct settings *settings, const char *name)
{
	if (strcmp(name, "T_PORT") == 0)
		return settings->port;
	if (strcmp(name, "T_SHIFT") == 0)
		return settings->shift;
	if (strcmp(name, "T_LINGER") == 0)
		return settings->linger_ms;
	if (strcmp(name, "T_LIMIT") == 0)
		return settings->limit_bytes;
	return settings->enabled;
}

START_TEST(one_value)
{
	const char *name = values[_i].name, *text = values[_i].text;
	struct settings settings;

	setenv("T_BOOTSTRAP", "b", 1);
	setenv(name, text, 1);
	if (values[_i].value == -99) {
		char begin[100];

		ck_assert_msg(load(&settings) == BUS_ERR_CONFIG, "%s=%s", name, text);
		snprintf(begin, sizeof(begin), "%s=%s: expected ", name, text);
		ck_assert_mem_eq(said, begin, strlen(begin));
		ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
	} else {
		ck_assert_msg(load(&settings) == 0, "%s", said);
		ck_assert_int_eq(value_of(&settings, name), values[_i].value);
	}
}
END_TEST

START_TEST(all_problems_are_told)
{
	struct settings settings;

	setenv("T_PORT", "70000", 1);
	setenv("T_LINGER", "soon", 1);
	setenv("T_LIMIT", "-1", 1);
	ck_assert_int_eq(load(&settings), BUS_ERR_CONFIG);
	ck_assert_str_eq(said,
			 "T_BOOTSTRAP: is required: The brokers to begin with.\n"
			 "T_PORT=70000: expected a whole number from 1 to 65535\n"
			 "T_LINGER=soon: expected a duration such as 250ms, 20s, 5m or 1h from 0 ms"
			 " to 3600000 ms\n"
			 "T_LIMIT=-1: expected a size such as 65536, 64KiB, 8MiB or 1GiB, not"
			 " negative\n");
}
END_TEST

START_TEST(secrets_are_not_told)
{
	static const struct bus_option secret[] = { { "T_SECRET_NUMBER", BUS_OPTION_INT,
						      BUS_OPTION_SECRET, 0, "4711", 0, 0,
						      "A secret number." } };
	FILE *out = fmemopen(said, sizeof(said), "w");
	int64_t number;

	setenv("T_SECRET_NUMBER", "swordfish", 1);
	ck_assert_int_eq(bus_config_load(secret, 1, &number, out), BUS_ERR_CONFIG);
	bus_config_help(secret, 1, out);
	(void)fclose(out);
	ck_assert_ptr_nonnull(strstr(said, "T_SECRET_NUMBER=(secret): expected"));
	ck_assert_ptr_null(strstr(said, "swordfish"));
	ck_assert_ptr_null(strstr(said, "4711"));
}
END_TEST

START_TEST(help)
{
	FILE *out = fmemopen(said, sizeof(said), "w");

	bus_config_help(options, BUS_ARRAY_LEN(options), out);
	(void)fclose(out);
	ck_assert_str_eq(
		said,
		"  T_BOOTSTRAP  (required)  The brokers to begin with.\n"
		"  T_PASSWORD   (secret)    The password.\n"
		"  T_NAME       -           A name.\n"
		"  T_PORT       8080        The port of the edge.\n"
		"  T_LINGER     3ms         How long messages are gathered.\n"
		"  T_LIMIT      -           The largest message.\n"
		"  T_SHIFT      -5          A number that may be negative.\n"
		"  T_ENABLED    true        A sentence that is so long that it has to go on in a "
		"second "
		"line below\n"
		"                           the first one, and in a third one too, since there are "
		"many words left in\n"
		"                           it.\n");
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_uint_le(strlen(line), 100);
}
END_TEST

START_TEST(help_with_a_long_default)
{
	static const struct bus_option wide[] = {
		{ "T_A", BUS_OPTION_TEXT, 0, 0, "a-default-that-is-longer-than-its-column", 0, 0,
		  "Help." },
		{ "T_BB", BUS_OPTION_TEXT, 0, 0, "b", 0, 0, "More." },
	};
	FILE *out = fmemopen(said, sizeof(said), "w");

	bus_config_help(wide, BUS_ARRAY_LEN(wide), out);
	(void)fclose(out);
	ck_assert_str_eq(said, "  T_A   a-default-that-is-longer-than-its-column\n"
			       "           Help.\n"
			       "  T_BB  b  More.\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");

	tcase_add_test(tcase, defaults);
	tcase_add_loop_test(tcase, one_value, 0, BUS_ARRAY_LEN(values));
	tcase_add_test(tcase, all_problems_are_told);
	tcase_add_test(tcase, secrets_are_not_told);
	tcase_add_test(tcase, help);
	tcase_add_test(tcase, help_with_a_long_default);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
