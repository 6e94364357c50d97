select order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros, priority,
	expires_at_micros, queue, order_type, self_trade_prevention, post_only, sibling_id, stop_price_micros,
	trail_price_micros, trail_percent_micros, best_price_micros
from resting_order
where symbol = any($1::text[])
order by symbol, priority
