select trade_id, price_micros, quantity_micros, executed_at_micros from trade
