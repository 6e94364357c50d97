select order_id, symbol, side, price_micros, leaves_micros from resting_order
