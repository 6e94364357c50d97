select account_id, cash_micros, cash_held_micros from desk_account
