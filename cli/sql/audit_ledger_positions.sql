select account_id, symbol, quantity_micros, cost_micros, realised_micros from portfolio_position
