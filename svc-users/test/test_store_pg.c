/*
 * What is saved and loaded again is what was there, on a real PostgreSQL; and an address is unique
 * in the whole system, also when two partitions did not know of each other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../store.h"
#include "../users.h"
#include "bus/fold.h"
#include "lib/test_store.h"
#include "make.h"
#include "migrations.h"

#define COMMANDS "users.commands"

static struct test_store store;
static struct bus_fold *fold;  /* of one partition */
static struct bus_fold *rival; /* of another */

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
	fold = bus_fold_new(&users_processor);
	rival = bus_fold_new(&users_processor);
	bus_fold_now(fold, NOW);
	bus_fold_now(rival, NOW);
}

static void teardown(void)
{
	bus_fold_free(fold);
	bus_fold_free(rival);
	test_store_release(&store);
}

/* Returns the type of the first fact it led to. */
static int tell(struct bus_fold *to, const char *user_id, const void *message)
{
	ck_assert_int_eq(bus_fold_input(to, COMMANDS, user_id, NULL, message), 0);
	ck_assert_uint_ge(bus_fold_fact_count(to), 1);
	return bus_fold_fact(to, 0)->type;
}

static int register_user(struct bus_fold *to, const char *user_id, const char *email)
{
	USERS(RegisterUser) command = make_register(user_id, email);

	return tell(to, user_id, &command);
}

static int save(struct bus_fold *of)
{
	return test_store_save(&store, &users_processor, bus_fold_state(of));
}

/* Loads what this registration needs, as the loop does before it decides. */
static void load_for(struct bus_fold *of, const char *user_id, const char *email)
{
	USERS(RegisterUser) command = make_register(user_id, email);
	struct bus_input input = { .message = &command.base, .key = user_id, .topic = COMMANDS };
	struct bus_load load = {
		.keys = &user_id, .key_count = 1, .inputs = &input, .input_count = 1
	};

	test_store_load(&store, &users_processor, bus_fold_state(of), &load);
}

static void email_taken(const struct bus_fold *of)
{
	const USERS(CommandRejected) *rejected = bus_fold_fact(of, 0)->message;

	ck_assert_int_eq(bus_fold_fact(of, 0)->type, FACT(COMMAND_REJECTED));
	ck_assert_int_eq(rejected->reason,
			 BOURSE__USERS__V1__REJECT_REASON__REJECT_REASON_EMAIL_TAKEN);
}

/* Opens an account of Ann's; its id goes to buf[BUS_ID_TEXT]. */
static const char *open_account(char *buf)
{
	USERS(OpenAccount) command = make_open(ANN);
	const USERS(AccountOpened) * opened;

	command.firm = true;
	ck_assert_int_eq(tell(fold, ANN, &command), FACT(ACCOUNT_OPENED));
	opened = bus_fold_fact(fold, 0)->message;
	return memcpy(buf, opened->account->account_id, BUS_ID_TEXT);
}

static void same_words(const struct words *a, const struct words *b)
{
	ck_assert_int_eq(a->count, b->count);
	for (int i = 0; i < a->count; i++)
		ck_assert(words_has(b, a->items[i]));
}

static void same_user(const struct user *a, const struct user *b)
{
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(a->account_count, b->account_count);
	for (int i = 0; i < a->account_count; i++) {
		const struct account *x = &a->accounts[i].account, *y;

		ck_assert_ptr_nonnull(user_account(b, x->id));
		y = &user_account(b, x->id)->account;
		ck_assert_int_eq(x->status, y->status);
		ck_assert_str_eq(x->fee_group, y->fee_group);
		ck_assert_int_eq(x->firm, y->firm);
		ck_assert_int_eq(x->shorting, y->shorting);
		ck_assert_str_eq(x->block_reason, y->block_reason);
		ck_assert_int_eq(x->opened_at, y->opened_at);
	}
	same_words(&a->roles, &b->roles);
	same_words(&a->permissions, &b->permissions);
}

