-- Every day of account $1 that was closed, oldest first; day: days since 1970.
select statement_date, to_date(statement_date::text, 'YYYYMMDD') - date '1970-01-01' as day,
	equity_micros, net_deposits_micros, realised_micros, unrealised_micros, flow_micros,
	growth_picos
from statement
where account_id = $1::uuid
order by statement_date
