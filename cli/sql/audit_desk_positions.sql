select account_id, symbol, position_micros, position_held_micros from desk_position
