select withdrawal_id, account_id, symbol, held_micros
  from desk_withdrawal
 where withdrawal_id = any ($1::uuid[])
