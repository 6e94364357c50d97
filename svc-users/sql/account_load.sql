-- In the order of opening, as they were put into memory.
select user_id, account_id, status, fee_group, firm, block_reason, opened_at_micros, shorting
  from account
 where user_id = any ($1::uuid[])
 order by user_id, opened_at_micros, account_id
