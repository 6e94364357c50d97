/* The processor *users* as a fold: every command, taken and refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../facts.h"
#include "../store.h"
#include "../users.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/fold.h"
#include "make.h"

#define COMMANDS "users.commands"
#define NOBODYS	 "00000000-0000-4000-8000-0000000000ff" /* account */

static struct bus_fold *fold;

static void setup(void)
{
	fold = bus_fold_new(&users_processor);
	bus_fold_now(fold, NOW);
}

static void teardown(void)
{
	bus_fold_free(fold);
}

static int tell(const char *user_id, const void *message)
{
	return bus_fold_input(fold, COMMANDS, user_id, NULL, message);
}

/* The one fact of the last input, which is of this type. */
static const void *fact(int type)
{
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	ck_assert_int_eq(bus_fold_fact(fold, 0)->type, type);
	return bus_fold_fact(fold, 0)->message;
}

static void refused(int rc, USERS(RejectReason) reason, const char *type)
{
	const USERS(CommandRejected) * rejected;

	ck_assert_int_eq(rc, 0);
	rejected = fact(FACT(COMMAND_REJECTED));
	ck_assert_int_eq(rejected->reason, reason);
	ck_assert_str_eq(rejected->command_type, type);
	ck_assert_str_eq(rejected->user_id, bus_fold_fact(fold, 0)->key);
	ck_assert_str_ne(rejected->text, "");
	ck_assert_ptr_null(strchr(rejected->text, '@'));
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
}

#define REFUSED(rc, reason, type)                                                                  \
	refused(rc, BOURSE__USERS__V1__REJECT_REASON__REJECT_REASON_##reason,                      \
		"bourse.users.v1." type)

static void register_user(const char *user_id, const char *email)
{
	USERS(RegisterUser) command = make_register(user_id, email);

	ck_assert_int_eq(tell(user_id, &command), 0);
	fact(FACT(USER_REGISTERED));
}

/* The snapshot that the last input sent, which sent nothing else. */
static const USERS(Account) * snapshot(void)
{
	const struct bus_fold_reaction *reaction;
	const USERS(Account) * account;

	ck_assert_uint_eq(bus_fold_reaction_count(fold), 1);
	reaction = bus_fold_reaction(fold, 0);
	ck_assert_str_eq(reaction->topic, TOPIC_ACCOUNTS);
	account = (const void *)reaction->message;
	ck_assert_str_eq(reaction->key, account->account_id);
	return account;
}

/*
 * The last input moved an account, told the snapshot first, and then demanded that the desk cancel
 * what is open of it.
 */
static void stopped(int type, const char *account_id)
{
	const USERS(OrdersCancelDemanded) * demanded;
	const Bourse__Orders__V1__CancelOrders *cancel;
	const USERS(Account) * account;

	ck_assert_uint_eq(bus_fold_fact_count(fold), 2);
	ck_assert_int_eq(bus_fold_fact(fold, 0)->type, type);
	ck_assert_int_eq(bus_fold_fact(fold, 1)->type, FACT(ORDERS_CANCEL_DEMANDED));
	demanded = bus_fold_fact(fold, 1)->message;
	ck_assert_str_eq(demanded->account_id, account_id);
	ck_assert_str_eq(demanded->user_id, ANN);

	ck_assert_uint_eq(bus_fold_reaction_count(fold), 2);
	ck_assert_str_eq(bus_fold_reaction(fold, 0)->topic, TOPIC_ACCOUNTS);
	account = (const void *)bus_fold_reaction(fold, 0)->message;
	ck_assert_str_eq(account->account_id, account_id);
	ck_assert_str_eq(bus_fold_reaction(fold, 1)->topic, "orders.commands");
	ck_assert_str_eq(bus_fold_reaction(fold, 1)->key, account_id);
	cancel = (const void *)bus_fold_reaction(fold, 1)->message;
	ck_assert_ptr_eq(cancel->base.descriptor, &bourse__orders__v1__cancel_orders__descriptor);
	ck_assert_str_eq(cancel->account_id, account_id);
	ck_assert_str_eq(cancel->symbol, "");
}

