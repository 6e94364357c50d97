insert into portfolio_account (account_id, cash_micros, deposits_micros, withdrawals_micros,
                               cost_in_micros, cost_out_micros, realised_micros)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                     $7::bigint[])
on conflict (account_id) do update
set cash_micros = excluded.cash_micros,
    deposits_micros = excluded.deposits_micros,
    withdrawals_micros = excluded.withdrawals_micros,
    cost_in_micros = excluded.cost_in_micros,
    cost_out_micros = excluded.cost_out_micros,
    realised_micros = excluded.realised_micros
