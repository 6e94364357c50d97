insert into withdrawal (withdrawal_id, account_id, state, amount_micros, symbol, quantity_micros,
                        requested_at_micros)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::text[], $6::bigint[],
                     $7::bigint[])
on conflict (withdrawal_id) do update
set state = excluded.state
