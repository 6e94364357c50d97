/*
 * A registered user with accounts, roles and permissions, and the rules by which they change. A
 * rule looks and answers; it changes nothing.
 *
 * Invariants: an account leaves CLOSED never; only a blocked account has a reason for its block; a
 * user has no role or permission twice, and no more of anything than the limits below.
 */
#ifndef USERS_USER_H
#define USERS_USER_H

#include <stdbool.h>

#include "bus/id.h"

#define ACCOUNTS_MAX	 64  /* of one user, closed ones included */
#define WORDS_MAX	 64  /* roles of one user, and permissions of one user */
#define WORD_MAX	 64  /* bytes of a role, a permission or a fee group */
#define DISPLAY_NAME_MAX 128 /* bytes */
#define BLOCK_REASON_MAX 128 /* bytes */

#define FEE_GROUP_STANDARD "standard"

/* Why a command is refused; the values are the wire's. */
enum users_reject {
	USERS_ACCEPTED = 0,
	USERS_INVALID_FIELD = 1,
	USERS_EMAIL_TAKEN = 2,
	USERS_USER_EXISTS = 3,
	USERS_UNKNOWN_USER = 4,
	USERS_UNKNOWN_ACCOUNT = 5,
	USERS_ACCOUNT_CLOSED = 6,
	USERS_NO_CHANGE = 7,
	USERS_NOT_GRANTED = 8,
	USERS_USER_BLOCKED = 9,
	USERS_TOO_MANY = 10,
};

/* The answer of a rule: accepted, or a reason and its sentence (static memory, no personal data).
 */
struct verdict {
	enum users_reject reason;
	const char *text;
};

enum account_status { ACCOUNT_OPEN = 1, ACCOUNT_BLOCKED = 2, ACCOUNT_CLOSED = 3 };

struct account {
	struct bus_id id;
	enum account_status status;
	char fee_group[WORD_MAX + 1];
	bool firm;
	bool shorting; /* it may sell what it does not own */
	char block_reason[BLOCK_REASON_MAX + 1];
	int64_t opened_at; /* micros */
};

/* What is done to an account that exists. */
enum account_action { ACCOUNT_CLOSE, ACCOUNT_BLOCK, ACCOUNT_UNBLOCK };

/* Computes *out, the account after the action; `reason` is a block's. */
struct verdict account_move(const struct account *before, enum account_action action,
			    const char *reason, struct account *out);

struct verdict account_set_shorting(const struct account *before, bool shorting,
				    struct account *out);

/* A set of words, in the order in which they were granted. */
struct words {
	char (*items)[WORD_MAX + 1]; /* owned array */
	int count;
	int capacity;
};

void words_release(struct words *words);
bool words_has(const struct words *words, const char *word);
/* The caller knows that it is not there, or there. */
void words_add(struct words *words, const char *word);
void words_remove(struct words *words, const char *word);

struct verdict words_may_grant(const struct words *words, const char *word);
struct verdict words_may_revoke(const struct words *words, const char *word);

/* 1 to 64 of a to z, 0 to 9, "_", "-", "." and ":". */
bool word_valid(const char *word);
/* Text for people: at most `max` bytes, no control characters. */
bool text_valid(const char *text, size_t max);

#endif
