/*
 * Users in memory, and the statements that load and save them. Every save writes each table at most
 * once, in the order of its keys.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "wire.h"

#define SCRATCH_KEEP ((size_t)1 << 20) /* bytes of the arena that a save leaves in place */

static const struct bus_sql user_load = { "user_load", sql_user_load };
static const struct bus_sql account_load = { "account_load", sql_account_load };
static const struct bus_sql role_load = { "role_load", sql_role_load };
static const struct bus_sql permission_load = { "permission_load", sql_permission_load };
static const struct bus_sql email_taken = { "email_taken", sql_email_taken };
static const struct bus_sql user_add = { "user_add", sql_user_add };
static const struct bus_sql account_save = { "account_save", sql_account_save };
static const struct bus_sql role_add = { "role_add", sql_role_add };
static const struct bus_sql role_drop = { "role_drop", sql_role_drop };
static const struct bus_sql permission_add = { "permission_add", sql_permission_add };
static const struct bus_sql permission_drop = { "permission_drop", sql_permission_drop };

/* --- The state
 * ------------------------------------------------------------------------------------- */

void *users_new(void)
{
	struct users *users = bus_calloc(1, sizeof(*users));

	bus_arena_init(&users->scratch);
	return users;
}

static void forget_taken(struct users *users)
{
	struct taken *taken, *next;

	HASH_ITER (hh, users->taken, taken, next) {
		HASH_DEL(users->taken, taken);
		free(taken);
	}
}

void users_free(void *state)
{
	struct users *users = state;
	struct user *user, *next;

	if (!users)
		return;
	HASH_ITER (hh, users->users, user, next) {
		HASH_DEL(users->users, user);
		words_release(&user->roles);
		words_release(&user->permissions);
		free(user->accounts);
		free(user);
	}
	forget_taken(users);
	bus_arena_release(&users->scratch);
	free(users->registered);
	free(users->changed);
	free(users);
}

static struct user *find(const struct users *users, struct bus_id id)
{
	struct user *user;

	HASH_FIND(hh, users->users, &id, sizeof(id), user);
	return user;
}

struct user *users_find(const struct users *users, const char *key)
{
	struct bus_id id;

	return wire_id(key, &id) ? find(users, id) : NULL;
}

static struct user *add(struct users *users, struct bus_id id)
{
	struct user *user = bus_calloc(1, sizeof(*user));

	user->id = id;
	HASH_ADD(hh, users->users, id, sizeof(user->id), user);
	return user;
}

bool users_email_taken(const struct users *users, const struct email *email)
{
	struct taken *taken;

	HASH_FIND_STR(users->taken, email->text, taken);
	return taken != NULL;
}

static void take_email(struct users *users, const struct email *email)
{
	struct taken *taken;

	if (users_email_taken(users, email))
		return;
	taken = bus_malloc(sizeof(*taken));
	taken->email = *email;
	HASH_ADD_STR(users->taken, email.text, taken);
}

struct held_account *user_account(const struct user *user, struct bus_id id)
{
	for (int i = 0; i < user->account_count; i++) {
		if (bus_id_equal(user->accounts[i].account.id, id))
			return &user->accounts[i];
	}
	return NULL;
}

struct words *user_words(struct user *user, enum word_kind kind)
{
	return kind == ROLE ? &user->roles : &user->permissions;
}

/* An account more; the array doubles at 1, 2, 4 and so on. */
static struct held_account *add_account(struct user *user)
{
	int n = user->account_count;

	if ((n & (n - 1)) == 0)
		user->accounts = bus_realloc(user->accounts,
					     (n ? 2 * (size_t)n : 1) * sizeof(*user->accounts));
	user->account_count++;
	user->accounts[n] = (struct held_account){ .dirty = false };
	return &user->accounts[n];
}

/* Room for one more in a growing array. */
static void *room(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	return bus_realloc(items, *capacity * size);
}

void users_register(struct users *users, struct bus_id id, const struct email *email,
		    const char *display_name, int64_t at)
{
	bus_assert(!find(users, id));
	add(users, id);
	take_email(users, email);
	users->registered = room(users->registered, users->registered_count,
				 &users->registered_capacity, sizeof(*users->registered));
	users->registered[users->registered_count++] = (struct registered){
		.user_id = id,
		.email = *email,
		.display_name =
			bus_arena_strndup(&users->scratch, display_name, strlen(display_name)),
		.at = at,
	};
}

void users_set_account(struct users *users, struct user *user, const struct account *account)
{
	struct held_account *held = user_account(user, account->id);

	if (!held)
		held = add_account(user);
	held->account = *account;
	held->dirty = true;
	if (user->listed)
		return;
	user->listed = true;
	user->next_dirty = users->dirty;
	users->dirty = user;
}

