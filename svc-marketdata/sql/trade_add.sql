insert into trade (trade_id, symbol, price_micros, quantity_micros, executed_at_micros)
select trade_id, symbol, price_micros, quantity_micros, executed_at_micros
  from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
       as r (trade_id, symbol, price_micros, quantity_micros, executed_at_micros)
