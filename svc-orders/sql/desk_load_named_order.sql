select order_id, account_id, client_order_id, symbol, side, type, time_in_force, self_trade, firm,
       limit_price_micros, collar_price_micros, ordered_micros, accepted_at_micros, status,
       quantity_micros, cum_micros, leaves_micros, cum_notional_micros, hold_micros,
       updated_at_micros
  from unnest($1::uuid[], $2::text[]) as asked (account_id, client_order_id)
  join customer_order using (account_id, client_order_id)
 where client_order_id is not null
