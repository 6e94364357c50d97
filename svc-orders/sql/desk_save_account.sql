insert into desk_account (account_id, cash_micros, cash_held_micros)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[])
    on conflict (account_id) do update
   set cash_micros = excluded.cash_micros,
       cash_held_micros = excluded.cash_held_micros
