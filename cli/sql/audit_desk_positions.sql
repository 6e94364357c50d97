select account_id, symbol, position_micros, position_held_micros, collateral_micros, actions
from desk_position
