insert into customer_order
      (order_id, account_id, client_order_id, symbol, side, type, time_in_force, self_trade, firm,
       limit_price_micros, collar_price_micros, ordered_micros, accepted_at_micros, status,
       quantity_micros, cum_micros, leaves_micros, cum_notional_micros, hold_micros,
       updated_at_micros, fee_group, fee_hold_micros, expires_at_micros, reference_price_micros,
       actions)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[],
       $8::int[], $9::boolean[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
       $14::int[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[],
       $20::bigint[], $21::text[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[])
