select account_id, cash_micros from portfolio_account
