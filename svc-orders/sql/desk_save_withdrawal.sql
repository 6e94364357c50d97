insert into desk_withdrawal (withdrawal_id, account_id, symbol, amount_micros, held)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::boolean[])
    on conflict (withdrawal_id) do update
   set held = excluded.held
