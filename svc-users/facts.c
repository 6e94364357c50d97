/* The facts of the processor *users*: what each changes, and whom it tells. */
#include "facts.h"

#include "bourse/orders/v1/orders.pb-c.h"
#include "store.h"
#include "wire.h"

/* The user of a fact that only a registered user can have. */
static struct user *user_of(const struct users *users, const char *user_id)
{
	struct user *user = users_find(users, user_id);

	bus_assert(user);
	return user;
}

static void evolve_registered(struct users *users, const USERS(UserRegistered) * fact)
{
	struct bus_id id;
	struct email email;
	bool ok = wire_id(fact->user_id, &id) && email_parse(fact->email, &email);

	bus_assert(ok);
	users_register(users, id, &email, fact->display_name, fact->registered_at_micros);
}

static void evolve_account(struct users *users, const USERS(Account) * message)
{
	struct account account;

	wire_account_get(message, &account);
	users_set_account(users, user_of(users, message->user_id), &account);
}

void users_evolve(void *state, const struct bus_fact *fact)
{
	struct users *users = state;
	const void *message = fact->message;
	struct user *user;

	switch ((USERS(UserEvent__EventCase))fact->type) {
	case FACT(USER_REGISTERED):
		evolve_registered(users, message);
		break;
	case FACT(ACCOUNT_OPENED):
		evolve_account(users, ((const USERS(AccountOpened) *)message)->account);
		break;
	case FACT(ACCOUNT_CLOSED):
		evolve_account(users, ((const USERS(AccountClosed) *)message)->account);
		break;
	case FACT(ACCOUNT_BLOCKED):
		evolve_account(users, ((const USERS(AccountBlocked) *)message)->account);
		break;
	case FACT(ACCOUNT_UNBLOCKED):
		evolve_account(users, ((const USERS(AccountUnblocked) *)message)->account);
		break;
	case FACT(SHORTING_CHANGED):
		evolve_account(users, ((const USERS(ShortingChanged) *)message)->account);
		break;
	case FACT(ROLE_GRANTED):
		user = user_of(users, fact->key);
		users_set_word(users, user, ROLE, ((const USERS(RoleGranted) *)message)->role,
			       true);
		break;
	case FACT(ROLE_REVOKED):
		user = user_of(users, fact->key);
		users_set_word(users, user, ROLE, ((const USERS(RoleRevoked) *)message)->role,
			       false);
		break;
	case FACT(PERMISSION_GRANTED):
		user = user_of(users, fact->key);
		users_set_word(users, user, PERMISSION,
			       ((const USERS(PermissionGranted) *)message)->permission, true);
		break;
	case FACT(PERMISSION_REVOKED):
		user = user_of(users, fact->key);
		users_set_word(users, user, PERMISSION,
			       ((const USERS(PermissionRevoked) *)message)->permission, false);
		break;
	case FACT(COMMAND_REJECTED):
	case FACT(ORDERS_CANCEL_DEMANDED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}

static void tell_account(struct bus_reactions *out, const USERS(Account) * account)
{
	bus_react(out, TOPIC_ACCOUNTS, account->account_id, &account->base);
}

/* A command like anybody's: the desk cancels all open orders of the account. */
static void tell_desk(struct bus_reactions *out, const USERS(OrdersCancelDemanded) * fact)
{
	Bourse__Orders__V1__CancelOrders command = BOURSE__ORDERS__V1__CANCEL_ORDERS__INIT;

	command.account_id = fact->account_id;
	bus_react(out, TOPIC_ORDERS, command.account_id, &command.base);
}

void users_react(const struct bus_fact *fact, struct bus_reactions *out)
{
	const void *message = fact->message;

	switch ((USERS(UserEvent__EventCase))fact->type) {
	case FACT(ACCOUNT_OPENED):
		tell_account(out, ((const USERS(AccountOpened) *)message)->account);
		break;
	case FACT(ACCOUNT_CLOSED):
		tell_account(out, ((const USERS(AccountClosed) *)message)->account);
		break;
	case FACT(ACCOUNT_BLOCKED):
		tell_account(out, ((const USERS(AccountBlocked) *)message)->account);
		break;
	case FACT(ACCOUNT_UNBLOCKED):
		tell_account(out, ((const USERS(AccountUnblocked) *)message)->account);
		break;
	case FACT(SHORTING_CHANGED):
		tell_account(out, ((const USERS(ShortingChanged) *)message)->account);
		break;
	case FACT(ORDERS_CANCEL_DEMANDED):
		tell_desk(out, message);
		break;
	case FACT(USER_REGISTERED):
	case FACT(ROLE_GRANTED):
	case FACT(ROLE_REVOKED):
	case FACT(PERMISSION_GRANTED):
	case FACT(PERMISSION_REVOKED):
	case FACT(COMMAND_REJECTED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
