insert into statement (account_id, statement_date, opening_micros, closing_micros, settled_micros,
    unsettled_micros, deposits_micros, withdrawals_micros, trades_micros, dividends_micros,
    other_micros, movements, equity_micros, net_deposits_micros, realised_micros, unrealised_micros,
    flow_micros, growth_picos, partition, after_sequence, after_fact, sequence, fact, closed_at_micros)
select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
    $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[],
    $19::integer[], $20::bigint[], $21::integer[], $22::bigint[], $23::integer[], $24::bigint[])
