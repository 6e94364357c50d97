select symbol, session, session_date, halted, price_increment_micros, quantity_increment_micros,
	band_low_micros, band_high_micros
from instrument
