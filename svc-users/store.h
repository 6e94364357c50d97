/*
 * What the processor *users* keeps in memory, and its way into PostgreSQL. A user stays once it is
 * loaded, with all accounts, roles and permissions. E-mail addresses do not: which of a batch are
 * taken is looked up for that batch, in the table that all partitions share; its unique index has
 * the last word when two of them race.
 */
#ifndef USERS_STORE_H
#define USERS_STORE_H

#include <uthash.h>

#include "bus/arena.h"
#include "bus/processor.h"
#include "email.h"
#include "user.h"

struct held_account {
	struct account account;
	bool dirty;
};

/* Owned by the hash of users; lives as long as the state. */
struct user {
	struct bus_id id;
	struct held_account *accounts; /* owned array, in the order of opening */
	int account_count;
	struct words roles, permissions;
	bool listed; /* in the list of those with accounts to save */
	struct user *next_dirty;
	UT_hash_handle hh;
};

/* An address that somebody has: in the table, or by a registration of this batch. */
struct taken {
	struct email email;
	UT_hash_handle hh;
};

/* A registration to be saved. */
struct registered {
	struct bus_id user_id;
	struct email email;
	const char *display_name; /* the arena's */
	int64_t at;
};

enum word_kind { ROLE, PERMISSION };

/* A role or permission that was granted or revoked since the last save. */
struct changed_word {
	const struct user *user;
	enum word_kind kind;
	char word[WORD_MAX + 1];
};

struct users {
	struct user *users;  /* hash by id */
	struct taken *taken; /* hash by address, for this batch */
	struct user *dirty;
	struct registered *registered; /* owned array */
	size_t registered_count, registered_capacity;
	struct changed_word *changed; /* owned array */
	size_t changed_count, changed_capacity;
	struct bus_arena scratch; /* of the batch; reset by save() */
};

void *users_new(void);
void users_free(void *state);
void users_load(void *state, const struct bus_load *load, struct bus_db *db);
void users_save(void *state, struct bus_db *db);

/* The user of a record key, or NULL; also NULL when the key is no id. */
struct user *users_find(const struct users *users, const char *key);
bool users_email_taken(const struct users *users, const struct email *email);
/* An account of the user, or NULL. */
struct held_account *user_account(const struct user *user, struct bus_id id);
struct words *user_words(struct user *user, enum word_kind kind);

/* For evolve: each changes the state and marks what save() has to write. */
void users_register(struct users *users, struct bus_id id, const struct email *email,
		    const char *display_name, int64_t at);
void users_set_account(struct users *users, struct user *user, const struct account *account);
void users_set_word(struct users *users, struct user *user, enum word_kind kind, const char *word,
		    bool granted);

#endif
