select account_id, withdrawal_id, amount_micros, symbol, quantity_micros, requested_at_micros
from withdrawal
where account_id = any ($1::uuid[]) and state = 1
