-- A statement's lines of cash, less what it says that its cash moved by.
select s.account_id, s.statement_date,
	coalesce(sum(l.amount_micros) filter (where l.kind in (1, 6)), 0) - s.closing_micros + s.opening_micros
from statement s
left join statement_line l using (account_id, statement_date)
group by s.account_id, s.statement_date
