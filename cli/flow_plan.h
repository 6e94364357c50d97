/*
 * What a flow will say, known before it is said: its accounts, the id of every command and of every
 * order. All of it follows from the run's id and the data, so the same run sent again is the same
 * commands, and a cancel names its order without waiting for an answer.
 *
 * The n-th command's ce_id is the run's base with n in its last four bytes: an outcome's cause
 * leads straight back to the command.
 */
#ifndef CLI_FLOW_PLAN_H
#define CLI_FLOW_PLAN_H

#include "bus/id.h"
#include "flow_data.h"
#include "idmap.h"

struct flow_account {
	char user[BUS_ID_TEXT];
	char id[BUS_ID_TEXT];
	char opened_by[BUS_ID_TEXT]; /* ce_id of OpenAccount, from which the id is derived */
	int32_t partition;	     /* of the desk */
};

struct flow_plan {
	const struct flow_data *data; /* borrowed */
	char run[BUS_ID_TEXT];
	struct bus_id base;
	struct flow_account *accounts; /* owned, like the rest */
	uint32_t account_count;
	struct idmap account_ids; /* numbers are those of `accounts` */
	struct idmap orders;	  /* of the messages that place one, in their order */
	uint32_t *order_message;  /* by order: the message */
	uint32_t *message_order;  /* by message: the order; FLOW_UNKNOWN where it places none */
	int64_t midnight;	  /* of the day of the data, micros */
};

struct flow_plan_options {
	struct bus_id run;
	uint32_t accounts;
	int32_t partitions;    /* of the desk */
	int32_t one_partition; /* all accounts on this one; -1: wherever they fall */
};

void flow_plan_init(struct flow_plan *plan, const struct flow_data *data,
		    const struct flow_plan_options *options);
void flow_plan_release(struct flow_plan *plan);

/* The id of something the run does besides its commands: "deposit", account 3, symbol 0. */
struct bus_id flow_plan_id(const struct flow_plan *plan, const char *what, uint32_t a, uint32_t b);
/* The command that a ce_id belongs to; FLOW_UNKNOWN when it is none of this run. */
uint32_t flow_plan_command(const struct flow_plan *plan, struct bus_bytes ce_id);
/* The message that placed an order, by its id; FLOW_UNKNOWN. */
uint32_t flow_plan_order(const struct flow_plan *plan, struct bus_bytes order_id);
/* Who says message n. A taker is somebody else than the maker where there are two. */
const struct flow_account *flow_plan_account(const struct flow_plan *plan, uint32_t n);

/* One command, ready to be sent. */
struct flow_command {
	const char *topic, *type, *key; /* borrowed */
	char ce_id[BUS_ID_TEXT];
	int64_t at; /* micros: ce_time */
	size_t len;
	uint8_t body[512];
};

/* The command of message n, but for its time: midnight is still to be set. */
void flow_plan_build(const struct flow_plan *plan, uint32_t n, struct flow_command *out);

/* What every order needs at once, had none of them ever traded: enough for whatever happens. */
struct flow_needs {
	int64_t *cash;	 /* owned; micros, by account */
	int64_t *shares; /* owned; micros, by account * symbols + symbol; 0: it sells none */
};

void flow_plan_needs(const struct flow_plan *plan, struct flow_needs *needs);
void flow_needs_release(struct flow_needs *needs);

#endif
