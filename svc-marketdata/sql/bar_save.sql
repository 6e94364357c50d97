insert into bar (symbol, start_at_micros, open_micros, high_micros, low_micros, close_micros,
                 volume_micros, notional_micros, trade_count, closed, updated)
select symbol, start_at_micros, open_micros, high_micros, low_micros, close_micros,
       volume_micros, notional_micros, trade_count, closed, updated
  from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::bigint[], $10::boolean[], $11::boolean[])
       as r (symbol, start_at_micros, open_micros, high_micros, low_micros, close_micros,
             volume_micros, notional_micros, trade_count, closed, updated)
    on conflict (symbol, start_at_micros) do update
   set open_micros = excluded.open_micros,
       high_micros = excluded.high_micros,
       low_micros = excluded.low_micros,
       close_micros = excluded.close_micros,
       volume_micros = excluded.volume_micros,
       notional_micros = excluded.notional_micros,
       trade_count = excluded.trade_count,
       closed = excluded.closed,
       updated = excluded.updated
