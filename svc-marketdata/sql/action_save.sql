insert into corporate_action (action_id, symbol, kind, effective_at_micros, new_shares, old_shares,
                              cash_price_micros, amount_micros, new_symbol, number)
select action_id, symbol, kind, effective_at_micros, new_shares, old_shares, cash_price_micros,
       amount_micros, new_symbol, number
  from unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::text[], $10::bigint[])
       as r (action_id, symbol, kind, effective_at_micros, new_shares, old_shares,
             cash_price_micros, amount_micros, new_symbol, number)
    on conflict (action_id) do update
   set number = excluded.number
