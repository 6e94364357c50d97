/*
 * The users' and the notifications' side of the audit: users and accounts as users.events told
 * them, and one delivery for each (account, event, channel), with one for every fill.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit.h"
#include "bourse/notify/v1/notify.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "sql.h"

#define USER_EVENT(name)   BOURSE__USERS__V1__USER_EVENT__EVENT_##name
#define NOTIFY_EVENT(name) BOURSE__NOTIFY__V1__NOTIFY_EVENT__EVENT_##name

struct user {
	struct bus_id email; /* its hash: no need to keep what is personal */
	bool row;
};

struct account {
	int status;
	bool firm, shorting, row;
};

struct delivery {
	bool row;
};

struct people {
	struct audit *audit;
	struct audit_table users, accounts, deliveries, emails;
	struct audit_check *user_rows, *account_rows, *delivered, *delivery_rows, *unique;
};

/* users //////////////////////////////////////////////////////////////////////////////////////////
 */

static void on_registered(struct people *p, const Bourse__Users__V1__UserRegistered *fact)
{
	struct bus_id id, email = idmap_key("email", bus_bytes(fact->email, strlen(fact->email)));
	bool added;

	audit_row(&p->emails, email, &added);
	audit_expect(p->unique, added, "user %s has the address of another", fact->user_id);
	if (bus_id_parse(fact->user_id, strlen(fact->user_id), &id))
		((struct user *)audit_row(&p->users, id, NULL))->email = email;
}

static void on_account(struct people *p, const Bourse__Users__V1__Account *told)
{
	struct account *account;
	struct bus_id id;

	if (!told || !bus_id_parse(told->account_id, strlen(told->account_id), &id))
		return;
	account = audit_row(&p->accounts, id, NULL);
	account->status = told->status;
	account->firm = told->firm;
	account->shorting = told->shorting;
	if (told->firm)
		audit_account(p->audit, told->account_id, NULL)->firm = true;
	if (told->shorting)
		audit_account(p->audit, told->account_id, NULL)->shorting = true;
}

static void on_user_step(void *arg, const struct stream_record *record)
{
	struct people *p = arg;
	Bourse__Users__V1__UserEvents *step =
		bourse__users__v1__user_events__unpack(NULL, record->value.len, record->value.data);

	for (size_t i = 0; step && i < step->n_events; i++) {
		const Bourse__Users__V1__UserEvent *event = step->events[i];

		if (event->event_case == USER_EVENT(USER_REGISTERED))
			on_registered(p, event->user_registered);
		else if (event->event_case == USER_EVENT(ACCOUNT_OPENED))
			on_account(p, event->account_opened->account);
		else if (event->event_case == USER_EVENT(ACCOUNT_CLOSED))
			on_account(p, event->account_closed->account);
		else if (event->event_case == USER_EVENT(ACCOUNT_BLOCKED))
			on_account(p, event->account_blocked->account);
		else if (event->event_case == USER_EVENT(ACCOUNT_UNBLOCKED))
			on_account(p, event->account_unblocked->account);
		else if (event->event_case == USER_EVENT(SHORTING_CHANGED))
			on_account(p, event->shorting_changed->account);
	}
	bourse__users__v1__user_events__free_unpacked(step, NULL);
}

static void on_user_row(void *arg, const PGresult *rows)
{
	struct people *p = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct user *user = audit_find(&p->users, id);
	const char *email = audit_text(rows, 1);

	audit_expect(p->user_rows,
		     user && !user->row &&
			     bus_id_equal(user->email,
					  idmap_key("email", bus_bytes(email, strlen(email)))),
		     "app_user %s is not what users.events says", audit_id(id));
	if (user)
		user->row = true;
}

static void on_account_row(void *arg, const PGresult *rows)
{
	struct people *p = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct account *account = audit_find(&p->accounts, id);

	audit_expect(p->account_rows,
		     account && !account->row && account->status == audit_number(rows, 1) &&
			     account->firm == (audit_number(rows, 2) == 1) &&
			     account->shorting == (audit_number(rows, 3) == 1),
		     "account %s is not what users.events says", audit_id(id));
	if (account)
		account->row = true;
}

static void check_missing_users(struct people *p)
{
	for (uint32_t i = 0; i < p->users.map.count; i++)
		if (!((const struct user *)audit_at(&p->users, i))->row)
			audit_expect(p->user_rows, false, "user %s has no row in app_user",
				     audit_id(p->users.map.ids[i]));
	for (uint32_t i = 0; i < p->accounts.map.count; i++)
		if (!((const struct account *)audit_at(&p->accounts, i))->row)
			audit_expect(p->account_rows, false, "account %s has no row in account",
				     audit_id(p->accounts.map.ids[i]));
}