/* The account as the last input, which changed its status, told it. */
static const USERS(Account) * told(void)
{
	ck_assert_uint_ge(bus_fold_reaction_count(fold), 1);
	ck_assert_str_eq(bus_fold_reaction(fold, 0)->topic, TOPIC_ACCOUNTS);
	return (const void *)bus_fold_reaction(fold, 0)->message;
}

/* Opens an account of Ann's; its id goes to buf[BUS_ID_TEXT]. */
static const char *open_account(char *buf)
{
	USERS(OpenAccount) command = make_open(ANN);

	ck_assert_int_eq(tell(ANN, &command), 0);
	fact(FACT(ACCOUNT_OPENED));
	return memcpy(buf, snapshot()->account_id, BUS_ID_TEXT);
}

/* --- Registration
 * ---------------------------------------------------------------------------------- */

START_TEST(test_register)
{
	USERS(RegisterUser) command = make_register(ANN, "Ann@Example.COM");
	const USERS(UserRegistered) * registered;

	ck_assert_int_eq(tell(ANN, &command), 0);
	registered = fact(FACT(USER_REGISTERED));
	ck_assert_str_eq(registered->user_id, ANN);
	ck_assert_str_eq(registered->email, "ann@example.com");
	ck_assert_str_eq(registered->display_name, "Ann O'Neil");
	ck_assert_int_eq(registered->registered_at_micros, NOW);
	/* Personal data goes nowhere else. */
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
}
END_TEST

START_TEST(test_register_refused)
{
	USERS(RegisterUser) command = make_register("ann", "ann@example.com");
	char name[DISPLAY_NAME_MAX + 2];

	REFUSED(tell("ann", &command), INVALID_FIELD, "RegisterUser");
	command = make_register("00000000-0000-4000-8000-00000000000A", "ann@example.com");
	REFUSED(tell(command.user_id, &command), INVALID_FIELD, "RegisterUser");
	command = make_register(ANN, "ann");
	REFUSED(tell(ANN, &command), INVALID_FIELD, "RegisterUser");
	command = make_register(ANN, "");
	REFUSED(tell(ANN, &command), INVALID_FIELD, "RegisterUser");
	command = make_register(ANN, "ann@example.com");
	command.display_name = wire_text("Ann\r\nBcc: all");
	REFUSED(tell(ANN, &command), INVALID_FIELD, "RegisterUser");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	command.display_name = name;
	REFUSED(tell(ANN, &command), INVALID_FIELD, "RegisterUser");
	ck_assert_ptr_null(users_find(bus_fold_state(fold), ANN));

	register_user(ANN, "ann@example.com");
	command = make_register(ANN, "other@example.com");
	REFUSED(tell(ANN, &command), USER_EXISTS, "RegisterUser");
}
END_TEST

/* Two registrations of one batch: the second finds the address of the first. */
START_TEST(test_email_taken)
{
	USERS(RegisterUser) command = make_register(BOB, "ANN@example.com");

	register_user(ANN, "ann@example.com");
	REFUSED(tell(BOB, &command), EMAIL_TAKEN, "RegisterUser");
	ck_assert_ptr_null(users_find(bus_fold_state(fold), BOB));
	register_user(BOB, "bob@example.com");
}
END_TEST

/* --- Accounts
 * -------------------------------------------------------------------------------------- */