void users_set_word(struct users *users, struct user *user, enum word_kind kind, const char *word,
		    bool granted)
{
	struct changed_word *changed;

	if (granted)
		words_add(user_words(user, kind), word);
	else
		words_remove(user_words(user, kind), word);
	users->changed = room(users->changed, users->changed_count, &users->changed_capacity,
			      sizeof(*users->changed));
	changed = &users->changed[users->changed_count++];
	changed->user = user;
	changed->kind = kind;
	memcpy(changed->word, word, strlen(word) + 1);
}

/* --- Loading
 * --------------------------------------------------------------------------------------- */

static void text_get(char *buf, size_t size, const PGresult *rows, int row, int column)
{
	const char *text = bus_row_text(rows, row, column);
	size_t len = strnlen(text, size);

	bus_assert(len < size);
	memcpy(buf, text, len + 1);
}

static void on_users(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct bus_id id = bus_row_id(rows, row, 0);

		if (!find(arg, id))
			add(arg, id);
	}
}

static void on_accounts(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct user *user = find(arg, bus_row_id(rows, row, 0));
		struct account *account;

		bus_assert(user);
		account = &add_account(user)->account;
		account->id = bus_row_id(rows, row, 1);
		account->status = (enum account_status)bus_row_int4(rows, row, 2);
		text_get(account->fee_group, sizeof(account->fee_group), rows, row, 3);
		account->firm = bus_row_bool(rows, row, 4);
		text_get(account->block_reason, sizeof(account->block_reason), rows, row, 5);
		account->opened_at = bus_row_int8(rows, row, 6);
		account->shorting = bus_row_bool(rows, row, 7);
	}
}

static void on_words(struct users *users, const PGresult *rows, enum word_kind kind)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct user *user = find(users, bus_row_id(rows, row, 0));

		bus_assert(user);
		words_add(user_words(user, kind), bus_row_text(rows, row, 1));
	}
}

static void on_roles(void *arg, const PGresult *rows)
{
	on_words(arg, rows, ROLE);
}

static void on_permissions(void *arg, const PGresult *rows)
{
	on_words(arg, rows, PERMISSION);
}

static void on_emails(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct email email = { 0 };

		text_get(email.text, sizeof(email.text), rows, row, 0);
		take_email(arg, &email);
	}
}

/* The address that an input wants to register. */
static bool wanted_email(const struct bus_input *input, struct email *email)
{
	const USERS(RegisterUser) *command = (const void *)input->message;

	return input->message->descriptor == USERS_D(register_user) &&
	       email_parse(command->email, email);
}

static void load_taken(struct users *users, const struct bus_load *load, struct bus_db *db)
{
	struct bus_column *emails = NULL;
	struct bus_call *call = NULL;
	struct email email;

	for (size_t i = 0; i < load->input_count; i++) {
		if (!wanted_email(&load->inputs[i], &email))
			continue;
		if (!call) {
			call = bus_call(db, &email_taken);
			emails = bus_call_column(call, BUS_PG_TEXT);
		}
		bus_column_text(emails, email.text);
	}
	if (call)
		bus_call_send(call, on_emails, users);
}

/* Keys that are no ids have no rows. */
static void load_keys(struct users *users, const struct bus_load *load, struct bus_db *db,
		      const struct bus_sql *sql, bus_rows_fn on_rows)
{
	struct bus_call *call = bus_call(db, sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_id id;

	for (size_t i = 0; i < load->key_count; i++) {
		if (wire_id(load->keys[i], &id))
			bus_column_id(ids, id);
	}
	bus_call_send(call, on_rows, users);
}

void users_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	struct users *users = state;

	if (load->key_count) {
		load_keys(users, load, db, &user_load, on_users);
		load_keys(users, load, db, &account_load, on_accounts);
		load_keys(users, load, db, &role_load, on_roles);
		load_keys(users, load, db, &permission_load, on_permissions);
	}
	load_taken(users, load, db);
}

/* --- Saving
 * ---------------------------------------------------------------------------------------- */

static int by_email(const void *a, const void *b)
{
	return strcmp(((const struct registered *)a)->email.text,
		      ((const struct registered *)b)->email.text);
}

static void add_users(struct users *users, struct bus_db *db)
{
	struct bus_column *id, *email, *display_name, *at;
	struct bus_call *call;

	if (!users->registered_count)
		return;
	qsort(users->registered, users->registered_count, sizeof(*users->registered), by_email);
	call = bus_call(db, &user_add);
	id = bus_call_column(call, BUS_PG_UUID);
	email = bus_call_column(call, BUS_PG_TEXT);
	display_name = bus_call_column(call, BUS_PG_TEXT);
	at = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < users->registered_count; i++) {
		const struct registered *registered = &users->registered[i];

		bus_column_id(id, registered->user_id);
		bus_column_text(email, registered->email.text);
		bus_column_text(display_name, registered->display_name);
		bus_column_int8(at, registered->at);
	}
	bus_call_send(call, NULL, NULL);
}

