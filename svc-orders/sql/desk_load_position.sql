select account_id, symbol, position_micros, position_held_micros, actions, collateral_micros,
       pending_action_id
  from desk_position
 where account_id = any ($1::uuid[])