START_TEST(test_open)
{
	USERS(OpenAccount) command = make_open(ANN);
	const USERS(Account) * account;
	char first[BUS_ID_TEXT], second[BUS_ID_TEXT];
	struct bus_id id;

	register_user(ANN, "ann@example.com");
	open_account(first);
	account = snapshot();
	ck_assert(wire_id(account->account_id, &id));
	ck_assert_str_eq(account->user_id, ANN);
	ck_assert_int_eq(account->status, BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_OPEN);
	ck_assert_str_eq(account->fee_group, "standard");
	ck_assert(!account->firm);
	ck_assert_str_eq(account->block_reason, "");
	ck_assert_int_eq(account->opened_at_micros, NOW);
	ck_assert_str_ne(open_account(second), first);

	command.fee_group = wire_text("vip");
	command.firm = true;
	ck_assert_int_eq(tell(ANN, &command), 0);
	ck_assert_str_eq(snapshot()->fee_group, "vip");
	ck_assert(snapshot()->firm);
}
END_TEST

/* The id comes from the command's id and the user's, so nobody can take another's account. */
START_TEST(test_open_same_ce_id)
{
	static const char ce_id[] = "00000000-0000-4000-8000-000000000001";
	USERS(OpenAccount) ann = make_open(ANN), bob = make_open(BOB);
	char id[BUS_ID_TEXT];

	register_user(ANN, "ann@example.com");
	register_user(BOB, "bob@example.com");
	ck_assert_int_eq(bus_fold_input(fold, COMMANDS, ANN, ce_id, &ann.base), 0);
	memcpy(id, snapshot()->account_id, sizeof(id));
	ck_assert_int_eq(bus_fold_input(fold, COMMANDS, BOB, ce_id, &bob.base), 0);
	ck_assert_str_ne(snapshot()->account_id, id);
}
END_TEST

START_TEST(test_open_refused)
{
	USERS(OpenAccount) command = make_open(ANN);
	char id[BUS_ID_TEXT];

	REFUSED(tell(ANN, &command), UNKNOWN_USER, "OpenAccount");
	REFUSED(tell("no id at all", &command), UNKNOWN_USER, "OpenAccount");
	register_user(ANN, "ann@example.com");
	command.fee_group = wire_text("V.I.P.");
	REFUSED(tell(ANN, &command), INVALID_FIELD, "OpenAccount");
	for (int i = 0; i < ACCOUNTS_MAX; i++)
		open_account(id);
	command = make_open(ANN);
	REFUSED(tell(ANN, &command), TOO_MANY, "OpenAccount");
}
END_TEST

START_TEST(test_block_unblock)
{
	USERS(BlockAccount) block;
	USERS(UnblockAccount) unblock;
	char id[BUS_ID_TEXT];

	register_user(ANN, "ann@example.com");
	open_account(id);
	block = make_block(ANN, id);
	unblock = make_unblock(ANN, id);
	REFUSED(tell(ANN, &unblock), NO_CHANGE, "UnblockAccount");
	ck_assert_int_eq(tell(ANN, &block), 0);
	stopped(FACT(ACCOUNT_BLOCKED), id);
	ck_assert_int_eq(told()->status, BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_BLOCKED);
	ck_assert_str_eq(told()->block_reason, "under review");
	ck_assert_str_eq(told()->account_id, id);
	REFUSED(tell(ANN, &block), NO_CHANGE, "BlockAccount");
	ck_assert_int_eq(tell(ANN, &unblock), 0);
	fact(FACT(ACCOUNT_UNBLOCKED));
	ck_assert_int_eq(snapshot()->status,
			 BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_OPEN);
	ck_assert_str_eq(snapshot()->block_reason, "");
	block.reason = wire_text("a\nb");
	REFUSED(tell(ANN, &block), INVALID_FIELD, "BlockAccount");
}
END_TEST

