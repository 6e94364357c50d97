select symbol, start_at_micros, open_micros, high_micros, low_micros, close_micros, volume_micros,
	notional_micros, trade_count
from bar
