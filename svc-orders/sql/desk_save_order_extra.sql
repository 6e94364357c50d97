insert into customer_order_extra
      (order_id, account_id, group_id, entry_order_id, sibling_order_id, replaces_order_id,
       replacement_order_id, order_class, post_only, notional_micros, stop_price_micros,
       trail_price_micros, trail_percent_micros, quantity_increment_micros, short_micros,
       margin_hold_micros, prevented_micros, triggered)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
       $8::int[], $9::boolean[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
       $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::boolean[])
    on conflict (order_id) do update
   set group_id = excluded.group_id,
       replacement_order_id = excluded.replacement_order_id,
       short_micros = excluded.short_micros,
       margin_hold_micros = excluded.margin_hold_micros,
       prevented_micros = excluded.prevented_micros,
       triggered = excluded.triggered
