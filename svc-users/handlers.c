/*
 * The decisions of the processor *users*. A command leads to what it asked for, or to
 * CommandRejected. No sentence of a rejection holds personal data.
 */
#include "handlers.h"

#include <string.h>

#include "store.h"
#include "wire.h"

#define REFUSE(reason, text) ((struct verdict){ USERS_##reason, text })

static int reject(const struct bus_input *input, struct bus_facts *facts, struct verdict verdict)
{
	USERS(CommandRejected) *fact = bus_fact_add(facts, USERS_D(command_rejected));

	fact->user_id = wire_text(input->key);
	fact->command_type = wire_text(input->message->descriptor->name);
	fact->reason = (USERS(RejectReason))verdict.reason;
	fact->text = wire_text(verdict.text);
	return 0;
}

static int reject_unknown_user(const struct bus_input *input, struct bus_facts *facts)
{
	return reject(input, facts, REFUSE(UNKNOWN_USER, "no user of this id is registered"));
}

int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	(void)state;
	return reject(input, facts, REFUSE(USER_BLOCKED, "an input of this user is parked"));
}

/* --- Registration
 * ---------------------------------------------------------------------------------- */

/*
 * The address is looked up among those that the table or this batch has. A rival on another
 * partition may still be first: then the unique index refuses the batch, it is decided again, and
 * the address is found taken here.
 */
static struct verdict check_register(const struct users *users, const USERS(RegisterUser) * command,
				     struct bus_id *id, struct email *email)
{
	if (!wire_id(command->user_id, id))
		return REFUSE(INVALID_FIELD, "user_id is not a UUID in lower case");
	if (!email_parse(command->email, email))
		return REFUSE(INVALID_FIELD, "email is not an address");
	if (!text_valid(command->display_name, DISPLAY_NAME_MAX))
		return REFUSE(INVALID_FIELD,
			      "display_name: at most 128 bytes, no control characters");
	if (users_find(users, command->user_id))
		return REFUSE(USER_EXISTS, "a user of this id is registered already");
	if (users_email_taken(users, email))
		return REFUSE(EMAIL_TAKEN, "another user has this address");
	return (struct verdict){ USERS_ACCEPTED, NULL };
}

static int decide_register(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const USERS(RegisterUser) *command = (const void *)input->message;
	struct bus_id id;
	struct email email;
	struct verdict verdict = check_register(state, command, &id, &email);

	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(UserRegistered) *fact = bus_fact_add(facts, USERS_D(user_registered));

	fact->user_id = wire_text(input->key);
	fact->email = bus_facts_strdup(facts, email.text);
	fact->display_name = command->display_name;
	fact->registered_at_micros = input->now;
	return 0;
}

/* --- Accounts
 * -------------------------------------------------------------------------------------- */

/* The message of an account, with memory of its own. */
static USERS(Account) * account_part(const struct bus_input *input, struct bus_facts *facts,
				     const struct account *account)
{
	USERS(Account) *message = bus_facts_message(facts, USERS_D(account));

	wire_account_put(message, account, bus_facts_id(facts, account->id), input->key);
	message->fee_group = bus_facts_strdup(facts, message->fee_group);
	message->block_reason = bus_facts_strdup(facts, message->block_reason);
	return message;
}

static int decide_open(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const USERS(OpenAccount) *command = (const void *)input->message;
	const struct user *user = users_find(state, input->key);
	const char *group = command->fee_group[0] ? command->fee_group : FEE_GROUP_STANDARD;
	struct account account = {
		.status = ACCOUNT_OPEN,
		.firm = command->firm,
		.shorting = command->shorting,
	};

	if (!user)
		return reject_unknown_user(input, facts);
	if (!word_valid(group))
		return reject(input, facts,
			      REFUSE(INVALID_FIELD, "fee_group: 1 to 64 of a to z, 0 to 9, '_', "
						    "'-', '.' and ':'"));
	if (user->account_count >= ACCOUNTS_MAX)
		return reject(input, facts,
			      REFUSE(TOO_MANY, "the user has as many accounts as a user may have"));
	account.id = bus_facts_command_id(facts, input);
	account.opened_at = input->now;
	memcpy(account.fee_group, group, strlen(group) + 1);

	USERS(AccountOpened) *fact = bus_fact_add(facts, USERS_D(account_opened));

	fact->user_id = wire_text(input->key);
	fact->account = account_part(input, facts, &account);
	return 0;
}

/* What the commands to an account have in common: who, and which. */
static struct verdict find_account(const struct users *users, const struct bus_input *input,
				   const char *account_id, const struct account **out)
{
	const struct user *user = users_find(users, input->key);
	const struct held_account *held;
	struct bus_id id;

	if (!user)
		return REFUSE(UNKNOWN_USER, "no user of this id is registered");
	if (!wire_id(account_id, &id))
		return REFUSE(INVALID_FIELD, "account_id is not a UUID in lower case");
	held = user_account(user, id);
	if (!held)
		return REFUSE(UNKNOWN_ACCOUNT, "the user has no such account");
	*out = &held->account;
	return (struct verdict){ USERS_ACCEPTED, NULL };
}

static struct verdict move(const struct users *users, const struct bus_input *input,
			   const char *account_id, enum account_action action, const char *reason,
			   struct account *after)
{
	const struct account *before;
	struct verdict verdict = find_account(users, input, account_id, &before);

