-- The statement of account $1 for day $2 (20120621; 0: the latest one).
select statement_date, opening_micros, closing_micros, settled_micros, unsettled_micros,
	deposits_micros, withdrawals_micros, trades_micros, dividends_micros, other_micros,
	movements, equity_micros, net_deposits_micros, realised_micros, unrealised_micros,
	flow_micros, growth_picos, closed_at_micros
from statement
where account_id = $1::uuid and (statement_date = $2::integer or $2::integer = 0)
order by statement_date desc limit 1
