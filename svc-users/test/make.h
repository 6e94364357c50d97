/* Messages for the tests of the processor *users*. */
#ifndef USERS_TEST_MAKE_H
#define USERS_TEST_MAKE_H

#include "../wire.h"

#define NOW   INT64_C(1340285400000000) /* 2012-06-21T13:30:00Z */
#define ANN   "00000000-0000-4000-8000-00000000000a"
#define BOB   "00000000-0000-4000-8000-00000000000b"
#define CAROL "00000000-0000-4000-8000-00000000000c"

static inline USERS(RegisterUser) make_register(const char *user_id, const char *email)
{
	USERS(RegisterUser) m = BOURSE__USERS__V1__REGISTER_USER__INIT;

	m.user_id = wire_text(user_id);
	m.email = wire_text(email);
	m.display_name = wire_text("Ann O'Neil");
	return m;
}

static inline USERS(OpenAccount) make_open(const char *user_id)
{
	USERS(OpenAccount) m = BOURSE__USERS__V1__OPEN_ACCOUNT__INIT;

	m.user_id = wire_text(user_id);
	return m;
}

static inline USERS(CloseAccount) make_close(const char *user_id, const char *account_id)
{
	USERS(CloseAccount) m = BOURSE__USERS__V1__CLOSE_ACCOUNT__INIT;

	m.user_id = wire_text(user_id);
	m.account_id = wire_text(account_id);
	return m;
}

static inline USERS(BlockAccount) make_block(const char *user_id, const char *account_id)
{
	USERS(BlockAccount) m = BOURSE__USERS__V1__BLOCK_ACCOUNT__INIT;

	m.user_id = wire_text(user_id);
	m.account_id = wire_text(account_id);
	m.reason = wire_text("under review");
	return m;
}

static inline USERS(UnblockAccount) make_unblock(const char *user_id, const char *account_id)
{
	USERS(UnblockAccount) m = BOURSE__USERS__V1__UNBLOCK_ACCOUNT__INIT;

	m.user_id = wire_text(user_id);
	m.account_id = wire_text(account_id);
	return m;
}

static inline USERS(SetShorting)
	make_set_shorting(const char *user_id, const char *account_id, bool shorting)
{
	USERS(SetShorting) m = BOURSE__USERS__V1__SET_SHORTING__INIT;

	m.user_id = wire_text(user_id);
	m.account_id = wire_text(account_id);
	m.shorting = shorting;
	return m;
}

static inline USERS(GrantRole) make_grant_role(const char *user_id, const char *role)
{
	USERS(GrantRole) m = BOURSE__USERS__V1__GRANT_ROLE__INIT;

	m.user_id = wire_text(user_id);
	m.role = wire_text(role);
	return m;
}

static inline USERS(RevokeRole) make_revoke_role(const char *user_id, const char *role)
{
	USERS(RevokeRole) m = BOURSE__USERS__V1__REVOKE_ROLE__INIT;

	m.user_id = wire_text(user_id);
	m.role = wire_text(role);
	return m;
}

static inline USERS(GrantPermission)
	make_grant_permission(const char *user_id, const char *permission)
{
	USERS(GrantPermission) m = BOURSE__USERS__V1__GRANT_PERMISSION__INIT;

	m.user_id = wire_text(user_id);
	m.permission = wire_text(permission);
	return m;
}

static inline USERS(RevokePermission)
	make_revoke_permission(const char *user_id, const char *permission)
{
	USERS(RevokePermission) m = BOURSE__USERS__V1__REVOKE_PERMISSION__INIT;

	m.user_id = wire_text(user_id);
	m.permission = wire_text(permission);
	return m;
}

#endif
