insert into desk_position (account_id, symbol, position_micros, position_held_micros)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[])
    on conflict (account_id, symbol) do update
   set position_micros = excluded.position_micros,
       position_held_micros = excluded.position_held_micros
