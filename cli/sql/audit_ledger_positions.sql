select account_id, symbol, quantity_micros, cost_micros, realised_micros, fifo_cost_micros,
	fifo_realised_micros, actions
from portfolio_position
