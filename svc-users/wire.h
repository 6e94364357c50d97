/* Short names for the generated types of the context, ids, and an account's way into its message.
 */
#ifndef USERS_WIRE_H
#define USERS_WIRE_H

#include "bourse/users/v1/users.pb-c.h"
#include "user.h"

#define USERS(name)   Bourse__Users__V1__##name
#define USERS_D(name) (&bourse__users__v1__##name##__descriptor)

/* The members of the journal's oneof; the last two are in the enum, but never a fact. */
#define FACT(name)	BOURSE__USERS__V1__USER_EVENT__EVENT_##name
#define FACT_NONE	BOURSE__USERS__V1__USER_EVENT__EVENT__NOT_SET
#define FACT_ENUM_WIDTH _BOURSE__USERS__V1__USER_EVENT__EVENT__CASE_IS_INT_SIZE

/* Fields of messages are not const; nobody writes through them. */
char *wire_text(const char *text);

/*
 * UUID text in its one canonical form, lower case: two spellings of a user would be two keys on the
 * topics and one row in the table.
 */
bool wire_id(const char *text, struct bus_id *out) BUS_MUST_CHECK;

/* Fills a message that is initialised; it borrows the texts, and the ids as text. */
void wire_account_put(USERS(Account) * message, const struct account *account,
		      const char *account_id, const char *user_id);
/* The account of one of our own facts: it has been checked when it was decided. */
void wire_account_get(const USERS(Account) * message, struct account *account);

#endif
