/*
 * The audit: what the topics and the stores show of the invariants (ARCHITECTURE.md), by code of
 * its own over the raw records. It believes nothing that a service says of itself: every balance,
 * order, book and bar is folded again here, from the journals, and compared with what facts and
 * rows say.
 *
 * One file for each context; each adds checks to the list and counts what it has looked at.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include <jansson.h>

#include "bus/id.h"
#include "client.h"
#include "idmap.h"
#include "stream.h"

/* Sums of amounts, over any number of rows. */
__extension__ typedef __int128 audit_sum;

#define AUDIT_CHECKS 64
#define AUDIT_ROWS   5 /* of a broken check that are named */
#define AUDIT_TEXT   280

struct audit_check {
	int invariant;	  /* its number in the document */
	const char *name; /* what holds */
	const char *unit; /* what was counted */
	uint64_t count, broken;
	char rows[AUDIT_ROWS][AUDIT_TEXT];
};

/* Services in the order of client_databases. */
enum audit_service { AUDIT_USERS, AUDIT_ORDERS, AUDIT_PORTFOLIO, AUDIT_MARKET, AUDIT_NOTIFY };
#define AUDIT_SERVICES 5

/* One trade, as it is told in nine places. */
struct audit_trade {
	int64_t price, quantity, executed_at;
	uint32_t symbol;
	unsigned makers, takers, auctions; /* executions */
	unsigned fills, booked, printed, book_rows, market_rows;
	bool executed; /* the book's journal has it */
};

/* Both sides of an account in a symbol, folded by us. */
struct audit_position {
	uint32_t account, symbol;
	int64_t desk, desk_held, collateral;
	int64_t ledger, ledger_cost, ledger_realised;
	int64_t ledger_fifo_cost, ledger_fifo_realised;
	int64_t desk_actions, ledger_actions; /* corporate actions, of the rows */
	bool desk_row, ledger_row, lots_row;
};

struct audit_account {
	int64_t cash, held;  /* the desk's */
	int64_t ledger_cash; /* the ledger's */
	bool firm, shorting; /* seen to be, in any fact */
	bool desk_row, ledger_row, on_desk, in_ledger;
};

/* The last record of a partition that was taken. */
struct audit_tail {
	int64_t epoch, sequence;
};

/* A table that grows with a map of its ids. */
struct audit_table {
	struct idmap map;
	void *rows; /* owned */
	size_t size, room;
};

struct audit {
	struct client client;
	PGconn *conns[AUDIT_SERVICES]; /* NULL: not known here */
	struct audit_check checks[AUDIT_CHECKS];
	size_t check_count;
	bool failed; /* something could not be read: told */

	struct audit_table commands, effects, trades, accounts, positions, orders, resting;
	char (*symbols)[16]; /* owned; by number */
	uint32_t symbol_count;
	struct audit_sums {
		/* Cash, of the ledger's facts; dividends with cash for fractions. */
		audit_sum deposits, withdrawals, fees, dividends;
		audit_sum ledger_cash, desk_cash; /* over all accounts, of our folds */
		audit_sum *shares;		  /* owned; by symbol: deposited less withdrawn */
	} sums;
	struct audit_table tails; /* of every (topic, partition) that was read */
	struct audit_check *holes;
	uint64_t foreign;     /* records that readers leave out: not from the topic's writer */
	uint64_t fills;	      /* OrderFilled facts */
	uint64_t confirmed;   /* fills that were delivered on the stream */
	uint64_t preferences; /* changes of what is delivered where */
};

/* A new check; the texts are static. */
struct audit_check *audit_check(struct audit *audit, int invariant, const char *name,
				const char *unit);
/*
 * Counts one; when it does not hold, names it by the format and its arguments. Its value is
 * `holds`. A macro, so that rows that hold cost nothing.
 */
#define audit_expect(check, holds, ...)                                                            \
	((check)->count++, (holds) || audit__broken((check), __VA_ARGS__))
/* Returns false. */
bool audit__broken(struct audit_check *check, const char *fmt, ...) BUS_PRINTF(2, 3);

/* The row of an id, zeroed when it is new. Valid until the next of the table. */
void *audit_row(struct audit_table *table, struct bus_id id, bool *added);
/* NULL when it is not there. */
void *audit_find(const struct audit_table *table, struct bus_id id);
void *audit_find_text(const struct audit_table *table, const char *text);
static inline void *audit_at(const struct audit_table *table, uint32_t n)
{
	return (char *)table->rows + table->size * n;
}
/* The id's text, for naming rows. Static memory, overwritten by the fourth call after. */
const char *audit_id(struct bus_id id);

uint32_t audit_symbol(struct audit *audit, const char *symbol);
/* The account's number; the position of an account in a symbol. */
struct audit_account *audit_account(struct audit *audit, const char *account, uint32_t *number);
struct audit_position *audit_position(struct audit *audit, const char *account, const char *symbol);
/* NULL when the text is no id. */
struct audit_trade *audit_trade(struct audit *audit, const char *trade_id);

/* Reads one topic from its beginning to its end. What cannot be read sets audit->failed. */
void audit_read(struct audit *audit, const char *topic, stream_fn take, void *arg);

/* NULL: nothing was read there. */
const struct audit_tail *audit_tail(const struct audit *audit, const char *topic,
				    int32_t partition);

/* One row of a query; column texts by PQgetvalue(rows, 0, n). */
typedef void (*audit_row_fn)(void *arg, const PGresult *rows);
/* False when the service's database is not known here, or (told) cannot be read. */
bool audit_query(struct audit *audit, enum audit_service service, const char *sql,
		 audit_row_fn take, void *arg);
int64_t audit_number(const PGresult *rows, int column);
struct bus_id audit_row_id(const PGresult *rows, int column);
const char *audit_text(const PGresult *rows, int column);

/* The parts, in the order in which they come. */
void audit_begin(struct audit *audit);	  /* 8 */
void audit_commands(struct audit *audit); /* 1, 2 */
void audit_people(struct audit *audit);	  /* 2, 7: users and notify */
void audit_books(struct audit *audit);	  /* 6, 4, 7 */
void audit_orders(struct audit *audit);	  /* 3, 5, 7 */
void audit_ledger(struct audit *audit);	  /* 4, 5, 7 */
void audit_market(struct audit *audit);	  /* 4, 7 */
void audit_sums(struct audit *audit);	  /* 4: over both */
void audit_rest(struct audit *audit);	  /* 7, 8, 9 */

/* Everything. False when something could not be read. */
bool audit_run(struct audit *audit) BUS_MUST_CHECK;
void audit_release(struct audit *audit);
uint64_t audit_broken(const struct audit *audit);
void audit_print(const struct audit *audit, FILE *out);
/* The caller owns it. */
json_t *audit_json(const struct audit *audit);

#endif
