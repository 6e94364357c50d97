insert into portfolio_lot (account_id, symbol, lot, lot_id, quantity_micros, cost_micros,
    opened_at_micros)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bigint[],
    $7::bigint[])
on conflict (account_id, symbol, lot) do update
set quantity_micros = excluded.quantity_micros,
    cost_micros = excluded.cost_micros