/* Closed is for good, from open as from blocked. */
START_TEST(test_close)
{
	char ids[2][BUS_ID_TEXT];

	register_user(ANN, "ann@example.com");
	for (int i = 0; i < 2; i++) {
		USERS(CloseAccount) close = make_close(ANN, open_account(ids[i]));
		USERS(BlockAccount) block = make_block(ANN, ids[i]);
		USERS(UnblockAccount) unblock = make_unblock(ANN, ids[i]);

		if (i)
			ck_assert_int_eq(tell(ANN, &block), 0);
		ck_assert_int_eq(tell(ANN, &close), 0);
		stopped(FACT(ACCOUNT_CLOSED), ids[i]);
		ck_assert_int_eq(told()->status,
				 BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_CLOSED);
		ck_assert_str_eq(told()->block_reason, "");
		REFUSED(tell(ANN, &close), ACCOUNT_CLOSED, "CloseAccount");
		REFUSED(tell(ANN, &block), ACCOUNT_CLOSED, "BlockAccount");
		REFUSED(tell(ANN, &unblock), ACCOUNT_CLOSED, "UnblockAccount");
	}
}
END_TEST

/* The permission to sell short: at the opening, and changed later; not to what it is already. */
START_TEST(test_shorting)
{
	static const struct {
		bool opened, set;
		USERS(RejectReason) refusal;
	} rows[] = {
		{ false, true, 0 },
		{ true, false, 0 },
		{ false, false, BOURSE__USERS__V1__REJECT_REASON__REJECT_REASON_NO_CHANGE },
		{ true, true, BOURSE__USERS__V1__REJECT_REASON__REJECT_REASON_NO_CHANGE },
	};

	register_user(ANN, "ann@example.com");
	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		USERS(OpenAccount) open = make_open(ANN);
		USERS(SetShorting) set;
		char id[BUS_ID_TEXT];

		open.shorting = rows[i].opened;
		ck_assert_int_eq(tell(ANN, &open), 0);
		ck_assert_int_eq(snapshot()->shorting, rows[i].opened);
		memcpy(id, snapshot()->account_id, sizeof(id));
		set = make_set_shorting(ANN, id, rows[i].set);
		if (rows[i].refusal) {
			refused(tell(ANN, &set), rows[i].refusal, "bourse.users.v1.SetShorting");
			continue;
		}
		ck_assert_int_eq(tell(ANN, &set), 0);
		fact(FACT(SHORTING_CHANGED));
		ck_assert_str_eq(snapshot()->account_id, id);
		ck_assert_int_eq(snapshot()->shorting, rows[i].set);
		ck_assert_int_eq(snapshot()->status,
				 BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_OPEN);
		REFUSED(tell(ANN, &set), NO_CHANGE, "SetShorting");
	}
}
END_TEST

/* A blocked account keeps what it may, also through the block; a closed one changes no more. */
START_TEST(test_shorting_of_stopped)
{
	USERS(SetShorting) set;
	USERS(BlockAccount) block;
	USERS(UnblockAccount) unblock;
	USERS(CloseAccount) close;
	char id[BUS_ID_TEXT];

	register_user(ANN, "ann@example.com");
	open_account(id);
	set = make_set_shorting(ANN, id, true);
	block = make_block(ANN, id);
	unblock = make_unblock(ANN, id);
	close = make_close(ANN, id);
	ck_assert_int_eq(tell(ANN, &block), 0);
	ck_assert_int_eq(tell(ANN, &set), 0);
	fact(FACT(SHORTING_CHANGED));
	ck_assert_int_eq(snapshot()->status,
			 BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_BLOCKED);
	ck_assert_int_eq(tell(ANN, &unblock), 0);
	ck_assert(snapshot()->shorting);
	ck_assert_int_eq(tell(ANN, &close), 0);
	set.shorting = false;
	REFUSED(tell(ANN, &set), ACCOUNT_CLOSED, "SetShorting");
}
END_TEST

