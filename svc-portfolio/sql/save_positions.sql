insert into portfolio_position (account_id, symbol, quantity_micros, cost_micros, realised_micros)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
on conflict (account_id, symbol) do update
set quantity_micros = excluded.quantity_micros,
    cost_micros = excluded.cost_micros,
    realised_micros = excluded.realised_micros
