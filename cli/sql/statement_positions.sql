select symbol, quantity_micros, cost_micros, realised_micros, price_micros, value_micros
from statement_position
where account_id = $1::uuid and statement_date = $2::integer
order by symbol