	return verdict.reason ? verdict : account_move(before, action, reason, after);
}

/* Nothing of an account that may not trade stays in a book. */
static void demand_cancels(const struct bus_input *input, struct bus_facts *facts,
			   const char *account_id)
{
	USERS(OrdersCancelDemanded) *fact = bus_fact_add(facts, USERS_D(orders_cancel_demanded));

	fact->user_id = wire_text(input->key);
	fact->account_id = wire_text(account_id);
}

static int decide_close(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const USERS(CloseAccount) *command = (const void *)input->message;
	struct account after;
	struct verdict verdict =
		move(state, input, command->account_id, ACCOUNT_CLOSE, NULL, &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(AccountClosed) *fact = bus_fact_add(facts, USERS_D(account_closed));

	fact->user_id = wire_text(input->key);
	fact->account = account_part(input, facts, &after);
	demand_cancels(input, facts, command->account_id);
	return 0;
}

static int decide_block(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const USERS(BlockAccount) *command = (const void *)input->message;
	struct account after;
	struct verdict verdict =
		move(state, input, command->account_id, ACCOUNT_BLOCK, command->reason, &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(AccountBlocked) *fact = bus_fact_add(facts, USERS_D(account_blocked));

	fact->user_id = wire_text(input->key);
	fact->account = account_part(input, facts, &after);
	demand_cancels(input, facts, command->account_id);
	return 0;
}

static int decide_unblock(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const USERS(UnblockAccount) *command = (const void *)input->message;
	struct account after;
	struct verdict verdict =
		move(state, input, command->account_id, ACCOUNT_UNBLOCK, NULL, &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(AccountUnblocked) *fact = bus_fact_add(facts, USERS_D(account_unblocked));

	fact->user_id = wire_text(input->key);
	fact->account = account_part(input, facts, &after);
	return 0;
}

static int decide_set_shorting(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const USERS(SetShorting) *command = (const void *)input->message;
	const struct account *before;
	struct account after;
	struct verdict verdict = find_account(state, input, command->account_id, &before);

	if (!verdict.reason)
		verdict = account_set_shorting(before, command->shorting, &after);
	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(ShortingChanged) *fact = bus_fact_add(facts, USERS_D(shorting_changed));

	fact->user_id = wire_text(input->key);
	fact->account = account_part(input, facts, &after);
	return 0;
}

/* --- Roles and permissions
 * ------------------------------------------------------------------------- */

static int decide_grant_role(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const USERS(GrantRole) *command = (const void *)input->message;
	const struct user *user = users_find(state, input->key);
	struct verdict verdict;

	if (!user)
		return reject_unknown_user(input, facts);
	verdict = words_may_grant(&user->roles, command->role);
	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(RoleGranted) *fact = bus_fact_add(facts, USERS_D(role_granted));

	fact->user_id = wire_text(input->key);
	fact->role = command->role;
	return 0;
}

static int decide_revoke_role(const void *state, const struct bus_input *input,
			      struct bus_facts *facts)
{
	const USERS(RevokeRole) *command = (const void *)input->message;
	const struct user *user = users_find(state, input->key);
	struct verdict verdict;

	if (!user)
		return reject_unknown_user(input, facts);
	verdict = words_may_revoke(&user->roles, command->role);
	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(RoleRevoked) *fact = bus_fact_add(facts, USERS_D(role_revoked));

	fact->user_id = wire_text(input->key);
	fact->role = command->role;
	return 0;
}

static int decide_grant_permission(const void *state, const struct bus_input *input,
				   struct bus_facts *facts)
{
	const USERS(GrantPermission) *command = (const void *)input->message;
	const struct user *user = users_find(state, input->key);
	struct verdict verdict;

	if (!user)
		return reject_unknown_user(input, facts);
	verdict = words_may_grant(&user->permissions, command->permission);
	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(PermissionGranted) *fact = bus_fact_add(facts, USERS_D(permission_granted));

	fact->user_id = wire_text(input->key);
	fact->permission = command->permission;
	return 0;
}

static int decide_revoke_permission(const void *state, const struct bus_input *input,
				    struct bus_facts *facts)
{
	const USERS(RevokePermission) *command = (const void *)input->message;
	const struct user *user = users_find(state, input->key);
	struct verdict verdict;

	if (!user)
		return reject_unknown_user(input, facts);
	verdict = words_may_revoke(&user->permissions, command->permission);
	if (verdict.reason)
		return reject(input, facts, verdict);

	USERS(PermissionRevoked) *fact = bus_fact_add(facts, USERS_D(permission_revoked));

	fact->user_id = wire_text(input->key);
	fact->permission = command->permission;
	return 0;
}

const struct bus_handler users_handlers[] = {
	{ USERS_D(register_user), decide_register },
	{ USERS_D(open_account), decide_open },
	{ USERS_D(close_account), decide_close },
	{ USERS_D(block_account), decide_block },
	{ USERS_D(unblock_account), decide_unblock },
	{ USERS_D(set_shorting), decide_set_shorting },
	{ USERS_D(grant_role), decide_grant_role },
	{ USERS_D(revoke_role), decide_revoke_role },
	{ USERS_D(grant_permission), decide_grant_permission },
	{ USERS_D(revoke_permission), decide_revoke_permission },
	{ 0 },
};
