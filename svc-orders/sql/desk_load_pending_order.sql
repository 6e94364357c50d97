-- Who waits for a corporate action must see its last order end.
select o.*
  from desk_position p
  join customer_order_whole o on o.account_id = p.account_id and o.symbol = p.symbol
 where p.account_id = any ($1::uuid[])
   and p.pending_action_id is not null
   and o.leaves_micros > 0
