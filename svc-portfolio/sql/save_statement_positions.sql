insert into statement_position (account_id, statement_date, symbol, quantity_micros, cost_micros,
    realised_micros, price_micros, value_micros)
select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[])