/* notify /////////////////////////////////////////////////////////////////////////////////////////
 */

static struct bus_id delivery_key(const char *account, const char *event, int64_t channel)
{
	char text[400];
	int len = snprintf(text, sizeof(text), "%s|%" PRId64, event, channel);

	return idmap_key(account,
			 bus_bytes(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text)));
}

static void on_delivered(struct people *p, const Bourse__Notify__V1__Delivered *fact)
{
	char event[320];
	bool added;

	snprintf(event, sizeof(event), "%s/%d/%" PRId64 "/%d", fact->event_topic,
		 fact->event_partition, fact->event_offset, fact->event_index);
	audit_row(&p->deliveries, delivery_key(fact->account_id, event, fact->channel), &added);
	audit_expect(p->delivered, added, "%s was delivered twice to %s", event, fact->account_id);
	if (added && fact->channel == BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_STREAM &&
	    strcmp(fact->event_type, "bourse.orders.v1.OrderFilled") == 0)
		p->audit->confirmed++;
}

static void on_notify_step(void *arg, const struct stream_record *record)
{
	struct people *p = arg;
	Bourse__Notify__V1__NotifyEvents *step = bourse__notify__v1__notify_events__unpack(
		NULL, record->value.len, record->value.data);

	for (size_t i = 0; step && i < step->n_events; i++) {
		p->audit->preferences +=
			step->events[i]->event_case == NOTIFY_EVENT(PREFERENCE_CHANGED);
		if (step->events[i]->event_case == NOTIFY_EVENT(DELIVERED))
			on_delivered(p, step->events[i]->delivered);
	}
	bourse__notify__v1__notify_events__free_unpacked(step, NULL);
}

static void on_delivery_row(void *arg, const PGresult *rows)
{
	struct people *p = arg;
	struct delivery *delivery =
		audit_find(&p->deliveries, delivery_key(audit_text(rows, 0), audit_text(rows, 1),
							audit_number(rows, 2)));

	audit_expect(p->delivery_rows, delivery && !delivery->row,
		     "delivery of %s to %s is not what notify.events says", audit_text(rows, 1),
		     audit_text(rows, 0));
	if (delivery)
		delivery->row = true;
}

static void check_missing_deliveries(struct people *p)
{
	uint64_t missing = 0;

	for (uint32_t i = 0; i < p->deliveries.map.count; i++)
		missing += !((const struct delivery *)audit_at(&p->deliveries, i))->row;
	if (missing)
		audit_expect(p->delivery_rows, false, "%" PRIu64 " deliveries have no row",
			     missing);
}

void audit_people(struct audit *audit)
{
	struct people p = { .audit = audit,
			    .users.size = sizeof(struct user),
			    .accounts.size = sizeof(struct account),
			    .deliveries.size = sizeof(struct delivery),
			    .emails.size = sizeof(bool) };
	struct audit_table *tables[] = { &p.users, &p.accounts, &p.deliveries, &p.emails };

	p.unique = audit_check(audit, 2, "an e-mail address belongs to one user", "users");
	p.delivered = audit_check(audit, 2, "one delivery for each (account, event, channel)",
				  "deliveries");
	audit_read(audit, "users.events", on_user_step, &p);
	audit_read(audit, "notify.events", on_notify_step, &p);
	if (audit->conns[AUDIT_USERS]) {
		p.user_rows = audit_check(audit, 7, "users == fold of users.events", "rows");
		p.account_rows = audit_check(audit, 7, "accounts == fold of users.events", "rows");
		if (audit_query(audit, AUDIT_USERS, sql_audit_users, on_user_row, &p) &&
		    audit_query(audit, AUDIT_USERS, sql_audit_accounts, on_account_row, &p))
			check_missing_users(&p);
	}
	if (audit->conns[AUDIT_NOTIFY]) {
		p.delivery_rows =
			audit_check(audit, 7, "deliveries == fold of notify.events", "rows");
		if (audit_query(audit, AUDIT_NOTIFY, sql_audit_deliveries, on_delivery_row, &p))
			check_missing_deliveries(&p);
	}
	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++) {
		idmap_release(&tables[i]->map);
		free(tables[i]->rows);
	}
}
