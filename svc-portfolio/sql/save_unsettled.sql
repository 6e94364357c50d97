insert into unsettled_cash (account_id, settlement_date, amount_micros)
select * from unnest($1::uuid[], $2::integer[], $3::bigint[])
on conflict (account_id, settlement_date) do update
set amount_micros = excluded.amount_micros
