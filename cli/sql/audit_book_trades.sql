select trade_id, price_micros, quantity_micros from trade
