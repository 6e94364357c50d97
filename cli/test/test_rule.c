/*
 * The reader's rule with its waiting: each case is a list of records as they stand in a partition,
 * and what is taken of them, in order.
 */
#include "rule.h"

#include <stdlib.h>
#include <string.h>

#include "../../libbus/test/suite.h"

#define DESK "/svc-orders/desk/0"

/* A record: "o7" is the opening of epoch 7, "7/3" a message; behind "@" its source or key. */
static const struct {
	const char *topic;
	bool adopt;
	const char *records;
	const char *taken;
	int64_t repeats, voids, foreign, ahead;
} cases[] = {
	{ "orders.events", false, "o1 1/1 1/2 1/3", "1/1 1/2 1/3", 0, 0, 0, 0 },
	{ "orders.events", false, "o1 1/1 1/1 1/2 1/1", "1/1 1/2", 2, 0, 0, 0 },
	/* What is ahead waits, in any order, and comes as one. */
	{ "orders.events", false, "o1 1/1 1/4 1/3 1/4 1/2 1/5", "1/1 1/2 1/3 1/4 1/5", 1, 0, 0, 0 },
	{ "orders.events", false, "o1 1/1 1/3 1/4", "1/1", 0, 0, 0, 2 },
	/* A new owner: sequences go on; what its predecessor had in flight is void. */
	{ "orders.events", false, "o1 1/1 1/2 o2 1/3 2/3 2/4", "1/1 1/2 2/3 2/4", 0, 1, 0, 0 },
	{ "orders.events", false, "o1 1/1 1/3 o2 2/2 2/3", "1/1 2/2 2/3", 0, 1, 0, 0 },
	/* Its opening is missing yet. */
	{ "orders.events", false, "o1 1/1 2/2 2/3", "1/1", 0, 0, 0, 2 },
	{ "orders.events", false, "o1 1/1 2/2 o2 2/3", "1/1 2/2 2/3", 0, 0, 0, 0 },
	{ "orders.events", false, "o2 o1 o2 2/1", "2/1", 1, 1, 0, 0 },
	/* Not from the beginning: the first of a source is believed. */
	{ "orders.events", true, "7/311 7/312 7/314", "7/311 7/312", 0, 0, 0, 1 },
	{ "orders.events", true, "o7 7/311 7/312", "7/311 7/312", 0, 0, 0, 0 },
	{ "orders.events", false, "7/311", "", 0, 0, 0, 1 },
	/* Somebody else's. */
	{ "orders.events", false, "o1 1/1@/svc-orders/book/0 1/1 x", "1/1", 0, 0, 2, 0 },
	/* Several sources, each with its own numbers. */
	{ "books.executions", false,
	  "o1@/svc-orders/book/0 o4@/svc-orders/book/1 1/1@/svc-orders/book/0 "
	  "4/2@/svc-orders/book/1 1/2@/svc-orders/book/0 4/1@/svc-orders/book/1",
	  "1/1 1/2 4/1 4/2", 0, 0, 0, 0 },
	/* Snapshots: the highest of each key; numbers are missing by design. */
	{ "users.accounts", false, "o1 1/5#a 1/9#b 1/9#a 1/7#a o2 2/3#b 1/99#b", "1/5 1/9 1/9 2/3",
	  1, 1, 0, 0 },
	/* Anybody's topic has no rule. */
	{ "orders.commands", false, "1/1 1/1 x", "1/1 1/1 x", 0, 0, 0, 0 },
	{ "of.another.system", false, "1/5 x", "1/5 x", 0, 0, 0, 0 },
};

struct outcome {
	char taken[256];
	int given, back; /* records out and in */
};

static void on_take(void *arg, void *record)
{
	struct outcome *outcome = arg;
	size_t len = strlen(outcome->taken);

	snprintf(outcome->taken + len, sizeof(outcome->taken) - len, "%s%.*s", len ? " " : "",
		 (int)strcspn(record, "@#"), (const char *)record);
	outcome->back++;
	free(record);
}

static void on_drop(void *arg, void *record)
{
	struct outcome *outcome = arg;

	outcome->back++;
	free(record);
}

static enum bus_reading feed(struct rule *rule, const char *word, bool adopt, void *record)
{
	struct bus_ce ce = { .type = bus_bytes("x", 1) };
	const char *source = rule && strchr(word, '@') ? strchr(word, '@') + 1 : DESK;
	const char *key = strchr(word, '#') ? strchr(word, '#') + 1 : "k";

	if (word[0] == 'o') {
		ce.type = bus_bytes(BUS_OPENING_TYPE, strlen(BUS_OPENING_TYPE));
		ce.has_epoch = true;
		ce.epoch = strtoll(word + 1, NULL, 10);
	} else if (word[0] != 'x') {
		ce.has_epoch = ce.has_sequence = true;
		ce.epoch = strtoll(word, NULL, 10);
		ce.sequence = strtoll(strchr(word, '/') + 1, NULL, 10);
	}
	if (strchr(word, '#') || strcmp(word, "o1#") == 0)
		source = "/svc-users/users/0";
	ce.source = bus_bytes(source, strlen(source));
	return rule_feed(rule, 0, adopt, &ce, bus_bytes(key, strlen(key)), record);
}

START_TEST(reads_by_the_rule)
{
	struct outcome outcome = { 0 };
	struct rule *rule = rule_new(catalog_find(cases[_i].topic), on_take, on_drop, &outcome);
	bool users = strcmp(cases[_i].topic, "users.accounts") == 0;
	char words[512], *save = NULL;

	snprintf(words, sizeof(words), "%s", cases[_i].records);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char text[64];

		snprintf(text, sizeof(text), "%s%s", word, users && !strchr(word, '#') ? "#" : "");
		feed(rule, text, cases[_i].adopt, strdup(text));
		outcome.given++;
	}
	ck_assert_str_eq(outcome.taken, cases[_i].taken);
	ck_assert_int_eq(rule_count(rule, BUS_READ_REPEAT), cases[_i].repeats);
	ck_assert_int_eq(rule_count(rule, BUS_READ_VOID), cases[_i].voids);
	ck_assert_int_eq(rule_count(rule, BUS_READ_FOREIGN), cases[_i].foreign);
	ck_assert_int_eq(rule_count(rule, BUS_READ_AHEAD), cases[_i].ahead);
	ck_assert_int_eq(outcome.given - outcome.back, cases[_i].ahead);
	rule_free(rule);
	ck_assert_int_eq(outcome.given, outcome.back);
}
END_TEST

START_TEST(names_what_is_missing)
{
	struct rule *rule = rule_new(catalog_find("orders.events"), on_take, on_drop, NULL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(feed(rule, "o3", false, NULL), BUS_READ_OPENING);
	ck_assert_int_eq(feed(rule, "3/1", false, NULL), BUS_READ_NEXT);
	ck_assert_int_eq(feed(rule, "3/9", false, NULL), BUS_READ_AHEAD);
	ck_assert_int_eq(feed(rule, "3/7", false, NULL), BUS_READ_AHEAD);
	ck_assert_int_eq(feed(rule, "3/7", false, NULL), BUS_READ_REPEAT);
	rule_print_missing(rule, out);
	(void)fclose(out);
	ck_assert_str_eq(text, "orders.events/0: waits for sequence 2 of /svc-orders/desk/0 in"
			       " epoch 3; there is 3/7\n");
	free(text);
	rule_free(rule);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rule");
	TCase *tcase = tcase_create("rule");

	tcase_add_loop_test(tcase, reads_by_the_rule, 0, (int)BUS_ARRAY_LEN(cases));
	tcase_add_test(tcase, names_what_is_missing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