struct saved_account {
	struct bus_id user_id;
	const struct account *account;
};

static int by_account(const void *a, const void *b)
{
	return memcmp(((const struct saved_account *)a)->account->id.b,
		      ((const struct saved_account *)b)->account->id.b, sizeof(struct bus_id));
}

/* The dirty accounts, sorted, which then are dirty no more; the array is the arena's. */
static struct saved_account *dirty_accounts(struct users *users, size_t *count)
{
	struct saved_account *saved;
	struct user *user, *next;
	size_t most = 0, n = 0;

	for (user = users->dirty; user; user = user->next_dirty)
		most += (size_t)user->account_count;
	saved = bus_arena_alloc(&users->scratch, (most + 1) * sizeof(*saved));
	for (user = users->dirty; user; user = next) {
		next = user->next_dirty;
		user->listed = false;
		user->next_dirty = NULL;
		for (int i = 0; i < user->account_count; i++) {
			struct held_account *held = &user->accounts[i];

			if (held->dirty)
				saved[n++] = (struct saved_account){ user->id, &held->account };
			held->dirty = false;
		}
	}
	users->dirty = NULL;
	qsort(saved, n, sizeof(*saved), by_account);
	*count = n;
	return saved;
}

static void save_accounts(struct users *users, struct bus_db *db)
{
	struct bus_column *id, *user_id, *status, *fee_group, *firm, *block_reason, *opened_at;
	struct bus_column *shorting;
	struct saved_account *saved;
	struct bus_call *call;
	size_t count;

	if (!users->dirty)
		return;
	saved = dirty_accounts(users, &count);
	call = bus_call(db, &account_save);
	id = bus_call_column(call, BUS_PG_UUID);
	user_id = bus_call_column(call, BUS_PG_UUID);
	status = bus_call_column(call, BUS_PG_INT4);
	fee_group = bus_call_column(call, BUS_PG_TEXT);
	firm = bus_call_column(call, BUS_PG_BOOL);
	block_reason = bus_call_column(call, BUS_PG_TEXT);
	opened_at = bus_call_column(call, BUS_PG_INT8);
	shorting = bus_call_column(call, BUS_PG_BOOL);
	for (size_t i = 0; i < count; i++) {
		const struct account *account = saved[i].account;

		bus_column_id(id, account->id);
		bus_column_id(user_id, saved[i].user_id);
		bus_column_int4(status, (int32_t)account->status);
		bus_column_text(fee_group, account->fee_group);
		bus_column_bool(firm, account->firm);
		bus_column_text(block_reason, account->block_reason);
		bus_column_int8(opened_at, account->opened_at);
		bus_column_bool(shorting, account->shorting);
	}
	bus_call_send(call, NULL, NULL);
}

static int by_word(const void *a, const void *b)
{
	const struct changed_word *x = a, *y = b;
	int order = memcmp(x->user->id.b, y->user->id.b, sizeof(struct bus_id));

	if (!order)
		order = (x->kind > y->kind) - (x->kind < y->kind);
	return order ? order : strcmp(x->word, y->word);
}

/* What counts is what the user has now: granted, revoked and granted again is one row to add. */
static bool held_now(const struct changed_word *changed)
{
	return words_has(changed->kind == ROLE ? &changed->user->roles
					       : &changed->user->permissions,
			 changed->word);
}

/* Writes those changes, sorted, that are of this kind and end as `held`. */
static void save_words(const struct users *users, struct bus_db *db, enum word_kind kind, bool held,
		       const struct bus_sql *sql)
{
	struct bus_column *id = NULL, *word = NULL;
	struct bus_call *call = NULL;

	for (size_t i = 0; i < users->changed_count; i++) {
		const struct changed_word *changed = &users->changed[i];

		if (changed->kind != kind || held_now(changed) != held ||
		    (i && by_word(changed - 1, changed) == 0))
			continue;
		if (!call) {
			call = bus_call(db, sql);
			id = bus_call_column(call, BUS_PG_UUID);
			word = bus_call_column(call, BUS_PG_TEXT);
		}
		bus_column_id(id, changed->user->id);
		bus_column_text(word, changed->word);
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

void users_save(void *state, struct bus_db *db)
{
	struct users *users = state;

	add_users(users, db);
	save_accounts(users, db);
	if (users->changed_count)
		qsort(users->changed, users->changed_count, sizeof(*users->changed), by_word);
	save_words(users, db, ROLE, true, &role_add);
	save_words(users, db, ROLE, false, &role_drop);
	save_words(users, db, PERMISSION, true, &permission_add);
	save_words(users, db, PERMISSION, false, &permission_drop);
	users->registered_count = users->changed_count = 0;
	forget_taken(users);
	bus_arena_reset(&users->scratch, SCRATCH_KEEP);
}
