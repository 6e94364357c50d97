select account_id, status, firm from account
