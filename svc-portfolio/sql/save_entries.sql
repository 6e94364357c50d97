insert into ledger_entry (partition, sequence, fact, posting, account_id, kind, instrument, amount_micros,
                          cause, cause_id, booked_at_micros)
select * from unnest($1::integer[], $2::bigint[], $3::integer[], $4::integer[], $5::uuid[], $6::integer[],
                     $7::text[], $8::bigint[], $9::text[], $10::uuid[], $11::bigint[])
