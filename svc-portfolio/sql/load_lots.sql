select account_id, symbol, lot, lot_id, quantity_micros, cost_micros, opened_at_micros
from portfolio_lot
where account_id = any ($1::uuid[])
order by account_id, symbol, lot
