select order_id, status, quantity_micros, cum_micros, leaves_micros, hold_micros, cum_notional_micros
from customer_order