START_TEST(test_load_is_save)
{
	static const char *const keys[] = { ANN, BOB, CAROL, "no id" };
	struct bus_load load = { .keys = keys, .key_count = BUS_ARRAY_LEN(keys) };
	USERS(GrantRole) trader = make_grant_role(ANN, "trader");
	USERS(GrantRole) admin = make_grant_role(ANN, "admin");
	USERS(GrantPermission) permission = make_grant_permission(BOB, "orders:place");
	USERS(BlockAccount) block;
	USERS(CloseAccount) close;
	USERS(SetShorting) set;
	char ids[3][BUS_ID_TEXT];
	struct users *users = users_new();

	register_user(fold, ANN, "ann@example.com");
	register_user(fold, BOB, "bob@example.com");
	for (int i = 0; i < 3; i++)
		open_account(ids[i]);
	block = make_block(ANN, ids[1]);
	close = make_close(ANN, ids[2]);
	set = make_set_shorting(ANN, ids[0], true);
	tell(fold, ANN, &block);
	tell(fold, ANN, &trader);
	ck_assert_int_eq(save(fold), 0);
	tell(fold, ANN, &close);
	ck_assert_int_eq(tell(fold, ANN, &set), FACT(SHORTING_CHANGED));
	tell(fold, ANN, &admin);
	tell(fold, BOB, &permission);
	ck_assert_int_eq(save(fold), 0);

	test_store_load(&store, &users_processor, users, &load);
	same_user(users_find(bus_fold_state(fold), ANN), users_find(users, ANN));
	same_user(users_find(bus_fold_state(fold), BOB), users_find(users, BOB));
	ck_assert_ptr_null(users_find(users, CAROL));
	users_free(users);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from account"
						   " where firm and fee_group = 'standard'"),
			 3);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from account where shorting"),
			 1);
	ck_assert_int_eq(test_store_number(&store, "select registered_at_micros from app_user"
						   " where email = 'ann@example.com' and"
						   " display_name = 'Ann O''Neil'"),
			 NOW);
}
END_TEST

/* Within one batch and over several, what counts is what was said last. */
START_TEST(test_words_come_and_go)
{
	USERS(GrantRole) grant = make_grant_role(ANN, "trader");
	USERS(RevokeRole) revoke = make_revoke_role(ANN, "trader");
	USERS(GrantPermission) allow = make_grant_permission(ANN, "orders:place");
	USERS(RevokePermission) deny = make_revoke_permission(ANN, "orders:place");
	static const char roles[] = "select count(*) from user_role";
	static const char permissions[] = "select count(*) from user_permission";

	register_user(fold, ANN, "ann@example.com");
	tell(fold, ANN, &grant);
	tell(fold, ANN, &revoke);
	tell(fold, ANN, &allow);
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(test_store_number(&store, roles), 0);
	ck_assert_int_eq(test_store_number(&store, permissions), 1);

	tell(fold, ANN, &grant);
	tell(fold, ANN, &deny);
	tell(fold, ANN, &allow);
	tell(fold, ANN, &deny);
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(test_store_number(&store, roles), 1);
	ck_assert_int_eq(test_store_number(&store, permissions), 0);

	tell(fold, ANN, &revoke);
	tell(fold, ANN, &grant);
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(test_store_number(&store, roles), 1);
}
END_TEST

/* An address in the table is found by the batch that wants it, and by no later one. */
START_TEST(test_email_of_the_table)
{
	register_user(fold, ANN, "ann@example.com");
	ck_assert_int_eq(save(fold), 0);
	load_for(rival, BOB, "Ann@Example.com");
	register_user(rival, BOB, "Ann@Example.com");
	email_taken(rival);
	ck_assert_int_eq(save(rival), 0);
	load_for(rival, BOB, "bob@example.com");
	ck_assert_int_eq(register_user(rival, BOB, "bob@example.com"), FACT(USER_REGISTERED));
	ck_assert_int_eq(save(rival), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from app_user"), 2);
}
END_TEST

/*
 * The race: neither partition knows of the other's registration. The index refuses the second
 * transaction whole; decided again on what is loaded then, it is a rejection.
 */
START_TEST(test_registration_race)
{
	char id[BUS_ID_TEXT];

	load_for(fold, ANN, "same@example.com");
	load_for(rival, BOB, "same@example.com");
	ck_assert_int_eq(register_user(fold, ANN, "same@example.com"), FACT(USER_REGISTERED));
	open_account(id);
	ck_assert_int_eq(register_user(rival, CAROL, "carol@example.com"), FACT(USER_REGISTERED));
	ck_assert_int_eq(register_user(rival, BOB, "same@example.com"), FACT(USER_REGISTERED));
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(save(rival), BUS_ERR_DATA_REFUSED);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from app_user"), 1);

	bus_fold_free(rival);
	rival = bus_fold_new(&users_processor);
	load_for(rival, CAROL, "carol@example.com");
	ck_assert_int_eq(register_user(rival, CAROL, "carol@example.com"), FACT(USER_REGISTERED));
	ck_assert_int_eq(save(rival), 0);
	load_for(rival, BOB, "same@example.com");
	register_user(rival, BOB, "same@example.com");
	email_taken(rival);
	ck_assert_int_eq(save(rival), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from app_user"), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("users store");
	TCase *tcase = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_load_is_save);
	tcase_add_test(tcase, test_words_come_and_go);
	tcase_add_test(tcase, test_email_of_the_table);
	tcase_add_test(tcase, test_registration_race);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
