-- The latest bars of the symbols of $1, and the bars of the minutes ($2, $3), if there are such.
select b.symbol, b.start_at_micros, b.open_micros, b.high_micros, b.low_micros, b.close_micros,
       b.volume_micros, b.notional_micros, b.trade_count, b.closed, b.updated
  from (select symbol, bar_start_at_micros
          from quote
         where symbol = any ($1::text[]) and bar_start_at_micros is not null
        union
        select symbol, start_at_micros
          from unnest($2::text[], $3::bigint[]) as m (symbol, start_at_micros)) w
  join bar b on b.symbol = w.symbol and b.start_at_micros = w.bar_start_at_micros
