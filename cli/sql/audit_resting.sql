select order_id, symbol, side, price_micros, leaves_micros, queue, coalesce(stop_price_micros, 0)
from resting_order
