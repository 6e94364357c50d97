insert into desk_withdrawal (withdrawal_id, account_id, symbol, held_micros)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
