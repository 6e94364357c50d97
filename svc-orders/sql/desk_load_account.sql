select account_id, cash_micros, cash_held_micros
  from desk_account
 where account_id = any ($1::uuid[])