START_TEST(test_account_of_another)
{
	USERS(CloseAccount) close;
	USERS(BlockAccount) block;
	USERS(UnblockAccount) unblock;
	USERS(SetShorting) set;
	char id[BUS_ID_TEXT];

	register_user(ANN, "ann@example.com");
	register_user(BOB, "bob@example.com");
	open_account(id);
	close = make_close(BOB, id);
	block = make_block(BOB, id);
	unblock = make_unblock(BOB, id);
	REFUSED(tell(BOB, &close), UNKNOWN_ACCOUNT, "CloseAccount");
	REFUSED(tell(BOB, &block), UNKNOWN_ACCOUNT, "BlockAccount");
	REFUSED(tell(BOB, &unblock), UNKNOWN_ACCOUNT, "UnblockAccount");
	set = make_set_shorting(BOB, id, true);
	REFUSED(tell(BOB, &set), UNKNOWN_ACCOUNT, "SetShorting");
	set = make_set_shorting(BOB, "", true);
	REFUSED(tell(BOB, &set), INVALID_FIELD, "SetShorting");
	set = make_set_shorting(CAROL, id, true);
	REFUSED(tell(CAROL, &set), UNKNOWN_USER, "SetShorting");
	close = make_close(ANN, NOBODYS);
	REFUSED(tell(ANN, &close), UNKNOWN_ACCOUNT, "CloseAccount");
	close = make_close(ANN, "");
	REFUSED(tell(ANN, &close), INVALID_FIELD, "CloseAccount");
	close = make_close(CAROL, id);
	REFUSED(tell(CAROL, &close), UNKNOWN_USER, "CloseAccount");
	block = make_block(CAROL, id);
	REFUSED(tell(CAROL, &block), UNKNOWN_USER, "BlockAccount");
	unblock = make_unblock(CAROL, id);
	REFUSED(tell(CAROL, &unblock), UNKNOWN_USER, "UnblockAccount");
}
END_TEST

/* --- Roles and permissions
 * ------------------------------------------------------------------------- */

START_TEST(test_roles)
{
	USERS(GrantRole) grant = make_grant_role(ANN, "trader");
	USERS(RevokeRole) revoke = make_revoke_role(ANN, "trader");

	REFUSED(tell(ANN, &grant), UNKNOWN_USER, "GrantRole");
	REFUSED(tell(ANN, &revoke), UNKNOWN_USER, "RevokeRole");
	register_user(ANN, "ann@example.com");
	REFUSED(tell(ANN, &revoke), NOT_GRANTED, "RevokeRole");
	ck_assert_int_eq(tell(ANN, &grant), 0);
	ck_assert_str_eq(((const USERS(RoleGranted) *)fact(FACT(ROLE_GRANTED)))->role, "trader");
	REFUSED(tell(ANN, &grant), NO_CHANGE, "GrantRole");
	ck_assert_int_eq(tell(ANN, &revoke), 0);
	ck_assert_str_eq(((const USERS(RoleRevoked) *)fact(FACT(ROLE_REVOKED)))->role, "trader");
	REFUSED(tell(ANN, &revoke), NOT_GRANTED, "RevokeRole");
	ck_assert_int_eq(tell(ANN, &grant), 0);
	fact(FACT(ROLE_GRANTED));
}
END_TEST

START_TEST(test_permissions)
{
	USERS(GrantPermission) grant = make_grant_permission(ANN, "orders:place");
	USERS(RevokePermission) revoke = make_revoke_permission(ANN, "orders:place");
	USERS(GrantRole) role = make_grant_role(ANN, "orders:place");

	REFUSED(tell(ANN, &grant), UNKNOWN_USER, "GrantPermission");
	REFUSED(tell(ANN, &revoke), UNKNOWN_USER, "RevokePermission");
	register_user(ANN, "ann@example.com");
	/* A role of the same name is another thing. */
	ck_assert_int_eq(tell(ANN, &role), 0);
	REFUSED(tell(ANN, &revoke), NOT_GRANTED, "RevokePermission");
	ck_assert_int_eq(tell(ANN, &grant), 0);
	ck_assert_str_eq(
		((const USERS(PermissionGranted) *)fact(FACT(PERMISSION_GRANTED)))->permission,
		"orders:place");
	REFUSED(tell(ANN, &grant), NO_CHANGE, "GrantPermission");
	ck_assert_int_eq(tell(ANN, &revoke), 0);
	ck_assert_str_eq(
		((const USERS(PermissionRevoked) *)fact(FACT(PERMISSION_REVOKED)))->permission,
		"orders:place");
	REFUSED(tell(ANN, &revoke), NOT_GRANTED, "RevokePermission");
}
END_TEST

