delete from unsettled_cash u
using unnest($1::uuid[], $2::integer[]) as s (account_id, settlement_date)
where u.account_id = s.account_id and u.settlement_date = s.settlement_date
