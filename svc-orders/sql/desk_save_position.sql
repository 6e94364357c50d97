insert into desk_position (account_id, symbol, position_micros, position_held_micros, actions,
       collateral_micros, pending_action_id)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
       $7::uuid[])
    on conflict (account_id, symbol) do update
   set position_micros = excluded.position_micros,
       position_held_micros = excluded.position_held_micros,
       actions = excluded.actions,
       collateral_micros = excluded.collateral_micros,
       pending_action_id = excluded.pending_action_id
