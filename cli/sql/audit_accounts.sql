select account_id, status, firm, shorting from account
