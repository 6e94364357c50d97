select account_id, cash_micros, settled_micros from portfolio_account
