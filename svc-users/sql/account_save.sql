insert into account (account_id, user_id, status, fee_group, firm, block_reason, opened_at_micros,
                     shorting)
select account_id, user_id, status, fee_group, firm, block_reason, opened_at_micros, shorting
  from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::boolean[], $6::text[],
              $7::bigint[], $8::boolean[])
       as r (account_id, user_id, status, fee_group, firm, block_reason, opened_at_micros, shorting)
    on conflict (account_id) do update
   set status = excluded.status,
       fee_group = excluded.fee_group,
       firm = excluded.firm,
       block_reason = excluded.block_reason,
       shorting = excluded.shorting
