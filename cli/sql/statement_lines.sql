-- The movements of that statement, in the order in which they were booked.
select booked_at_micros, cause, cause_id, kind, instrument, amount_micros
from statement_line
where account_id = $1::uuid and statement_date = $2::integer
order by sequence, fact, posting
