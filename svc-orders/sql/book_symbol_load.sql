select symbol, trading, session_date, actions, last_priority, last_price_micros, opening_held,
	imbalance_price_micros, imbalance_volume_micros, imbalance_micros, imbalance_side, imbalance_at_micros
from book_symbol
where symbol = any($1::text[])
