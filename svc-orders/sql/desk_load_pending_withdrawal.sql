select w.withdrawal_id, w.account_id, w.symbol, w.amount_micros, w.held
  from desk_position p
  join desk_withdrawal w on w.account_id = p.account_id and w.symbol = p.symbol
 where p.account_id = any ($1::uuid[])
   and p.pending_action_id is not null
   and w.held
