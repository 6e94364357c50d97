select symbol, session, session_date, halted, price_increment_micros, quantity_increment_micros,
	band_low_micros, band_high_micros, opening_held,
	(select count(*) from corporate_action a where a.symbol = i.symbol),
	(select count(*) from corporate_action a where a.symbol = i.symbol and a.number > 0)
from instrument i
