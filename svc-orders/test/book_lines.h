/* Scripts: lines of inputs with the facts and answers that they lead to, run on a fold and, by its
 * facts alone, on a second state. */
#ifndef ORDERS_TEST_BOOK_LINES_H
#define ORDERS_TEST_BOOK_LINES_H

#include "book_words.h"

struct line {
	const char *input, *facts, *answers;
};

#define LINES_MAX 24
struct script {
	const char *name;
	struct line lines[LINES_MAX];
};

/* After any input: the told top is the book's own, a book that trades is not crossed, and nothing
 * is left in between. */
static inline void check_after(struct bus_fold *fold, struct book_state *rebuilt)
{
	const struct book *book = fold_book(fold);
	size_t n = bus_fold_fact_count(fold);
	struct book_top top = book_top(book);

	replay(fold, rebuilt);
	if (n > 0 && bus_fold_fact(fold, n - 1)->type == (int)BOOK_FACT(TOP_OF_BOOK_CHANGED)) {
		const BOOKS(TopOfBookChanged) *told = bus_fold_fact(fold, n - 1)->message;

		ck_assert_int_eq(told->bid_price_micros, top.bid.price.micros);
		ck_assert_int_eq(told->ask_price_micros, top.ask.price.micros);
		ck_assert_int_eq(told->bid_quantity_micros, book_total_shown(top.bid.total).micros);
		ck_assert_int_eq(told->ask_quantity_micros, book_total_shown(top.ask.total).micros);
	}
	if (book->status.trading == BOOK_OPEN || book->status.trading == BOOK_UNHEARD)
		ck_assert(!book_crossed(book));
	ck_assert_int_eq(book->status.hand.leaves.micros, 0);
	ck_assert_int_eq(book->status.auction, BOOK_NO_AUCTION);
}

static inline void check_words(const struct script *script, const char *what, const char *input,
			       const char *said, const char *expected)
{
	ck_assert_msg(strcmp(said, expected) == 0, "%s: \"%s\": %s\n  said     %s\n  expected %s",
		      script->name, input, what, said, expected);
}

static inline void run_line(struct bus_fold *fold, const struct script *script,
			    const struct line *line)
{
	struct words facts = { .len = 0 }, answers = { .len = 0 };

	ck_assert_int_eq(send_words(fold, line->input), 0);
	for (size_t k = 0; k < bus_fold_fact_count(fold); k++)
		say_fact(&facts, bus_fold_fact(fold, k));
	for (size_t k = 0; k < bus_fold_reaction_count(fold); k++)
		say_answer(&answers, bus_fold_reaction(fold, k));
	check_words(script, "facts", line->input, facts.text, line->facts);
	check_words(script, "answers", line->input, answers.text, line->answers);
}

/* "clock 5M" is a line, too. */
static inline void run_script(const struct script *script)
{
	struct bus_fold *fold = bus_fold_new(&book_processor);
	struct book_state *rebuilt = book_processor.state_new();

	for (size_t i = 0; i < LINES_MAX && script->lines[i].input != NULL; i++) {
		const struct line *line = &script->lines[i];

		if (strncmp(line->input, "clock ", 6) == 0) {
			bus_fold_now(fold, read_number(line->input + 6));
			continue;
		}
		run_line(fold, script, line);
		check_after(fold, rebuilt);
		check_same_book(fold_book(fold), book_state_find(rebuilt, SYMBOL));
	}
	book_processor.state_free(rebuilt);
	bus_fold_free(fold);
}

#endif
