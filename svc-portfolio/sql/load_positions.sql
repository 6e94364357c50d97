select account_id, symbol, quantity_micros, cost_micros, realised_micros, fifo_cost_micros,
       fifo_realised_micros, dividends_micros, actions, pending_action, since_micros, lots
from portfolio_position
where account_id = any ($1::uuid[])