START_TEST(test_words_refused)
{
	static const char *const words[] = { "", "Trader", "two words",
					     "tr\xc3\xa4"
					     "der",
					     "a/b" };
	char longest[WORD_MAX + 2];

	register_user(ANN, "ann@example.com");
	for (size_t i = 0; i < BUS_ARRAY_LEN(words); i++) {
		USERS(GrantRole) role = make_grant_role(ANN, words[i]);
		USERS(RevokeRole) revoke_role = make_revoke_role(ANN, words[i]);
		USERS(GrantPermission) permission = make_grant_permission(ANN, words[i]);
		USERS(RevokePermission) revoke = make_revoke_permission(ANN, words[i]);

		REFUSED(tell(ANN, &role), INVALID_FIELD, "GrantRole");
		REFUSED(tell(ANN, &revoke_role), INVALID_FIELD, "RevokeRole");
		REFUSED(tell(ANN, &permission), INVALID_FIELD, "GrantPermission");
		REFUSED(tell(ANN, &revoke), INVALID_FIELD, "RevokePermission");
	}
	memset(longest, 'x', sizeof(longest));
	longest[WORD_MAX + 1] = '\0';
	USERS(GrantRole) role = make_grant_role(ANN, longest);
	REFUSED(tell(ANN, &role), INVALID_FIELD, "GrantRole");
	longest[WORD_MAX] = '\0';
	ck_assert_int_eq(tell(ANN, &role), 0);
	fact(FACT(ROLE_GRANTED));
}
END_TEST

START_TEST(test_too_many_words)
{
	char word[WORD_MAX + 1];
	USERS(GrantRole) role = make_grant_role(ANN, word);
	USERS(GrantPermission) permission = make_grant_permission(ANN, word);

	register_user(ANN, "ann@example.com");
	for (int i = 0; i < WORDS_MAX; i++) {
		snprintf(word, sizeof(word), "word-%d", i);
		ck_assert_int_eq(tell(ANN, &role), 0);
		fact(FACT(ROLE_GRANTED));
		ck_assert_int_eq(tell(ANN, &permission), 0);
		fact(FACT(PERMISSION_GRANTED));
	}
	snprintf(word, sizeof(word), "one-more");
	REFUSED(tell(ANN, &role), TOO_MANY, "GrantRole");
	REFUSED(tell(ANN, &permission), TOO_MANY, "GrantPermission");
}
END_TEST

START_TEST(test_blocked)
{
	USERS(RegisterUser) command = make_register(ANN, "ann@example.com");
	USERS(OpenAccount) open = make_open(ANN);

	REFUSED(bus_fold_blocked(fold, COMMANDS, ANN, NULL, &command.base), USER_BLOCKED,
		"RegisterUser");
	REFUSED(bus_fold_blocked(fold, COMMANDS, ANN, NULL, &open.base), USER_BLOCKED,
		"OpenAccount");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("users");
	TCase *tcase = tcase_create("users");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_register);
	tcase_add_test(tcase, test_register_refused);
	tcase_add_test(tcase, test_email_taken);
	tcase_add_test(tcase, test_open);
	tcase_add_test(tcase, test_open_same_ce_id);
	tcase_add_test(tcase, test_open_refused);
	tcase_add_test(tcase, test_block_unblock);
	tcase_add_test(tcase, test_close);
	tcase_add_test(tcase, test_shorting);
	tcase_add_test(tcase, test_shorting_of_stopped);
	tcase_add_test(tcase, test_account_of_another);
	tcase_add_test(tcase, test_roles);
	tcase_add_test(tcase, test_permissions);
	tcase_add_test(tcase, test_words_refused);
	tcase_add_test(tcase, test_too_many_words);
	tcase_add_test(tcase, test_blocked);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
