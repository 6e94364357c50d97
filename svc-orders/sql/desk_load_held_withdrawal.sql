select withdrawal_id, account_id, symbol, amount_micros, held
  from desk_withdrawal
 where account_id = any ($1::uuid[])
   and held
