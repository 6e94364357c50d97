select order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros, priority
from resting_order
where symbol = any($1::text[])
order by symbol, priority
