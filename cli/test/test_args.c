/* Arguments from a table; tables for people. */
#include "args.h"

#include <string.h>

#include "../../libbus/test/suite.h"
#include "commands.h"
#include "table.h"

struct target {
	bool flag;
	const char *text;
	int64_t number;
};

static const struct args_option options[] = {
	{ "flag", ARGS_FLAG, offsetof(struct target, flag), NULL, 0, 0, "a flag" },
	{ "text", ARGS_TEXT, offsetof(struct target, text), "T", 0, 0, "a text\nof two lines" },
	{ "a-number-of-things", ARGS_INT, offsetof(struct target, number), "N", -5, 10,
	  "a number" },
};

static const struct args_command command = {
	.usage = "thing FILE [MORE] [options]",
	.about = "What it is.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 2,
	.examples = "  bourse thing x\n",
};

static const struct {
	const char *line;
	enum args_outcome outcome;
	int count;
	const char *first; /* positional */
	struct target target;
} cases[] = {
	{ "thing a", ARGS_RUN, 1, "a", { false, "default", 7 } },
	{ "thing --flag a b", ARGS_RUN, 2, "a", { true, "default", 7 } },
	{ "thing a --text=x b --flag --a-number-of-things -5",
	  ARGS_RUN,
	  2,
	  "a",
	  { true, "x", -5 } },
	{ "thing -- --flag", ARGS_RUN, 1, "--flag", { false, "default", 7 } },
	{ "thing - --text -", ARGS_RUN, 1, "-", { false, "-", 7 } },
	{ "thing", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a b c", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a --nothing", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a -x", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a --flag=1", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a --text", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a --a-number-of-things 11", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing a --a-number-of-things 1x", ARGS_WRONG, 0, NULL, { 0 } },
	{ "thing --help", ARGS_HELP, 0, NULL, { 0 } },
};

START_TEST(parses)
{
	struct target target = { false, "default", 7 };
	char line[128], *argv[16] = { 0 }, *save = NULL;
	int argc = 0, count = -1;

	snprintf(line, sizeof(line), "%s", cases[_i].line);
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	ck_assert_int_eq(args_parse(&command, argc, argv, &target, &count), cases[_i].outcome);
	if (cases[_i].outcome != ARGS_RUN)
		return;
	ck_assert_int_eq(count, cases[_i].count);
	ck_assert_str_eq(argv[1], cases[_i].first);
	ck_assert_int_eq(target.flag, cases[_i].target.flag);
	ck_assert_str_eq(target.text, cases[_i].target.text);
	ck_assert_int_eq(target.number, cases[_i].target.number);
}
END_TEST

START_TEST(helps)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	args_help(&command, out);
	(void)fclose(out);
	ck_assert_str_eq(text,
			 "usage: bourse thing FILE [MORE] [options]\n\nWhat it is.\n\noptions:\n"
			 "  --flag              a flag\n"
			 "  --text T            a text\n"
			 "                      of two lines\n"
			 "  --a-number-of-things N\n"
			 "                      a number\n"
			 "  --help              this\n"
			 "\nexamples:\n  bourse thing x\n");
	free(text);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	int64_t value;
} integers[] = {
	{ "0", true, 0 },
	{ "-9223372036854775808", true, INT64_MIN },
	{ "9223372036854775807", true, INT64_MAX },
	{ "9223372036854775808", false, 0 },
	{ "", false, 0 },
	{ "-", false, 0 },
	{ "+1", false, 0 },
	{ " 1", false, 0 },
	{ "1 ", false, 0 },
	{ "0x1", false, 0 },
	{ "1e3", false, 0 },
};

START_TEST(reads_integers)
{
	int64_t value = 0;

	ck_assert_int_eq(args_integer(integers[_i].text, &value), integers[_i].good);
	ck_assert_int_eq(value, integers[_i].value);
}
END_TEST

START_TEST(aligns_tables)
{
	static const char *const headings[] = { "name", ">count", "note" };
	struct table *table = table_new(headings, 3);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_cell(table, "J\xc3\xbcrgen");
	table_cell(table, "%d", 7);
	table_cell(table, "a\x1b[31m\nb");
	table_cell(table, "x");
	table_cell(table, "%d", 1234567);
	table_cell(table, "y");
	table_print(table, out);
	(void)fclose(out);
	ck_assert_str_eq(text, "name      count  note\n"
			       "J\xc3\xbcrgen        7  a?[31m?b\n"
			       "x       1234567  y\n");
	free(text);
	table_free(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("args");
	TCase *tcase = tcase_create("args");

	tcase_add_loop_test(tcase, parses, 0, (int)BUS_ARRAY_LEN(cases));
	tcase_add_test(tcase, helps);
	tcase_add_loop_test(tcase, reads_integers, 0, (int)BUS_ARRAY_LEN(integers));
	tcase_add_test(tcase, aligns_tables);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
