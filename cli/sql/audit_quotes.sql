select symbol, bid_price_micros, bid_quantity_micros, ask_price_micros, ask_quantity_micros from quote
