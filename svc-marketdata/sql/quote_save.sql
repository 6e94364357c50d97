insert into quote (symbol, bid_price_micros, bid_quantity_micros, ask_price_micros,
                   ask_quantity_micros, last_price_micros, last_quantity_micros, last_at_micros,
                   quoted_at_micros, bar_start_at_micros)
select symbol, bid_price_micros, bid_quantity_micros, ask_price_micros,
       ask_quantity_micros, last_price_micros, last_quantity_micros, last_at_micros,
       quoted_at_micros, bar_start_at_micros
  from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
       as r (symbol, bid_price_micros, bid_quantity_micros, ask_price_micros,
             ask_quantity_micros, last_price_micros, last_quantity_micros, last_at_micros,
             quoted_at_micros, bar_start_at_micros)
    on conflict (symbol) do update
   set bid_price_micros = excluded.bid_price_micros,
       bid_quantity_micros = excluded.bid_quantity_micros,
       ask_price_micros = excluded.ask_price_micros,
       ask_quantity_micros = excluded.ask_quantity_micros,
       last_price_micros = excluded.last_price_micros,
       last_quantity_micros = excluded.last_quantity_micros,
       last_at_micros = excluded.last_at_micros,
       quoted_at_micros = excluded.quoted_at_micros,
       bar_start_at_micros = excluded.bar_start_at_micros
