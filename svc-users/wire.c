/* Accounts between their message and their struct. The enums agree by value. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#define REJECT(name) BOURSE__USERS__V1__REJECT_REASON__REJECT_REASON_##name
#define STATUS(name) BOURSE__USERS__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_##name

static_assert((int)USERS_INVALID_FIELD == REJECT(INVALID_FIELD), "reasons agree");
static_assert((int)USERS_EMAIL_TAKEN == REJECT(EMAIL_TAKEN), "reasons agree");
static_assert((int)USERS_USER_EXISTS == REJECT(USER_EXISTS), "reasons agree");
static_assert((int)USERS_UNKNOWN_USER == REJECT(UNKNOWN_USER), "reasons agree");
static_assert((int)USERS_UNKNOWN_ACCOUNT == REJECT(UNKNOWN_ACCOUNT), "reasons agree");
static_assert((int)USERS_ACCOUNT_CLOSED == REJECT(ACCOUNT_CLOSED), "reasons agree");
static_assert((int)USERS_NO_CHANGE == REJECT(NO_CHANGE), "reasons agree");
static_assert((int)USERS_NOT_GRANTED == REJECT(NOT_GRANTED), "reasons agree");
static_assert((int)USERS_USER_BLOCKED == REJECT(USER_BLOCKED), "reasons agree");
static_assert((int)USERS_TOO_MANY == REJECT(TOO_MANY), "reasons agree");
static_assert((int)ACCOUNT_OPEN == STATUS(OPEN), "statuses agree");
static_assert((int)ACCOUNT_BLOCKED == STATUS(BLOCKED), "statuses agree");
static_assert((int)ACCOUNT_CLOSED == STATUS(CLOSED), "statuses agree");

char *wire_text(const char *text)
{
	return (char *)(uintptr_t)text;
}

bool wire_id(const char *text, struct bus_id *out)
{
	size_t len = strnlen(text, BUS_ID_TEXT);
	char canonical[BUS_ID_TEXT];
	struct bus_id id;

	if (!bus_id_parse(text, len, &id) || strcmp(bus_id_format(id, canonical), text) != 0)
		return false;
	*out = id;
	return true;
}

void wire_account_put(USERS(Account) * message, const struct account *account,
		      const char *account_id, const char *user_id)
{
	message->account_id = wire_text(account_id);
	message->user_id = wire_text(user_id);
	message->status = (USERS(AccountStatus))account->status;
	message->fee_group = wire_text(account->fee_group);
	message->firm = account->firm;
	message->shorting = account->shorting;
	message->block_reason = wire_text(account->block_reason);
	message->opened_at_micros = account->opened_at;
}

void wire_account_get(const USERS(Account) * message, struct account *account)
{
	size_t group = strnlen(message->fee_group, sizeof(account->fee_group));
	size_t reason = strnlen(message->block_reason, sizeof(account->block_reason));

	*account = (struct account){
		.status = (enum account_status)message->status,
		.firm = message->firm,
		.shorting = message->shorting,
		.opened_at = message->opened_at_micros,
	};
	bus_assert(group < sizeof(account->fee_group) && reason < sizeof(account->block_reason));
	memcpy(account->fee_group, message->fee_group, group);
	memcpy(account->block_reason, message->block_reason, reason);
	if (!wire_id(message->account_id, &account->id))
		bus_assert(!"the account id of a fact of our own");
}
