insert into portfolio_position (account_id, symbol, quantity_micros, cost_micros, realised_micros,
    fifo_cost_micros, fifo_realised_micros, dividends_micros, actions, pending_action, since_micros,
    lots)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
on conflict (account_id, symbol) do update
set quantity_micros = excluded.quantity_micros,
    cost_micros = excluded.cost_micros,
    realised_micros = excluded.realised_micros,
    fifo_cost_micros = excluded.fifo_cost_micros,
    fifo_realised_micros = excluded.fifo_realised_micros,
    dividends_micros = excluded.dividends_micros,
    actions = excluded.actions,
    pending_action = excluded.pending_action,
    since_micros = excluded.since_micros,
    lots = excluded.lots
